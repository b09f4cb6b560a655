"""WFDB records beside the ``wfdb`` package: formats, annotations, what is written, and real records."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
import wfdb

from ecg.formats import import_recording, open_recording, wfdb_annotations, wfdb_writer
from ecg.formats.files import InputFile
from ecg.formats.wfdb_samples import PackedFile
from ecg.recording import Annotations, Recording
from ecg.recording_errors import RecordingError
from tests.ecg.formats import made

RANGES = {16: 32767, 24: 8_000_000, 32: 2_000_000_000, 61: 32767, 80: 127, 160: 32767, 212: 2047, 310: 511, 311: 511}


@pytest.fixture(scope="session")
def databases() -> Path:
    folder = os.environ.get("WFDB_DATABASES_DIR")
    if not folder:
        pytest.skip("needs real records: set WFDB_DATABASES_DIR to a folder of WFDB databases")
    return Path(folder)


@pytest.mark.parametrize("code", RANGES)
@pytest.mark.parametrize("samples", [1, 2, 100, 101, 102])
def test_every_stretch_of_every_format_is_read_as_it_was_packed(code: int, samples: int) -> None:
    rows = np.random.default_rng(code).integers(-RANGES[code], RANGES[code] + 1, (3, samples))
    file = PackedFile(InputFile("r.dat", made.packed(rows.T.ravel(), code)), code, 0, [1, 1, 1], [0, 0, 0])
    assert samples <= file.frames <= samples + 1  # padding may look like a frame more
    for begin, end in ((0, samples), (samples // 2, samples), (samples // 3, samples // 3 + 1)):
        np.testing.assert_array_equal(np.array(file.read(begin, end)), rows[:, begin:end])


@pytest.mark.parametrize("code", [16, 24, 32, 61, 80, 160, 212, 310, 311])
def test_the_wfdb_package_reads_the_same(code: int, tmp_path: Path) -> None:
    rows = np.random.default_rng(code).integers(-100, 100, (2, 300))
    for name, content in made.wfdb(rows, code).items():
        (tmp_path / name).write_bytes(content)
    theirs = wfdb.rdrecord(str(tmp_path / "r"), physical=False).d_signal.T
    ours = open_recording(list(tmp_path.iterdir())).read()
    np.testing.assert_allclose(ours, theirs / 200, atol=1e-6)


def test_differences_are_summed_from_wherever_one_reads(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ecg.formats.wfdb_samples._MILESTONE", 64)
    rows = np.cumsum(np.random.default_rng(8).integers(-100, 100, (2, 500)), axis=1)
    steps = np.diff(rows, axis=1, prepend=[[5], [-7]])
    file = PackedFile(InputFile("r.dat", steps.T.astype("i1").tobytes()), 8, 0, [1, 1], [5, -7])
    for begin, end in ((0, 500), (63, 65), (64, 200), (499, 500)):
        np.testing.assert_array_equal(np.array(file.read(begin, end)), rows[:, begin:end] + [[0], [0]])


@pytest.mark.parametrize("code", ["508", "516", "524"])
def test_flac_is_read_as_the_wfdb_package_wrote_it(code: str, tmp_path: Path) -> None:
    half = 1 << (int(code) - 501)
    rows = np.random.default_rng(1).integers(-half + 1, half, (2, 1000))
    wfdb.wrsamp(
        "r", fs=250, units=["mV"] * 2, sig_name=["II", "V1"], d_signal=rows.T, fmt=[code] * 2, adc_gain=[200.0] * 2,
        baseline=[0, 0], write_dir=str(tmp_path),
    )  # fmt: skip
    recording = open_recording(list(tmp_path.iterdir()))
    np.testing.assert_allclose(recording.read(), rows / 200, rtol=1e-6)
    np.testing.assert_allclose(recording.read(400, 410), rows[:, 400:410] / 200, rtol=1e-6)
    stored = import_recording(list(tmp_path.iterdir()), tmp_path / "store")
    np.testing.assert_array_equal(stored.recording.read(), recording.read())


def marks() -> Annotations:
    samples = np.array([3, 4, 1100, 80_000, 200_000_000, 200_000_001])
    return Annotations(samples, np.array(["N", "V", "+", "~", "L", "|"]), np.array(["", "", "(AFIB", "", "odd", "é"]))


def test_annotations_come_back_as_they_were_written() -> None:
    again = wfdb_annotations.parse(wfdb_annotations.encode(marks()), 250.0)
    assert again.samples.tolist() == marks().samples.tolist()
    assert again.symbols.tolist() == marks().symbols.tolist()
    assert again.notes.tolist() == marks().notes.tolist()


def test_the_wfdb_package_reads_our_annotations(tmp_path: Path) -> None:
    wfdb_writer.write_annotations(marks(), tmp_path / "r.atr")
    theirs = wfdb.rdann(str(tmp_path / "r"), "atr")
    assert theirs.sample.tolist() == marks().samples.tolist()
    assert theirs.symbol == marks().symbols.tolist()
    assert [note.rstrip("\0") for note in theirs.aux_note[:5]] == marks().notes.tolist()[:5]


def test_we_read_the_annotations_of_the_wfdb_package(tmp_path: Path) -> None:
    wfdb.wrann(
        "r",
        "atr",
        np.array([10, 500, 90_000]),
        ["N", "+", "A"],
        aux_note=["", "(N", ""],
        fs=360,
        write_dir=str(tmp_path),
    )
    ours = wfdb_annotations.parse((tmp_path / "r.atr").read_bytes(), 360.0)
    assert (ours.samples.tolist(), ours.symbols.tolist(), ours.notes.tolist()) == (
        [10, 500, 90_000],
        ["N", "+", "A"],
        ["", "(N", ""],
    )


@pytest.mark.parametrize("data", [b"", b"\x01", b"\x00\xec\x01", b"\xff\xd8" * 50, b"N\x04"])
def test_what_is_no_annotation_file_is_not_read_as_one(data: bytes) -> None:
    with pytest.raises(RecordingError, match="annotation"):
        wfdb_annotations.parse(data, 250.0)


@pytest.mark.parametrize("gain", [200.0, 1e6, 1e8])
def test_a_written_record_is_read_back_by_us_and_the_wfdb_package(gain: float, tmp_path: Path) -> None:
    files = {"a": made.edf(made.digital(gain=6553.5)), "b": b""} if gain == 200 else made.wfdb(
        made.digital(gain=gain), code=32, gain=f"{gain:.0f}(7)/mV"
    )  # fmt: skip
    recording = open_recording(files)
    annotated = Annotations(np.array([5, 700]), np.array(["N", "V"]), np.array(["", "seen"]))
    wfdb_writer.write(recording, tmp_path, "out", {"atr": annotated})
    again = open_recording(list(tmp_path.iterdir()))
    assert (again.leads, again.rate, again.warnings) == (recording.leads, recording.rate, ())
    step = max(abs(scale.step) for scale in recording.signal.scales)  # type: ignore[attr-defined]
    np.testing.assert_allclose(again.read(), recording.read(), atol=step, rtol=1e-6)
    np.testing.assert_allclose(wfdb.rdrecord(str(tmp_path / "out")).p_signal.T, again.read(), atol=1e-6, rtol=1e-5)
    assert again.annotations.notes.tolist() == ["", "seen"]


def test_a_record_of_float_samples_is_written_with_its_gap_and_start(tmp_path: Path) -> None:
    values = made.beats()[None].copy()
    values[0, 100:200] = np.nan
    start = datetime(2024, 2, 1, 10, 20, 30, 500_000, tzinfo=UTC)
    recording = Recording.of_array(values, leads=("II",), rate=250.0, start=start)
    wfdb_writer.write(recording, tmp_path, "r")
    again = open_recording(list(tmp_path.iterdir()))
    np.testing.assert_allclose(again.read(), recording.read(), atol=0.0006)
    assert again.start == start.replace(tzinfo=None)
    assert [(gap.begin, gap.end) for gap in again.gaps] == [(100, 200)]


@pytest.mark.parametrize("name", ["", "../r", "a b", "r.x", "é"])
def test_a_record_has_no_name_that_leads_elsewhere(name: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no name"):
        wfdb_writer.write(Recording.of_array(made.beats()[None], leads=("II",), rate=250.0), tmp_path, name)


def test_real_records_are_read_as_the_wfdb_package_reads_them(databases: Path) -> None:
    headers = sorted(databases.rglob("*.hea"))
    assert headers
    for path in headers[:: max(1, len(headers) // 60)]:
        files = [file for file in path.parent.iterdir() if file.stem == path.stem and file.suffix != ".xws"]
        theirs = wfdb.rdrecord(str(path.with_suffix(""))).p_signal.T
        np.testing.assert_allclose(open_recording(files).read(), theirs, atol=2e-6, rtol=2e-6, equal_nan=True)


def test_an_annotated_real_record(mitdb: Path) -> None:
    files = [mitdb / f"100.{ending}" for ending in ("hea", "dat", "atr")]
    recording = open_recording(files)
    theirs = wfdb.rdann(str(mitdb / "100"), "atr")
    assert (recording.leads, recording.rate, recording.samples) == (("MLII", "V5"), 360.0, 650_000)
    assert recording.warnings == ()
    assert recording.annotations.samples.tolist() == theirs.sample.tolist()
    assert recording.annotations.symbols.tolist() == theirs.symbol
