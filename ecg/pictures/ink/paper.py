"""The paper below the ink: its shade, its rotation, and its grid of millimetres."""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage

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
    smooth = Image.fromarray(paper.astype(np.float32)).resize((columns, rows), Image.Resampling.BICUBIC)
    ratio = light / np.maximum(np.asarray(smooth), 1.0)
    return np.rint(255 * np.clip(1.0 - ratio, 0.0, 1.0)).astype(np.uint8)


#: Most degrees by which a sheet may be turned, and the steps in which the angle is sought.
_MOST_DEGREES: Final = 6.0
_COARSE: Final = 0.5
_FINE: Final = 0.1
#: Pixels that the angle is measured with; more make it no better.
_POINTS: Final = 20_000
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
    return float(near[int(finer.argmax())]), float(finer.max() / max(np.median(values), 1e-9))


def _unevenness(places: Floats, weights: Floats) -> float:
    """How much the mean weight at a place differs from that of its neighbours."""
    cells = (places - places.min()).astype(np.int64)
    counts = np.bincount(cells)
    sums = np.bincount(cells, weights)
    full = counts > 0.5 * counts.max()
    means = sums[full] / counts[full]
    return float(((means - ndimage.uniform_filter1d(means, _NEIGHBOURS)) ** 2).mean())


#: Pixels between the lines of a millimetre at which they can be told from each other.
_LEAST_PITCH: Final = 3.0
#: How much of a profile's variation must repeat at the pitch, and by how much every fifth line must be bolder.
_REPEATING: Final = 0.3
_BOLDER: Final = 1.15


def pitch_of(profile: Floats) -> float | None:
    """Pixels of a millimetre in a profile of the ink across the lines, ``[N]``; None where it isn't sure.

    A millimetre is known by its lines alone only where every fifth is bolder: lines of one kind could be anything.
    """
    count = len(profile)
    if count < 6 * _LEAST_PITCH:
        return None
    smooth = ndimage.uniform_filter1d(profile, max(3, count // 12))
    wave = profile - smooth
    wave = np.clip(wave, -3 * wave.std(), 3 * wave.std())
    size = 4 * count
    spectrum = np.abs(np.fft.rfft(wave, size)) ** 2
    repeats = np.fft.irfft(spectrum, size)[: count // 2] / max(float((wave**2).sum()), 1e-9)
    # Each lag has fewer pairs than the one before.
    repeats *= count / (count - np.arange(len(repeats)))
    inner = repeats[1:-1]
    peaks = np.flatnonzero((inner >= repeats[:-2]) & (inner > repeats[2:]) & (inner > _REPEATING)) + 1
    peaks = peaks[peaks >= _LEAST_PITCH]
    for peak in peaks[:8]:
        pitch = _refined(wave, peak + _vertex(repeats, int(peak)))
        if pitch is not None:
            return pitch
    return None


def _vertex(values: Floats, place: int) -> float:
    """Where a parabola through a peak and its neighbours is highest, from the peak."""
    before, here, after = values[place - 1 : place + 2]
    bend = before - 2 * here + after
    return float(0.5 * (before - after) / bend) if bend < 0 else 0.0


def _refined(wave: Floats, pitch: float) -> float | None:
    """The pitch to a fraction of a pixel, where every fifth line is bolder than the others; else None."""
    count = len(wave)
    best: tuple[float, float, float] = (-np.inf, pitch, 0.0)
    for tried in np.linspace(pitch * 0.97, pitch * 1.03, 25):
        phase = np.exp(2j * np.pi * np.arange(count) / tried)
        strength = (wave * phase).sum()
        if abs(strength) > best[0]:
            best = (abs(strength), float(tried), float(np.angle(strength)) / 2 / np.pi * tried)
    _, pitch, first = best
    lines = np.arange(int((count - first) // pitch) + 1) * pitch + first
    lines = lines[(lines >= 0) & (lines <= count - 1)]
    if len(lines) < 6:
        return None
    reach = max(1, round(pitch / 5))
    peaks = ndimage.maximum_filter1d(wave, 2 * reach + 1)[np.rint(lines).astype(int)]
    ground = np.median(wave)
    heights = peaks - ground
    means = np.array([heights[offset::5].mean() for offset in range(5)])
    bold = int(means.argmax())
    others = np.delete(means, bold)
    if others.mean() <= 0 or means[bold] < _BOLDER * others.max():
        return None
    return pitch
