"""What kind of recording files are: told from their first bytes, never from their names."""

from __future__ import annotations

import re
import struct
from collections.abc import Mapping, Sequence
from enum import Enum
from typing import Final

from ecg.formats import archives, wfdb_header
from ecg.formats.files import Content, InputFile, files_of
from ecg.recording_errors import RecordingError

HEAD: Final = 1 << 16
"""Bytes that are looked at."""


class Kind(Enum):
    """Formats that are read."""

    WFDB = "WFDB"
    EDF = "EDF"
    BDF = "BDF"
    TABLE = "CSV"
    JSON = "JSON"
    DICOM = "DICOM"
    SCP = "SCP-ECG"
    AECG = "HL7 aECG"
    ISHNE = "ISHNE"
    MUSE = "MUSE XML"
    PHILIPS = "Philips XML"
    APPLE = "Apple Health"
    KARDIA = "Kardia"


_ROOTS: Final = {"annotatedecg": Kind.AECG, "restingecg": Kind.MUSE, "restingecgdata": Kind.PHILIPS}

#: A DICOM object without preamble: its first element is of group 8, explicit or implicit, with a short value.
_BARE_DICOM: Final = re.compile(rb"\x08\0.\0(?:(?:UL|CS|UI|SH|LO|DA)|.{2}\0\0)", re.DOTALL)

#: What people send by mistake, and what to tell them.
_KNOWN_OTHERS: Final = (
    (b"\x1f\x8b", "a gzip archive; send the files in it, or a zip"),
    (b"7z\xbc\xaf", "a 7-Zip archive; send the files in it, or a zip"),
    (b"Rar!", "a RAR archive; send the files in it, or a zip"),
    (b"BZh", "a bzip2 archive; send the files in it, or a zip"),
    (b"\xfd7zXZ", "an xz archive; send the files in it, or a zip"),
    (b"%PDF", "a PDF document, not the recording itself"),
    (b"\x89PNG", "a picture, not the recording itself"),
    (b"\xff\xd8\xff", "a picture, not the recording itself"),
    (b"MATLAB 5.0", "a MATLAB 5 file, which doesn't say what it holds; WFDB's MATLAB files come with a .hea"),
    (b"\x89HDF", "an HDF5 or MATLAB 7.3 file, which doesn't say what it holds"),
    (b"SQLite", "a database"),
    (b"ANN  1.0", "ISHNE annotations without their recording"),
    (b"fLaC", "FLAC samples without their header; send the .hea file with it"),
    (b"\xd0\xcf\x11\xe0", "an old Office document; export it as CSV"),
)


def sniff(contents: Mapping[str, Content]) -> Kind:
    """The kind of the recording in these files, or in the zip that they are.

    Raises:
        RecordingError: ``RECORDING_UNSUPPORTED_FORMAT``, ``RECORDING_SEVERAL`` and what a zip may be refused for.
    """
    files = files_of(contents)
    if len(files) == 1 and archives.is_zip(files[0].read(0, 8)):
        files = archives.heads(files[0])
    return recognise(files)[0]


def recognise(files: Sequence[InputFile]) -> tuple[Kind, list[InputFile]]:
    """The kind, and the files that make the recording, the one to begin with first.

    A WFDB record is several files; of everything else, one file is one recording.
    """
    kinds = {file.name: kind_of(file.read(0, HEAD)) for file in files if file.size}
    headers = [file for file in files if kinds.get(file.name) is Kind.WFDB]
    if headers:
        first = wfdb_header.main_header(headers)
        return Kind.WFDB, [first, *(file for file in files if file is not first)]
    read = [file for file in files if kinds.get(file.name) is not None]
    if len(read) > 1:  # an Apple export and the like: what is surely a recording goes before what may be any table
        certain = [file for file in read if kinds[file.name] not in (Kind.TABLE, Kind.JSON)]
        read = certain or read
    if len(read) > 1:
        raise RecordingError("RECORDING_SEVERAL", f"There are {len(read)} recordings in it; send them one by one.")
    if not read:
        raise RecordingError("RECORDING_UNSUPPORTED_FORMAT", _why_not(files))
    kind = kinds[read[0].name]
    assert kind is not None  # noqa: S101 - read holds no others
    return kind, read


