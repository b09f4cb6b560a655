"""Samples of WFDB signal files (signal(5) of the WFDB Applications Guide): any stretch, without what comes before it.

The ``wfdb`` package reads these formats too, and the tests compare with it. It is not used here: it opens whatever path
a header names, reads format 8 from its beginning for every stretch, and doesn't compare samples with what the header
says of them.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ecg.digital import MISSING, Digital
from ecg.formats.files import InputFile
from ecg.recording_errors import RecordingError

_Bytes = NDArray[np.uint8]


def _plain(dtype: str, zero: int = 0) -> Callable[[_Bytes], Digital]:
    return lambda data: data.view(dtype).astype(np.int32) - zero


def _signed(values: NDArray[Any], bits: int) -> Digital:
    """Two's complement of ``bits`` bits."""
    values = values.astype(np.int32)
    return values - ((values >> (bits - 1)) << bits)


def _of_24(data: _Bytes) -> Digital:
    parts = data.reshape(-1, 3).astype(np.int32)
    return _signed(parts[:, 0] | parts[:, 1] << 8 | parts[:, 2] << 16, 24)


def _of_212(data: _Bytes) -> Digital:
    parts = data.reshape(-1, 3).astype(np.int32)
    pairs = np.stack([parts[:, 0] | (parts[:, 1] & 0x0F) << 8, parts[:, 2] | (parts[:, 1] & 0xF0) << 4], axis=1)
    return _signed(pairs.ravel(), 12)


def _of_310(data: _Bytes) -> Digital:
    words = data.view("<u2").reshape(-1, 2).astype(np.int32)
    third = words[:, 0] >> 11 | (words[:, 1] >> 11) << 5
    return _signed(np.stack([words[:, 0] >> 1 & 0x3FF, words[:, 1] >> 1 & 0x3FF, third], axis=1).ravel(), 10)


def _of_311(data: _Bytes) -> Digital:
    words = data.view("<u4")
    return _signed(np.stack([words & 0x3FF, words >> 10 & 0x3FF, words >> 20 & 0x3FF], axis=1).ravel(), 10)


@dataclass(frozen=True, slots=True)
class _Packing:
    """How a format packs samples into bytes."""

    samples: int
    bytes: int
    decode: Callable[[_Bytes], Digital]
    missing: int | None
    """The value that stands for a sample that was not recorded."""


PACKINGS: Final = {
    8: _Packing(1, 1, _plain("<i1"), None),  # first differences
    16: _Packing(1, 2, _plain("<i2"), -(1 << 15)),
    24: _Packing(1, 3, _of_24, -(1 << 23)),
    32: _Packing(1, 4, _plain("<i4"), -(1 << 31)),
    61: _Packing(1, 2, _plain(">i2"), -(1 << 15)),
    80: _Packing(1, 1, _plain("<u1", 128), -128),
    160: _Packing(1, 2, _plain("<u2", 1 << 15), -(1 << 15)),
    212: _Packing(2, 3, _of_212, -(1 << 11)),
    310: _Packing(3, 4, _of_310, -(1 << 9)),
    311: _Packing(3, 4, _of_311, -(1 << 9)),
}
#: Samples in the bytes of a last group that is not whole.
_PARTS: Final = {212: {2: 1}, 310: {2: 1}, 311: {2: 1, 3: 2}}
BITS: Final = {
    8: 16,
    16: 16,
    24: 24,
    32: 32,
    61: 16,
    80: 8,
    160: 16,
    212: 12,
    310: 10,
    311: 10,
    508: 8,
    516: 16,
    524: 24,
}
"""Bits of a sample in each format."""


