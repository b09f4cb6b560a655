"""What was read of a picture by its ink, as places in the picture that the caller sent."""

from __future__ import annotations

from typing import Final

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
    """At most so many points: of each stretch of a stroke the first, the highest, the lowest and the last, in order, so
    that no wave loses its tip (M4: Jugel et al. 2014, "M4: a visualization-oriented time series data aggregation").

    Of strokes that are too many for that, the longest are left.
    """
    if sum(len(stroke) for stroke in strokes) <= most:
        return strokes
    longest = sorted(range(len(strokes)), key=lambda place: -len(strokes[place]))[: most // 4]
    strokes = [strokes[place] for place in sorted(longest)]
    total = sum(len(stroke) for stroke in strokes)
    spare = most // 4 - len(strokes)
    return [_tips(stroke, 1 + spare * len(stroke) // total) for stroke in strokes]


def _tips(stroke: Floats, stretches: int) -> Floats:
    """:func:`thinned` for one stroke of so many stretches."""
    wanted: set[int] = set()
    for part in np.array_split(np.arange(len(stroke)), stretches):
        if len(part):
            heights = stroke[part, 1]
            wanted |= {int(part[0]), int(part[heights.argmin()]), int(part[heights.argmax()]), int(part[-1])}
    return stroke[sorted(wanted)]


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
