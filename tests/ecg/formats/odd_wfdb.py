"""Odd WFDB records and odd shapes of signals."""

from __future__ import annotations

import struct
from collections.abc import Callable

import numpy as np

from tests.ecg.formats import made
from tests.ecg.formats.odd import MV, Files, Odd, as_mv, single, with_gap, with_values, zipped

TWELVE = np.rint(made.twelve_leads() * 1000).astype(np.int64)
NAMES = ("I", "II", "III", "aVR", "aVL", "aVF", "V1", "V2", "V3", "V4", "V5", "V6")
CLIPPED = np.minimum(made.digital(seconds=20), 60)


def record(*replacements: tuple[str, str], **about: object) -> Callable[[], Files]:
    """A WFDB record whose header has been changed by hand."""

    def files() -> Files:
        parts = made.wfdb(**about)  # type: ignore[arg-type]
        text = parts["r.hea"].decode()
        for old, new in replacements:
            assert old in text
            text = text.replace(old, new)
        return {**parts, "r.hea": text.encode()}

    return files


def interleaved_rates() -> Files:
    """Two leads in frames of two and one samples, and a respiration."""
    fast, slow = made.digital(1, rate=500)[0], made.digital(1, seconds=10, rate=250, gain=100)[0]
    resp = (100 * np.sin(np.arange(2500) / 200)).astype(np.int64)
    frames = np.column_stack([fast.reshape(-1, 2), slow, resp]).ravel()
    text = (
        f"r 3 250 2500\nr.dat 16x2 200/mV 16 0 {fast[0]} {made.checksum(fast)} 0 II\n"
        f"r.dat 16 100/mV 16 0 {slow[0]} {made.checksum(slow)} 0 V1\nr.dat 16 1/l 16 0 0 {made.checksum(resp)} 0 RESP\n"
    )
    return {"r.hea": text.encode(), "r.dat": made.packed(frames, 16)}


def segments(*, gain: int = 200, rate: str = "250", third: str = "s2 1000") -> Files:
    """A record of three segments, the one in the middle without samples, the last one with another gain."""
    first, last = made.digital()[:, :1500], np.rint(made.digital()[:, 1500:] * gain / 200).astype(np.int64)
    return {
        "m.hea": f"m/3 2 250 3000\ns1 1500\n~ 500\n{third}\n".encode(),
        "s1.hea": made.header(first, name="s1", file="s1.dat").encode(),
        "s1.dat": made.packed(first.T.ravel(), 16),
        "s2.hea": made.header(last, name="s2", file="s2.dat", gain=f"{gain}/mV", rate=rate).encode(),
        "s2.dat": made.packed(last.T.ravel(), 16),
    }


def variable_layout() -> Files:
    """A layout of two leads; the second segment has only the second of them."""
    first, last = made.digital()[:, :1500], made.digital()[1:, 1500:]
    layout = "lay 2 250 0\n~ 0 200/mV 16 0 0 0 0 II\n~ 0 200/mV 16 0 0 0 0 V1\n"
    return {
        "m.hea": b"m/3 2 250 2500\nlay 0\ns1 1500\ns2 1000\n",
        "lay.hea": layout.encode(),
        "s1.hea": made.header(first, name="s1", file="s1.dat").encode(),
        "s1.dat": made.packed(first.T.ravel(), 16),
        "s2.hea": made.header(last, name="s2", file="s2.dat", labels=("V1",)).encode(),
        "s2.dat": made.packed(last.T.ravel(), 16),
    }


VARIABLE_MV = np.concatenate([MV[:, :1500], np.stack([np.full(1000, np.nan), MV[1, 1500:]])], axis=1)


def skewed() -> Files:
    """The second lead comes five samples late in the file."""
    rows = made.digital()
    late = np.stack([rows[0], np.concatenate([rows[1, :5], rows[1, :-5]])])
    files = made.wfdb(late)
    text = files["r.hea"].decode().replace("r.dat 16 200", "r.dat 16:5 200").replace("r.dat 16:5", "r.dat 16", 1)
    return {**files, "r.hea": text.encode()}


SKEWED_MV = np.stack([MV[0], np.concatenate([MV[1, :-5], np.full(5, np.nan)])])


def matlab(kind: int = 30, rows: int = 2) -> Files:
    """A MATLAB 4 file with its header, as the challenges have them."""
    values = made.digital()
    head = struct.pack("<5i4s", kind, rows, values.shape[1], 0, 4, b"val\0")
    text = made.header(values, code="16+24", file="r.mat")
    return {"r.hea": text.encode(), "r.mat": head + made.packed(values.T.ravel(), 16)}


