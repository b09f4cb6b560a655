"""The signals of a WFDB record, or of one segment: packed, FLAC, and the MATLAB 4 files that challenges have."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Final

import numpy as np

from ecg.digital import MISSING, Digital
from ecg.formats import limits, units
from ecg.formats.files import InputFile
from ecg.formats.source import ChannelInfo, Source
from ecg.formats.wfdb_header import Header, SignalLine
from ecg.formats.wfdb_samples import BITS, PACKINGS, FlacFile, PackedFile
from ecg.recording_errors import RecordingError

_NOISE: Final = 0.8
_SIZES: Final = (0.02, 40.0)
"""Least and greatest peak to peak of an ECG over a minute, millivolts."""


class Lookup:
    """Finds the files that a header names, among those that were sent."""

    def __init__(self, files: Sequence[InputFile], folder: str) -> None:
        self.files = sorted(files, key=lambda file: file.folder != folder)  # those beside the header first
        self.used: set[str] = set()
        self._by_name = {file.base_name: file for file in reversed(self.files)}
        self._by_lower = {file.base_name.lower(): file for file in reversed(self.files)}

    def find(self, name: str) -> InputFile:
        """The file of that name.

        Raises:
            RecordingError: it was not sent.
        """
        file = self._by_name.get(name) or self._by_lower.get(name.lower())
        if file is None:
            raise RecordingError("RECORDING_FILE_MISSING", f"The header needs the file {name[:60]!r}; send it with it.")
        self.used.add(file.name)
        return file


@dataclass(slots=True)
class RecordFrames:
    """The samples of one segment."""

    files: Sequence[PackedFile | FlacFile]
    skews: Sequence[int]
    """Of each signal, over all files."""
    frames: int

    def read(self, begin: int, end: int) -> list[Digital]:
        """See :class:`ecg.formats.source.Frames`."""
        result: list[Digital] = []
        for file in self.files:
            skews = self.skews[len(result) : len(result) + len(file.per_frame)]
            first = min(begin + min(skews), file.frames)
            last = min(end + max(skews), file.frames)
            rows = file.read(first, last) if first < last else [np.empty(0, np.int32)] * len(file.per_frame)
            for row, skew, count in zip(rows, skews, file.per_frame, strict=True):
                part = row[(begin + skew - first) * count :][: (end - begin) * count] if begin + skew >= first else row
                result.append(_padded(part, (end - begin) * count))
        return result


def _padded(row: Digital, length: int) -> Digital:
    if len(row) == length:
        return row
    return np.concatenate([row, np.full(length - len(row), MISSING, np.int32)])


def single(header: Header, lookup: Lookup) -> Source:
    """A record, or a segment, whose samples are in the files that its header names."""
    files = [_opened(name, list(signals), lookup) for name, signals in groupby(header.signals, lambda line: line.file)]
    if len({line.file for line in header.signals}) < len(files):
        raise RecordingError("RECORDING_HEADER_INVALID", "The header names one file for signals that are not together.")
    skews = [line.skew for line in header.signals]
    longest = max(file.frames for file in files)
    frames = min(header.frames, longest) if header.frames else longest
    if max(skews) >= max(frames, 1):
        raise RecordingError("RECORDING_HEADER_INVALID", "The header shifts a signal by more than the record is long.")
    channels = [channel(line) for line in header.signals]
    source = Source(channels, RecordFrames(files, skews, frames), header.rate, start=header.start)
    _check_lengths(source, header, files)
    if frames:
        _check_samples(source, header, files)
    return source


def _opened(name: str, signals: list[SignalLine], lookup: Lookup) -> PackedFile | FlacFile:
    file = lookup.find(name)
    code, offset = signals[0].format, signals[0].byte_offset
    if any(line.format != code or line.byte_offset not in (0, offset) for line in signals):
        raise RecordingError("RECORDING_HEADER_INVALID", f"The header gives the file {name!r} several formats.")
    if offset > file.size:
        raise RecordingError("RECORDING_TRUNCATED", f"The file {name!r} ends before its samples begin.")
    if offset == 24:
        _check_matlab(file, code, signals)
    per_frame = [line.per_frame for line in signals]
    if code not in PACKINGS:
        return FlacFile(file, code, per_frame)
    return PackedFile(file, code, offset, per_frame, [line.initial or 0 for line in signals])


def _check_matlab(file: InputFile, code: int, signals: Sequence[SignalLine]) -> None:
    """A MATLAB 4 file says itself what it holds (MAT-File Format, level 4): it must agree with the header."""
    head = file.read(0, 24)
    if len(head) < 24:
        return
    order = "<" if head[2:4] == b"\0\0" else ">"
    kind, rows, _, imaginary, name_length = struct.unpack_from(f"{order}5i", head)
    if not (0 <= kind < 5000 and imaginary in (0, 1) and 1 <= name_length <= 64):
        return  # 24 bytes of something else
    number = {2: 32, 3: 61 if order == ">" else 16, 5: 80}.get(kind // 10 % 10)
    if number != code or rows != sum(line.per_frame for line in signals):
        raise RecordingError(
            "RECORDING_CONTRADICTORY", "The header and the MATLAB file disagree about the samples' kind or number."
        )


def channel(line: SignalLine) -> ChannelInfo:
    """A signal's line of the header as a channel."""
    bits = line.bits or BITS[line.format]
    half = 1 << (bits - 1)
    zero = line.baseline if line.bits else 0
    return ChannelInfo(
        line.label or "ECG",
        line.unit,
        1 / line.gain,
        -line.baseline / line.gain,
        line.per_frame,
        (zero - half, zero + half - 1) if bits < 32 else None,
        line.fault,
    )


