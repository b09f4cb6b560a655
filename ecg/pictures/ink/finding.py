"""The one line among all that is inked: connected ink that goes on from left to right."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from ecg.pictures.ink.strokes import Integers, Line, line_of, runs_of

Bytes = NDArray[np.uint8]
Mask = NDArray[np.bool_]

#: Ink from this share of the deepest on belongs to a line where there is no noise.
_CLEAN: Final = 0.15
#: Ink from this share on belongs to a line, if some of it reaches :data:`_SURE`.
_POSSIBLE: Final = 0.3
_SURE: Final = 0.45
#: Ink that is so many times as deep as the grid's lines is no grid's.
_ABOVE_GRID: Final = 1.3
#: The deepest ink is reached by the first share of the pixels; where a line is so thin that it has fewer, it is this
#: part of what the second share reaches.
_DEEPEST_SHARES: Final = (0.002, 0.0003)
_OF_FEWEST: Final = 0.7

#: Columns that a picture's line covers at least, share of its width.
_LEAST_COVER: Final = 0.25
#: A run as long as this share of the picture's height is a frame's, and one of this thickness a filled shape's.
_FRAME: Final = 0.93
_THICK: Final = 0.08
#: A clean drawing is no more than this share of ink.
_MOST_INK: Final = 0.07
#: Columns in which a clean line may jump.
_JUMPS: Final = 3
#: A line that is narrower is one if it covers this share of all that is inked.
_LEAST_OF_INK: Final = 0.6
#: A piece belongs to the line if it is this share of the line's width, or more, shares hardly a column with it, and
#: lies no farther away than these shares of the line's width and height.
_PIECE: Final = 0.04
_SHARED: Final = 0.3
_GAP: Final = 0.35
_GAP_OF_INK: Final = 0.25
_APART: Final = 0.1
#: Components that are looked at for pieces, the widest first.
_MOST_PIECES: Final = 40
#: A component is another line if it is as wide as this share of the widest one, and lies in the same columns.
_OTHER_LINE: Final = 0.45
#: A component as wide as this share of the picture is no letter.
_LONG_PIECE: Final = 0.1
#: Pixels that are looked at to know the deepest.
_COUNTED: Final = 100_000


@dataclass(frozen=True, slots=True)
class Found:
    """A line and what speaks for and against it."""

    line: Line
    own: Mask | None
    """Its ink, ``[rows, columns]``."""
    several_runs: float
    """Share of its columns in which it runs more than once: a function of time does not turn back."""
    other_lines: int
    """Lines beside it, about as wide, in the same columns."""
    other_pieces: int
    """Components that are not its own and longer than any letter."""
    other_ink: float
    """Ink that isn't its own: share of all."""
    inked: float = 0.0
    """Share of the panel that is as deep as a line."""