def one_bad_gain() -> Files:
    files = made.wfdb()
    lines = files["r.hea"].decode().splitlines()
    return {**files, "r.hea": "\n".join([*lines[:2], lines[2].replace("200/mV", "x/mV")]).encode()}


def zero_at_1024() -> Files:
    files = made.wfdb(made.digital() + 1024)
    return {**files, "r.hea": files["r.hea"].replace(b"200/mV 16 0", b"200/mV 11 1024")}


def shorter_header() -> Files:
    return {"r.hea": made.header(made.digital()[:, :2000]).encode(), "r.dat": made.wfdb()["r.dat"]}


def eleven_bits() -> Files:
    files = made.wfdb(with_values(0, 700, 702, 1500))
    return {**files, "r.hea": files["r.hea"].replace(b"200/mV 16 0", b"200/mV 11 0")}


WFDB: dict[str, Odd] = {
    "wfdb as it should be": Odd(made.wfdb, values=MV, leads=("II", "V1")),
    "wfdb in a zip, in a folder": Odd(
        single(zipped({f"db/{name}": data for name, data in made.wfdb().items()})), values=MV, leads=("II", "V1")
    ),
    "wfdb gain 0": Odd(record(("200/mV", "0/mV")), ("RECORDING_GAIN_DEFAULT",) * 2, values=MV),
    "wfdb gain absent": Odd(
        lambda: {"r.hea": b"r 2 250 2500\nr.dat 16\nr.dat 16\n", "r.dat": made.wfdb()["r.dat"]},
        ("RECORDING_GAIN_DEFAULT", "RECORDING_GAIN_DEFAULT", "RECORDING_LEAD_DUPLICATE"),
        values=MV,
        leads=("ECG", "ECG (2)"),
    ),
    "wfdb gain with a decimal comma": Odd(record(("200/mV", "200,0/mV")), ("RECORDING_DECIMAL_COMMA",), values=MV),
    "wfdb gain not a number": Odd(record(("200/mV", "nan/mV")), refused="RECORDING_SCALE_INVALID"),
    "wfdb gain not a number in one lead": Odd(
        one_bad_gain,
        ("RECORDING_LEAD_UNREADABLE",),
        values=MV[:1],
        leads=("II",),
    ),
    "wfdb gain beyond reason": Odd(record(("200/mV", "1e-30/mV")), refused="RECORDING_SCALE_INVALID"),
    "wfdb negative gain": Odd(record(("200/mV", "-200/mV")), ("RECORDING_LEAD_INVERTED",) * 2, values=-MV),
    "wfdb baseline absent, converter's zero given": Odd(zero_at_1024, values=MV),
    "wfdb baseline given": Odd(
        lambda: made.wfdb(made.digital() + 1024, gain="200(1024)/mV"), values=MV, leads=("II", "V1")
    ),
    "wfdb baseline beyond reason": Odd(
        record(("200/mV", "200(9999999)/mV")), ("RECORDING_VALUES_OUT_OF_RANGE",) * 2, values=MV - 9999999 / 200
    ),
    "wfdb microvolts": Odd(record(("200/mV", "0.2/uV")), values=MV),
    "wfdb no unit is millivolts": Odd(record(("200/mV", "200")), values=MV),
    "wfdb rate absent": Odd(record(("r 2 250 2500", "r 2")), ("RECORDING_RATE_DEFAULT",), values=MV),
    "wfdb rate 0": Odd(record(("r 2 250", "r 2 0")), refused="RECORDING_RATE_INVALID"),
    "wfdb rate not a number": Odd(record(("r 2 250", "r 2 NaN")), refused="RECORDING_HEADER_INVALID"),
    "wfdb of -1 samples": Odd(record((" 2500\n", " -1\n")), ("RECORDING_RECORD_COUNT_UNKNOWN",), values=MV),
    "wfdb rate negative": Odd(record(("r 2 250", "r 2 -250")), refused="RECORDING_RATE_INVALID"),
    "wfdb rate with a decimal comma": Odd(record(("r 2 250", "r 2 250,0")), ("RECORDING_DECIMAL_COMMA",), values=MV),
    "wfdb no number of samples": Odd(record((" 2500\n", " 0\n")), values=MV),
    "wfdb shorter than its header says": Odd(record((" 2500\n", " 5000\n")), ("RECORDING_TRUNCATED",), values=MV),
    "wfdb much longer than its header says": Odd(shorter_header, ("RECORDING_TRAILING_DATA",), values=MV[:, :2000]),
    "wfdb of 10^15 samples": Odd(record((" 2500\n", " 1000000000000000\n")), ("RECORDING_TRUNCATED",), values=MV),
    "wfdb cut in the middle of a frame": Odd(
        lambda: {**made.wfdb(), "r.dat": made.wfdb()["r.dat"][:-3]}, ("RECORDING_TRUNCATED",), values=MV[:, :-1]
    ),
    "wfdb wrong checksum": Odd(
        record((f" {made.checksum(made.digital()[0])} 0 II", " 12345 0 II")),
        ("RECORDING_CHECKSUM_MISMATCH",),
        values=MV,
    ),
    "wfdb damaged in the middle": Odd(
        lambda: {**made.wfdb(), "r.dat": made.wfdb(with_values(0, 900, 1000, 77))["r.dat"]},
        ("RECORDING_CHECKSUM_MISMATCH",),
        values=with_values(0, 900, 1000, 77) / 200,
    ),
    "wfdb 12 bits said to be 16": Odd(
        lambda: {"r.hea": made.wfdb(code=16)["r.hea"], "r.dat": made.packed(made.digital().T.ravel(), 212)},
        refused="RECORDING_CONTRADICTORY",
    ),
    "wfdb 16 bits said to be 12": Odd(
        lambda: {"r.hea": made.wfdb(code=212)["r.hea"], "r.dat": made.packed(made.digital().T.ravel(), 16)},
        refused="RECORDING_CONTRADICTORY",
    ),
    "wfdb bytes the other way round": Odd(
        lambda: {"r.hea": made.wfdb(code=16)["r.hea"], "r.dat": made.packed(made.digital().T.ravel(), 61)},
        refused="RECORDING_CONTRADICTORY",
    ),
    "wfdb another record's samples": Odd(
        lambda: {"r.hea": made.wfdb()["r.hea"], "r.dat": made.wfdb(made.digital() + 50)["r.dat"]},
        ("RECORDING_CHECKSUM_MISMATCH",) * 2,
    ),
    "wfdb samples that were not recorded": Odd(
        lambda: made.wfdb(with_values(0, 500, 600, -32768)),
        ("RECORDING_VALUES_MISSING",),
        values=as_mv(with_values(0, 500, 600, -32768)),
    ),
    "wfdb 11 bits with more in them": Odd(
        eleven_bits, ("RECORDING_VALUES_OUT_OF_RANGE",), values=with_values(0, 700, 702, 1500) / 200
    ),
    "wfdb file missing": Odd(lambda: {"r.hea": made.wfdb()["r.hea"]}, refused="RECORDING_FILE_MISSING"),
    "wfdb samples without a header": Odd(
        lambda: {"r.dat": made.wfdb()["r.dat"]}, refused="RECORDING_UNSUPPORTED_FORMAT"
    ),
    "wfdb absolute path": Odd(record(("r.dat", "/etc/passwd")), refused="RECORDING_FILE_OUTSIDE"),
    "wfdb path upwards": Odd(record(("r.dat", "../r.dat")), refused="RECORDING_FILE_OUTSIDE"),
    "wfdb path of Windows": Odd(record(("r.dat", "C:\\r.dat")), refused="RECORDING_FILE_OUTSIDE"),
    "wfdb address": Odd(record(("r.dat", "https://example.org/r.dat")), refused="RECORDING_FILE_OUTSIDE"),
    "wfdb standard input": Odd(record(("r.dat", "-")), refused="RECORDING_FILE_OUTSIDE"),
    "wfdb 10,000 leads": Odd(record(("r 2 250", "r 10000 250")), refused="RECORDING_TOO_MANY_LEADS"),
    "wfdb more leads than lines": Odd(record(("r 2 250", "r 3 250")), refused="RECORDING_HEADER_INVALID"),
    "wfdb unknown signal format": Odd(record(("r.dat 16", "r.dat 99")), refused="RECORDING_UNSUPPORTED_FORMAT"),
    "wfdb same name twice": Odd(
        lambda: made.wfdb(labels=("II", "ii")), ("RECORDING_LEAD_DUPLICATE",), values=MV, leads=("II", "II (2)")
    ),
    "wfdb same samples under two names": Odd(
        lambda: made.wfdb(np.stack([made.digital()[0]] * 2)), ("RECORDING_LEADS_IDENTICAL",), values=MV[[0, 0]]
    ),
    "wfdb several rates and a respiration": Odd(
        interleaved_rates, ("RECORDING_CHANNELS_LEFT_OUT", "RECORDING_LEAD_RESAMPLED"), leads=("II", "V1"), rate=500
    ),
    "wfdb skew": Odd(skewed, ("RECORDING_VALUES_MISSING",), values=SKEWED_MV),
    "wfdb byte offset": Odd(
        lambda: {
            "r.hea": made.header(made.digital(), code="16+24").encode(),
            "r.dat": b"x" * 24 + made.wfdb()["r.dat"],
        },
        values=MV,
    ),
    "wfdb matlab": Odd(matlab, values=MV),
    "wfdb matlab of another kind": Odd(lambda: matlab(kind=20), refused="RECORDING_CONTRADICTORY"),
    "wfdb matlab of another number of leads": Odd(lambda: matlab(rows=3), refused="RECORDING_CONTRADICTORY"),
    "wfdb segments with a gap": Odd(segments, ("RECORDING_GAPS",), values=with_gap(MV, 1500, 500)),
    "wfdb segments of different gain": Odd(
        lambda: segments(gain=1000), ("RECORDING_GAPS",), values=with_gap(MV, 1500, 500)
    ),
    "wfdb segments of different rate": Odd(lambda: segments(rate="500"), refused="RECORDING_CONTRADICTORY"),
    "wfdb segment missing": Odd(
        lambda: {name: data for name, data in segments().items() if name != "s2.hea"}, refused="RECORDING_FILE_MISSING"
    ),
    "wfdb gap of a thousand years": Odd(
        lambda: {**segments(), "m.hea": b"m/3 2 250\ns1 1500\n~ 9000000000000\ns2 1000\n"}, refused="RECORDING_TOO_LONG"
    ),
    "wfdb variable layout": Odd(variable_layout, ("RECORDING_VALUES_MISSING",), values=VARIABLE_MV),
    "wfdb with other samples of the same name in another folder": Odd(
        lambda: {"b/r.dat": b"\0" * 5, **{f"a/{name}": data for name, data in made.wfdb().items()}}, values=MV
    ),
    "wfdb two records": Odd(
        lambda: {**made.wfdb(), "q.hea": made.wfdb()["r.hea"].replace(b"r 2", b"q 2")}, refused="RECORDING_SEVERAL"
    ),
    "wfdb carriage returns": Odd(
        lambda: {**made.wfdb(), "r.hea": made.wfdb()["r.hea"].replace(b"\n", b"\r\n")}, values=MV
    ),
    "wfdb upper and lower case": Odd(lambda: {"R.HEA": made.wfdb()["r.hea"], "R.DAT": made.wfdb()["r.dat"]}, values=MV),
}

