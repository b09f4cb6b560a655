"""How a sheet comes to lie in a picture: curl and creases, then perspective.

A place on the sheet is moved by the paper's bends, and then by a projective map. Both ways are known for any place, so
traces and corners of the sheet are known in the picture.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ecg.pictures.pages.lattice import projected, projection
from training.pages.truth import Points

#: The picture is resampled in squares of so many pixels, in each of which the map is bilinear.
_CELL: Final = 24
#: Steps of the fixed point that undoes bends; they move a place by much less than they are long.
_STEPS: Final = 12


@dataclass(frozen=True, slots=True)
class Bend:
    """A wave in the paper: places move along ``direction`` by a sine of where they are across it."""

    amplitude: float
    """Pixels of the sheet."""
    length: float
    """From crest to crest, pixels of the sheet."""
    phase: float
    across: float
    """The angle along which the wave runs, radians."""
    direction: float
    """The angle along which places move, radians."""

    def offsets(self, points: Points) -> Points:
        """How far each of ``points`` moves, ``[n, 2]``."""
        along = points @ np.array([np.cos(self.across), np.sin(self.across)])
        size = self.amplitude * np.sin(2 * np.pi * along / self.length + self.phase)
        return size[:, None] * np.array([np.cos(self.direction), np.sin(self.direction)])


@dataclass(frozen=True, slots=True)
class Warp:
    """From places on the sheet to places in the picture and back."""

    matrix: NDArray[np.float64]
    """``[3, 3]``, the projective map of homogeneous places."""
    bends: tuple[Bend, ...]
    size: tuple[int, int]
    """Width and height of the picture."""

    def to_picture(self, points: Points) -> Points:
        """Where places of the sheet, ``[n, 2]``, lie in the picture."""
        moved: Points = points + self._bent(points)
        return _projected(self.matrix, moved)

    def to_sheet(self, points: Points) -> Points:
        """Which places of the sheet lie at ``points``, ``[n, 2]``, of the picture."""
        flat = _projected(np.linalg.inv(self.matrix).astype(np.float64), points)
        places: Points = flat
        for _ in range(_STEPS if self.bends else 0):
            places = flat - self._bent(places)
        return places

    def scale_at(self, point: Points) -> float:
        """How many pixels of the picture a pixel of the sheet is long at ``point``, ``[1, 2]``; the geometric mean."""
        corners = self.to_picture(point + np.array([(0.0, 0.0), (1.0, 0.0), (0.0, 1.0)]))
        (ax, ay), (bx, by) = corners[1] - corners[0], corners[2] - corners[0]
        return float(np.sqrt(abs(ax * by - ay * bx)))

    def resampled(self, image: Image.Image, method: Image.Resampling) -> Image.Image:
        """The sheet ``image`` as it lies in the picture; black beside it."""
        return image.transform(self.size, Image.Transform.MESH, self._mesh(), method)

    def _bent(self, points: Points) -> Points:
        moved: Points = np.zeros_like(points)
        for bend in self.bends:
            moved += bend.offsets(points)
        return moved

    def _mesh(self) -> list[tuple[tuple[int, int, int, int], tuple[float, ...]]]:
        xs = [*range(0, self.size[0], _CELL), self.size[0]]
        ys = [*range(0, self.size[1], _CELL), self.size[1]]
        nodes = np.stack(np.meshgrid(xs, ys), axis=-1).astype(np.float64)
        places = self.to_sheet(nodes.reshape(-1, 2)).reshape(nodes.shape)
        cells = []
        for row in range(len(ys) - 1):
            for column in range(len(xs) - 1):
                corners = (
                    places[row, column],
                    places[row + 1, column],
                    places[row + 1, column + 1],
                    places[row, column + 1],
                )
                box = (xs[column], ys[row], xs[column + 1], ys[row + 1])
                cells.append((box, tuple(float(value) for corner in corners for value in corner)))
        return cells


def _projected(matrix: NDArray[np.float64], points: Points) -> Points:
    return np.stack(projected(matrix, *points.T), axis=1)


def placed(
    size: tuple[int, int],
    *,
    degrees: float = 0.0,
    perspective: Points | None = None,
    margin: tuple[float, float, float, float] = (0.0, 0.0, 0.0, 0.0),
    bends: tuple[Bend, ...] = (),
) -> Warp:
    """A sheet of ``size`` pixels, turned, in a picture as large as it needs.

    Args:
        degrees: Counter-clockwise as it is seen.
        perspective: ``[4, 2]``, how much each corner (upper left, upper right, lower right, lower left) is moved, in
            parts of the sheet's longer side.
        margin: What the picture shows left of, above, right of and below the sheet, in parts of its longer side;
            negative cuts off.
    """
    width, height = size
    longer = max(size)
    corners = np.array([(0, 0), (width, 0), (width, height), (0, height)], np.float64)
    moved = corners if perspective is None else corners + perspective * longer
    angle = np.radians(degrees)
    x, y = (moved - (width / 2, height / 2)).T
    turned = np.stack([x * np.cos(angle) + y * np.sin(angle), y * np.cos(angle) - x * np.sin(angle)], axis=1)
    low = turned.min(axis=0) - np.array(margin[:2]) * longer
    high = turned.max(axis=0) + np.array(margin[2:]) * longer
    finished = np.maximum(np.rint(high - low), 16).astype(int)
    return Warp(projection(corners, turned - low), bends, (int(finished[0]), int(finished[1])))
