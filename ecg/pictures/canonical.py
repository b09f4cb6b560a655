"""Encoded picture bytes to the model's canonical pixels.

This is the only way from a file to the input of a model that is trained here, and training uses it too, so that
training sees exactly the pixels that serving sees (an imported model may state other steps of its own, see
:mod:`inference_server.models.pixels_as_sent`). Canonical pixels are ``uint8``, grey, white paper = 255, darkest
ink = 0, whole picture letterboxed into the model's height and width.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from itertools import accumulate
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ecg.pictures.decoding import ImageError, ImageLimits, ImageReason, decode

__all__ = ["ImageError", "ImageLimits", "ImageReason", "canonical", "decode", "placement", "to_pixels"]

Pixels = NDArray[np.uint8]

#: A picture whose darkest and lightest canonical pixels are closer than this (grey levels) shows nothing:
#: stretching it would only amplify compression noise.
MIN_CONTRAST = 8


#: A line of a frame: at most so many canonical pixels wide on each side, dark along this share of its length, at least
#: this dark (1 = the darkest ink), and so many times darker than any line inside. A trace has no such edge, nor has a
#: photograph's shade, and a grid goes on inside.
_FRAME_WIDTH = 4
_FRAME_LENGTH = 0.9
_FRAME_DEPTH = 0.2
_FRAME_EDGE = 3.0

_LEVELS = np.arange(256, dtype=np.int32)


@dataclass(frozen=True, slots=True)
class Placement:
    """Where a picture lies in the model's view, pixels."""

    left: int
    top: int
    width: int
    height: int

    @property
    def rows(self) -> slice:
        """The rows that it covers."""
        return slice(self.top, self.top + self.height)

    @property
    def columns(self) -> slice:
        """The columns that it covers."""
        return slice(self.left, self.left + self.width)


