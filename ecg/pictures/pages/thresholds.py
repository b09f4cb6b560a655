"""From which depth on pixels are ink: by how deep a page's grid and its full ink are."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

Bytes = NDArray[np.uint8]
Mask = NDArray[np.bool_]
Part = tuple[slice, slice]
"""Rows and columns."""

#: Traces and letters cover less than a twentieth of a page, the bold lines of a grid more.
GRID_QUANTILE: Final = 0.94
"""Of how deep a page's pixels are, the share up to that of its grid."""
_INK_QUANTILE: Final = 0.995
_LITTLE_INK_QUANTILE: Final = 0.9995
LEAST_INK: Final = 36
"""Ink that is less deep than this is noise, grey levels."""
#: What is taken for ink shows a grid if so many rows, and as many columns, are ink for this share of their length.
#: They are so thin, pixels, and this share of their distances, one way and the other, are multiples of a pitch of so
#: many pixels at least, but for this share of it.
_LINES: Final = 4
_LINE: Final = 0.25
_THIN: Final = 2.0
_MOST_EVEN: Final = 0.5
_LEAST_PITCH: Final = 5
_EVEN: Final = 0.1
#: Bold lines take this share of rows, and of columns, at least. Where they are few, they are deeper than most of the
#: page by this share of the way to the ink.
_BOLD_QUANTILE: Final = 0.985
_FEW_LINES: Final = 0.1
#: From the grid's depth to the ink's, ink begins at this share.
_THRESHOLD: Final = 0.34
#: Where a stroke goes on from such ink, this share is enough. Strokes are at least so wide, pixels; of a narrow QRS
#: complex, the one that falls stands so near to the one that rises.
_FAINT: Final = 0.2
_WIDTH: Final = 5
_NEAR: Final = 3
#: So many pixels of ink side by side are a level stroke, or a wide one.
_LEVEL: Final = 3
#: Steep strokes are dotted by so many pixels at most.
_DOTTED: Final = _WIDTH - 1
#: It is looked for where ink is in so many times as many pieces without it.
_BROKEN: Final = 1.15


def separation(depth: Bytes, seen: Mask) -> float:
    """By how much ink is deeper than the grid where it is ``seen``, grey levels."""
    inside = depth[::2, ::2][seen[::2, ::2]]
    if not inside.size:
        return 1.0
    grid, deepest = np.quantile(inside, (GRID_QUANTILE, _INK_QUANTILE))
    return max(1.0, float(deepest - grid))


def told(depth: Bytes, inside: Bytes, part: Part) -> tuple[Mask, float, float] | None:
    """What is deep enough for ink, ``[rows, columns]``, depth of the grid and of full ink; None where nothing is.

    Args:
        depth: ``[rows, columns]``.
        inside: Some of it, all over its ruled part.
        part: Which may be ruled.
    """
    grid, deepest, little = (
        float(np.quantile(inside, share)) for share in (GRID_QUANTILE, _INK_QUANTILE, _LITTLE_INK_QUANTILE)
    )
    if deepest - grid < LEAST_INK:
        # So little ink that the quantile misses it.
        deepest = little
    lines = _bold_lines(depth[part])
    if lines > grid + _FEW_LINES * (deepest - grid):
        # So few bold lines that the quantile misses them: of ink there is as little.
        grid, deepest = lines, little
    if deepest - grid < LEAST_INK:
        return None
    mask = depth >= _least(grid, deepest, _THRESHOLD)
    if _shows_grid(mask):
        # So little ink that the quantile is the grid's.
        deeper = depth >= _least(grid, little, _THRESHOLD)
        if not _shows_grid(deeper):
            return deeper, grid, little
    return mask, grid, deepest


def whole(depth: Bytes, mask: Mask, pieces: int, grid: float, deepest: float) -> Mask | None:
    """Ink with what is fainter where its strokes go on, ``[rows, columns]``; None where they are whole without it.

    Of a faint stroke it is the middle of its width. Noise and what remains of the grid are as deep in places, but go on
    from nothing.

    Args:
        depth: ``[rows, columns]``.
        mask: What is surely ink.
        pieces: How many pieces that is in.
        grid: Depth of the grid.
        deepest: Depth of full ink.
    """
    faint = depth >= _least(grid, deepest, _FAINT)
    crest = faint & (depth == ndimage.maximum_filter1d(depth, _WIDTH, axis=0))
    # Above and below a level stroke its blurred edge has crests of noise along it.
    level = ndimage.binary_opening(mask, np.ones((1, _LEVEL), np.bool_))
    upright = faint & (depth == ndimage.maximum_filter1d(depth, _NEAR, axis=1))
    upright &= ~ndimage.binary_dilation(level, np.ones((_WIDTH, 1), np.bool_))
    joined, number = ndimage.label(mask | crest | upright, structure=np.ones((3, 3)))
    sure = np.zeros(number + 1, np.bool_)
    sure[joined[mask]] = True
    if pieces < _BROKEN * np.count_nonzero(sure):
        return None
    strokes = sure[joined]
    return strokes | (ndimage.binary_closing(strokes, np.ones((_DOTTED + 1, 1), np.bool_)) & (depth >= grid))


def _bold_lines(depth: Bytes) -> float:
    """Depth of the grid's bold lines: that of the deepest rows and columns, of those that lie and those that stand."""
    typical = np.median(depth[:, ::4], axis=1), np.median(depth[::4], axis=0)
    return min(float(np.quantile(one, _BOLD_QUANTILE)) for one in typical)


def _least(grid: float, deepest: float, share: float) -> float:
    """The depth from which on ink is told from the grid."""
    return grid + max(share * (deepest - grid), LEAST_INK / 2)


def _shows_grid(mask: Mask) -> bool:
    """Whether there are long thin lines both ways, most of them multiples of the same pitch apart.

    Level traces lie one way, and strokes of tall waves below each other stand where the heart beats.
    """
    apart = []
    for lines in (mask, mask.T):
        long = np.count_nonzero(lines, axis=1) >= _LINE * max(1, int(lines.any(axis=0).sum()))
        steps = np.diff(np.r_[False, long, False].astype(np.int8))
        begins, ends = np.flatnonzero(steps > 0), np.flatnonzero(steps < 0)
        if len(begins) < _LINES or float(np.mean(ends - begins)) > _THIN:
            return False
        apart.append(np.diff(begins))
    pitches = np.unique(np.concatenate(apart))
    return any(all(_are_multiples(own, pitch) for own in apart) for pitch in pitches[pitches >= _LEAST_PITCH].tolist())


def _are_multiples(distances: NDArray[np.int64], pitch: int) -> bool:
    """Whether most distances are once a pitch, or so many times."""
    times = np.rint(distances / pitch)
    even = (np.abs(distances / pitch - times) <= _EVEN) & (times > 0)
    return float(even.mean()) >= _MOST_EVEN
