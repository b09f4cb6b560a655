"""Made signals for the tests of readers, and files of them in every format, byte by byte from the specifications."""

from __future__ import annotations

import struct
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from pydicom.uid import UID

Samples = NDArray[np.int64]


def beats(seconds: float = 10.0, rate: float = 250.0, *, size: float = 1.2, seed: int = 1) -> NDArray[np.float64]:
    """Something like an ECG: narrow peaks, a slow baseline and a little noise; millivolts."""
    time = np.arange(round(seconds * rate)) / rate
    noise = np.random.default_rng(seed).normal(0, 0.01, len(time))
    return (
        size * np.exp(-((((time + 0.1 * seed) % 0.83 - 0.4) / 0.015) ** 2)) + 0.08 * np.sin(0.6 * np.pi * time) + noise
    )


def digital(count: int = 2, *, seconds: float = 10.0, rate: float = 250.0, gain: float = 200.0) -> Samples:
    """``[count, samples]`` whole numbers, ``gain`` for a millivolt."""
    sizes = (1.2, -0.7, 0.9, 0.5)
    rows = [beats(seconds, rate, size=sizes[index % 4], seed=index + 1) for index in range(count)]
    return np.rint(np.array(rows) * gain).astype(np.int64)


def twelve_leads(seconds: float = 10.0, rate: float = 250.0) -> NDArray[np.float64]:
    """Twelve leads that obey Einthoven's and Goldberger's laws, millivolts."""
    first, second = beats(seconds, rate, size=0.6, seed=1), beats(seconds, rate, size=1.1, seed=2)
    limb = [first, second, second - first, -(first + second) / 2, first - second / 2, second - first / 2]
    return np.array(limb + [beats(seconds, rate, size=0.4 * (index - 2.5), seed=index + 3) for index in range(6)])


# WFDB


def packed(values: Samples, code: int) -> bytes:
    """Samples as they follow each other, in a WFDB signal format (signal(5))."""
    flat = np.asarray(values, np.int64)
    if code in (16, 32, 80, 160, 61):
        kind, shift = {16: ("<i2", 0), 32: ("<i4", 0), 61: (">i2", 0), 80: ("u1", 128), 160: ("<u2", 32768)}[code]
        return (flat + shift).astype(kind).tobytes()
    if code == 24:
        return b"".join(int(value).to_bytes(3, "little", signed=True) for value in flat)
    bits = {212: 12, 310: 10, 311: 10}[code]
    unsigned = [int(value) & ((1 << bits) - 1) for value in flat]
    group = 2 if code == 212 else 3
    unsigned += [0] * (-len(unsigned) % group)
    out = bytearray()
    for at in range(0, len(unsigned), group):
        part = unsigned[at : at + group]
        if code == 212:
            out += bytes([part[0] & 0xFF, part[0] >> 8 | (part[1] >> 8) << 4, part[1] & 0xFF])
        elif code == 311:
            out += struct.pack("<I", part[0] | part[1] << 10 | part[2] << 20)
        else:
            low = part[0] << 1 | (part[2] & 0x1F) << 11
            out += struct.pack("<HH", low, part[1] << 1 | (part[2] >> 5) << 11)
    return bytes(out)


def checksum(row: Samples) -> int:
    """As header(5) wants it: the sum of the samples as a signed 16-bit number."""
    return int(np.int64(row.sum()).astype(np.int16))


def header(
    rows: Samples,
    *,
    name: str = "r",
    code: str = "16",
    gain: str = "200/mV",
    rate: str = "250",
    labels: Sequence[str] = ("II", "V1"),
    file: str = "r.dat",
    samples: int | None = None,
    sums: bool = True,
) -> str:
    """A WFDB header of interleaved rows."""
    lines = [f"{name} {len(rows)} {rate} {len(rows[0]) if samples is None else samples}"]
    for row, label in zip(rows, labels, strict=False):
        stated = f"{row[0]} {checksum(row)}" if sums else "0 0"
        lines.append(f"{file} {code} {gain} 16 0 {stated} 0 {label}")
    return "\n".join(lines) + "\n"


def wfdb(rows: Samples | None = None, code: int = 16, **about: object) -> dict[str, bytes]:
    """A record of one signal file."""
    rows = digital() if rows is None else rows
    text = header(rows, code=str(code), **about)  # type: ignore[arg-type]
    return {"r.hea": text.encode(), "r.dat": packed(rows.T.ravel(), code)}


# EDF and BDF


def edf_field(text: object, width: int) -> bytes:
    """A field of a header, filled with blanks."""
    return str(text).encode("latin-1").ljust(width)[:width]


