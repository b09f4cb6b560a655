"""Tables of text: CSV, TSV and the like, and Apple Health's export of an ECG; read a stretch at a time."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ecg import leads
from ecg.digital import MISSING, Digital
from ecg.formats import arrays, table_layout, table_time
from ecg.formats.arrays import Resolution
from ecg.formats.files import InputFile
from ecg.formats.sniffing import HEAD
from ecg.formats.source import ChannelInfo, Source
from ecg.formats.table_layout import Layout
from ecg.formats.table_text import TextFile, open_text, parse_block, split_lines
from ecg.formats.table_time import Timeline
from ecg.recording_errors import RecordingError

_MAX_DAMAGED: Final = 0.02
#: No gap is as long that isn't a day read as a month.
_MONTH_SECONDS: Final = 27 * 86_400.0
_MAX_REPEATED: Final = 0.001
"""Share of rows that may stand twice: a rate is wrong by as much."""
_MAX_COLUMNS: Final = 1024


@dataclass(slots=True)
class TableFrames:
    """The rows of a table."""

    text: TextFile
    layout: Layout
    chosen: Sequence[int]
    """The columns with samples."""
    steps: Sequence[float]
    blocks: Sequence[tuple[int, int]]
    """First row and offset of each block of lines."""
    frames: int
    _held: tuple[int, NDArray[np.float64]] | None = None

    def read(self, begin: int, end: int) -> list[Digital]:
        """See :class:`ecg.formats.source.Frames`."""
        values = np.concatenate(list(self._rows(begin, end)) or [np.empty((0, self.layout.columns))])
        result = []
        for column, step in zip(self.chosen, self.steps, strict=True):
            row = values[:, column] / step
            result.append(np.where(np.isnan(row), MISSING, np.rint(row)).astype(np.int32))
        return result

    def _rows(self, begin: int, end: int) -> Iterator[NDArray[np.float64]]:
        number = bisect_right(self.blocks, begin, key=lambda block: block[0]) - 1
        while number < len(self.blocks) and self.blocks[number][0] < end:
            first = self.blocks[number][0]
            rows = self._block(number)
            yield rows[max(0, begin - first) : end - first]
            number += 1

    def _block(self, number: int) -> NDArray[np.float64]:
        """A block's rows; the last one read is kept, since stretches follow each other."""
        if self._held is None or self._held[0] != number:
            offset = self.blocks[number][1]
            stop = self.blocks[number + 1][1] if number + 1 < len(self.blocks) else self.text.file.size
            block = self.text.file.read(offset, stop - offset)
            self._held = number, parse_block(block, self.text, self.layout.rows).values
        return self._held[1]


@dataclass(slots=True)
class _Survey:
    """What one pass over a table finds."""

    columns: list[Resolution]
    timeline: Timeline | None
    blocks: list[tuple[int, int]] = field(default_factory=list)
    rows: int = 0
    damaged: list[int] = field(default_factory=list)
    remarks: int = 0
    """Lines between the rows that are none."""
    repeated: int = 0
    """Rows that are the same as the one before, time and all."""


def read(files: Sequence[InputFile]) -> Source:
    """The recording in a table."""
    text = open_text(files[0])
    head = split_lines(text.file.read(text.begin, HEAD), text)
    if text.file.size > HEAD and len(head) > 1:
        head = head[:-1]
    sideways = _sideways(head, text)
    if sideways is not None:
        return sideways
    layout = table_layout.find(head)
    if layout.columns > _MAX_COLUMNS:
        raise RecordingError("RECORDING_TOO_MANY_LEADS", f"The table has {layout.columns} columns.")
    first = _first_rows(head, layout)
    layout.time = _time_column(layout, first)
    survey = _survey(text, layout, layout.time)
    return _source(text, layout, survey, layout.time, first)


def _first_rows(head: Sequence[str], layout: Layout) -> NDArray[np.float64]:
    block = "\n".join(head[layout.first_line :]).encode()
    plain = TextFile(InputFile("", b""), "utf-8", 0, b"\n")
    return parse_block(block, plain, layout.rows).values


def _time_column(layout: Layout, first: NDArray[np.float64]) -> int | None:
    """The column that holds times or counts rows: by its name, or by always growing by about as much."""
    for column, name in enumerate(layout.names):
        if layout.named and name and table_time.is_time(name):
            return column
    if layout.columns < 2 or len(first) < 3:
        return None
    for column, name in enumerate(layout.names):
        if layout.named and table_time.may_be_time(name) and bool(np.all(np.diff(first[:, column]) > 0)):
            return column
    steps = np.diff(first[:, 0])
    even = bool(np.all(steps > 0)) and float(np.percentile(steps, 90)) < 1.6 * float(np.median(steps))
    if even and (not layout.named or table_time.is_index(layout.names[0])):
        return 0
    return None


