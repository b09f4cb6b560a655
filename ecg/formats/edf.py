"""EDF, EDF+ and BDF files; the gaps of EDF+D stay gaps."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from ecg.digital import Digital
from ecg.formats import edf_header, limits
from ecg.formats.edf_header import EdfHeader, EdfSignal
from ecg.formats.files import InputFile
from ecg.formats.source import ChannelInfo, Marks, Piece, Source
from ecg.recording_errors import RecordingError

#: A time-stamped annotation list: onset, duration, texts.
_TAL = re.compile(rb"([+-]\d+(?:\.\d*)?)(?:\x15(\d+(?:\.\d*)?))?\x14([^\x00]*)\x14\x00")
_CHUNK = 1 << 22
_LONG_RECORD = 1 << 17
"""Bytes; the standard asks for at most 61,440."""
#: A record may begin so much earlier or later than the one before it ends, in parts of a sample, without a gap.
_SLACK = 0.6


@dataclass(slots=True)
class EdfFrames:
    """The data records of a file; a frame is one of them, or a part of a long one."""

    file: InputFile
    header: EdfHeader
    signals: Sequence[EdfSignal]
    """Those with samples."""
    records: int
    parts: int
    """Of a record: some recorders write the whole recording as one."""

    @property
    def frames(self) -> int:
        """See :class:`ecg.formats.source.Frames`."""
        return self.records * self.parts

    def read(self, begin: int, end: int) -> list[Digital]:
        """See :class:`ecg.formats.source.Frames`."""
        header = self.header
        if self.parts == 1:
            size = header.record_bytes
            data = self.file.read(header.header_bytes + begin * size, (end - begin) * size)
            records = np.frombuffer(data, np.uint8).reshape(end - begin, size)
            return [_samples(records, signal, header.sample_bytes) for signal in self.signals]
        with self.file.open() as file:
            return [np.concatenate(list(self._parts(file, signal, begin, end))) for signal in self.signals]

    def _parts(self, file: BinaryIO, signal: EdfSignal, begin: int, end: int) -> Iterator[Digital]:
        """One signal's samples in parts of records."""
        header, share = self.header, signal.samples // self.parts
        while begin < end:
            record, part = divmod(begin, self.parts)
            count = min(end - begin, self.parts - part) * share
            first = signal.offset + part * share
            file.seek(header.header_bytes + record * header.record_bytes + first * header.sample_bytes)
            data = np.frombuffer(file.read(count * header.sample_bytes), np.uint8)
            yield _decoded(data, header.sample_bytes)
            begin += count // share


