"""A trace drawn as the model sees it, from a signal or from what was read of a picture: one function for both.

The geometry is that of :data:`ecg.pictures.rendering.CLASSIC` at the size of the model's input; the darkest pixel is 0
and paper 255, as in :mod:`ecg.pictures.canonical`.
"""

from __future__ import annotations

from functools import cache
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ecg.pictures.ink.strokes import Line
from ecg.pictures.rendering import CLASSIC, Geometry

Pixels = NDArray[np.uint8]
Floats = NDArray[np.float64]

#: Vertical cells per pixel column; in each, the trace covers what lies between its lowest and highest point there.
_CELLS: Final = 2


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


def pixels_of_trace(times: Floats, heights: Floats, *, height: int, width: int, geometry: Geometry = CLASSIC) -> Pixels:
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
    is_whole = bool(finite.all())
    drawn_times, drawn = (times, heights) if is_whole else (times[finite], heights[finite])
    if len(drawn) < 2:
        return np.full((height, width), 255, dtype=np.uint8)
    at_edges = np.interp(canvas.edges, drawn_times, drawn)
    low, high = np.minimum(at_edges[:-1], at_edges[1:]), np.maximum(at_edges[:-1], at_edges[1:])
    if len(drawn) > _DENSE * len(low):
        _include(drawn_times, drawn, canvas.edges, low, high)
    first, last = canvas.centres.searchsorted((drawn_times[0], drawn_times[-1])).tolist()
    low[:first] = high[:first] = low[last:] = high[last:] = _OUTSIDE
    if not is_whole:
        # A cell is empty where the nearest points on both sides are not both there.
        for hole in (~finite).nonzero()[0].tolist():
            gap = slice(*canvas.centres.searchsorted((times[max(hole - 1, 0)], times[min(hole + 1, len(times) - 1)])))
            low[gap] = high[gap] = _OUTSIDE
    scale = height / geometry.height
    top, bottom = geometry.top * scale, geometry.bottom * scale
    return _filled(
        bottom - high * (bottom - top), bottom - low * (bottom - top), canvas.columns, height, width, geometry
    )


def pixels_of_columns(line: Line, *, height: int, width: int, geometry: Geometry = CLASSIC) -> Pixels:
    """Draw a line of a picture that has the canvas's own geometry, where each column of the picture is a cell.

    Args:
        line: in pixels of a picture of the geometry's size, which is twice as wide as the canvas or more.

    Returns:
        ``uint8`` array of shape ``[height, width]``, paper = 255, darkest ink = 0: nearly what
        :func:`pixels_of_trace` makes of the points of the line, in half the time.
    """
    down = height / geometry.height
    columns = line.columns * width // geometry.width
    return _filled(
        line.upper * down, line.lower * down, columns, height, width, geometry, _CELLS * width / geometry.width
    )


#: A height beyond the plot, where nothing is drawn.
_OUTSIDE: Final = -1.0
#: So many points a cell may lie between its edges, where they have to be looked at: else each tip, which is two points
#: half a column apart, has one of its points in sight of an edge.
_DENSE: Final = 2


def _include(times: Floats, heights: Floats, edges: Floats, low: Floats, high: Floats) -> None:
    """Let the cells between ``edges`` reach to the points in them, in place."""
    # Points before the first cell and after the last are counted in cells that are not drawn.
    cell = edges.searchsorted(times, side="right")
    lowest, highest = np.full(len(low) + 2, np.inf), np.full(len(low) + 2, -np.inf)
    np.minimum.at(lowest, cell, heights)
    np.maximum.at(highest, cell, heights)
    np.minimum(low, lowest[1:-1], out=low)
    np.maximum(high, highest[1:-1], out=high)


#: Full ink is reached where the stroke covers so many times its own thickness of a pixel: where it is steep. With this,
#: the mean grey of 270 plain drawings is 251.3, and that of their canonical pixels 251.2.
_FULL: Final = 2.0


def _filled(
    upper: Floats,
    lower: Floats,
    columns: NDArray[np.int64],
    height: int,
    width: int,
    geometry: Geometry,
    cells: float = 1.0,
) -> Pixels:
    """Pixels covered by a stroke whose middle goes from ``upper`` to ``lower`` (y, pixels) in each cell.

    Args:
        columns: pixel column of each cell.
        cells: width of a cell, as a part of the canvas's own.
    """
    scale = height / geometry.height
    thickness = geometry.line_width * scale
    edges = np.empty((2, len(upper)))
    np.add(lower, thickness / 2, out=edges[0])
    np.subtract(upper, thickness / 2, out=edges[1])
    np.maximum(edges, geometry.top * scale, out=edges)
    np.minimum(edges, geometry.bottom * scale, out=edges)
    # The length that the half-line above v covers in pixel row j is clip(v - j, 0, 1); its difference along j has two
    # entries, so each interval is four scattered numbers and one running sum.
    rows = edges.astype(np.int64)
    parts = edges - rows
    # Columns lie one after the other here, each with two rows more, so that sums run along memory.
    places = np.empty((2, *edges.shape), dtype=np.int64)
    np.add(rows, columns * (height + 2), out=places[0])
    np.add(places[0], 1, out=places[1])
    weights = np.empty((2, *edges.shape))
    ink = 255.0 * cells / _CELLS / min(1.0, _FULL * thickness)
    signs = np.array(((-ink,), (ink,)))
    np.multiply(parts - 1.0, signs, out=weights[0])
    np.multiply(parts, -signs, out=weights[1])
    changes = np.bincount(places.ravel(), weights.ravel(), minlength=(height + 2) * width)
    grey = changes.reshape(width, height + 2)[:, :height].cumsum(axis=1)
    grey += 255.5
    return np.ascontiguousarray(np.maximum(grey, 0.0, out=grey).astype(np.uint8).T)
