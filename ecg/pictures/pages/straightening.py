"""The paper made flat: from a picture to one whose grid runs along its rows and columns, and back."""

from __future__ import annotations

import heapq
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy import interpolate, ndimage

from ecg.pictures.pages.lattice import Lattice, projected

Floats = NDArray[np.float64]
Pixels = NDArray[np.uint8]

#: Pixels between the nodes by which a picture is straightened.
_NODES: Final = 48
#: A straightened picture is at most so many times as large as the picture.
_MOST_GROWTH: Final = 2.2
#: Deviation of the windows in which the grid's phase is taken, pixels, and in periods of it at least.
_WINDOW: Final = 36.0
_WINDOW_PERIODS: Final = 1.2
#: Least clearness of a phase: resultant length of the wave over the window's deviation.
_SURE: Final = 0.12
#: Orders of the surfaces that are tried, how far off the median line may stay, pixels, and the nodes that they need.
_ORDERS: Final = (1, 2, 3, 5)
_NOISE: Final = 0.35
#: Moving the lines must make them so many times as clear; shorter waves than these pixels are none of theirs.
_CLEARER: Final = 1.02
_SHORTEST: Final = 2.2
_LEAST_NODES: Final = 24


@dataclass(frozen=True, slots=True)
class Flat:
    """A way from straightened paper to the picture: where each node of a regular mesh came from."""

    size: tuple[int, int]
    """Width and height of the straightened picture."""
    xs: Floats
    ys: Floats
    """Places of the nodes' columns and rows in it."""
    from_x: Floats
    from_y: Floats
    """``[rows, columns]`` of nodes: places in the picture."""

    def to_picture(self, points: Floats) -> Floats:
        """Places on straightened paper, ``[n, 2]``, as places in the picture."""
        at = points[:, ::-1]
        grids = (self.ys, self.xs)
        x, y = (
            interpolate.RegularGridInterpolator(grids, values, bounds_error=False, fill_value=None)(at)
            for values in (self.from_x, self.from_y)
        )
        return np.stack([x, y], axis=1)

    def turned(self, quarters: int) -> Flat:
        """The same with the straightened picture turned counter-clockwise by quarter turns."""
        flat = self
        for _ in range(quarters % 4):
            (width, height), xs, ys = flat.size, flat.xs, flat.ys
            flat = Flat((height, width), ys, width - xs[::-1], np.rot90(flat.from_x), np.rot90(flat.from_y))
        return flat

    def straightened(self, image: Image.Image, fill: int | tuple[int, ...]) -> Image.Image:
        """The picture with its paper straight; ``fill`` where it shows nothing."""
        width, height = self.size
        mesh = []
        for row in range(len(self.ys) - 1):
            for column in range(len(self.xs) - 1):
                box = (int(self.xs[column]), int(self.ys[row]), int(self.xs[column + 1]), int(self.ys[row + 1]))
                corners = ((row, column), (row + 1, column), (row + 1, column + 1), (row, column + 1))
                mesh.append((box, [float(c) for at in corners for c in (self.from_x[at], self.from_y[at])]))
        return image.transform((width, height), Image.Transform.MESH, mesh, Image.Resampling.BICUBIC, fillcolor=fill)


def unchanged(size: tuple[int, int]) -> Flat:
    """A picture as it is."""
    xs, ys = np.array([0.0, size[0]]), np.array([0.0, size[1]])
    from_x, from_y = np.meshgrid(xs, ys)
    return Flat(size, xs, ys, from_x, from_y)


def turned(size: tuple[int, int], degrees: float) -> Flat:
    """A picture that is turned by ``degrees`` counter-clockwise, made upright about its middle."""
    width, height = size
    xs, ys = _nodes(width), _nodes(height)
    x, y = np.meshgrid(xs - width / 2, ys - height / 2)
    angle = np.radians(degrees)
    from_x = width / 2 + x * np.cos(angle) + y * np.sin(angle)
    return Flat(size, xs, ys, from_x, height / 2 + y * np.cos(angle) - x * np.sin(angle))


