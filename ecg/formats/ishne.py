"""ISHNE Holter files (Badilini 1998, Ann. Noninvasive Electrocardiol. 3:263-266)."""

from __future__ import annotations

import binascii
import struct
from collections.abc import Sequence
from datetime import datetime
from typing import Final

from ecg.formats.files import InputFile
from ecg.formats.source import ChannelInfo, Source
from ecg.formats.wfdb_samples import PackedFile
from ecg.recording_errors import RecordingError

_FIXED: Final = 522
_MAX_LEADS: Final = 12
#: Table 1 of the paper; 0 and 1 name no lead.
_NAMES: Final = {
    2: "X",
    3: "Y",
    4: "Z",
    5: "I",
    6: "II",
    7: "III",
    8: "aVR",
    9: "aVL",
    10: "aVF",
    11: "V1",
    12: "V2",
    13: "V3",
    14: "V4",
    15: "V5",
    16: "V6",
    17: "ES",
    18: "AS",
    19: "AI",
}
_ABSENT: Final = -9


def read(files: Sequence[InputFile]) -> Source:
    """The recording in a file; samples are interleaved 16-bit numbers, -32768 a lead that had come off."""
    file = files[0]
    head = file.read(0, _FIXED)
    if len(head) < _FIXED:
        raise RecordingError("RECORDING_TRUNCATED", "The file ends within its header.")
    checksum, notes_length, samples, _, stated_offset = struct.unpack_from("<Hiiii", head, 8)
    count, rate = struct.unpack_from("<h", head, 156)[0], struct.unpack_from("<h", head, 272)[0]
    if not 1 <= count <= _MAX_LEADS:
        raise RecordingError("RECORDING_HEADER_INVALID", f"The header claims {count} leads; the format has 1 to 12.")
    if notes_length < 0 or _FIXED + notes_length > file.size:
        raise RecordingError("RECORDING_HEADER_INVALID", "The header's notes would end behind the file.")
    offset = _FIXED + notes_length
    frames = PackedFile(file, 16, offset, [1] * count, [0] * count)
    channels = [_channel(head, index) for index in range(count)]
    source = Source(channels, frames, float(rate), start=_start(head))
    if stated_offset != offset:
        source.warn("RECORDING_HEADER_CONTRADICTORY", "The header gives two places where the samples begin.")
    if checksum and checksum not in _checksums(file.read(10, offset - 10)):
        source.warn("RECORDING_CHECKSUM_MISMATCH", "The header's checksum is wrong; the file may be damaged.")
    _check_length(source, frames.frames, samples, count, rate)
    return source


def _channel(head: bytes, index: int) -> ChannelInfo:
    code, resolution = (struct.unpack_from("<h", head, at + 2 * index)[0] for at in (158, 206))
    name = _NAMES.get(code, f"ECG{index + 1}")
    fault = "the header says that it was not present." if code == _ABSENT else ""
    if resolution <= 0:
        return ChannelInfo(name, "", fault=fault)
    return ChannelInfo(name, "nV", float(resolution), fault=fault)


def _checksums(data: bytes) -> tuple[int, int]:
    """CRC-CCITT; the paper doesn't say in which order its bytes are stored."""
    value = binascii.crc_hqx(data, 0xFFFF)
    return value, (value & 0xFF) << 8 | value >> 8


def _check_length(source: Source, present: int, stated: int, count: int, rate: int) -> None:
    """Some write samples of one lead, as the paper says, some of all leads together."""
    if not present:
        raise RecordingError("RECORDING_TRUNCATED", "The file ends before its samples begin.")
    if stated <= 0 or present in (stated, stated // count) or rate <= 0:
        return
    if present < stated:
        lost = (stated // count if present < stated // count else stated) - present
        source.warn("RECORDING_TRUNCATED", f"The last {lost / rate:.1f} s that the header announces are missing.")
    else:
        source.warn("RECORDING_TRAILING_DATA", "The file goes on after the end that its header gives.")


def _start(head: bytes) -> datetime | None:
    day, month, year = struct.unpack_from("<3h", head, 138)
    hour, minute, second = struct.unpack_from("<3h", head, 150)
    try:
        return datetime(year, month, day, hour, minute, second)
    except ValueError:
        return None