def edf(
    rows: Samples | None = None,
    *,
    labels: Sequence[str] = ("ECG II", "ECG V1"),
    unit: str = "uV",
    physical: Sequence[object] = (-5000, 5000),
    ends: Sequence[object] = (-32768, 32767),
    rate: int = 250,
    duration: object = 1,
    records: object = None,
    kind: str = "",
    onsets: Sequence[float] | None = None,
    texts: Sequence[str] = (),
    size: int = 2,
    start: str = "01.02.2410.20.30",
) -> bytes:
    """An EDF file, of ``kind`` ``EDF+C`` or ``EDF+D`` with an annotation signal, or BDF with ``size`` 3.

    Samples are given as ``[signals, samples]``; a record holds ``rate`` of each.
    """
    rows = digital(gain=6553.5) if rows is None else rows
    count = rows.shape[1] // rate
    names = [*labels[: len(rows)]]
    per_record = [rate] * len(rows)
    columns: tuple[list[object], ...] = tuple([value] * len(rows) for value in (*physical[:2], *ends[:2], unit))
    lows, highs, bottoms, tops, units = columns
    room = 60
    if kind:
        names.append("BDF Annotations" if size == 3 else "EDF Annotations")
        per_record.append(room // size)
        for column, value in zip(columns, (-1, 1, -32768, 32767, ""), strict=True):
            column.append(value)
    first = b"\xffBIOSEMI" if size == 3 else b"0       "
    head = first + edf_field("X X X X", 80) + edf_field("Startdate 01-FEB-2024 X X X", 80) + edf_field(start, 16)
    head += edf_field(256 * (len(names) + 1), 8) + edf_field(kind, 44)
    head += edf_field(count if records is None else records, 8) + edf_field(duration, 8) + edf_field(len(names), 4)
    blank = [""] * len(names)
    fields: tuple[tuple[Sequence[object], int], ...] = (
        *((names, 16), (blank, 80), (units, 8), (lows, 8), (highs, 8), (bottoms, 8), (tops, 8)),
        *((blank, 80), (per_record, 8), (blank, 32)),
    )
    for values, width in fields:
        head += b"".join(edf_field(value, width) for value in values)
    body = bytearray()
    for record in range(count):
        for row in rows[:, record * rate : (record + 1) * rate]:
            body += row.astype("<i2").tobytes() if size == 2 else packed(row, 24)
        if kind:
            onset = record if onsets is None else onsets[record]
            note = f"+{onset:.12g}\x14\x14\0".encode()
            if record < len(texts):
                note += f"+{onset:.12g}\x14{texts[record]}\x14\0".encode()
            body += note.ljust(room, b"\0")
    return head + bytes(body)


# others


def ishne(
    rows: Samples | None = None,
    *,
    codes: Sequence[int] = (6, 11),
    rate: int = 250,
    nanovolts: int = 5000,
    samples: int = -1,
) -> bytes:
    """An ISHNE file."""
    import binascii

    rows = digital() if rows is None else rows
    block = bytearray(512)
    struct.pack_into("<iiiih", block, 0, 0, rows.shape[1] if samples < 0 else samples, 522, 522, 1)
    struct.pack_into("<3h", block, 128, 1, 2, 2024)
    struct.pack_into("<3h", block, 140, 10, 20, 30)
    struct.pack_into("<h", block, 146, len(rows))
    for index in range(12):
        struct.pack_into("<h", block, 148 + 2 * index, codes[index] if index < len(rows) else -9)
        struct.pack_into("<h", block, 196 + 2 * index, nanovolts)
    struct.pack_into("<h", block, 262, rate)
    crc = binascii.crc_hqx(bytes(block), 0xFFFF)
    return b"ISHNE1.0" + struct.pack("<H", crc) + bytes(block) + rows.T.astype("<i2").tobytes()


def huffman(values: Samples) -> bytes:
    """Numbers by SCP-ECG's default Huffman table (EN 1064, 5.5.6): 0, 1 to 8 with a sign, else 8 or 16 bits."""
    bits = ""
    for value in values.tolist():
        if value == 0:
            bits += "0"
        elif abs(value) <= 8:
            bits += "1" * abs(value) + "0" + ("1" if value < 0 else "0")
        elif -128 <= value < 128:
            bits += f"1111111110{value & 0xFF:08b}"
        else:
            bits += f"1111111111{value & 0xFFFF:016b}"
    bits += "0" * (-len(bits) % 16)
    return int(bits, 2).to_bytes(len(bits) // 8, "big")


def scp(
    rows: Samples | None = None,
    *,
    codes: Sequence[int] = (1, 2),
    nanovolts: int = 5000,
    interval: int = 4000,
    differences: int | None = None,
) -> bytes:
    """An SCP-ECG record (EN 1064): sections 0, 1, 3 and 6, with ``differences`` also 2, by its default table."""
    import binascii

    rows = digital() if rows is None else rows
    length = rows.shape[1]

    def section(number: int, body: bytes) -> bytes:
        body += b"\0" * (len(body) % 2)
        text = struct.pack("<HIBB", number, 16 + len(body), 20, 20) + b"\0" * 6 + body
        return struct.pack("<H", binascii.crc_hqx(text, 0xFFFF)) + text

    leads = struct.pack("<BB", len(rows), 4 | len(rows) << 3)
    leads += b"".join(struct.pack("<IIB", 1, length, code) for code in codes[: len(rows)])
    data = [row.astype("<i2").tobytes() for row in rows]
    if differences is not None:
        steps = rows.copy()
        for order in range(differences):  # the first samples stay as they are
            steps[:, order + 1 :] = np.diff(steps[:, order:], axis=1)
        steps[:, :differences] = rows[:, :differences]
        data = [huffman(row) for row in steps]
    rhythm = struct.pack("<HHBB", nanovolts, interval, differences or 0, 0)
    rhythm += struct.pack(f"<{len(rows)}H", *map(len, data)) + b"".join(data)
    sections = {1: section(1, b"\xff\0\0"), 3: section(3, leads), 6: section(6, rhythm)}
    if differences is not None:
        sections[2] = section(2, struct.pack("<H", 19_999))
    place = 7 + 16 + 10 * 12
    pointers = struct.pack("<HII", 0, 16 + 120, 7)
    body = b""
    for number in range(1, 12):
        text = sections.get(number, b"")
        pointers += struct.pack("<HII", number, len(text), place if text else 0)
        body += text
        place += len(text)
    first = struct.pack("<HIBB", 0, 16 + 120, 20, 20) + b"SCPECG" + pointers
    first = struct.pack("<H", binascii.crc_hqx(first, 0xFFFF)) + first
    whole = struct.pack("<I", 6 + len(first) + len(body)) + first + body
    return struct.pack("<H", binascii.crc_hqx(whole, 0xFFFF)) + whole


def aecg(
    rows: Samples | None = None, *, unit: str = "uV", scale: object = 5, increment: object = "0.004", origin: object = 0
) -> str:
    """An HL7 aECG document."""
    rows = digital() if rows is None else rows
    sequences = "".join(
        f'<component><sequence><code code="MDC_ECG_LEAD_{name}"/><value xsi:type="SLIST_PQ"><origin value="{origin}" '
        f'unit="{unit}"/><scale value="{scale}" unit="{unit}"/><digits>{" ".join(map(str, row))}</digits></value>'
        "</sequence></component>"
        for name, row in zip(("II", "V1"), rows, strict=False)
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?><AnnotatedECG xmlns="urn:hl7-org:v3" '
        'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><component><series><code code="RHYTHM"/><effectiveTime>'
        '<low value="20240201102030.000"/></effectiveTime><component><sequenceSet><component><sequence>'
        '<code code="TIME_ABSOLUTE"/><value xsi:type="GLIST_TS"><head value="20240201102030.000"/>'
        f'<increment value="{increment}" unit="s"/></value></sequence></component>{sequences}</sequenceSet></component>'
        "</series></component></AnnotatedECG>"
    )


def muse(rows: Samples | None = None, *, units: str = "MICROVOLTS", per_bit: str = "5", base: int = 250) -> str:
    """A MUSE document."""
    import base64
    import zlib

    rows = digital() if rows is None else rows
    text = ""
    for name, row in zip(("II", "V1"), rows, strict=False):
        data = row.astype("<i2").tobytes()
        text += (
            f"<LeadData><LeadByteCountTotal>{len(data)}</LeadByteCountTotal><LeadSampleCountTotal>{len(row)}"
            f"</LeadSampleCountTotal><LeadAmplitudeUnitsPerBit>{per_bit}</LeadAmplitudeUnitsPerBit><LeadAmplitudeUnits>"
            f"{units}</LeadAmplitudeUnits><LeadID>{name}</LeadID><LeadSampleSize>2</LeadSampleSize><LeadDataCRC32>"
            f"{zlib.crc32(data)}</LeadDataCRC32><WaveFormData>{base64.b64encode(data).decode()}</WaveFormData></LeadData>"
        )
    return (
        '<?xml version="1.0" encoding="ISO-8859-1"?><!DOCTYPE RestingECG SYSTEM "restecg.dtd"><RestingECG><MuseInfo/>'
        "<TestDemographics><AcquisitionDate>02-01-2024</AcquisitionDate><AcquisitionTime>10:20:30</AcquisitionTime>"
        f"</TestDemographics><Waveform><WaveformType>Rhythm</WaveformType><SampleBase>{base}</SampleBase>"
        f"<SampleExponent>0</SampleExponent>{text}</Waveform></RestingECG>"
    )


def philips(rows: Samples | None = None, *, resolution: str = "5.0", rate: int = 250) -> str:
    """A Philips document without compression."""
    import base64

    rows = digital() if rows is None else rows
    data = base64.b64encode(rows.astype("<i2").tobytes()).decode()
    duration = rows.shape[1] * 1000 // rate
    return (
        '<?xml version="1.0" encoding="UTF-8"?><restingecgdata xmlns="http://www3.medical.philips.com"><documentinfo>'
        "<documenttype>PhilipsECG</documenttype><documentversion>1.04</documentversion></documentinfo>"
        '<dataacquisition date="2024-02-01" time="10:20:30"><signalcharacteristics><samplingrate>'
        f"{rate}</samplingrate><resolution>{resolution}</resolution><signaloffset>0</signaloffset><signalsigned>True"
        '</signalsigned></signalcharacteristics></dataacquisition><waveforms><parsedwaveforms dataencoding="Base64" '
        f'durationperchannel="{duration}" samplespersecond="{rate}" resolution="{resolution}" '
        f'numberofleads="{len(rows)}" leadlabels="II V1" compressflag="False">{data}</parsedwaveforms>'
        "</waveforms></restingecgdata>"
    )


def atc(rows: Samples | None = None, *, rate: int = 250, nanovolts: int = 5000, wrong_sum: bool = False) -> bytes:
    """A Kardia file."""
    rows = digital() if rows is None else rows

    def block(name: bytes, body: bytes) -> bytes:
        text = name + struct.pack("<I", len(body)) + body
        return text + struct.pack("<I", (sum(text) + int(wrong_sum)) & 0xFFFFFFFF)

    whole = b"ALIVE\0\0\0" + struct.pack("<I", 4) + block(b"info", b"2024-02-01T10:20:30.000+01:00".ljust(264, b"\0"))
    whole += block(b"fmt ", struct.pack("<BHHBH", 1, rate, nanovolts, 0, 0))
    for name, row in zip((b"ecg ", b"ecg2"), rows, strict=False):
        whole += block(name, row.astype("<i2").tobytes())
    return whole


def dicom(
    rows: Samples | None = None,
    *,
    names: Sequence[str] = ("Lead II", "Lead V1"),
    sensitivity: str | None = "5",
    unit: str = "uV",
    rate: str = "250",
    baseline: str = "0",
    bits: int = 16,
    samples: int | None = None,
    channels: int | None = None,
    kind: str = "SS",
    padding: int | None = None,
    code: str = "0",
) -> bytes:
    """A DICOM general ECG object."""
    import io

    from pydicom.dataset import Dataset, FileMetaDataset
    from pydicom.sequence import Sequence as Items
    from pydicom.uid import ExplicitVRLittleEndian

    rows = digital() if rows is None else rows
    definitions = []
    for name in names[: len(rows)]:
        source, units = Dataset(), Dataset()
        source.CodeValue, source.CodingSchemeDesignator, source.CodeMeaning = code, "SCPECG", name
        units.CodeValue, units.CodingSchemeDesignator, units.CodeMeaning = unit, "UCUM", unit
        channel = Dataset()
        channel.ChannelSourceSequence = Items([source])
        if sensitivity is not None:
            channel.ChannelSensitivity, channel.ChannelSensitivityUnitsSequence = sensitivity, Items([units])
            channel.ChannelSensitivityCorrectionFactor, channel.ChannelBaseline = "1", baseline
        channel.WaveformBitsStored, channel.ChannelSampleSkew = bits, "0"
        definitions.append(channel)
    group = Dataset()
    group.MultiplexGroupTimeOffset, group.WaveformOriginality = "0", "ORIGINAL"
    group.NumberOfWaveformChannels = len(rows) if channels is None else channels
    group.NumberOfWaveformSamples = rows.shape[1] if samples is None else samples
    group.SamplingFrequency, group.ChannelDefinitionSequence = rate, Items(definitions)
    group.WaveformBitsAllocated, group.WaveformSampleInterpretation = 16, kind
    if padding is not None:
        group.add_new((0x5400, 0x100A), "OW", struct.pack("<h", padding))
    group.WaveformData = rows.T.astype("<i2" if kind == "SS" else "<u2").tobytes()
    group["WaveformData"].VR = "OW"
    whole = Dataset()
    whole.SOPClassUID, whole.SOPInstanceUID = "1.2.840.10008.5.1.4.1.1.9.1.2", "1.2.3.4"
    whole.Modality, whole.AcquisitionDateTime, whole.WaveformSequence = "ECG", "20240201102030", Items([group])
    whole.file_meta = FileMetaDataset()
    whole.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    whole.file_meta.MediaStorageSOPClassUID = whole.SOPClassUID
    whole.file_meta.MediaStorageSOPInstanceUID = UID("1.2.3.4")
    file = io.BytesIO()
    whole.save_as(file, enforce_file_format=True)
    return file.getvalue()
