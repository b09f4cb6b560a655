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
    paper: int
    """Grey level of the paper in ``light``."""
    is_dark: bool
    """Whether light ink lies on dark paper."""

    @property
    def paper_share(self) -> float:
        """Share of the pixels that are paper, give or take a tenth of the deepest ink."""
        near = max(LEAST_DEPTH, self.deepest // 10)
        lit = np.count_nonzero(self.light >= self.paper + near) if self.paper + near <= 255 else 0
        return float(np.count_nonzero(self.ink < near) - lit) / self.ink.size


def depth_of(image: Image.Image, channel: Channel = Channel.LIGHTEST) -> Depth:
    """The ink of a picture in grey or RGB; paper is the median, as in the canonical pixels."""
    grey = image if image.mode == "L" else _one_channel(image, channel)
    light = np.asarray(grey)
    step = max(1, min(light.shape) // _PAPER_ROWS)
    some = light[::step, ::step].ravel()
    paper = int(np.partition(some, len(some) // 2)[len(some) // 2])
    is_dark = paper < 128
    if is_dark:
        if image.mode != "L" and channel is Channel.DARKEST:
            # On dark paper a full colour is light in one channel only.
            return depth_of(image, Channel.LIGHTEST)
        light, paper = 255 - light, 255 - paper
    deepest = max(0, paper - int(light.min()))
    # Lighter than paper is paper.
    ink = paper - np.minimum(light, np.uint8(paper))
    return Depth(light, ink, deepest, paper, is_dark)


#: Rows, and as many columns, that tell the paper's grey level.
_PAPER_ROWS: Final = 24


def _one_channel(image: Image.Image, channel: Channel) -> Image.Image:
    red, green, blue = image.split()
    choose = ImageChops.lighter if channel is Channel.LIGHTEST else ImageChops.darker
    return choose(choose(red, green), blue)
