"""Odd files of the other formats, and odd containers."""

from __future__ import annotations

import io
import json

import numpy as np

from tests.ecg.formats import made
from tests.ecg.formats.odd import EDF_MV, MV, Files, Odd, as_mv, single, with_values, zipped

BOMB = '<?xml version="1.0"?><!DOCTYPE AnnotatedECG [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]><AnnotatedECG>&b;'


KARDIA_JSON = json.dumps(
    {
        "id": "a",
        "recordedAt": "2024-02-01T10:20:30Z",
        "algorithmDetermination": "normal",
        "data": {
            "raw": {"frequency": 250, "amplitudeResolution": 5000, "samples": {"leadI": made.digital()[0].tolist()}},
            "enhanced": {"frequency": 250, "amplitudeResolution": 5000, "samples": {"leadI": [0] * 2500}},
        },
    }
)


def bare_dicom() -> Files:
    """An object without preamble and file meta information, implicit and little, as old archives have it."""
    import pydicom

    whole = pydicom.dcmread(io.BytesIO(made.dicom()))
    file = io.BytesIO()
    del whole.file_meta, whole.preamble
    pydicom.dcmwrite(file, whole, implicit_vr=True, little_endian=True)
    assert file.getvalue()[:2] == b"\x08\0"
    return {"a": file.getvalue()}


def no_waveform() -> Files:
    import pydicom

    whole = pydicom.dcmread(io.BytesIO(made.dicom()))
    del whole.WaveformSequence
    file = io.BytesIO()
    whole.save_as(file)
    return {"a": file.getvalue()}


def locked() -> bytes:
    """A zip that says that a password protects it."""
    whole = bytearray(zipped({"a.edf": made.edf()}))
    for mark, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        whole[whole.find(mark) + place] |= 1
    return bytes(whole)