def placement(size: tuple[int, int], *, height: int, width: int) -> Placement:
    """Where a picture of ``size`` (width, height) lies in ``height`` × ``width``: whole, in proportion, centred."""
    scale = min(width / size[0], height / size[1])
    fitted_width, fitted_height = max(1, round(size[0] * scale)), max(1, round(size[1] * scale))
    return Placement((width - fitted_width) // 2, (height - fitted_height) // 2, fitted_width, fitted_height)


def canonical(image: Image.Image, *, height: int, width: int) -> Pixels:
    """The model's view of a decoded grey picture.

    The whole picture is fitted into ``height`` × ``width`` without changing its aspect ratio, the rest is paper.
    Paper (the median grey) becomes 255 and the darkest ink 0, light ink on dark paper is inverted first,
    so that line colour, line width and dark themes matter less.

    Returns:
        ``uint8`` array of shape ``[height, width, 1]``.
    """
    place = placement(image.size, height=height, width=width)
    # Box sampling averages when shrinking; when enlarging it would draw blocks.
    shrinks = min(width / image.width, height / image.height) < 1
    small = image.resize((place.width, place.height), Image.Resampling.BOX if shrinks else Image.Resampling.BILINEAR)
    levels = np.asarray(small)
    scale = _Scale.of(small.histogram())
    framed = np.full((height, width, 1), 255, dtype=np.uint8)
    if scale.darkest >= MIN_CONTRAST and _may_be_framed(levels, scale):
        depth = scale.depths()[levels]
        _remove_frame(depth, scale.darkest)
        darkest = int(depth.max())
        if darkest >= MIN_CONTRAST:
            framed[place.rows, place.columns, 0] = _shades(depth, darkest)
    elif scale.darkest >= MIN_CONTRAST:
        # A table of 256 levels is worked out in a fraction of the time that the pixels would take.
        framed[place.rows, place.columns, 0] = _shades(scale.depths(), scale.darkest).astype(np.uint8).take(levels)
    return framed


class _Scale(NamedTuple):
    """What a picture's grey levels mean."""

    paper: int
    darkest: int
    """How much darker than paper the darkest ink is, on dark paper how much lighter the lightest."""
    is_light_on_dark: bool

    @classmethod
    def of(cls, histogram: list[int]) -> Self:
        """The scale of a picture with so many pixels of each of the 256 grey levels; at least one pixel."""
        up_to = list(accumulate(histogram))
        pixels = up_to[-1]
        # The median, as of all pixels: of an even number the mean of the two in the middle, cut to a whole number.
        paper = (bisect_right(up_to, (pixels - 1) // 2) + bisect_right(up_to, pixels // 2)) // 2
        if paper < 128:
            return cls(paper, bisect_left(up_to, pixels) - paper, is_light_on_dark=True)
        return cls(paper, paper - bisect_right(up_to, 0), is_light_on_dark=False)

    @property
    def frame_depth(self) -> float:
        """What is at least so much darker than paper may be a frame."""
        return max(MIN_CONTRAST, _FRAME_DEPTH * self.darkest)

    def depths(self) -> NDArray[np.int32]:
        """How much darker than paper each grey level is, on dark paper how much lighter: 0 = paper."""
        return np.maximum(_LEVELS - self.paper if self.is_light_on_dark else self.paper - _LEVELS, 0)

    def dark(self, levels: NDArray[np.uint8]) -> NDArray[np.bool_]:
        """Which of these pixels may be a frame's."""
        if self.is_light_on_dark:
            return levels >= self.paper + self.frame_depth
        return levels <= self.paper - self.frame_depth


def _shades(depth: NDArray[np.int32], darkest: int) -> NDArray[np.int32]:
    """Grey levels of the canonical picture: 255 = paper, 0 = ``darkest``."""
    return 255 - (depth * 255 + darkest // 2) // darkest


def _may_be_framed(levels: NDArray[np.uint8], scale: _Scale) -> bool:
    """Whether any edge of the picture is dark along its length."""
    edges = (levels[0], levels[-1], levels[:, 0], levels[:, -1])
    return any(np.count_nonzero(scale.dark(edge)) >= _FRAME_LENGTH * len(edge) for edge in edges)


def _remove_frame(depth: NDArray[np.int32], darkest: int) -> None:
    """Make paper of dark lines along the picture's edges, in place: a frame around it, or a border at one side.

    Args:
        depth: ``[rows, columns]``, 0 = paper, larger = darker.
        darkest: its largest value.
    """
    for lines in (depth, depth[::-1], depth.T, depth.T[::-1]):
        lines[: _frame_width(lines, darkest)] = 0


def _frame_width(lines: NDArray[np.int32], darkest: int) -> int:
    """How many of the first ``lines`` are a frame's; 0 where none is."""
    least = max(MIN_CONTRAST, _FRAME_DEPTH * darkest)
    if np.count_nonzero(lines[0] >= least) < _FRAME_LENGTH * lines.shape[1]:
        return 0
    # What all but a tenth of a line's pixels reach: dark only where the line is dark along its whole length.
    level = np.quantile(lines, 1 - _FRAME_LENGTH, axis=1)
    dark = level >= least
    width = int(np.argmin(dark)) if not dark.all() else len(dark)
    if not 0 < width <= min(_FRAME_WIDTH, len(lines) // 4):
        return 0
    inside = level[width : len(lines) - _FRAME_WIDTH]
    # Lines like it inside are a grid's, which goes on beyond the picture.
    return width if inside.max() * _FRAME_EDGE <= level[:width].max() else 0


def to_pixels(data: bytes, *, height: int, width: int, limits: ImageLimits | None = None) -> Pixels:
    """Encoded picture to canonical pixels: :func:`decode`, then :func:`canonical`.

    Returns:
        ``uint8`` array of shape ``[height, width, 1]``.

    Raises:
        ImageError: see :func:`decode`.
    """
    return canonical(decode(data, limits), height=height, width=width)
