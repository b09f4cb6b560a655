"""Beats drawn as pictures: many at once, in NumPy.

The geometry is that of the pictures users already have: 192 × 128 pixels, white paper, one thin grey line without
axes or grid. It is Matplotlib's default figure (subplot left 0.125, right 0.9, bottom 0.11, top 0.88) at that size.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ecg.beats import MARGIN, WINDOW_AFTER, WINDOW_BEFORE


@dataclass(frozen=True, slots=True)
class Geometry:
    """Where the trace lies on the paper. Lengths in pixels, y counted from the top, amplitudes in millivolts."""

    width: int = 192
    height: int = 128
    left: float = 24.0
    right: float = 172.8
    top: float = 15.36
    bottom: float = 113.92
    lowest_mv: float = -1.77
    """Amplitude at ``bottom``; the trace is cut off there."""
    highest_mv: float = 1.065
    """Amplitude at ``top``; the trace is cut off there."""
    line_width: float = 0.625
    """Matplotlib's default 1.5 pt line on a 640 × 480 figure, shrunk to 192 pixels."""
    ink: int = 100
    """Grey level of the line where it covers a pixel whole; paper is 255."""


CLASSIC = Geometry()

#: Vertical cuts per pixel column. Coverage is exact along each cut, so this is the only sampling there is.
CUTS_PER_PIXEL = 4


#: Pictures drawn together; small enough for the working set to stay in the processor's cache.
_BATCH = 32


def picture_window(stored: NDArray[np.float32]) -> NDArray[np.float32]:
    """The part of stored windows ``[N, STORED_SAMPLES]`` that a picture shows, R − 96 … R + 95: ``[N, 192]``."""
    return stored[..., MARGIN : MARGIN + WINDOW_BEFORE + WINDOW_AFTER]


def draw(signals: NDArray[np.float32], geometry: Geometry = CLASSIC) -> NDArray[np.uint8]:
    """Draw each row of ``signals`` as one anti-aliased line.

    The stroke is cut along vertical lines, :data:`CUTS_PER_PIXEL` per pixel column. A straight stroke of width ``w``
    meets such a cut in one interval, found exactly; the intervals of neighbouring segments touch, so their hull is
    the stroke. A pixel's grey is the mean, over its cuts, of the length that the stroke covers in it.

    Args:
        signals: shape ``[N, S]``, millivolts, ``S >= 2`` samples spread evenly from ``left`` to ``right``.

    Returns:
        ``uint8`` array of shape ``[N, height, width]``, paper = 255.
    """
    pictures = np.empty((len(signals), geometry.height, geometry.width), dtype=np.uint8)
    for start in range(0, len(signals), _BATCH):
        batch = slice(start, start + _BATCH)
        pictures[batch] = _draw_batch(np.asarray(signals[batch], dtype=np.float32), geometry)
    return pictures


def _draw_batch(signals: NDArray[np.float32], g: Geometry) -> NDArray[np.uint8]:
    count, samples = signals.shape
    per_mv = (g.bottom - g.top) / (g.highest_mv - g.lowest_mv)
    y = (g.top + (g.highest_mv - signals) * per_mv).astype(np.float32)
    step = (g.right - g.left) / (samples - 1)

    cuts = (np.arange(g.width * CUTS_PER_PIXEL, dtype=np.float32) + 0.5) / CUTS_PER_PIXEL
    cuts = cuts[(cuts >= g.left - g.line_width) & (cuts <= g.right + g.line_width)]
    upper = np.full((count, len(cuts)), np.inf, dtype=np.float32)
    lower = np.full((count, len(cuts)), -np.inf, dtype=np.float32)
    nearest = np.floor((cuts - g.left) / step).astype(int)
    reach = int(np.ceil(g.line_width / step))
    for offset in range(-reach, reach + 1):
        segment = nearest + offset
        inside = (segment >= 0) & (segment < samples - 1)
        low, high = _stroke_on_cuts(y, segment[inside], cuts[inside], g.left, step, g.line_width)
        upper[:, inside] = np.minimum(upper[:, inside], low)
        lower[:, inside] = np.maximum(lower[:, inside], high)

    # Cut the trace off at the plot box, as a plot does. Cuts that meet no ink become empty intervals at its top.
    blank = upper > lower
    upper = np.clip(np.where(blank, g.top, upper), g.top, g.bottom)
    lower = np.clip(np.where(blank, g.top, lower), g.top, g.bottom)

    ink = _covered_length(upper, lower, np.floor(cuts).astype(int), g) / CUTS_PER_PIXEL
    grey = 255.0 - (255.0 - g.ink) * np.clip(ink, 0.0, 1.0)
    return np.rint(grey).astype(np.uint8)


def _stroke_on_cuts(
    y: NDArray[np.float32],
    segment: NDArray[np.int_],
    cuts: NDArray[np.float32],
    left: float,
    step: float,
    width: float,
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Interval of y in which each segment's stroke (a rectangle, butt ends) meets its vertical cut.

    Returns ``(low, high)``, each ``[N, len(segment)]``; where the rectangle misses the cut, ``low > high``.
    """
    from_y = y[:, segment]
    along = cuts - (left + segment * step)
    slope = np.diff(y, axis=1) / step
    stretch = np.hypot(slope, 1.0)  # 1 / cos of the segment's angle
    # |perpendicular distance| <= width / 2
    centre = from_y + along * slope[:, segment]
    half = (width / 2 * stretch)[:, segment]
    low, high = centre - half, centre + half
    # 0 <= projection on the segment <= its length; for a level segment this bounds x instead of y
    level = np.abs(slope) < 1e-6
    run = np.where(level, 0.0, 1.0 / np.where(level, 1.0, slope)).astype(np.float32)
    inside = (along >= 0) & (along <= step)
    before, beyond = along * run[:, segment], (step - along) * run[:, segment]
    at_start = from_y - before
    at_end = y[:, segment + 1] + beyond
    ends_low, ends_high = np.minimum(at_start, at_end), np.maximum(at_start, at_end)
    flat = level[:, segment]
    low = np.where(flat, np.where(inside, low, np.inf), np.maximum(low, ends_low))
    high = np.where(flat, np.where(inside, high, -np.inf), np.minimum(high, ends_high))
    empty = low > high
    return np.where(empty, np.inf, low), np.where(empty, -np.inf, high)


def _covered_length(
    upper: NDArray[np.float32], lower: NDArray[np.float32], column: NDArray[np.int_], g: Geometry
) -> NDArray[np.float64]:
    """Length of the intervals ``upper … lower`` within each pixel, summed over the cuts of its column.

    The length that the half-line above ``v`` covers in pixel row j is ``clip(v - j, 0, 1)``: 1 above the row of ``v``,
    a fraction in it, 0 below. Its difference along j has two entries, so each interval is four scattered numbers and
    one running sum, whatever its length.
    """
    count = len(upper)
    rows = g.height + 2
    base = (np.arange(count)[:, None] * rows) * g.width + column[None, :]
    cells = count * rows * g.width
    differences = np.zeros(cells)
    for edge, sign in ((lower, 1.0), (upper, -1.0)):
        row = np.floor(edge).astype(int)
        fraction = edge - row
        at = base + row * g.width
        differences += np.bincount(at.ravel(), (sign * (fraction - 1.0)).ravel(), minlength=cells)
        differences += np.bincount((at + g.width).ravel(), (-sign * fraction).ravel(), minlength=cells)
    return np.cumsum(differences.reshape(count, rows, g.width), axis=1)[:, : g.height]
