"""AliveCor Kardia: ``.atc`` files (Alive File Format 1.7) and recordings of its interface in JSON."""

from __future__ import annotations

import json
import re
import struct
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, Final

import numpy as np

from ecg.formats import arrays
from ecg.formats.files import InputFile
from ecg.formats.source import Source
from ecg.recording_errors import RecordingError

_MAGIC: Final = b"ALIVE\0\0\0"
_LEADS: Final = {
    b"ecg ": "I",
    b"ecg2": "II",
    b"ecg3": "III",
    b"ecg4": "aVR",
    b"ecg5": "aVL",
    b"ecg6": "aVF",
    b"ecg7": "V1",
    b"ecg8": "V2",
    b"ecg9": "V3",
    b"ecga": "V4",
    b"ecgb": "V5",
    b"ecgc": "V6",
}


def read(files: Sequence[InputFile]) -> Source:
    """The recording in a file."""
    data = files[0].document()
    return _of_atc(data) if data.startswith(_MAGIC) else _of_json(data)


def _of_atc(data: bytes) -> Source:
    blocks: dict[bytes, bytes] = {}
    damaged, whole = [], True
    for name, body, good in _blocks(data):
        if body is None:
            whole = False
            break
        blocks.setdefault(name, body)
        if not good:
            damaged.append(name)
    if b"fmt " not in blocks or len(blocks[b"fmt "]) < 6:
        raise RecordingError("RECORDING_HEADER_INVALID", "The file doesn't say how its samples were taken.")
    _, rate, resolution, _ = struct.unpack_from("<BHHB", blocks[b"fmt "])
    columns = [
        arrays.Column(
            lead,
            np.frombuffer(blocks[name][: len(blocks[name]) // 2 * 2], "<i2").astype(np.float64),
            "nV" if resolution else "",
            float(resolution or 1),
        )
        for name, lead in _LEADS.items()
        if blocks.get(name)
    ]
    source = arrays.source_of(columns, float(rate))
    source.start = _moment(blocks.get(b"info", b"")[:32].split(b"\0")[0].decode("ascii", errors="replace"))
    if damaged:
        source.warn("RECORDING_CHECKSUM_MISMATCH", "A part of the file has a wrong checksum; it may be damaged.")
    if not whole:
        source.warn("RECORDING_TRUNCATED", "The file ends in the middle of a part; what was left out is not known.")
    return source


def _blocks(data: bytes) -> Iterator[tuple[bytes, bytes | None, bool]]:
    """Name, contents (None where the file ends before they do), and whether the checksum agrees."""
    place = len(_MAGIC) + 4
    while place + 8 <= len(data):
        name, length = data[place : place + 4], struct.unpack_from("<I", data, place + 4)[0]
        stop = place + 8 + length
        if stop + 4 > len(data):
            yield name, None, False
            return
        stated = struct.unpack_from("<I", data, stop)[0]
        total = int(np.frombuffer(data[place:stop], np.uint8).sum(dtype=np.uint64)) & 0xFFFFFFFF
        yield name, data[place + 8 : stop], stated == total
        place = stop + 4


def _of_json(data: bytes) -> Source:
    """One recording as ``GET /v1/recordings/:id`` gives it: the signal as taken, not AliveCor's filtered one."""
    try:
        document = json.loads(data.decode("utf-8-sig"))
        raw = document["data"]["raw"]
        samples: dict[str, Any] = raw["samples"]
        resolution = float(raw.get("amplitudeResolution") or 0)
        columns = [
            arrays.Column(
                re.sub(r"^lead", "", name), np.array(values, np.float64), "nV" if resolution else "", resolution or 1.0
            )
            for name, values in samples.items()
        ]
        source = arrays.source_of(columns, float(raw["frequency"]))
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise RecordingError("RECORDING_DAMAGED", "The Kardia recording is damaged or not complete.") from error
    source.start = _moment(str(document.get("recordedAt", "")))
    return source


def _moment(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text.strip().replace("Z", "+00:00"))
    except ValueError:
        return None
