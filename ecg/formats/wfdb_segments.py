"""WFDB records of several segments, of fixed and of variable layout; stretches without samples stay gaps."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from ecg.digital import MISSING, Digital
from ecg.formats import limits, wfdb_header, wfdb_signals
from ecg.formats.source import ChannelInfo, Source
from ecg.formats.wfdb_header import Header
from ecg.formats.wfdb_signals import Lookup
from ecg.recording_errors import RecordingError


@dataclass(frozen=True, slots=True)
class _Part:
    """One segment on the time line."""

    begin: int
    """First frame."""
    frames: int
    source: Source | None
    """None where nothing was recorded."""
    rows: tuple[int | None, ...] = ()
    """For each channel of the record, which of the segment's it is; None where it has none."""


@dataclass(slots=True)
class SegmentedFrames:
    """The samples of all segments, at the scales of ``channels``."""

    channels: Sequence[ChannelInfo]
    parts: Sequence[_Part]
    _begins: list[int] = field(init=False)

    def __post_init__(self) -> None:
        self._begins = [part.begin for part in self.parts]

    @property
    def frames(self) -> int:
        """See :class:`ecg.formats.source.Frames`."""
        return self.parts[-1].begin + self.parts[-1].frames

    def read(self, begin: int, end: int) -> list[Digital]:
        """See :class:`ecg.formats.source.Frames`."""
        result = [np.full((end - begin) * channel.per_frame, MISSING, np.int32) for channel in self.channels]
        first = max(0, bisect_right(self._begins, begin) - 1)
        for part in self.parts[first:]:
            if part.begin >= end:
                break
            self._fill(result, part, begin, end)
        return result

    def _fill(self, result: list[Digital], part: _Part, begin: int, end: int) -> None:
        if part.source is None:
            return
        first, last = max(begin, part.begin), min(end, part.begin + min(part.frames, part.source.frames.frames))
        if first >= last:
            return
        block = part.source.frames.read(first - part.begin, last - part.begin)
        for index, (channel, row) in enumerate(zip(self.channels, part.rows, strict=True)):
            if row is not None:
                values = _rescaled(block[row], part.source.channels[row], channel)
                result[index][(first - begin) * channel.per_frame : (last - begin) * channel.per_frame] = values


def _rescaled(values: Digital, own: ChannelInfo, common: ChannelInfo) -> Digital:
    if own.step == common.step and own.offset == common.offset:
        return values
    physical = values * own.step + own.offset
    digital = np.rint((physical - common.offset) / common.step).astype(np.int32)
    digital[values == MISSING] = MISSING
    return digital


def read(header: Header, lookup: Lookup) -> Source:
    """The record that a header of segments describes."""
    total = sum(segment.frames for segment in header.segments)
    limits.check_length(total, header.rate if header.rate > 0 else 1.0)
    layout, sources = _sources(header, lookup)
    present = [source for source in sources if source is not None]
    if not present:
        raise RecordingError("RECORDING_EMPTY", "The record has no segment with samples.")
    channels = _channels(layout if layout is not None else present[0].channels, present, by_label=layout is not None)
    parts, begin = [], 0
    segments = header.segments[1:] if layout is not None else header.segments
    for segment, source in zip(segments, sources, strict=True):
        rows = _rows(channels, source, by_label=layout is not None) if source else ()
        parts.append(_Part(begin, segment.frames, source, rows))
        begin += segment.frames
    result = Source(channels, SegmentedFrames(channels, parts), header.rate, start=header.start)
    for source in present:
        result.warnings += [warning for warning in source.warnings if warning not in result.warnings]
    if header.frames and header.frames != begin:
        result.warn("RECORDING_LENGTH_CONTRADICTORY", "The segments together are not as long as the header says.")
    return result


def _sources(header: Header, lookup: Lookup) -> tuple[Sequence[ChannelInfo] | None, list[Source | None]]:
    """The channels of a variable layout, None for a fixed one, and the segments."""
    layout: Sequence[ChannelInfo] | None = None
    sources: list[Source | None] = []
    for number, segment in enumerate(header.segments):
        if segment.name == "~":
            sources.append(None)
            continue
        own = wfdb_header.read(lookup.find(f"{segment.name}.hea"))
        if own.segments:
            raise RecordingError("RECORDING_HEADER_INVALID", "A segment of a record has segments itself.")
        if own.rate != header.rate:
            raise RecordingError("RECORDING_CONTRADICTORY", "The segments of the record differ in their sampling rate.")
        if number == 0 and not segment.frames:
            layout = [wfdb_signals.channel(line) for line in own.signals]
            continue
        if not own.frames:
            own.frames = segment.frames
        source = wfdb_signals.single(own, lookup)
        source.warnings = own.warnings + source.warnings
        if own.frames != segment.frames:
            source.warn("RECORDING_LENGTH_CONTRADICTORY", "A segment is not as long as the record's header says.")
        sources.append(source)
    return layout, sources


def _channels(wanted: Sequence[ChannelInfo], present: Sequence[Source], *, by_label: bool) -> list[ChannelInfo]:
    """The record's channels, each at the finest scale of its segments, so that bringing them together loses nothing."""
    result = []
    for index, channel in enumerate(wanted):
        alike = [
            own
            for source in present
            for place, own in enumerate(source.channels)
            if (own.label == channel.label if by_label else place == index)
        ]
        if any(own.unit != alike[0].unit or own.per_frame != alike[0].per_frame for own in alike):
            raise RecordingError(
                "RECORDING_CONTRADICTORY", f"The segments differ in the unit or rate of {channel.label or 'a signal'}."
            )
        finest = min(alike, key=lambda own: abs(own.step)) if alike else channel
        result.append(replace(finest, label=channel.label))
    return result


def _rows(channels: Sequence[ChannelInfo], source: Source, *, by_label: bool) -> tuple[int | None, ...]:
    labels = [own.label for own in source.channels]
    if by_label:
        unknown = [label for label in labels if label not in {channel.label for channel in channels}]
        if unknown:
            raise RecordingError(
                "RECORDING_CONTRADICTORY", f"A segment has a signal that the layout lacks: {unknown[0]}."
            )
        return tuple(labels.index(channel.label) if channel.label in labels else None for channel in channels)
    if labels != [channel.label for channel in channels]:
        raise RecordingError("RECORDING_CONTRADICTORY", "The segments of the record differ in their signals.")
    return tuple(range(len(channels)))