def _parts_of(header: EdfHeader, signals: Sequence[EdfSignal]) -> int:
    """Into how many parts, all alike, a record is cut, so that none is long."""
    most = math.gcd(*(signal.samples for signal in signals))
    wanted = -(-header.record_bytes // _LONG_RECORD)
    return next((parts for parts in range(wanted, most + 1) if most % parts == 0), most) if wanted > 1 else 1


def _samples(records: NDArray[np.uint8], signal: EdfSignal, size: int) -> Digital:
    part = records[:, signal.offset * size : (signal.offset + signal.samples) * size]
    return _decoded(np.ascontiguousarray(part).ravel(), size)


def _decoded(data: NDArray[np.uint8], size: int) -> Digital:
    if size == 2:
        return data.view("<i2").astype(np.int32)
    parts = data.reshape(-1, 3).astype(np.int32)
    values = parts[:, 0] | parts[:, 1] << 8 | parts[:, 2] << 16
    return values - ((values >> 23) << 24)


@dataclass(slots=True)
class _Texts:
    """What the annotation signals say."""

    onsets: list[float | None] = field(default_factory=list)
    """When each record begins, seconds."""
    seconds: list[float] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def read(files: Sequence[InputFile]) -> Source:
    """The recording in a file."""
    file = files[0]
    header = edf_header.read(file)
    signals = [signal for signal in header.signals if not signal.is_annotations and signal.samples]
    if not signals:
        raise RecordingError("RECORDING_NO_ECG", "The file has annotations and no samples.")
    parts = _parts_of(header, signals)
    for signal in header.signals:
        if not signal.samples:
            header.warn("RECORDING_LEAD_EMPTY", f"{signal.label} has no samples.", signal.label)
        elif signal.digital[0] > signal.digital[1] and not signal.is_annotations:
            message = f"{signal.label}: the header's digital minimum is above its maximum; the lead was turned round."
            header.warn("RECORDING_LEAD_INVERTED", message, signal.label)
    frames = EdfFrames(file, header, signals, _records(file, header), parts)
    if not header.record_seconds > 0:
        raise RecordingError("RECORDING_RATE_INVALID", "The header says that a record lasts no time.")
    channels = [_channel(signal, parts) for signal in signals]
    rate = parts / header.record_seconds
    source = Source(channels, frames, rate, start=header.start, warnings=header.warnings)
    texts = _texts(file, header, frames.records)
    if header.plus and texts.onsets:
        pieces = _pieces(source, header, texts.onsets)
        source.pieces = [Piece(piece.seconds, piece.frame * parts, piece.frames * parts) for piece in pieces]
    elif header.plus == "D":
        source.warn("RECORDING_ONSETS_MISSING", "The file says that it has gaps, and not where; there may be some.")
    if texts.seconds:
        first = next((onset for onset in texts.onsets if onset is not None), 0.0) or 0.0
        at = np.array(texts.seconds) - first
        source.marks = Marks(at, ['"'] * len(at), texts.notes)
    _check_ranges(source, frames)
    return source


def _channel(signal: EdfSignal, parts: int) -> ChannelInfo:
    low, high = signal.digital
    step = 0.0 if signal.fault else (signal.physical[1] - signal.physical[0]) / (high - low)
    return ChannelInfo(
        signal.label,
        signal.unit,
        step,
        signal.physical[0] - step * low,
        signal.samples // parts,
        (min(signal.digital), max(signal.digital)),
        signal.fault,
    )


def _records(file: InputFile, header: EdfHeader) -> int:
    """How many whole records the file has."""
    present, rest = divmod(max(0, file.size - header.header_bytes), header.record_bytes)
    if not present:
        raise RecordingError("RECORDING_TRUNCATED", "The file ends before its first record does.")
    if header.records == -1:
        header.warn(
            "RECORDING_RECORD_COUNT_UNKNOWN",
            "The recorder didn't write how long the recording is; it was read to the end of the file.",
        )
        return present
    if header.records < 1:
        raise RecordingError("RECORDING_HEADER_INVALID", f"The header says that there are {header.records} records.")
    seconds = abs(header.records - present) * header.record_seconds
    if present < header.records:
        header.warn("RECORDING_TRUNCATED", f"The last {seconds:g} s that the header announces are missing.")
    elif present > header.records or rest:
        header.warn(
            "RECORDING_TRAILING_DATA", f"The file goes on for {seconds:g} s after the end that its header gives."
        )
    return min(present, header.records)


def _texts(file: InputFile, header: EdfHeader, records: int) -> _Texts:
    """Onsets of records and annotations, from the annotation signals alone."""
    texts = _Texts()
    signals = [signal for signal in header.signals if signal.is_annotations]
    if not signals:
        return texts
    for block in _blocks(file, header, records):
        for record in block:
            for number, signal in enumerate(signals):
                begin = signal.offset * header.sample_bytes
                raw = record[begin : begin + signal.samples * header.sample_bytes].tobytes()
                _add_texts(texts, raw, keeps_time=number == 0)
    return texts


def _blocks(file: InputFile, header: EdfHeader, records: int) -> Iterator[NDArray[np.uint8]]:
    step = max(1, _CHUNK // header.record_bytes)
    for begin in range(0, records, step):
        count = min(step, records - begin)
        data = file.read(header.header_bytes + begin * header.record_bytes, count * header.record_bytes)
        yield np.frombuffer(data, np.uint8).reshape(count, header.record_bytes)


def _add_texts(texts: _Texts, raw: bytes, *, keeps_time: bool) -> None:
    onset: float | None = None
    for match in _TAL.finditer(raw):
        seconds = float(match[1])
        if keeps_time and onset is None:
            onset = seconds
        for note in match[3].decode("utf-8", errors="replace").split("\x14"):
            if note.strip() and len(texts.seconds) < limits.MAX_MARKS:
                texts.seconds.append(seconds)
                texts.notes.append(note.strip())
    if keeps_time:
        texts.onsets.append(onset)


def _pieces(source: Source, header: EdfHeader, onsets: Sequence[float | None]) -> list[Piece]:
    """Runs of records that follow each other without a gap."""
    duration = header.record_seconds
    finest = max(signal.samples for signal in header.signals if not signal.is_annotations)
    slack = _SLACK * duration / finest
    if onsets[0] is None or any(onset is None for onset in onsets):
        source.warn("RECORDING_ONSETS_MISSING", "Some records don't say when they begin; they were put after the last.")
    first = onsets[0] or 0.0
    pieces: list[Piece] = []
    begin, frame, expected = 0.0, 0, 0.0
    for number, onset in enumerate(onsets):
        at = expected if onset is None else onset - first
        if at < expected - max(slack, 1e-6):
            raise RecordingError(
                "RECORDING_TIME_DISORDERED", f"Record {number + 1} begins before the one before it ends."
            )
        if at > expected + slack:
            pieces.append(Piece(begin, frame, number - frame))
            begin, frame = at, number
        expected = begin + (number - frame + 1) * duration
    pieces.append(Piece(begin, frame, len(onsets) - frame))
    if len(pieces) > 1 and header.plus == "C":
        source.warn("RECORDING_NOT_CONTINUOUS", "The file calls itself continuous, but its records have gaps between.")
    return pieces


def _check_ranges(source: Source, frames: EdfFrames) -> None:
    """Warn of samples beyond the range that the header gives."""
    outside = [0] * len(source.channels)
    step = max(1, limits.BLOCK * 2 * frames.parts // frames.header.record_bytes)
    for begin in range(0, frames.frames, step):
        for index, row in enumerate(frames.read(begin, min(begin + step, frames.frames))):
            low, high = source.channels[index].limits or (0, 0)
            if row.size and (row.min() < low or row.max() > high):
                outside[index] += int(((row < low) | (row > high)).sum())
    for count, channel in zip(outside, source.channels, strict=True):
        if count and not channel.fault:
            source.warn(
                "RECORDING_VALUES_OUT_OF_RANGE",
                f"{channel.label}: {count} samples lie beyond the range that the header gives.",
                channel.label,
            )