def _check_lengths(source: Source, header: Header, files: Sequence[PackedFile | FlacFile]) -> None:
    if not source.frames.frames:
        raise RecordingError("RECORDING_EMPTY", "The record has no samples.")
    shortest, longest = min(file.frames for file in files), max(file.frames for file in files)
    claimed = header.frames or longest
    if shortest < claimed:
        lost = (claimed - shortest) / header.rate if header.rate > 0 else 0
        source.warn("RECORDING_TRUNCATED", f"The last {lost:.1f} s that the header announces are missing.")
    elif shortest > claimed:
        more = (shortest - claimed) / header.rate if header.rate > 0 else 0
        source.warn(
            "RECORDING_TRAILING_DATA", f"The file goes on for {more:.1f} s after the end that its header gives."
        )
    elif any(file.spare_bytes for file in files):
        source.warn("RECORDING_TRAILING_DATA", "The file ends with bytes that are no whole frame of samples.")


def _check_samples(source: Source, header: Header, files: Sequence[PackedFile | FlacFile]) -> None:
    """Compare the samples with what the header says of them: first values, checksums, bits."""
    raw = RecordFrames(files, [0] * len(header.signals), source.frames.frames)
    first = [
        int(row[0]) if row[0] != MISSING else _code(line)
        for row, line in zip(raw.read(0, 1), header.signals, strict=True)
    ]
    sums, low, high = _survey(raw, header)
    whole = min(file.frames for file in files) >= (header.frames or 1) and header.frames > 0
    summed = whole and any(line.checksum for line in header.signals)  # many write 0 and mean nothing by it
    begun = any(line.initial for line in header.signals)
    starts = [begun and line.initial != value for line, value in zip(header.signals, first, strict=True)]
    totals = [
        summed and line.checksum is not None and (line.checksum - total) % 65_536 != 0
        for line, total in zip(header.signals, sums, strict=True)
    ]
    wrong = all(totals) if summed else all(starts)
    if (wrong and _is_no_ecg(raw, source)) or ((any(totals) or any(starts)) and _fits_another_format(header, files)):
        raise RecordingError(
            "RECORDING_CONTRADICTORY",
            "The samples are not those that the header describes: another format, another file, or damaged.",
        )
    for line, start, total in zip(header.signals, starts, totals, strict=True):
        if total or (start and not summed):
            what = "checksum" if total else "first sample"
            message = f"{line.label or 'A signal'}: the samples' {what} is not the header's; they may be damaged."
            source.warn("RECORDING_CHECKSUM_MISMATCH", message, line.label)
    for line, info, least, greatest in zip(header.signals, source.channels, low, high, strict=True):
        if line.bits and info.limits and least <= greatest and not (_within(least, greatest, info.limits, line)):
            message = f"{line.label or 'A signal'}: samples lie beyond the {line.bits} bits that the header gives them."
            source.warn("RECORDING_VALUES_OUT_OF_RANGE", message, line.label)


