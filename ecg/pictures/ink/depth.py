"""How deep the ink is at each pixel: light or dark paper, black or coloured ink, one colour channel or three."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageChops

#: Ink that is less deep than this (grey levels) is compression noise on blank paper, as in
#: :data:`ecg.pictures.canonical.MIN_CONTRAST`.
LEAST_DEPTH: Final = 8


class Channel(Enum):
    """What is looked at in a coloured picture."""

    LIGHTEST = "lightest"
    """The largest of red, green and blue: the red and pink of ruled paper vanish, dark ink stays."""
    DARKEST = "darkest"
    """The smallest of them: a line in any full colour on white paper is deep."""


@dataclass(frozen=True, slots=True)
class Depth:
    """Ink on paper."""

    light: NDArray[np.uint8]
    """``[rows, columns]``, grey levels; paper is lighter than ink.

    Read only.
    """
    ink: NDArray[np.uint8]
    """``[rows, columns]``: 0 = paper, larger = deeper ink, grey levels."""
    deepest: int
    """The deepest ink."""
    paper_share: float
    """Share of the pixels that are paper, give or take a tenth of the deepest ink."""
    is_dark: bool
    """Whether light ink lies on dark paper."""


def depth_of(image: Image.Image, channel: Channel = Channel.LIGHTEST) -> Depth:
    """The ink of a picture in grey or RGB; paper is the median, as in the canonical pixels."""
    grey = image if image.mode == "L" else _one_channel(image, channel)
    counts = np.array(grey.histogram())
    sums = counts.cumsum()
    pixels = int(sums[-1])
    paper = int(sums.searchsorted((pixels + 1) // 2))
    is_dark = paper < 128
    if is_dark and image.mode != "L" and channel is Channel.DARKEST:
        # On dark paper a full colour is light in one channel only.
        return depth_of(image, Channel.LIGHTEST)
    levels = _LEVELS - paper if is_dark else paper - _LEVELS
    table = np.clip(levels, 0, 255)
    present = counts.nonzero()[0]
    deepest = int(table[present[-1] if is_dark else present[0]])
    near = max(LEAST_DEPTH, deepest // 10)
    share = int(counts[np.abs(levels) < near].sum()) / pixels
    ink = np.asarray(grey.point(table.tolist()))
    light = np.asarray(ImageChops.invert(grey) if is_dark else grey)
    return Depth(light, ink, deepest, share, is_dark)


_LEVELS: Final = np.arange(256)


def _one_channel(image: Image.Image, channel: Channel) -> Image.Image:
    red, green, blue = image.split()
    choose = ImageChops.lighter if channel is Channel.LIGHTEST else ImageChops.darker
    return choose(choose(red, green), blue)