def flattened(lattice: Lattice, size: tuple[int, int]) -> Flat:
    """The paper as its lattice lies, as large as it is in the picture's middle."""
    width, height = size
    inverse = np.linalg.inv(lattice.matrix)
    edge_x = np.r_[np.linspace(0, width, 9), np.linspace(0, width, 9), np.zeros(9), np.full(9, width)]
    edge_y = np.r_[np.zeros(9), np.full(9, height), np.linspace(0, height, 9), np.linspace(0, height, 9)]
    u, v = lattice.periods(edge_x, edge_y)
    left, top = float(u.min()) * lattice.pitch, float(v.min()) * lattice.pitch
    across, down = float(np.ptp(u)) * lattice.pitch, float(np.ptp(v)) * lattice.pitch
    most = np.sqrt(_MOST_GROWTH * width * height / max(across * down, 1.0))
    if most < 1:  # seen very much askew: the middle of it
        left, top = left + across * (1 - most) / 2, top + down * (1 - most) / 2
        across, down = across * most, down * most
    columns, rows = max(16, round(across)), max(16, round(down))
    xs, ys = _nodes(columns), _nodes(rows)
    x, y = np.meshgrid((xs + left) / lattice.pitch, (ys + top) / lattice.pitch)
    from_x, from_y = projected(inverse.astype(np.float64), x, y)
    return Flat((columns, rows), xs, ys, from_x, from_y)


def _nodes(length: int) -> Floats:
    return np.unique(np.r_[np.arange(0, length, _NODES), length]).astype(np.float64)


def smoothed(flat: Flat, depth: NDArray[np.uint8], other: NDArray[np.bool_], periods: tuple[float, ...]) -> Flat:
    """The paper without its bends: lines of the grid are moved to where an even pitch puts them.

    Args:
        flat: How it was straightened.
        depth: ``[rows, columns]``, ink of the straightened grid.
        other: ``[rows, columns]``: what is ink of something else.
        periods: Pixels between its lines, from the widest to the narrowest that there are.
    """
    moves = [np.zeros_like(flat.from_x), np.zeros_like(flat.from_x)]
    clear = [_clearness(_bent(flat, *moves), depth, periods[0], axis) if periods else 0.0 for axis in (0, 1)]
    for period in periods:
        for axis in (1, 0):
            tried = list(moves)
            tried[1 - axis] = _moved(depth, other, flat, period, moves[1 - axis], axis=axis)
            clearer = _clearness(_bent(flat, *tried), depth, periods[0], axis)
            # Phases may be those of pixels and lines that beat, of a frame or of little ink: then lines get blurred.
            if clearer > _CLEARER * clear[axis]:
                moves, clear[axis] = tried, clearer
    bent = _bent(flat, *moves)
    places = flat.to_picture(np.stack([bent.from_x.ravel(), bent.from_y.ravel()], axis=1))
    from_x, from_y = places[:, 0].reshape(flat.from_x.shape), places[:, 1].reshape(flat.from_x.shape)
    return Flat(flat.size, flat.xs, flat.ys, from_x, from_y)


def _bent(flat: Flat, move_x: Floats, move_y: Floats) -> Flat:
    """From straightened paper whose nodes are moved by so many pixels, to it as it is."""
    x, y = np.meshgrid(flat.xs, flat.ys)
    return Flat(flat.size, flat.xs, flat.ys, x + move_x, y + move_y)


def _clearness(bent: Flat, depth: NDArray[np.uint8], period: float, axis: int) -> float:
    """Power of the lines across an axis that lie at even places, all over the paper: of their wave and its harmonics.

    Args:
        bent: How the paper is bent.
        depth: ``[rows, columns]``, ink of the grid.
        period: Pixels between the lines.
        axis: 1 for the upright ones, 0 for those that lie.
    """
    profile = np.asarray(bent.straightened(Image.fromarray(depth), 0)).mean(axis=1 - axis, dtype=np.float64)
    places = (np.arange(len(profile)) + 0.5) / period
    waves = np.exp(-2j * np.pi * np.arange(1, int(period / _SHORTEST) + 1)[:, None] * places)
    return float((np.abs(waves @ (profile - profile.mean())) ** 2).sum())