def _is_no_ecg(raw: RecordFrames, source: Source) -> bool:
    """Whether the samples look as an ECG does not: as a file read in a format not its own.

    Neighbouring samples then have nothing to do with each other, so that their differences spread as much as they do or
    more (by the square root of 2 where all are random); or they are far larger or smaller than a heart's.
    """
    ratios, sizes = [], []
    for row, info in zip(raw.read(0, min(raw.frames, 20_000)), source.channels, strict=True):
        values = row[row != MISSING].astype(np.float64) * info.step
        if len(values) > 2 and values.std() > 0:
            ratios.append(np.diff(values).std() / values.std())
            sizes.append(float(np.ptp(values)) * (units.millivolts(info.unit) or 1.0))
    if not ratios:
        return False
    return float(np.median(ratios)) > _NOISE or not _SIZES[0] <= float(np.median(sizes)) <= _SIZES[1]


def _fits_another_format(header: Header, files: Sequence[PackedFile | FlacFile]) -> bool:
    """Whether a file has just as many bytes as the announced samples would take in another format."""
    for file in files:
        if isinstance(file, PackedFile) and header.frames:
            samples, size = header.frames * sum(file.per_frame), file.file.size - file.byte_offset
            for code, packing in PACKINGS.items():
                wanted = -(-samples // packing.samples) * packing.bytes
                own = PACKINGS[file.format]
                if (
                    size == wanted
                    and own.bytes * packing.samples != packing.bytes * own.samples
                    and code != file.format
                ):
                    return True
    return False


def _within(least: int, greatest: int, ends: tuple[int, int], line: SignalLine) -> bool:
    """Whether samples fit into the converter's bits, signed, unsigned or around the baseline."""
    span = 1 << line.bits
    return (
        ends[0] <= least <= greatest <= ends[1]
        or -span // 2 <= least <= greatest < span // 2
        or (0 <= least <= greatest < span)
    )


def _code(line: SignalLine) -> int:
    """What the file has in place of a sample that was not recorded."""
    packing = PACKINGS.get(line.format)
    return -(1 << (BITS[line.format] - 1)) if packing is None else packing.missing or 0


def _survey(raw: RecordFrames, header: Header) -> tuple[list[int], list[int], list[int]]:
    """Sum, least and greatest of all samples of each signal, samples that were not recorded as the file has them."""
    count = len(header.signals)
    sums, low, high = [0] * count, [1 << 40] * count, [-(1 << 40)] * count
    codes = [_code(line) for line in header.signals]
    step = max(1, limits.BLOCK // sum(line.per_frame for line in header.signals))
    for begin in range(0, raw.frames, step):
        for index, row in enumerate(raw.read(begin, min(begin + step, raw.frames))):
            present = row[row != MISSING]
            sums[index] += int(present.sum(dtype=np.int64)) + (len(row) - len(present)) * codes[index]
            if present.size:
                low[index], high[index] = min(low[index], int(present.min())), max(high[index], int(present.max()))
    return sums, low, high