OTHERS: dict[str, Odd] = {
    "ishne": Odd(single(made.ishne()), values=MV, leads=("II", "V1")),
    "ishne without a resolution": Odd(single(made.ishne(nanovolts=0)), asked=("unit",)),
    "ishne cut off": Odd(single(made.ishne()[:-1000]), ("RECORDING_TRUNCATED",), values=MV[:, :-250]),
    "ishne rate 0": Odd(single(made.ishne(rate=0)), refused="RECORDING_RATE_INVALID"),
    "ishne with a damaged header": Odd(
        single(made.ishne()[:40] + b"?" + made.ishne()[41:]), ("RECORDING_CHECKSUM_MISMATCH",), values=MV
    ),
    "ishne lead fault": Odd(
        single(made.ishne(with_values(0, 100, 200, -32768))),
        ("RECORDING_VALUES_MISSING",),
        values=as_mv(with_values(0, 100, 200, -32768)),
    ),
    "scp": Odd(single(made.scp()), values=MV, leads=("I", "II")),
    "scp with a rate of no whole number": Odd(single(made.scp(interval=3906)), values=MV, rate=1e6 / 3906),
    "scp by Huffman's table": Odd(single(made.scp(differences=0)), values=MV),
    "scp by Huffman's table and first differences": Odd(single(made.scp(differences=1)), values=MV),
    "scp by Huffman's table and second differences": Odd(single(made.scp(differences=2)), values=MV),
    "scp without a multiplier": Odd(single(made.scp(nanovolts=0)), asked=("unit",)),
    "scp rate 0": Odd(single(made.scp(interval=0)), refused="RECORDING_DAMAGED"),
    "scp damaged": Odd(single(made.scp()[:-100] + b"!" + made.scp()[-99:]), ("RECORDING_CHECKSUM_MISMATCH",)),
    "scp of 4,294,967,295 samples": Odd(
        single(made.scp().replace(b"\x01\0\0\0\xc4\x09\0\0\x01", b"\x01\0\0\0\xff\xff\xff\xff\x01")),
        refused="RECORDING_TOO_LARGE",
    ),
    "aecg": Odd(single(made.aecg()), values=MV, leads=("II", "V1")),
    "aecg in millivolts": Odd(single(made.aecg(unit="mV", scale="0.005")), values=MV),
    "aecg without a unit": Odd(single(made.aecg(unit="")), asked=("unit",)),
    "aecg rate of no whole number": Odd(single(made.aecg(increment="0.0039")), values=MV, rate=1 / 0.0039),
    "aecg rate 0": Odd(single(made.aecg(increment="0")), refused="RECORDING_DAMAGED"),
    "aecg with an origin": Odd(single(made.aecg(origin=500)), values=MV + 0.5),
    "aecg with decimal commas": Odd(
        single(made.aecg(scale="5,0", origin="500,0", increment="0,004")), ("RECORDING_DECIMAL_COMMA",), values=MV + 0.5
    ),
    "aecg whose scale is a word": Odd(single(made.aecg(scale="five")), refused="RECORDING_SCALE_INVALID"),
    "aecg with a lead twice": Odd(
        single(made.aecg().replace("LEAD_V1", "LEAD_II")),
        ("RECORDING_LEAD_DUPLICATE",),
        values=MV,
        leads=("II", "II (2)"),
    ),
    "aecg bomb": Odd(single(BOMB), refused="RECORDING_XML_UNSAFE"),
    "aecg reading a file": Odd(
        single(BOMB.replace('<!ENTITY a "ha">', '<!ENTITY a SYSTEM "file:///etc/passwd">')),
        refused="RECORDING_XML_UNSAFE",
    ),
    "aecg of elements in each other without end": Odd(
        single("<AnnotatedECG>" + "<a>" * 500_000), refused="RECORDING_XML_UNSAFE"
    ),
    "aecg cut off": Odd(single(made.aecg()[:-200]), refused="RECORDING_DAMAGED"),
    "xml of another kind": Odd(single("<html><body>1</body></html>"), refused="RECORDING_UNSUPPORTED_FORMAT"),
    "muse": Odd(single(made.muse()), values=MV, leads=("II", "V1")),
    "muse with unknown units": Odd(single(made.muse(units="FURLONGS")), asked=("unit",)),
    "muse with a decimal comma": Odd(single(made.muse(per_bit="5,0")), values=MV),
    "philips": Odd(single(made.philips()), values=MV, leads=("II", "V1")),
    "philips in UTF-16": Odd(single(made.philips().replace("UTF-8", "UTF-16").encode("utf-16")), values=MV),
    "philips with a decimal comma": Odd(
        single(made.philips(resolution="5,0")), ("RECORDING_DECIMAL_COMMA",), values=MV
    ),
    "philips with fewer names than leads": Odd(
        single(made.philips().replace('leadlabels="II V1"', 'leadlabels="II"')),
        ("RECORDING_CHANNELS_LEFT_OUT",),
        values=MV[:1],
    ),
    "kardia": Odd(single(made.atc()), values=MV, leads=("I", "II")),
    "kardia by its interface": Odd(single(KARDIA_JSON), values=MV[:1], leads=("I",)),
    "kardia with a wrong sum": Odd(single(made.atc(wrong_sum=True)), ("RECORDING_CHECKSUM_MISMATCH",), values=MV),
    "kardia cut off": Odd(single(made.atc()[:-100]), ("RECORDING_TRUNCATED",), values=MV[:1]),
    "dicom": Odd(single(made.dicom()), values=MV, leads=("II", "V1")),
    "dicom without its preamble": Odd(bare_dicom, values=MV),
    "dicom with a lead by its code": Odd(
        single(made.dicom(made.digital()[:1], names=("?",), code="5.6.3-9-61")), values=MV[:1], leads=("III",)
    ),
    "dicom in millivolts": Odd(single(made.dicom(sensitivity="0.005", unit="mV")), values=MV),
    "dicom with a baseline": Odd(single(made.dicom(baseline="500")), values=MV + 0.5),
    "dicom without a sensitivity": Odd(single(made.dicom(sensitivity=None)), asked=("unit",)),
    "dicom with sensitivity 0": Odd(single(made.dicom(sensitivity="0")), refused="RECORDING_SCALE_INVALID"),
    "dicom rate 0": Odd(single(made.dicom(rate="0")), refused="RECORDING_RATE_INVALID"),
    "dicom with fewer samples than announced": Odd(
        single(made.dicom(samples=5000)), ("RECORDING_TRUNCATED",), values=MV
    ),
    "dicom with more channels than described": Odd(single(made.dicom(channels=12)), refused="RECORDING_CONTRADICTORY"),
    "dicom 12 of 16 bits, signs lost": Odd(
        single(made.dicom(made.digital() & 0xFFF, bits=12)), ("RECORDING_SIGN_EXTENDED",) * 2, values=MV
    ),
    "dicom padding": Odd(
        single(made.dicom(with_values(0, 100, 200, -32768), padding=-32768)),
        ("RECORDING_VALUES_MISSING",),
        values=as_mv(with_values(0, 100, 200, -32768)),
    ),
    "dicom without a waveform": Odd(no_waveform, refused="RECORDING_NO_ECG"),
    "dicom cut off": Odd(single(made.dicom()[:3000]), ("RECORDING_TRUNCATED",)),
}

CONTAINERS: dict[str, Odd] = {
    "nothing": Odd(lambda: {"a": b""}, refused="RECORDING_EMPTY"),
    "a picture": Odd(single(b"\x89PNG\r\n\x1a\n" + b"\0" * 100), refused="RECORDING_UNSUPPORTED_FORMAT"),
    "random bytes": Odd(single(np.random.default_rng(0).bytes(5000)), refused="RECORDING_UNSUPPORTED_FORMAT"),
    "zip in a zip": Odd(
        single(zipped({"inner.zip": zipped({"a.edf": made.edf()})})), refused="RECORDING_ARCHIVE_NESTED"
    ),
    "zip that leads outside": Odd(single(zipped({"../../a.edf": made.edf()})), refused="RECORDING_ARCHIVE_UNSAFE"),
    "zip without files": Odd(single(zipped({})), refused="RECORDING_EMPTY"),
    "zip cut off": Odd(single(zipped({"a.edf": made.edf()})[:-50]), refused="RECORDING_DAMAGED"),
    "zip of two recordings": Odd(single(zipped({"a": made.edf(), "b": made.ishne()})), refused="RECORDING_SEVERAL"),
    "zip with a password": Odd(single(locked()), refused="RECORDING_ARCHIVE_ENCRYPTED"),
    "zip with remarks beside": Odd(
        single(zipped({"a": made.edf(), "readme.md": b"thanks for reading"})),
        ("RECORDING_FILES_LEFT_OUT",),
        values=EDF_MV,
    ),
}
