"""Four straight sides among edges that are in pieces, as those of a sheet before something of its colour."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]

#: Lines are sought by so many angles, and so many of them looked at. Edges so near to one are of it, pixels.
_ANGLES: Final = 180
_MOST_LINES: Final = 12
_ALONG: Final = 3.0
#: An edge runs along one for this share of the picture's longer side.
_LEAST: Final = 0.06
#: Sides opposite each other differ by so many degrees at most, those next to each other by so many at least.
_OPPOSITE: Final = 30.0
_NEXT: Final = 45.0
#: Corners lie beyond the picture by this share of its sides at most.
_BEYOND: Final = 0.15
#: What lies between them is this share of the picture at least.
_SMALLEST: Final = 0.08
#: An edge is within so many pixels of a side at so many places of it: of each side, and of all of them, this share.
_NEAR: Final = 1.5
_PLACES: Final = 60
_OF_EACH: Final = 0.3
_OF_ALL: Final = 0.65
_UNSEEN: Final = 0.5
#: What is so near to the picture's edge shows no other side, pixels.
_FRAME: Final = 4


def four_sided(edges: Mask) -> Floats | None:
    """The corners of the four sides along which most of the edges run, clockwise from the upper left one, ``[4, 2]``.

    Args:
        edges: ``[rows, columns]``.

    Returns:
        None where no four lines have edges along most of them.
    """
    edges = np.pad(edges[_FRAME:-_FRAME, _FRAME:-_FRAME], _FRAME)
    lines = _lines(edges)
    distance = ndimage.distance_transform_edt(~edges)
    best, most = None, _OF_ALL
    for corners in _quadrilaterals(lines, edges.shape):
        share = _covered(corners, distance)
        if share > most:
            best, most = corners, share
    return best


def _lines(edges: Mask) -> list[tuple[float, float]]:
    """Lines along which edges run, those with the most first: angle of what is upright on it, and how far away it is
    from the picture's corner, pixels.
    """
    rows, columns = np.nonzero(edges)
    points = np.stack([columns + 0.5, rows + 0.5])
    angles = np.arange(_ANGLES) * np.pi / _ANGLES
    upright = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    reach = int(np.hypot(*edges.shape)) + 2
    found: list[tuple[float, float]] = []
    while len(found) < _MOST_LINES and points.shape[1]:
        away = np.rint(upright @ points).astype(np.int64) + reach
        places = (np.arange(_ANGLES)[:, None] * (2 * reach + 1) + away).ravel()
        counts = np.bincount(places, minlength=_ANGLES * (2 * reach + 1)).reshape(_ANGLES, -1)
        counts = ndimage.uniform_filter1d(3 * counts, 3, axis=1)
        angle, place = divmod(int(counts.argmax()), counts.shape[1])
        if counts[angle, place] < _LEAST * max(edges.shape):
            break
        found.append((float(angles[angle]), float(place - reach)))
        points = points[:, np.abs(upright[angle] @ points - (place - reach)) > _ALONG]
    return found


def _quadrilaterals(lines: list[tuple[float, float]], shape: tuple[int, ...]) -> Iterator[Floats]:
    """Corners, ``[4, 2]``, of two lines and two across, that lie in the picture, or nearly."""
    opposite = [pair for pair in combinations(lines, 2) if _between(pair[0][0], pair[1][0]) <= _OPPOSITE]
    size = np.array(shape[1::-1], np.float64)
    for one, other in combinations(opposite, 2):
        if min(_between(a[0], b[0]) for a in one for b in other) < _NEXT:
            continue
        corners = np.array([_crossing(one[i], other[j]) for i, j in ((0, 0), (0, 1), (1, 1), (1, 0))])
        if ((corners < -_BEYOND * size) | (corners > (1 + _BEYOND) * size)).any() or not _is_convex(corners):
            continue
        x, y = corners.T
        area = float(x @ np.roll(y, -1) - y @ np.roll(x, -1)) / 2
        if abs(area) < _SMALLEST * size.prod():
            continue
        clockwise = corners if area > 0 else corners[::-1]
        yield np.roll(clockwise, -int(clockwise.sum(axis=1).argmin()), axis=0)


def _between(one: float, other: float) -> float:
    """Degrees between the directions of two lines, 0 to 90."""
    off = abs(np.degrees(one - other)) % 180
    return float(min(off, 180 - off))


def _crossing(one: tuple[float, float], other: tuple[float, float]) -> Floats:
    normals = np.array([(np.cos(angle), np.sin(angle)) for angle, _ in (one, other)])
    crossing: Floats = np.linalg.solve(normals, np.array([one[1], other[1]]))
    return crossing


def _is_convex(corners: Floats) -> bool:
    sides = np.roll(corners, -1, axis=0) - corners
    after = np.roll(sides, -1, axis=0)
    turns = sides[:, 0] * after[:, 1] - sides[:, 1] * after[:, 0]
    return bool((turns > 0).all() or (turns < 0).all())


def _covered(corners: Floats, distance: Floats) -> float:
    """The share of the sides that has edges, where the picture shows none of a side a half; 0 where one has few."""
    total, covered = 0.0, 0.0
    size = np.array(distance.shape[1::-1], np.float64)
    for begin, end in zip(corners, np.roll(corners, -1, axis=0), strict=True):
        places = begin + np.linspace(0.02, 0.98, _PLACES)[:, None] * (end - begin)
        places = places[((places >= _FRAME) & (places <= size - _FRAME)).all(axis=1)]
        near = distance[places[:, 1].astype(int), places[:, 0].astype(int)] <= _NEAR
        share = float(near.mean()) if len(near) else _UNSEEN
        if share < _OF_EACH:
            return 0.0
        length = float(np.hypot(*(end - begin)))
        total, covered = total + length, covered + length * share
    return covered / total