def _survey(text: TextFile, layout: Layout, time: int | None) -> _Survey:
    """Read everything once: where lines begin, what numbers there are, and what the times say."""
    survey = _Survey([Resolution() for _ in layout.names], Timeline() if time is not None else None)
    start = _skip(text, layout.first_line)
    tail_is_short = False
    for offset, block in text.lines(start):
        found = parse_block(block, text, layout.rows)
        rows = found.values
        survey.blocks.append((survey.rows, offset))
        survey.damaged += [survey.rows + index for index in found.damaged]
        survey.remarks += found.remarks
        survey.repeated += int((np.diff(rows, axis=0) == 0).all(axis=1).sum())
        tail_is_short = bool(found.damaged) and found.damaged[-1] == len(rows) - 1
        for column, values in zip(survey.columns, rows.T, strict=True):
            column.add(values)
        if survey.timeline is not None and time is not None:
            survey.timeline.add(rows[:, time])
        survey.rows += len(rows)
    if tail_is_short or _ends_within_a_number(text, layout):  # cut off, or a remark: no row
        if survey.damaged and survey.damaged[-1] == survey.rows - 1:
            survey.damaged.pop()
        survey.rows -= 1
        if survey.timeline is not None:
            survey.timeline.drop_last()
        layout.notes.append(("RECORDING_TRUNCATED", "The table's last line is not complete and was left out."))
    _judge_lines(survey, layout)
    return survey


def _judge_lines(survey: _Survey, layout: Layout) -> None:
    """Refuse or note lines that are no rows, and rows that stand twice."""
    none = len(survey.damaged) + survey.remarks
    if none > max(1, _MAX_DAMAGED * survey.rows):
        message = f"{none} of {survey.rows + survey.remarks} lines are no rows of {layout.columns} columns."
        raise RecordingError("RECORDING_TABLE_IRREGULAR", message)
    if survey.damaged:
        message = f"{len(survey.damaged)} lines are no rows of {layout.columns} columns; they count as missing samples."
        layout.notes.append(("RECORDING_ROWS_DAMAGED", message))
    if survey.remarks:
        layout.notes.append(("RECORDING_ROWS_DAMAGED", f"{survey.remarks} lines between the rows were left out."))
    timed = survey.timeline is not None and 0 < survey.timeline.standstills < survey.rows / 2
    if timed and survey.timeline is not None and survey.repeated == survey.timeline.standstills:
        # where times are only rounded, some of the rows of one time differ
        message = f"{survey.repeated} rows of the table stand twice, times and all."
        if survey.repeated > _MAX_REPEATED * survey.rows:
            raise RecordingError("RECORDING_RATE_IRREGULAR", message)
        layout.notes.append(("RECORDING_ROWS_DAMAGED", f"{message} Each makes what follows a sample late."))


def _ends_within_a_number(text: TextFile, layout: Layout) -> bool:
    """Whether the last line has no end, and its last number fewer digits than all before it have."""
    tail = text.file.read(max(0, text.file.size - 8192))
    lines = split_lines(tail, text)[1:]
    if len(lines) < 20 or tail.endswith((b"\n", b"\r", b"\x1a")):
        return False
    digits = []
    for line in lines:
        fields = layout.dialect.split(line)
        digits.append(len(fields[-1].partition(layout.dialect.decimal)[2]) if fields else 0)
    return len(set(digits[:-1])) == 1 and digits[-1] < digits[0]


def _skip(text: TextFile, lines: int) -> int:
    """Where the line after so many lines that are not empty begins."""
    offset, skipped = text.begin, 0
    for line in re.finditer(rb"[^\r\n]*(?:\r\n|\n|\r|$)", text.file.read(text.begin, 2 * HEAD)):
        if skipped >= lines:
            return text.begin + line.start()
        if split_lines(line[0], text):
            skipped += 1
        offset = text.begin + line.end()
    return offset


