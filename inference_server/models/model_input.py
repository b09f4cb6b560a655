"""From the bytes of a picture to the pixels that one model takes, and back to places in the picture."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from ecg.pictures.canonical import Pixels, Placement, canonical, placement
from ecg.pictures.decoding import ImageLimits, decode, decode_as
from inference_server.models.pixels_as_sent import Colour, Steps, as_sent, upright_grey, upright_rgb


class View(NamedTuple):
    """A picture as a model sees it."""

    pixels: Pixels
    """``uint8`` ``[height, width, channels]``."""
    size: tuple[int, int]
    """Width and height of the upright picture, pixels."""


@dataclass(frozen=True, slots=True)
class ModelInput:
    """What a model takes, as its file states it."""

    height: int
    width: int
    channels: int = 1
    steps: Steps | None = None
    """How another program made its pixels; None for canonical ones."""

    def view(self, data: bytes, limits: ImageLimits | None = None) -> View:
        """An encoded picture as the model sees it.

        Raises:
            ImageError: the picture can't be used.
        """
        if self.steps is None:
            picture = decode(data, limits)
            return View(canonical(picture, height=self.height, width=self.width), picture.size)
        picture = decode_as(data, limits, upright_grey if self.steps.colour is Colour.GREY else upright_rgb)
        return View(as_sent(picture, self.steps, height=self.height, width=self.width), picture.size)

    def place(self, size: tuple[int, int]) -> Placement:
        """Where a picture of ``size`` (width, height) lies in what the model sees."""
        if self.steps is None:
            return placement(size, height=self.height, width=self.width)
        return Placement(0, 0, self.width, self.height)
