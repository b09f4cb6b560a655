"""A trace drawn as the model sees it, from a signal or from what was read of a picture: one function for both.

The geometry is that of :data:`ecg.pictures.rendering.CLASSIC` at the size of the model's input; the darkest pixel is 0
and paper 255, as in :mod:`ecg.pictures.canonical`.
"""

from __future__ import annotations

from functools import cache
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ecg.pictures.rendering import CLASSIC, Geometry

Pixels = NDArray[np.uint8]
Floats = NDArray[np.float64]

#: Vertical cells per pixel column; in each, the trace covers what lies between its lowest and highest point there.
_CELLS: Final = 4


class _Canvas(NamedTuple):
    """What is the same for all pictures of a size."""

    edges: Floats
    """Where cells begin and end, as shares of the plot's width, ``[cells + 1]``."""
    centres: Floats
    """Their centres, ``[cells]``."""
    columns: NDArray[np.int64]
    """The pixel column of each cell."""


@cache
def _canvas(width: int, geometry: Geometry) -> _Canvas:
    scale = width / geometry.width
    left, right = geometry.left * scale, geometry.right * scale
    first, last = int(np.floor(left * _CELLS)), int(np.ceil(right * _CELLS))
    edges = np.clip(np.arange(first, last + 1) / _CELLS, left, right)
    middles = (edges[:-1] + edges[1:]) / 2
    return _Canvas(
        (edges - left) / (right - left), (middles - left) / (right - left), np.floor(middles).astype(np.int64)
    )


def pixels_of_trace(
    times: Floats, heights: Floats, *, height: int, width: int, geometry: Geometry = CLASSIC
) -> Pixels:
    """Draw a trace.

    Args:
        times: shape ``[N]``, ascending; 0 = left end of the plot, 1 = its right end. What lies outside is left out.
        heights: shape ``[N]``; 0 = bottom of the plot, 1 = its top; NaN where the trace is interrupted. What lies
            outside is cut off.

    Returns:
        ``uint8`` array of shape ``[height, width]``, paper = 255, darkest ink = 0.
    """
    canvas = _canvas(width, geometry)
    finite = np.isfinite(heights)
    drawn_times, drawn = times[finite], heights[finite]
    if len(drawn) < 2:
        return np.full((height, width), 255, dtype=np.uint8)
    at_edges = np.interp(canvas.edges, drawn_times, drawn)
    low, high = np.minimum(at_edges[:-1], at_edges[1:]), np.maximum(at_edges[:-1], at_edges[1:])
    cell = canvas.edges.searchsorted(drawn_times, side="right") - 1
    inside = (cell >= 0) & (cell < len(low))
    cell, values = cell[inside], drawn[inside]
    np.minimum.at(low, cell, values)
    np.maximum.at(high, cell, values)
    blank = (canvas.centres < drawn_times[0]) | (canvas.centres > drawn_times[-1])
    if not finite.all():
        # A cell is empty where the nearest points on both sides are not both there.
        following = np.minimum(times.searchsorted(canvas.centres), len(times) - 1)
        blank |= ~(finite[following] & finite[np.maximum(following - 1, 0)])
    return _filled(1.0 - high, 1.0 - low, blank, canvas.columns, height, width, geometry)


def _filled(
    upper: Floats, lower: Floats, blank: NDArray[np.bool_], columns: NDArray[np.int64], height: int, width: int,
    geometry: Geometry,
) -> Pixels:
    """Pixels covered by intervals of y (0 = top of the plot, 1 = bottom), one each cell."""
    scale = height / geometry.height
    top, bottom = geometry.top * scale, geometry.bottom * scale
    half = geometry.line_width * scale / 2
    upper = np.clip(upper * (bottom - top) + (top - half), top, bottom)
    lower = np.clip(lower * (bottom - top) + (top + half), top, bottom)
    lower = np.where(blank, upper, lower)
    # The length that the half-line above v covers in pixel row j is clip(v - j, 0, 1); its difference along j has two
    # entries, so each interval is four scattered numbers and one running sum.
    edges = np.concatenate([lower, upper])
    rows = edges.astype(np.int64)
    parts = edges - rows
    signs = np.repeat((1.0, -1.0), len(upper))
    places = rows * width + np.concatenate([columns, columns])
    weights = np.concatenate([signs * (parts - 1.0), -signs * parts])
    changes = np.bincount(np.concatenate([places, places + width]), weights, minlength=(height + 2) * width)
    cover = changes.reshape(height + 2, width)[:height].cumsum(axis=0)
    darkest = cover.max()
    if darkest <= 0:
        return np.full((height, width), 255, dtype=np.uint8)
    return np.rint(255.0 - cover * (255.0 / darkest)).astype(np.uint8)