def _moved(
    depth: NDArray[np.uint8], other: NDArray[np.bool_], flat: Flat, period: float, known: Floats, *, axis: int
) -> Floats:
    """By how many pixels the grid lies off an even pitch at each node, where ``known`` is known already."""
    length = depth.shape[axis]
    carrier = np.exp(-2j * np.pi * (np.arange(length) + 0.5) / period)
    sigma = max(_WINDOW, _WINDOW_PERIODS * period)
    values = depth.astype(np.float32)
    values -= ndimage.uniform_filter1d(values, max(3, round(2 * period)), axis=axis)
    values[other] = 0.0
    spread = carrier[None, :] if axis == 1 else carrier[:, None]
    step = 8
    wave = values * spread.astype(np.complex64)
    # Sums of small squares first: the phase varies slowly.
    rows, columns = (side // step * step for side in depth.shape)
    shape = (rows // step, step, columns // step, step)
    waves = wave[:rows, :columns].reshape(shape).sum(axis=(1, 3))
    sizes = np.abs(values[:rows, :columns]).reshape(shape).sum(axis=(1, 3))
    real, imaginary, total = (ndimage.gaussian_filter(part, sigma / step) for part in (waves.real, waves.imag, sizes))
    smooth = (real + 1j * imaginary) / np.maximum(total, 1e-3)
    at_y = np.clip(flat.ys / step - 0.5, 0, smooth.shape[0] - 1)
    at_x = np.clip(flat.xs / step - 0.5, 0, smooth.shape[1] - 1)
    grid = np.meshgrid(at_y, at_x, indexing="ij")
    here = ndimage.map_coordinates(smooth.real, grid, order=1) + 1j * ndimage.map_coordinates(
        smooth.imag, grid, order=1
    )
    sure = np.abs(here)
    if sure.max() < _SURE:
        return known
    # The wave at a line that lies d to the right has the phase -2 pi d / period.
    expected = here * np.exp(2j * np.pi * known / period)
    weights = np.where(sure > _SURE, sure, 1e-4)
    middle = np.angle((expected * weights).sum()) if not known.any() else 0.0
    off = _unwrapped(expected * np.exp(-1j * middle), weights)
    off = -off * period / (2 * np.pi)
    return known + _simplest(off, weights)


def _simplest(off: Floats, weights: Floats) -> Floats:
    """The plainest surface that explains how far lines lie off: a plane, a bent one, at last whatever they say.

    What is left of a plane's residues is noise of the phase, which would shift waves to and fro.
    """
    rows, columns = off.shape
    y, x = np.meshgrid(np.linspace(-1, 1, rows), np.linspace(-1, 1, columns), indexing="ij")
    sure = weights > _SURE
    if np.count_nonzero(sure) < _LEAST_NODES:
        return np.zeros_like(off)
    scale = np.sqrt(np.where(sure, weights, 0.0)).ravel()
    for order in _ORDERS:
        terms = np.stack([(x**i * y**j).ravel() for i in range(order + 1) for j in range(order + 1 - i)], axis=1)
        robust = scale.copy()
        for _ in range(3):
            factors = np.linalg.lstsq(terms * robust[:, None], off.ravel() * robust, rcond=None)[0]
            left = np.abs(off.ravel() - terms @ factors)
            robust = scale / np.sqrt(1 + (left / _NOISE) ** 2)
        if float(np.median(left[sure.ravel()])) < _NOISE:
            return (terms @ factors).reshape(off.shape)
    smooth: Floats = ndimage.gaussian_filter(off * weights, 1.0) / ndimage.gaussian_filter(weights, 1.0)
    return smooth


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