def kind_of(head: bytes) -> Kind | None:
    """The kind of a file that begins so; None for one that is not read by itself."""
    for magic, kind in ((b"ISHNE1.0", Kind.ISHNE), (b"ALIVE\0\0\0", Kind.KARDIA), (b"\xffBIOSEMI", Kind.BDF)):
        if head.startswith(magic):
            return kind
    if head.startswith(b"0       ") and len(head) >= 256 and head[252:256].strip(b" \0-").isdigit():
        return Kind.EDF
    if head[128:132] == b"DICM" or _BARE_DICOM.match(head):
        return Kind.DICOM
    if _is_scp(head):
        return Kind.SCP
    if any(head.startswith(magic) for magic, _ in _KNOWN_OTHERS):
        return None
    text = decoded(head)
    return _kind_of_text(text.lstrip("﻿ \t\r\n")) if text is not None else None


def decoded(head: bytes) -> str | None:
    """The beginning of a text file, whatever its encoding; None for what is no text."""
    for mark, encoding in ((b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"), (b"\xef\xbb\xbf", "utf-8-sig")):
        if head.startswith(mark):
            return head[: len(head) // 2 * 2].decode(encoding, errors="replace")
    for offset, encoding in ((1, "utf-16-le"), (0, "utf-16-be")):
        if (
            len(head) >= 8
            and head[offset::2].count(0) > 0.9 * len(head[offset::2])
            and not head[1 - offset :: 2].count(0)
        ):
            return head[: len(head) // 2 * 2].decode(encoding, errors="replace")
    controls = sum(head.count(bytes([code])) for code in range(32) if code not in (9, 10, 12, 13, 26))
    if controls:
        return None
    try:
        return head.decode("utf-8")
    except UnicodeDecodeError as error:
        if len(head) - error.start < 4:  # a character was cut at the end
            return head[: error.start].decode("utf-8")
        return head.decode("cp1252", errors="replace")


def _kind_of_text(text: str) -> Kind | None:
    if text.startswith("<"):
        root = re.search(r"<(?:[A-Za-z_][\w.\-]*:)?([A-Za-z_][\w.\-]*)[\s/>]", re.sub(r"<[?!][^>]*>", "", text))
        return _ROOTS.get(root[1].lower()) if root else None
    if text.startswith(("{", "[{", "[[")) or re.match(r"\[\s*[-\d\[{]", text):
        keys = set(re.findall(r'"(recordedAt|algorithmDetermination|patientID|amplitudeResolution|data12L)"', text))
        return Kind.KARDIA if len(keys) >= 2 and "amplitudeResolution" in text else Kind.JSON
    if wfdb_header.looks_like_one(text):
        return Kind.WFDB
    lines = text.splitlines()[:60]
    if _is_apple(lines):
        return Kind.APPLE
    numbers = sum(bool(re.search(r"\d", line)) for line in lines)
    return Kind.TABLE if lines and numbers >= max(1, 0.2 * len(lines)) else None


def _is_apple(lines: Sequence[str]) -> bool:
    """Apple's export of one ECG: lines of a name and a value, then a column of microvolts; in the phone's language."""
    hertz = any(re.search(r"\d+(?:[.,]\d+)?\s*(?:hertz|herz|赫兹|ヘルツ)", line, re.IGNORECASE) for line in lines[:20])
    unit = any(re.search(r"[,;\t]\s*\"?[µμ]V\"?\s*$", line) for line in lines[:20])
    return hertz and unit


def _is_scp(head: bytes) -> bool:
    """EN 1064: section 0 begins at byte 7, and its first pointer is to itself."""
    if len(head) < 32:
        return False
    number, length = struct.unpack_from("<HI", head, 8)
    plausible = number == 0 and 26 <= length < 1 << 16 and (length - 16) % 10 == 0
    return plausible and (head[16:22] == b"SCPECG" or struct.unpack_from("<H", head, 22)[0] == 0)


def _why_not(files: Sequence[InputFile]) -> str:
    if len(files) == 1:
        head = files[0].read(0, 512)
        for magic, words in _KNOWN_OTHERS:
            if head.startswith(magic):
                return f"This is {words}."
        text = decoded(head)
        if text is not None and text.lstrip("﻿ \t\r\n").startswith("<"):
            return "This XML document is none of the kinds that are read: HL7 aECG, MUSE and Philips."
    return (
        "None of the formats that are read is this file's. Samples of a WFDB record need their .hea file beside them."
    )
