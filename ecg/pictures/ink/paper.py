"""The paper below the ink: its shade, its rotation, and its grid of millimetres."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage
from scipy.signal import find_peaks

Bytes = NDArray[np.uint8]
Floats = NDArray[np.float64]

#: Cells of the shorter side in which the paper's shade is measured, and their least side, pixels.
_CELLS: Final = 12
_LEAST_CELL: Final = 12
#: Paper is what this share of a cell's pixels is not lighter than: ink and grid cover less than the rest.
_PAPER_QUANTILE: Final = 0.8


def evenly_lit(light: Bytes) -> Bytes:
    """Ink as if the paper were lit evenly.

    Args:
        light: ``[rows, columns]``, grey levels, paper lighter than ink.

    Returns:
        Depth of the ink, ``[rows, columns]``: 0 = paper, 255 = no light at all.
    """
    rows, columns = light.shape
    side = max(_LEAST_CELL, min(rows, columns) // _CELLS)
    down, across = max(1, rows // side), max(1, columns // side)
    ys, xs = np.linspace(0, rows, down + 1).astype(int), np.linspace(0, columns, across + 1).astype(int)
    step = max(1, side // 16)
    paper = np.empty((down, across))
    for row in range(down):
        band = light[ys[row] : ys[row + 1] : step]
        for column in range(across):
            cell = band[:, xs[column] : xs[column + 1] : step].ravel()
            place = int(_PAPER_QUANTILE * (len(cell) - 1))
            paper[row, column] = np.partition(cell, place)[place]
    paper = np.maximum(ndimage.median_filter(paper, size=3, mode="nearest"), 1.0)
    smooth = Image.fromarray(np.rint(paper).astype(np.uint8)).resize((columns, rows), Image.Resampling.BILINEAR)
    ratio = light / np.maximum(np.asarray(smooth), 1).astype(np.float32)
    return np.maximum(255.5 - 255 * ratio, 0).astype(np.uint8)


#: Most degrees by which a sheet may be turned, and the steps in which the angle is sought.
_MOST_DEGREES: Final = 6.0
_COARSE: Final = 0.6
_FINE: Final = 0.15
#: A sheet whose lines are nearly as clear upright is upright.
_AS_CLEAR: Final = 0.85
#: Pixels that the angle is measured with; more make it no better.
_POINTS: Final = 10_000
#: Ink deeper than what so many pixels are not is the trace's, and counts no more than a grid's.
_GRID_QUANTILE: Final = 0.9
#: How much wider than a line the neighbourhood is that it is compared with, pixels.
_NEIGHBOURS: Final = 9


def rotation_of(ink: Bytes) -> tuple[float, float]:
    """How far a grid is turned, degrees counter-clockwise, and how much clearer its lines are there than elsewhere.

    Lines are clear where the mean depth along parallels differs most from that of the neighbouring parallels.
    """
    rows, columns = ink.shape
    cap = max(1, int(np.quantile(ink[::2, ::2], _GRID_QUANTILE)))
    count = min(_POINTS, ink.size)
    chosen = np.random.default_rng(0).integers(0, ink.size, count) if count < ink.size else np.arange(ink.size)
    y, x = np.divmod(chosen, columns)
    weights = np.minimum(ink.ravel()[chosen], cap).astype(np.float64)
    x, y = x - columns / 2, y - rows / 2

    def clearness(degrees: float) -> float:
        slope = np.tan(np.radians(degrees))
        return _unevenness(y + slope * x, weights) + _unevenness(x - slope * y, weights)

    angles = np.arange(-_MOST_DEGREES, _MOST_DEGREES + _COARSE / 2, _COARSE)
    values = np.array([clearness(angle) for angle in angles])
    best = angles[int(values.argmax())]
    near = np.arange(best - _COARSE + _FINE, best + _COARSE - _FINE / 2, _FINE)
    finer = np.array([clearness(angle) for angle in near])
    clearest = float(finer.max())
    # Hardly clearer than upright is upright.
    angle = 0.0 if clearness(0.0) > _AS_CLEAR * clearest else float(near[int(finer.argmax())])
    return angle, clearest / max(float(np.median(values)), 1e-9)


def _unevenness(places: Floats, weights: Floats) -> float:
    """How much the mean weight at a place differs from that of its neighbours."""
    cells = (places - places.min()).astype(np.int64)
    counts = np.bincount(cells)
    sums = np.bincount(cells, weights)
    full = counts > 0.5 * counts.max()
    means = sums[full] / counts[full]
    return float(((means - ndimage.uniform_filter1d(means, _NEIGHBOURS)) ** 2).mean())


#: Lines that are needed to be sure of a pitch, and pixels between them at which they can be told from each other.
_LEAST_LINES: Final = 6
_LEAST_PITCH: Final = 3.0
#: A line stands out by this share of what most lines stand out by.
_PROMINENCE: Final = 0.2
#: How far a line may lie from where an even pitch puts it, share of the pitch; how many of the lines must lie right,
#: and how many of them next to each other.
_OFF: Final = 0.2
_RIGHT: Final = 0.75
_NEXT: Final = 0.7
#: By how much every fifth line must be bolder than three quarters of the others.
_BOLDER: Final = 1.15


def pitch_of(profile: Floats) -> float | None:
    """Pixels of a millimetre in a profile of the ink across the lines, ``[N]``; None where it isn't sure.

    A millimetre is known by its lines alone only where every fifth is bolder: lines of one kind could be anything.
    """
    peaks, properties = find_peaks(profile, prominence=0)
    if len(peaks) < _LEAST_LINES:
        return None
    prominences = properties["prominences"]
    clear = prominences > _PROMINENCE * np.quantile(prominences, 0.8)
    places = np.array([peak + _vertex(profile, int(peak)) for peak in peaks[clear]])
    if len(places) < _LEAST_LINES:
        return None
    pitch, first = _evenly_spaced(places)
    if pitch < _LEAST_PITCH:
        return None
    numbers = np.rint((places - first) / pitch)
    right = np.abs(places - first - pitch * numbers) < _OFF * pitch
    wanted = np.ptp(numbers[right]) + 1 if right.any() else 0
    lines = np.unique(numbers[right])
    if right.mean() < _RIGHT or len(lines) < max(_LEAST_LINES, _NEXT * wanted):
        return None
    return float(pitch) if _every_fifth_is_bolder(numbers[right], prominences[clear][right]) else None


def _evenly_spaced(places: Floats) -> tuple[float, float]:
    """Pitch and place of one of the lines, fitted to more and more of them around one that lies between two others as
    most do; a pitch of 0 where none does.
    """
    steps = np.diff(places)
    pitch = float(np.median(steps))
    even = np.abs(steps - pitch) < _OFF * pitch
    between = (even[1:] & even[:-1]).nonzero()[0] + 1
    if not len(between):
        return 0.0, 0.0
    first = float(places[between[len(between) // 2]])
    reach = 2
    while True:
        numbers = (places - first) / pitch
        near = (np.abs(numbers) < reach + 0.5) & (np.abs(numbers - np.rint(numbers)) < _OFF)
        if np.count_nonzero(near) < 3:
            return 0.0, 0.0
        pitch, first = np.polyfit(np.rint(numbers[near]), places[near], 1).tolist()
        if pitch < 1 or reach > len(places):
            return max(pitch, 0.0), first
        reach *= 2


def _every_fifth_is_bolder(numbers: Floats, heights: Floats) -> bool:
    medians = [
        float(np.median(heights[numbers % 5 == rest])) if (numbers % 5 == rest).any() else 0.0 for rest in range(5)
    ]
    bold = int(np.argmax(medians))
    is_bold = numbers % 5 == bold
    # The trace may lie on a few of the others.
    return bool(is_bold.any() and heights[is_bold].min() > _BOLDER * np.quantile(heights[~is_bold], 0.75))


def _vertex(values: Floats, place: int) -> float:
    """Where a parabola through a peak and its neighbours is highest, from the peak."""
    before, here, after = values[place - 1 : place + 2]
    bend = before - 2 * here + after
    return float(0.5 * (before - after) / bend) if bend < 0 else 0.0
