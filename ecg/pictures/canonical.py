"""Encoded picture bytes to the model's canonical pixels.

This is the only way from a file to the input of a model that is trained here, and training uses it too, so that
training sees exactly the pixels that serving sees (an imported model may state other steps of its own, see
:mod:`inference_server.models.pixels_as_sent`). Canonical pixels are ``uint8``, grey, white paper = 255, darkest
ink = 0, whole picture letterboxed into the model's height and width.
"""

from __future__ import annotations

from dataclasses import dataclass

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
    ink = np.asarray(small, dtype=np.int32)  # 255 × 255 below does not fit into 16 bits
    paper = int(np.median(ink))
    if paper < 128:
        ink = 255 - ink
        paper = 255 - paper
    depth = np.clip(paper - ink, 0, None)  # 0 = paper, larger = darker
    _remove_frame(depth)
    darkest = int(depth.max())
    framed = np.full((height, width, 1), 255, dtype=np.uint8)
    if darkest < MIN_CONTRAST:
        return framed
    framed[place.rows, place.columns, 0] = 255 - (depth * 255 + darkest // 2) // darkest
    return framed


def _remove_frame(depth: NDArray[np.int32]) -> None:
    """Make paper of dark lines along the picture's edges, in place: a frame around it, or a border at one side.

    Args:
        depth: ``[rows, columns]``, 0 = paper, larger = darker.
    """
    darkest = int(depth.max())
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
