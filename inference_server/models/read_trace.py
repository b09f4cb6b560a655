"""What was read of a picture by its ink, as places in the picture that the caller sent."""

from __future__ import annotations

import heapq
from itertools import pairwise
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ecg.pictures.ink.extent import Extent
from ecg.pictures.rendering import CLASSIC
from inference_server.classification import Trace
from inference_server.models.model_input import View

#: Points of a trace at most, over all its strokes.
MOST_POINTS: Final = 400

Floats = NDArray[np.float64]


def trace_over_picture(view: View, *, height: int, width: int) -> Trace | None:
    """The line that was found, and what of the picture the model was shown; None where there is no line.

    Args:
        view: the picture as a model sees it.
        height: height of the model's view, pixels.
        width: width of the model's view, pixels.
    """
    places = None if view.read is None else view.read.trace
    if places is None or not isinstance(view.place, Extent):
        return None
    shares = np.clip(places / np.array(view.size), 0, 1)  # NaN stays
    strokes = thinned(strokes_of(shares), MOST_POINTS)
    return Trace(
        strokes=tuple(tuple((x, y) for x, y in stroke.tolist()) for stroke in strokes),
        beat=_plot(view.place, height=height, width=width),
    )


def strokes_of(points: Floats) -> list[Floats]:
    """The parts of a line ``[N, 2]`` between points that are not numbers, ``[n, 2]`` each."""
    finite = np.isfinite(points).all(axis=1)
    edges = np.flatnonzero(np.diff(finite, prepend=False, append=False)).tolist()
    return [points[start:end] for start, end in zip(edges[::2], edges[1::2], strict=True)]


def thinned(strokes: list[Floats], most: int) -> list[Floats]:
    """At most so many points: of each stroke its ends, its highest and its lowest point, then whatever lies furthest
    from the line through those that are there already (Ramer 1972; Douglas & Peucker 1973).

    Of strokes that are too many for that, the longest are left.
    """
    if sum(len(stroke) for stroke in strokes) <= most:
        return strokes
    longest = sorted(range(len(strokes)), key=lambda place: -len(strokes[place]))[: most // 4]
    strokes = [strokes[place] for place in sorted(longest)]
    wanted = [sorted({0, int(s[:, 1].argmin()), int(s[:, 1].argmax()), len(s) - 1}) for s in strokes]
    gaps = [_gap(stroke, place, *ends) for place, stroke in enumerate(strokes) for ends in pairwise(wanted[place])]
    heapq.heapify(gaps)
    spare = most - sum(len(points) for points in wanted)
    while gaps and spare and gaps[0].nearness < 0:
        gap = heapq.heappop(gaps)
        wanted[gap.stroke].append(gap.furthest)
        spare -= 1
        for ends in ((gap.first, gap.furthest), (gap.furthest, gap.last)):
            heapq.heappush(gaps, _gap(strokes[gap.stroke], gap.stroke, *ends))
    return [stroke[sorted(points)] for stroke, points in zip(strokes, wanted, strict=True)]


class _Gap(NamedTuple):
    """Points between two that are there already; the one with a point furthest off comes first."""

    nearness: float
    """Distance of the furthest point from the straight line, negative; 0 where there is none off it."""
    stroke: int
    first: int
    last: int
    furthest: int


def _gap(points: Floats, stroke: int, first: int, last: int) -> _Gap:
    if last - first < 2:
        return _Gap(0.0, stroke, first, last, first)
    start, way = points[first], points[last] - points[first]
    between = points[first + 1 : last] - start
    length = float(np.hypot(*way))
    off = np.hypot(*between.T) if length == 0 else np.abs(between[:, 0] * way[1] - between[:, 1] * way[0]) / length
    furthest = int(off.argmax())
    return _Gap(-float(off[furthest]), stroke, first, last, first + 1 + furthest)


def _plot(place: Extent, *, height: int, width: int) -> tuple[float, float, float, float]:
    """Edges of the plot of the model's canvas, as shares of the picture that lies at ``place`` on it."""
    across, down = width / CLASSIC.width, height / CLASSIC.height
    columns, rows = place.right - place.left, place.bottom - place.top
    edges = (
        (CLASSIC.left * across - place.left) / columns,
        (CLASSIC.top * down - place.top) / rows,
        (CLASSIC.right * across - place.left) / columns,
        (CLASSIC.bottom * down - place.top) / rows,
    )
    left, top, right, bottom = (min(max(float(edge), 0.0), 1.0) for edge in edges)
    return left, top, right, bottom
