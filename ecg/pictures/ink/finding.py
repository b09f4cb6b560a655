"""The one line among all that is inked: connected ink that goes on from left to right."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from ecg.pictures.ink.strokes import Line, Runs, line_of, runs_of

Bytes = NDArray[np.uint8]
Mask = NDArray[np.bool_]

#: Ink from this share of the deepest on belongs to a line where there is no noise.
_CLEAN: Final = 0.15
#: Ink from this share on belongs to a line, if some of it reaches :data:`_SURE`.
_POSSIBLE: Final = 0.3
_SURE: Final = 0.45
#: Ink that is so many times as deep as the grid's lines is no grid's.
_ABOVE_GRID: Final = 1.3
#: The deepest ink is reached by this share of the pixels.
_DEEPEST_SHARE: Final = 0.002

#: Columns that a picture's line covers at least, share of its width.
_LEAST_COVER: Final = 0.25
#: A run as long as this share of the picture's height is a frame's, and one of this thickness a filled shape's.
_FRAME: Final = 0.93
_THICK: Final = 0.08
#: Columns in which a clean line may jump.
_JUMPS: Final = 3
#: A piece belongs to the line if it is this share of the line's width, or more.
_PIECE: Final = 0.04
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
    if int((ends - starts).max()) > _FRAME * rows:
        return None
    line = line_of(runs, ink, deepest)
    return line if line.thickness <= max(4.0, _THICK * rows) else None


def find_line(ink: Bytes, least: int, grid_depth: int = 0) -> Found | None:
    """The widest line that is made of connected ink; None where nothing is a quarter as wide as the picture.

    Args:
        least: ink that is less deep is none, grey levels.
        grid_depth: of the lines that were taken away, and of which something may be left where they are thicker.
    """
    rows, width = ink.shape
    deepest = deepest_of(ink)
    if deepest < least:
        return None
    possible = ink >= max(least, _POSSIBLE * deepest, min(_ABOVE_GRID * grid_depth, _SURE * deepest))
    labels, count = ndimage.label(possible, np.ones((3, 3), dtype=int))
    if not count:
        return None
    boxes = ndimage.find_objects(labels)
    lefts = np.array([box[1].start for box in boxes])
    rights = np.array([box[1].stop for box in boxes])
    tops = np.array([box[0].start for box in boxes])
    bottoms = np.array([box[0].stop for box in boxes])
    areas = np.bincount(labels.ravel(), minlength=count + 1)[1:]
    sure = np.zeros(count + 1, dtype=bool)
    sure[np.bincount(labels[ink >= max(least, _SURE * deepest)]).nonzero()[0]] = True
    spans = np.where(sure[1:], rights - lefts, 0)
    main = int(spans.argmax())
    # Not mere text: a line is longer than its pieces are high
    extent = _inked_width(lefts, rights, spans)
    chosen = _with_pieces(main, lefts, rights, tops, bottoms, spans, areas)
    own = np.zeros(count + 1, dtype=bool)
    own[chosen + 1] = True
    mine = own[labels]
    runs = runs_of(mine)
    covered = int(np.count_nonzero(np.diff(runs.columns))) + 1
    if covered < _LEAST_COVER * width and covered < 0.6 * extent:
        return None
    stranger = ~own[1:]
    others = (spans >= _OTHER_LINE * spans[main]) & stranger & _overlapping(lefts, rights, lefts[main], rights[main])
    pieces = stranger & (spans >= _LONG_PIECE * width)
    several = 1.0 - covered / len(runs.columns)
    other_ink = 1.0 - int(areas[chosen].sum()) / max(1, int(areas.sum()))
    inked = int(areas.sum()) / ink.size
    return Found(
        line=line_of(runs, ink, deepest),
        own=mine,
        several_runs=several,
        other_lines=int(np.count_nonzero(others)),
        other_pieces=int(np.count_nonzero(pieces)),
        other_ink=other_ink,
        inked=inked,
    )


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


def deepest_of(ink: Bytes) -> int:
    """The depth that the deepest few pixels reach."""
    step = max(1, round((ink.size / _COUNTED) ** 0.5))
    some = ink[::step, ::step]
    counts = np.bincount(some.ravel(), minlength=256)
    pixels = max(3, int(_DEEPEST_SHARE * some.size))
    return int(255 - np.searchsorted(counts[::-1].cumsum(), pixels))


def _inked_width(lefts: NDArray[np.int_], rights: NDArray[np.int_], spans: NDArray[np.int_]) -> int:
    inked = spans > 0
    return int(rights[inked].max() - lefts[inked].min()) if inked.any() else 0


def _overlapping(lefts: NDArray[np.int_], rights: NDArray[np.int_], left: int, right: int) -> Mask:
    shared = np.minimum(rights, right) - np.maximum(lefts, left)
    overlaps: Mask = shared > 0.5 * np.minimum(rights - lefts, right - left)
    return overlaps


def _with_pieces(
    main: int,
    lefts: NDArray[np.int_],
    rights: NDArray[np.int_],
    tops: NDArray[np.int_],
    bottoms: NDArray[np.int_],
    spans: NDArray[np.int_],
    areas: NDArray[np.int_],
) -> NDArray[np.int_]:
    """``main`` and what goes on beside it: pieces in other columns, not far away, wide enough for no letter."""
    chosen = [main]
    left, right = int(lefts[main]), int(rights[main])
    top, bottom = int(tops[main]), int(bottoms[main])
    for piece in np.argsort(-spans)[1:40].tolist():
        span = int(spans[piece])
        inside = lefts[piece] >= left and rights[piece] <= right
        if span < max(2, _PIECE * (right - left)) and not inside:
            continue
        taken = sum(
            max(0, min(rights[piece], rights[other]) - max(lefts[piece], lefts[other])) for other in chosen
        )
        if taken > max(2, 0.3 * span):
            continue
        gap = max(int(lefts[piece]) - right, left - int(rights[piece]), 0)
        if gap > 0.35 * (right - left) + 4:
            continue
        apart = max(int(tops[piece]) - bottom, top - int(bottoms[piece]), 0)
        if apart > 0.1 * (bottom - top) + 3:
            continue
        chosen.append(piece)
        left, right = min(left, int(lefts[piece])), max(right, int(rights[piece]))
        top, bottom = min(top, int(tops[piece])), max(bottom, int(bottoms[piece]))
    return np.array(chosen)