@dataclass(slots=True)
class PackedFile:
    """Samples of some signals, interleaved in one file."""

    file: InputFile
    format: int
    byte_offset: int
    per_frame: Sequence[int]
    initial: Sequence[int]
    """First sample of each signal, from which differences count."""
    _sums: list[NDArray[np.int64]] = field(default_factory=list)

    @property
    def frames(self) -> int:
        """Whole frames in the file."""
        packing = PACKINGS[self.format]
        size = max(0, self.file.size - self.byte_offset)
        whole, rest = divmod(size, packing.bytes)
        samples = whole * packing.samples + _PARTS.get(self.format, {}).get(rest, 0)
        return samples // sum(self.per_frame)

    @property
    def spare_bytes(self) -> int:
        """Bytes after the last whole frame that no padding explains."""
        packing = PACKINGS[self.format]
        used = math.ceil(self.frames * sum(self.per_frame) / packing.samples) * packing.bytes
        return max(0, self.file.size - self.byte_offset - used)

    def read(self, begin: int, end: int) -> list[Digital]:
        """Frames ``begin`` to ``end`` of each signal, ``[(end - begin) * per_frame]``."""
        if self.format == 8:
            return self._read_differences(begin, end)
        return _deinterleaved(self._stream(begin, end), self.per_frame)

    def _stream(self, begin: int, end: int) -> Digital:
        """The samples of frames as they follow each other."""
        packing, width = PACKINGS[self.format], sum(self.per_frame)
        first, last = begin * width, end * width
        group = first // packing.samples
        groups = math.ceil(last / packing.samples) - group
        data = self.file.read(self.byte_offset + group * packing.bytes, groups * packing.bytes)
        data += bytes(-len(data) % packing.bytes)  # the last sample of format 212 may stand alone
        values = packing.decode(np.frombuffer(data, np.uint8))[first - group * packing.samples :][: last - first]
        if packing.missing is not None:
            values[values == packing.missing] = MISSING
        return values

    def _read_differences(self, begin: int, end: int) -> list[Digital]:
        """Format 8: sums of differences, from the last milestone before ``begin``."""
        if not self._sums:
            self._set_milestones()
        milestone = begin // _MILESTONE
        rows = _deinterleaved(self._stream(milestone * _MILESTONE, end), self.per_frame)
        result = []
        for row, base, count in zip(rows, self._sums[milestone], self.per_frame, strict=True):
            values = np.cumsum(row, dtype=np.int64) + base
            result.append(values[(begin - milestone * _MILESTONE) * count :].astype(np.int32))
        return result

    def _set_milestones(self) -> None:
        sums = np.array(self.initial, np.int64)
        for begin in range(0, self.frames + 1, _MILESTONE):
            self._sums.append(sums)
            rows = _deinterleaved(self._stream(begin, min(begin + _MILESTONE, self.frames)), self.per_frame)
            sums = sums + np.array([row.sum(dtype=np.int64) for row in rows], np.int64)


_MILESTONE: Final = 1 << 16


def _deinterleaved(stream: Digital, per_frame: Sequence[int]) -> list[Digital]:
    frames = stream.reshape(-1, sum(per_frame))
    ends = np.cumsum(per_frame)
    return [frames[:, end - count : end].ravel() for end, count in zip(ends, per_frame, strict=True)]


@dataclass(slots=True)
class FlacFile:
    """Samples of some signals as the channels of a FLAC file."""

    file: InputFile
    format: int
    per_frame: Sequence[int]
    frames: int = field(init=False)
    spare_bytes: int = 0

    def __post_init__(self) -> None:
        import soundfile

        if len(set(self.per_frame)) != 1:
            raise RecordingError("RECORDING_HEADER_INVALID", "Signals of one FLAC file must have one rate.")
        try:
            with self.file.open() as source, soundfile.SoundFile(source) as flac:
                channels, samples = flac.channels, flac.frames
        except (RuntimeError, TypeError) as error:
            raise RecordingError("RECORDING_DAMAGED", "The FLAC file of the record is damaged.") from error
        if channels != len(self.per_frame):
            raise RecordingError(
                "RECORDING_CONTRADICTORY",
                f"The header describes {len(self.per_frame)} signals of a FLAC file that has {channels}.",
            )
        self.frames = samples // self.per_frame[0]

    def read(self, begin: int, end: int) -> list[Digital]:
        """See :class:`PackedFile`."""
        import soundfile

        count, bits = self.per_frame[0], self.format - 500
        try:
            with self.file.open() as source, soundfile.SoundFile(source) as flac:
                flac.seek(begin * count)
                values = flac.read((end - begin) * count, dtype="int32", always_2d=True).T >> (32 - bits)
        except RuntimeError as error:
            raise RecordingError("RECORDING_DAMAGED", "The FLAC file of the record is damaged.") from error
        if values.shape[1] != (end - begin) * count:
            raise RecordingError("RECORDING_TRUNCATED", "The FLAC file of the record ends before its header says.")
        values[values == -(1 << (bits - 1))] = MISSING
        return list(values)
