"""The paper made flat: from a picture to one whose grid runs along its rows and columns, and back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy import interpolate

from ecg.pictures.pages.lattice import Lattice, projected

Floats = NDArray[np.float64]

#: Pixels between the nodes by which a picture is straightened.
_NODES: Final = 48
#: A straightened picture is at most so many times as large as the picture.
_MOST_GROWTH: Final = 2.2


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

    def from_places(self, xs: Floats, ys: Floats, x: Floats, y: Floats) -> Flat:
        """Paper straightened once more: its nodes at columns ``xs`` and rows ``ys`` come from places ``x``, ``y``,
        ``[rows, columns]``, of this.
        """
        places = self.to_picture(np.stack([x.ravel(), y.ravel()], axis=1))
        return Flat(self.size, xs, ys, places[:, 0].reshape(x.shape), places[:, 1].reshape(x.shape))

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


def mapped(flat: Flat, matrix: Floats) -> Flat:
    """A page whose places a projective map, ``[3, 3]``, leads to those of one that was straightened."""
    xs, ys = _nodes(flat.size[0]), _nodes(flat.size[1])
    x, y = np.meshgrid(xs, ys)
    return flat.from_places(xs, ys, *projected(matrix, x, y))


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