def clean_line(ink: Bytes, deepest: int, least: int) -> Line | None:
    """The line of a clean drawing: one run of ink a column, hardly a jump; None where it is anything else."""
    rows, width = ink.shape
    runs = runs_of(ink >= max(least, _CLEAN * deepest))
    columns, starts, ends = runs
    count = len(columns)
    if count < max(8, _LEAST_COVER * width):
        return None
    steps = columns[1:] - columns[:-1]
    uneven = steps[steps != 1]
    if len(uneven) and (int(uneven.min()) == 0 or int(uneven.max()) > max(4, width // 5)):
        return None
    apart = np.maximum(starts[1:], starts[:-1]) - np.minimum(ends[1:], ends[:-1])
    if np.count_nonzero(apart > 1) > _JUMPS:
        return None
    lengths = ends - starts
    if int(lengths.max()) > _FRAME * rows or int(lengths.sum()) > _MOST_INK * ink.size:
        return None
    line = line_of(runs, ink, deepest)
    return line if line.thickness <= max(4.0, _THICK * rows) else None


def find_line(ink: Bytes, least: int, grid_depth: int = 0) -> Found | None:
    """The widest line that is made of connected ink; None where nothing is a quarter as wide as the picture.

    Args:
        ink: depth, ``[rows, columns]``.
        least: ink that is less deep is none, grey levels.
        grid_depth: of the lines that were taken away, and of which something may be left where they are thicker.
    """
    width = ink.shape[1]
    deepest = deepest_of(ink)
    if deepest < least:
        return None
    possible = ink >= max(least, _POSSIBLE * deepest, min(_ABOVE_GRID * grid_depth, _SURE * deepest))
    labels, count = ndimage.label(possible, np.ones((3, 3), dtype=int))
    if not count:
        return None
    parts = _Components.of(labels, count, ink >= max(least, _SURE * deepest))
    chosen = _main_and_pieces(parts)
    own = np.zeros(count + 1, dtype=np.bool_)
    own[chosen + 1] = True
    own_ink = own[labels]
    runs = runs_of(own_ink)
    covered = int(np.count_nonzero(np.diff(runs.columns))) + 1
    if covered < _LEAST_COVER * width and covered < _LEAST_OF_INK * parts.inked_width:
        return None
    stranger = ~own[1:]
    other_lines = stranger & parts.beside(int(parts.spans.argmax()))
    inked = int(parts.areas.sum())
    return Found(
        line=line_of(runs, ink, deepest),
        own=own_ink,
        several_runs=1.0 - covered / len(runs.columns),
        other_lines=int(np.count_nonzero(other_lines)),
        other_pieces=int(np.count_nonzero(stranger & (parts.spans >= _LONG_PIECE * width))),
        other_ink=1.0 - int(parts.areas[chosen].sum()) / inked,
        inked=inked / ink.size,
    )


class _Components(NamedTuple):
    """Connected ink, ``[N]`` each; edges as of slices."""

    lefts: Integers
    rights: Integers
    tops: Integers
    bottoms: Integers
    areas: Integers
    spans: Integers
    """Columns from the first to the last; 0 where the ink is nowhere deep enough to be sure."""

    @classmethod
    def of(cls, labels: NDArray[np.int32], count: int, sure: Mask) -> _Components:
        boxes = ndimage.find_objects(labels)
        edges = np.array([(box[1].start, box[1].stop, box[0].start, box[0].stop) for box in boxes], dtype=np.int64)
        lefts, rights, tops, bottoms = edges.T
        areas = np.bincount(labels.ravel(), minlength=count + 1)[1:]
        is_sure = np.bincount(labels[sure], minlength=count + 1)[1:] > 0
        return cls(lefts, rights, tops, bottoms, areas, np.where(is_sure, rights - lefts, 0))

    @property
    def inked_width(self) -> int:
        """Columns from the first sure ink to the last."""
        inked = self.spans > 0
        return int(self.rights[inked].max() - self.lefts[inked].min()) if inked.any() else 0

    def beside(self, main: int) -> Mask:
        """Which are about as wide as ``main``, and mostly in its columns."""
        shared = np.minimum(self.rights, self.rights[main]) - np.maximum(self.lefts, self.lefts[main])
        narrower = np.minimum(self.rights - self.lefts, self.rights[main] - self.lefts[main])
        mask: Mask = (self.spans >= _OTHER_LINE * self.spans[main]) & (shared > 0.5 * narrower)
        return mask


def _main_and_pieces(parts: _Components) -> Integers:
    """The widest component and those that go on where it ends: in other columns, near, wide enough for no letter."""
    main = int(parts.spans.argmax())
    inked_width = parts.inked_width
    chosen = [main]
    left, right = int(parts.lefts[main]), int(parts.rights[main])
    top, bottom = int(parts.tops[main]), int(parts.bottoms[main])
    for piece in np.argsort(-parts.spans)[1 : _MOST_PIECES + 1].tolist():
        span = int(parts.spans[piece])
        begin, end = int(parts.lefts[piece]), int(parts.rights[piece])
        upper, lower = int(parts.tops[piece]), int(parts.bottoms[piece])
        is_inside = begin >= left and end <= right
        if not is_inside and span < max(2, _PIECE * (right - left)):
            continue
        shared = sum(max(0, min(end, int(parts.rights[part])) - max(begin, int(parts.lefts[part]))) for part in chosen)
        if shared > max(2, _SHARED * span):
            continue
        gap, apart = max(begin - right, left - end, 0), max(upper - bottom, top - lower, 0)
        if gap > max(_GAP * (right - left), _GAP_OF_INK * inked_width) + 4 or apart > _APART * (bottom - top) + 3:
            continue
        chosen.append(piece)
        left, right, top, bottom = min(left, begin), max(right, end), min(top, upper), max(bottom, lower)
    return np.array(chosen)


def deepest_of(ink: Bytes) -> int:
    """The depth that the deepest few pixels reach."""
    step = max(1, round((ink.size / _COUNTED) ** 0.5))
    some = ink[::step, ::step]
    counts = np.bincount(some.ravel(), minlength=256)[::-1].cumsum()
    few, fewest = (int(255 - counts.searchsorted(max(3, int(share * some.size)))) for share in _DEEPEST_SHARES)
    return max(few, int(_OF_FEWEST * fewest))


#: Most degrees by which a line is turned until it is a function of time, and the steps.
_MOST_DEGREES: Final = 6.0
_STEP: Final = 0.5
#: Angles at which the line is so little longer than at the best one are as good.
_AS_GOOD: Final = 1.03


def overhang_of(own: Mask) -> float:
    """By how many degrees, counter-clockwise, a line is turned that would be a function of time if it were not.

    Where a steep stroke leans over, the line's columns reach over what lies in between: they are longer in sum. Of the
    angles at which they are short, the middle one is taken, or 0 where the line is short as it is.
    """
    y, x = np.nonzero(own)
    x, y = x - own.shape[1] / 2, y - own.shape[0] / 2
    angles = np.arange(-_MOST_DEGREES, _MOST_DEGREES + _STEP / 2, _STEP)
    lengths = np.array([_column_lengths(x, y, np.radians(angle)) for angle in angles])
    short = lengths <= _AS_GOOD * lengths.min()
    if short[len(angles) // 2]:
        return 0.0
    best = int(lengths.argmin())
    first = last = best
    while first > 0 and short[first - 1]:
        first -= 1
    while last < len(angles) - 1 and short[last + 1]:
        last += 1
    return float((angles[first] + angles[last]) / 2)


def _column_lengths(x: NDArray[np.float64], y: NDArray[np.float64], angle: float) -> float:
    """The sum over columns of how far the line reaches in each, after it is turned back by ``angle``, pixels."""
    across = x * np.cos(angle) - y * np.sin(angle)
    down = y * np.cos(angle) + x * np.sin(angle)
    cells = np.rint(across - across.min()).astype(np.int64)
    highest = np.full(int(cells.max()) + 1, np.inf)
    lowest = np.full(len(highest), -np.inf)
    np.minimum.at(highest, cells, down)
    np.maximum.at(lowest, cells, down)
    return float((lowest - highest)[np.isfinite(highest)].sum())
