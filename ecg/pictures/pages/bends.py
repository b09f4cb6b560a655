"""Paper without its bends: lines of the grid are moved to where an even pitch puts them.

Where a line stands is read from the phase of the grid's wave around a place: of the lines every five millimetres first,
which can't be taken for each other, then of those every millimetre, of which a small window holds many.
"""

from __future__ import annotations

import heapq
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage

from ecg.pictures.pages.lattice import Lattice
from ecg.pictures.pages.millimetre import Pitch, pitch_of
from ecg.pictures.pages.straightening import Flat, flattened

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]

#: Waves are summed over squares of so many pixels first: phases vary slowly.
_SQUARE: Final = 8
#: Deviations of the windows in which a phase is taken, in periods of its wave, one after the other, and in pixels at
#: least: those of the lines that are farthest apart, where the paper's place is known roughly, and those of a wave
#: that is a fifth as long.
_ROUGH: Final = 3.0
_WINDOWS: Final = (2.0, 1.5)
_FINE_WINDOWS: Final = (5.0, 2.5, 2.0)
_LEAST_WINDOW: Final = 14.0
_FIFTH: Final = 5
#: There are lines at the fifths if the wave that is theirs is so many times as high as the harmonics beside it.
_HIGHER: Final = 1.35
#: What is seen has to speak against where lines are known to be by more than this share of how clear waves usually are.
_DOUBT: Final = 0.4
#: Where there is less ink than this share of what is usual, a wave counts as less clear.
_LITTLE: Final = 0.5
#: Phases go on from place to place on a mesh of so many squares; deviation of their windows in periods, and in pixels
#: at least; they are sure from this clearness on: resultant length of the wave over its deviation.
_MESH: Final = 6
_WINDOW: Final = (1.2, 36.0)
_SURE: Final = 0.12
#: Orders of the surfaces that such phases are taken for, how far off the median line may stay, pixels, and the places
#: that they need.
_ORDERS: Final = (1, 2, 3)
_NOISE: Final = 0.35
_LEAST_PLACES: Final = 24
#: Moving the lines must make them so many times as clear; by more than half a period, so many times.
_CLEARER: Final = 1.03
_FAR_CLEARER: Final = 1.2
#: Waves shorter than so many pixels are none of the lines', and so many of their harmonics tell how clear they are.
_SHORTEST: Final = 2.2
_HIGHEST: Final = 20
#: So many pixels around other ink are neither grid nor paper; what stands out more than most of the grid does counts no
#: more than that.
_EDGE: Final = 5
_MOST: Final = 0.9
#: Steps of the fixed point by which places are looked up the other way round.
_STEPS: Final = 6


def evenly(lattice: Lattice, grid: NDArray[np.uint8], other: Mask, size: tuple[int, int]) -> tuple[Flat, Pitch | None]:
    """The paper as its grid lies, first by its perspective, then by its bends, and the grid's pitch on it.

    Args:
        lattice: How the paper lies.
        grid: ``[rows, columns]``, ink of the grid.
        other: ``[rows, columns]``: what is other ink.
        size: Width and height of the picture.

    Returns:
        A pitch of None where no lines are evenly spaced: then it isn't unbent.
    """
    flat = flattened(lattice, size)
    depth = np.asarray(flat.straightened(Image.fromarray(grid), 0))
    pitch = pitch_of(depth)
    if pitch is None:
        return flat, None
    clear = lattice.shown(grid.shape, clearly=True)
    clear[other] = 0
    elsewhere = np.asarray(flat.straightened(Image.fromarray(clear), 0)) <= 127
    period = 5 * pitch.millimetre if pitch.five else pitch.millimetre
    return smoothed(flat, depth, elsewhere, period, fifths=pitch.five), pitch


def smoothed(flat: Flat, depth: NDArray[np.uint8], other: Mask, period: float, *, fifths: bool) -> Flat:
    """The paper without its bends.

    Args:
        flat: How it was straightened.
        depth: ``[rows, columns]``, ink of the straightened grid.
        other: ``[rows, columns]``: what is ink of something else, or no paper.
        period: Pixels between its lines.
        fifths: Whether there may be lines at the fifths of that, too.
    """
    if min(depth.shape) < 2 * _SQUARE:
        return flat
    other = ndimage.maximum_filter1d(ndimage.maximum_filter1d(other, 2 * _EDGE + 1, axis=0), 2 * _EDGE + 1, axis=1)
    across, down = (_off(_Lines(depth, other, period, axis, fifths=fifths)) for axis in (1, 0))
    return _unbent(flat, across, down)