def _source(text: TextFile, layout: Layout, survey: _Survey, time: int | None, first: NDArray[np.float64]) -> Source:
    chosen = [
        column
        for column in range(layout.columns)
        if column != time
        and survey.columns[column].numbers >= 0.02 * survey.rows
        and not (layout.named and table_time.is_index(layout.names[column]) and _counts(first[:, column]))
    ]
    if not chosen:
        raise RecordingError("RECORDING_NO_ECG", "The table has no column of samples.")
    channels = [_channel(layout, survey, column, len(chosen)) for column in chosen]
    steps = [survey.columns[column].step for column in chosen]
    source = Source(
        channels, TableFrames(text, layout, chosen, steps, survey.blocks, survey.rows), layout.rate, start=layout.start
    )
    if layout.gain and not any(survey.columns[column].digits for column in chosen):
        source.warn("RECORDING_GAIN_NOT_APPLIED", arrays.gain_not_applied(layout.gain))
    for reason, message in layout.notes:
        source.warn(reason, message)
    source.unnamed = not layout.named and len(chosen) > 1
    if survey.timeline is not None and time is not None:
        _apply_times(source, survey.timeline, layout, time)
    return source


def _counts(values: NDArray[np.float64]) -> bool:
    steps = np.diff(values)
    return len(steps) > 1 and bool(np.all(steps == steps[0])) and steps[0] > 0


def _channel(layout: Layout, survey: _Survey, column: int, count: int) -> ChannelInfo:
    name = layout.names[column] if layout.named else ""
    if count == 1 and leads.canonical(name)[1] is not leads.Channel.LEAD:
        name = layout.lead or name or "ECG"
    return ChannelInfo(name or f"column {column + 1}", layout.units[column] or layout.unit, survey.columns[column].step)


def _apply_times(source: Source, timeline: Timeline, layout: Layout, time: int) -> None:
    """Rate and gaps, as the column of times says."""
    name, unit_name = layout.names[time], layout.units[time]
    usual = float(np.median(timeline.steps[timeline.steps > 0])) if (timeline.steps > 0).any() else 0.0
    unit = 1.0 if layout.clock == time else table_time.unit_of(name, unit_name)
    counted = unit is None and float(usual).is_integer() and (not layout.named or not table_time.is_time(name))
    if unit is None and not counted:
        unit, certain = table_time.guessed_unit(timeline.begin, usual)
        if unit is not None and not certain:
            word = next(word for word, seconds in table_time.UNITS.items() if seconds == unit)
            source.warn("RECORDING_TIME_UNIT_ASSUMED", f"The table's times have no unit; they were read as {word}.")
    if unit is None or counted:
        _apply_count(source, timeline, usual)
        return
    table_time.place(source, timeline, unit)
    _refuse_months(source, layout)


def _refuse_months(source: Source, layout: Layout) -> None:
    """Refuse gaps of a month in tables whose dates may have day and month in either order."""
    pieces = source.pieces or ()
    rate = source.frame_rate or 1.0
    gaps = [after.seconds - before.seconds - before.frames / rate for before, after in pairwise(pieces)]
    if layout.has_either_dates and any(gap > _MONTH_SECONDS for gap in gaps):
        raise RecordingError(
            "RECORDING_TIME_DISORDERED",
            "The table's dates may have day or month first; write them as 2024-03-05, or leave them out.",
        )


def _apply_count(source: Source, timeline: Timeline, usual: float) -> None:
    """A column that counts rows: the rate must come from elsewhere, and what it leaves out is a gap."""
    if not usual:
        return
    _, pieces, _ = timeline.result(1.0)
    if source.frame_rate is None or len(pieces) < 2:
        if len(pieces) > 1:
            source.warn("RECORDING_ROWS_MISSING", "The table's numbering of rows leaves some out.")
        return
    rate = source.frame_rate
    source.pieces = [type(piece)(piece.seconds / usual / rate, piece.frame, piece.frames) for piece in pieces]


def _sideways(head: Sequence[str], text: TextFile) -> Source | None:
    """A table whose lines are leads: few lines of many numbers."""
    if (len(head) > 64 and text.file.size > HEAD) or not head or max(map(len, head[:3])) < 400:
        return None
    lines = split_lines(text.file.document()[text.begin :], text)
    if len(lines) > 64:
        return None
    layout = table_layout.find([line[:20_000].rsplit(",", 1)[0] for line in lines[-3:]] * 2) if lines else None
    if layout is None or layout.columns < 200:
        return None
    rows, names = [], []
    for line in lines:
        fields = layout.dialect.split(line)
        values = [layout.dialect.number(item) for item in fields]
        names.append(fields[0] if values[0] is None else "")
        numbers = values[1:] if values[0] is None else values
        if any(value is None for value in numbers):
            return None
        rows.append(np.array(numbers, np.float64))
    if len({len(row) for row in rows}) != 1:
        return None
    named = all(names)
    columns = [
        arrays.Column(name or f"row {index + 1}", row)
        for index, (name, row) in enumerate(zip(names, rows, strict=True))
    ]
    return arrays.source_of(columns, layout.rate, unnamed=not named and len(columns) > 1)
