"""SCP-ECG records (EN 1064, ISO 11073-91064)."""

from __future__ import annotations

import struct
from collections.abc import Sequence

from ecg.formats import kit
from ecg.formats.files import InputFile
from ecg.formats.source import Source
from ecg.recording_errors import RecordingError


def read(files: Sequence[InputFile]) -> Source:
    """The rhythm of a record."""
    _check_claims(files[0].document())
    record, notes = kit.parse("scp_ecg", "SCPECGParser", files[0])
    interval = record.raw_metadata.get("rhythm_sample_interval_us")
    return kit.source_of(record, notes, 1_000_000 / interval if interval else None)


def _check_claims(data: bytes) -> None:
    """Refuse a record whose leads (section 3) would have more samples than its bytes have bits."""
    length = struct.unpack_from("<I", data, 10)[0]
    for at in range(22, min(6 + length, len(data)) - 9, 10):
        number, size, index = struct.unpack_from("<HII", data, at)
        begin = index - 1 + 16
        if number != 3 or not size or begin + 2 > len(data):
            continue
        for lead in range(data[begin]):
            place = begin + 2 + 9 * lead
            if place + 8 > len(data):
                return  # the parser will say so
            first, last = struct.unpack_from("<II", data, place)
            if last - first >= 8 * len(data) or last > 64 * len(data):
                raise RecordingError(
                    "RECORDING_TOO_LARGE",
                    f"The record announces {last:,} samples of a lead and has {len(data):,} bytes.",
                )