def _unbent(flat: Flat, across: Floats, down: Floats) -> Flat:
    """A way to the picture by how far lines lie off, ``[squares, squares]``, where they lie."""
    x, y = np.meshgrid(flat.xs, flat.ys)
    to_x, to_y = x, y
    for _ in range(_STEPS):
        at = [to_y / _SQUARE - 0.5, to_x / _SQUARE - 0.5]
        to_x = x + ndimage.map_coordinates(across, at, order=1, mode="nearest")
        to_y = y + ndimage.map_coordinates(down, at, order=1, mode="nearest")
    return flat.from_places(flat.xs, flat.ys, to_x, to_y)


class _Lines:
    """Lines across an axis: the waves of their pitch in every square."""

    def __init__(self, depth: NDArray[np.uint8], other: Mask, period: float, axis: int, *, fifths: bool) -> None:
        """Take the waves.

        Args:
            depth: As of :func:`smoothed`.
            other: As of :func:`smoothed`.
            period: Pixels between the lines.
            axis: 1 for the upright ones, 0 for those that lie.
            fifths: Whether there may be lines at the fifths of the period.
        """
        self.period, self.fifths = period, fifths
        rows, columns = (side // _SQUARE * _SQUARE for side in depth.shape)
        shape = (rows // _SQUARE, _SQUARE, columns // _SQUARE, _SQUARE)
        around = ndimage.uniform_filter1d(depth, max(3, round(2 * period)), axis=axis, output=np.float32)
        usual = np.abs(depth[::4, ::4] - around[::4, ::4])[~other[::4, ::4]]
        values = depth[:rows, :columns].astype(np.float32)
        values -= around[:rows, :columns]
        values[other[:rows, :columns]] = 0.0
        if len(usual):
            most = float(np.quantile(usual, _MOST))
            np.clip(values, -most, most, out=values)
        strips = values.reshape(shape).sum(axis=1 if axis == 1 else 3)
        self.sizes = np.abs(values, out=values).reshape(shape).sum(axis=(1, 3))
        along = (np.arange(columns if axis == 1 else rows) + 0.5) / period
        highest = min(_HIGHEST, int(period / _SHORTEST))
        self.waves = {}
        for harmonic in range(1, highest + 1):
            carrier = np.exp(-2j * np.pi * harmonic * along).astype(np.complex64)
            if axis == 1:
                self.waves[harmonic] = (strips * carrier.reshape(shape[2:])).sum(axis=2)
            else:
                self.waves[harmonic] = (strips * carrier.reshape(shape[:2])[:, :, None]).sum(axis=1)

    @property
    def shape(self) -> tuple[int, ...]:
        """Rows and columns of squares."""
        return self.sizes.shape

    def moved(self, off: Floats, harmonic: int) -> NDArray[np.complex128]:
        """A wave in every square if the lines, which lie so many pixels off, are moved to even places."""
        moved: NDArray[np.complex128] = self.waves[harmonic] * np.exp(2j * np.pi * harmonic * off / self.period)
        return moved

    def clearness(self, off: Floats) -> float:
        """Power of the lines all over the paper if they are moved so: of their wave and its harmonics."""
        return float(sum(abs(self.moved(off, harmonic).sum()) ** 2 for harmonic in self.waves))

    def seen(self, off: Floats, harmonic: int, window: float) -> NDArray[np.complex128]:
        """The wave around every square if the lines are moved so: as long as it is clear, 0 to 1.

        Its phase is that of all the paper together where it is right.
        """
        wave = self.moved(off, harmonic)
        real, imaginary, sizes = (
            ndimage.gaussian_filter(part, max(_LEAST_WINDOW, window) / _SQUARE)
            for part in (wave.real, wave.imag, self.sizes)
        )
        seen: NDArray[np.complex128] = (real + 1j * imaginary) / np.maximum(sizes + _LITTLE * sizes.mean(), 1e-3)
        return seen * np.exp(-1j * np.angle(seen.sum()))

    def farther(self, off: Floats, harmonic: int, windows: float) -> Floats:
        """By how many pixels lines lie off that are known to do so, as one of their waves, in windows of so many
        periods of it, says: by less than half of these.
        """
        period = self.period / harmonic
        seen = self.seen(off, harmonic, windows * period)
        # A line that lies d to the right has the phase -2 pi d / period.
        return off - np.angle(seen + _DOUBT * np.median(np.abs(seen))) * period / (2 * np.pi)


def _off(lines: _Lines) -> Floats:
    """By how many pixels lines lie off even places, ``[squares, squares]``."""
    off = np.zeros(lines.shape)
    clear = lines.clearness(off)

    def better(tried: Floats, least: float = _CLEARER) -> Floats:
        """The clearer of what is known and what is tried: phases may be those of a frame, or of little ink."""
        nonlocal clear
        clearer = lines.clearness(tried)
        if clearer <= least * clear:
            return off
        clear = clearer
        return tried

    off = better(lines.farther(off, 1, _ROUGH))
    off = better(_going_on(lines), _FAR_CLEARER)
    for windows in _WINDOWS:
        off = better(lines.farther(off, 1, windows))
    if lines.fifths and _has_fifths(lines, off):
        for windows in _FINE_WINDOWS:
            off = better(lines.farther(off, _FIFTH, windows))
    return off


def _has_fifths(lines: _Lines, off: Floats) -> bool:
    """Whether there are lines at the fifths of the period: their wave is higher there than the harmonics beside it."""
    if _FIFTH + 1 not in lines.waves:
        return False
    before, here, after = (
        float(np.abs(lines.seen(off, harmonic, _LEAST_WINDOW)).mean()) for harmonic in (_FIFTH - 1, _FIFTH, _FIFTH + 1)
    )
    return here >= _HIGHER * (before + after) / 2


def _going_on(lines: _Lines) -> Floats:
    """How far lines lie off where that is more than half of a period at some places: as phases go on over the paper,
    and as the plainest surface, for what is left is noise.
    """
    seen = lines.seen(np.zeros(lines.shape), 1, max(_WINDOW[1], _WINDOW[0] * lines.period))
    off = np.zeros(lines.shape)
    at = tuple(np.arange(_MESH // 2, side, _MESH) for side in lines.shape)
    if min(len(side) for side in at) < 2:
        return off
    field = seen[np.ix_(*at)]
    clear = np.abs(field)
    sure = clear > _SURE
    if np.count_nonzero(sure) < _LEAST_PLACES:
        return off
    phases = _unwrapped(field, np.where(sure, clear, 1e-4))
    return _plainest(-phases * lines.period / (2 * np.pi), np.where(sure, clear, 0.0), at, lines.shape)


def _plainest(off: Floats, weights: Floats, at: tuple[NDArray[np.int_], ...], shape: tuple[int, ...]) -> Floats:
    """The plainest surface that explains what is seen ``at`` rows and columns of squares: a plane, or a bent one."""
    rows, columns = (np.linspace(-1, 1, side) for side in shape)
    sure = (weights > 0).ravel()
    scale = np.sqrt(weights).ravel()
    for order in _ORDERS:
        powers = [(i, j) for i in range(order + 1) for j in range(order + 1 - i)]
        terms = np.stack([np.outer(rows[at[0]] ** j, columns[at[1]] ** i).ravel() for i, j in powers], axis=1)
        robust = scale
        for _ in range(3):
            factors = np.linalg.lstsq(terms * robust[:, None], off.ravel() * robust, rcond=None)[0]
            left = np.abs(off.ravel() - terms @ factors)
            robust = scale / np.sqrt(1 + (left / _NOISE) ** 2)
        if float(np.median(left[sure])) < _NOISE:
            break
    surface = sum(factor * np.outer(rows**j, columns**i) for factor, (i, j) in zip(factors, powers, strict=True))
    among = off.ravel()[sure]
    return np.clip(np.asarray(surface), among.min(), among.max())


def _unwrapped(field: NDArray[np.complex128], weights: Floats) -> Floats:
    """Phases that go on from node to node, from the surest one outwards."""
    phase = np.angle(field)
    done = np.zeros(phase.shape, np.bool_)
    start = np.unravel_index(int(weights.argmax()), phase.shape)
    done[start] = True
    order: list[tuple[float, int, int]] = []
    result = phase.copy()

    def look(row: int, column: int) -> None:
        for other_row, other_column in ((row - 1, column), (row + 1, column), (row, column - 1), (row, column + 1)):
            inside = 0 <= other_row < phase.shape[0] and 0 <= other_column < phase.shape[1]
            if inside and not done[other_row, other_column]:
                heapq.heappush(order, (-float(weights[other_row, other_column]), other_row, other_column))

    look(int(start[0]), int(start[1]))
    while order:
        _, row, column = heapq.heappop(order)
        if done[row, column]:
            continue
        around = [
            result[r, c]
            for r, c in ((row - 1, column), (row + 1, column), (row, column - 1), (row, column + 1))
            if 0 <= r < phase.shape[0] and 0 <= c < phase.shape[1] and done[r, c]
        ]
        near = float(np.mean(around))
        result[row, column] = near + np.angle(np.exp(1j * (phase[row, column] - near)))
        if weights[row, column] < 1e-3:
            result[row, column] = near
        done[row, column] = True
        look(row, column)
    return result