SHAPES: dict[str, Odd] = {
    "flat lead": Odd(lambda: made.wfdb(with_values(1, 0, 2500, 5)), ("RECORDING_LEAD_FLAT",)),
    "lead flat for two seconds": Odd(lambda: made.wfdb(with_values(1, 500, 1100, 5)), ("RECORDING_LEAD_FLAT",)),
    "saturated lead": Odd(lambda: made.wfdb(CLIPPED), ("RECORDING_LEAD_SATURATED",), values=CLIPPED / 200),
    "nothing but missing samples": Odd(lambda: made.wfdb(np.full((2, 100), -32768)), refused="RECORDING_EMPTY"),
    "empty lead": Odd(lambda: made.wfdb(with_values(1, 0, 2500, -32768)), ("RECORDING_LEAD_EMPTY",)),
    "twelve leads": Odd(lambda: made.wfdb(TWELVE, gain="1000/mV", labels=NAMES), values=TWELVE / 1000, leads=NAMES),
    "twelve leads, two names swapped": Odd(
        lambda: made.wfdb(TWELVE, gain="1000/mV", labels=("II", "I", *NAMES[2:])), ("RECORDING_LEADS_CONTRADICTORY",)
    ),
    "twelve leads, one turned round": Odd(
        lambda: made.wfdb(TWELVE * np.array([1, 1, 1, -1] + [1] * 8)[:, None], gain="1000/mV", labels=NAMES),
        ("RECORDING_LEADS_CONTRADICTORY",),
    ),
}
