"""Where the bars of a chart stand. Drawing them is the templates' business."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

#: Size of the drawing and of the room for its labels, in units of the SVG.
WIDTH, HEIGHT = 640, 240
RIGHT, BOTTOM, TOP = 44, 26, 8
#: Part of each column's room that its bar takes.
FILLED = 0.7


@dataclass(frozen=True, slots=True)
class Segment:
    """A part of a bar."""

    series: int
    """Which series it belongs to, from 0."""
    y: float
    height: float


@dataclass(frozen=True, slots=True)
class Bar:
    """One column."""

    x: float
    middle: float
    segments: list[Segment]


@dataclass(frozen=True, slots=True)
class Tick:
    """A line across the chart."""

    y: float
    value: int


@dataclass(frozen=True, slots=True)
class StackedBars:
    """A chart of columns, each stacked from the same series."""

    bars: list[Bar]
    bar_width: float
    ticks: list[Tick]
    width: int = WIDTH
    height: int = HEIGHT
    right: int = WIDTH - RIGHT
    """Where the labels of the lines begin: beside the newest column, which a narrow window shows first."""
    base: int = HEIGHT - BOTTOM


def stacked(columns: Sequence[Sequence[int]]) -> StackedBars:
    """Lay out one column for each of ``columns``, its counts stacked from the bottom in their order."""
    step = tick_step(max((sum(column) for column in columns), default=0))
    highest = max(step, *(-(-sum(column) // step) * step for column in columns)) if columns else step
    room = HEIGHT - BOTTOM - TOP
    slot = (WIDTH - RIGHT) / max(len(columns), 1)
    bars = []
    for place, column in enumerate(columns):
        segments, y = [], float(HEIGHT - BOTTOM)
        for series, count in enumerate(column):
            height = room * count / highest
            y -= height
            if count:
                segments.append(Segment(series, round(y, 2), round(height, 2)))
        left = slot * place
        bars.append(Bar(round(left + slot * (1 - FILLED) / 2, 2), round(left + slot / 2, 2), segments))
    ticks = [Tick(round(HEIGHT - BOTTOM - room * value / highest, 2), value) for value in range(0, highest + 1, step)]
    return StackedBars(bars, round(slot * FILLED, 2), ticks)


def tick_step(highest: int) -> int:
    """The distance between two lines: 1, 2 or 5 times a power of ten, so that at most five lie below ``highest``."""
    step = 1
    while highest > 5 * step:
        # 1, 2, 5, 10, 20, …
        step = step * 5 // 2 if str(step)[0] == "2" else step * 2
    return step
