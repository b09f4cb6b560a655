"""The part of a picture that is read, brought to a working size and, where it is stated how the page lies, upright."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageChops

from ecg.pictures.pages.corrections import Corrections
from ecg.pictures.pages.lattice import projected, projection
from ecg.pictures.pages.sheet import Sheet

Floats = NDArray[np.float64]

#: Pixels within which a map's scale is taken, at so many places a side, so far from the edges as a share.
_STEP: Final = 20.0
_PLACES: Final = 9
_EDGE: Final = 0.1


@dataclass(frozen=True, slots=True)
class View:
    """A picture as it is read, and where its places lie in the whole one."""

    image: Image.Image
    seen: Image.Image | None
    """``L``: 255 where it shows what shall be read; None where it does so everywhere."""
    matrix: Floats
    """``[3, 3]``: homogeneous places of the view to those of the picture, pixels."""

    def to_picture(self, points: Floats) -> Floats:
        """Places of the view, ``[n, 2]``, as places in the picture."""
        x, y = projected(self.matrix, points[:, 0], points[:, 1])
        return np.stack([x, y], axis=1)

    @property
    def scale(self) -> float:
        """Pixels of the picture to one of the view."""
        return usual_scale(self.to_picture, self.image.size)


def usual_scale(move: Callable[[Floats], Floats], size: tuple[int, int]) -> float:
    """By what a map of places, ``[n, 2]``, enlarges what has ``size`` (width, height).

    It is the median over places that are spread evenly: at a single one there may be a bend.
    """
    shares = np.linspace(_EDGE, 1 - _EDGE, _PLACES)
    places = np.stack(np.meshgrid(shares * size[0], shares * size[1]), axis=-1).reshape(-1, 2)
    here, right, below = (move(places + step) for step in ((0.0, 0.0), (_STEP, 0.0), (0.0, _STEP)))
    (a, b), (c, d) = (right - here).T / _STEP, (below - here).T / _STEP
    return float(np.median(np.sqrt(np.abs(a * d - b * c))))


def view_of(image: Image.Image, stated: Corrections, side: int, sheet: Sheet | None = None) -> View:
    """What is read of a picture, its longer side ``side`` pixels or less.

    Args:
        image: The picture.
        stated: How the page lies, and what of it is read.
        side: Pixels.
        sheet: What was found of the page whose corners are stated: what it lies on is left out.
    """
    if not stated.way_up and stated.region is None:
        return _shrunk(image, side)
    if not stated.way_up:
        box = _within(stated.region, image.size)
        part = _shrunk(image.crop(box), side)
        return View(part.image, None, _moved(box[0], box[1]) @ part.matrix)
    size, corners = _page(image.size, stated)
    factor = max(1.0, max(size) / side)
    size = (max(1, round(size[0] / factor)), max(1, round(size[1] / factor)))
    small = _shrunk(image, round(max(image.size) / factor))
    matrix = projection(_rectangle(size), corners)
    into_small = np.linalg.inv(small.matrix) @ matrix
    mask = Image.new("L", small.image.size, 0)
    mask.paste(255, _reduced(_within(stated.region, image.size), small))
    flat = small.image
    if sheet is not None:
        shown = sheet.shown.resize(flat.size, Image.Resampling.BILINEAR)
        flat = Image.composite(flat, sheet.around.resize(flat.size, Image.Resampling.BILINEAR), shown)
        mask = ImageChops.darker(mask, shown)
    return View(_warped(flat, into_small, size), _warped(mask, into_small, size), matrix)


def _shrunk(image: Image.Image, side: int) -> View:
    width, height = image.size
    factor = max(1.0, max(width, height) / max(1, side))
    if factor > 1:
        size = (max(1, round(width / factor)), max(1, round(height / factor)))
        image = image.resize(size, Image.Resampling.LANCZOS)
    return View(image, None, np.diag([width / image.width, height / image.height, 1.0]))


def _moved(left: float, top: float) -> Floats:
    return np.array([[1.0, 0.0, left], [0.0, 1.0, top], [0.0, 0.0, 1.0]])


def _within(region: tuple[float, float, float, float] | None, size: tuple[int, int]) -> tuple[int, int, int, int]:
    """A region in whole pixels of the picture; one pixel where it lies beside it."""
    if region is None:
        return (0, 0, *size)
    left, right = (int(np.clip(round(edge), 0, size[0])) for edge in region[::2])
    top, bottom = (int(np.clip(round(edge), 0, size[1])) for edge in region[1::2])
    left, top = min(left, size[0] - 1), min(top, size[1] - 1)
    return left, top, max(right, left + 1), max(bottom, top + 1)


def _reduced(box: tuple[int, int, int, int], small: View) -> tuple[int, int, int, int]:
    across, down = float(small.matrix[0, 0]), float(small.matrix[1, 1])
    return round(box[0] / across), round(box[1] / down), round(box[2] / across), round(box[3] / down)


def _page(size: tuple[int, int], stated: Corrections) -> tuple[tuple[float, float], Floats]:
    """The page's width and height, and its corners in the picture."""
    if stated.corners is not None:
        corners = np.array(stated.corners, np.float64)
        sides = np.hypot(*(np.roll(corners, -1, axis=0) - corners).T)
        return (float(sides[0] + sides[2]) / 2, float(sides[1] + sides[3]) / 2), corners
    # A page that is turned: what is upright around the whole picture.
    angle = np.radians(stated.degrees or 0.0)
    across, down = np.array([np.cos(angle), -np.sin(angle)]), np.array([np.sin(angle), np.cos(angle)])
    ends = _rectangle(size)
    along, below = ends @ across, ends @ down
    turned = _rectangle((float(np.ptp(along)), float(np.ptp(below)))) + np.array([along.min(), below.min()])
    corners = turned[:, :1] * across + turned[:, 1:] * down
    return (float(np.ptp(along)), float(np.ptp(below))), corners


def _rectangle(size: tuple[float, float]) -> Floats:
    width, height = size
    return np.array([(0.0, 0.0), (width, 0.0), (width, height), (0.0, height)])


def _warped(image: Image.Image, matrix: Floats, size: tuple[int, int]) -> Image.Image:
    """The view that ``matrix`` takes to places of ``image``."""
    factors = (matrix / matrix[2, 2]).ravel()[:8].tolist()
    fill = 0 if image.mode == "L" else tuple(np.median(np.asarray(image)[::8, ::8], axis=(0, 1)).astype(int).tolist())
    return image.transform(size, Image.Transform.PERSPECTIVE, factors, Image.Resampling.BICUBIC, fillcolor=fill)
