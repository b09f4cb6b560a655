"""From the bytes of a picture to the pixels that one model takes, and back to places in the picture."""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from ecg.pictures.canonical import Pixels, Placement, canonical, placement
from ecg.pictures.decoding import ImageLimits, decode, decode_as
from ecg.pictures.ink.extent import Extent
from ecg.pictures.ink.reasons import NotABeat
from inference_server.models.pixels_as_sent import Colour, Steps, as_sent, upright_grey, upright_rgb

if TYPE_CHECKING:
    from ecg.pictures.ink.reading import ReadBeat


class View(NamedTuple):
    """A picture as a model sees it."""

    pixels: Pixels
    """``uint8`` ``[height, width, channels]``."""
    size: tuple[int, int]
    """Width and height of the upright picture, pixels."""
    fitted: Placement | None = None
    """Where the whole picture was fitted in, where it doesn't fill these pixels."""
    reason: NotABeat | None = None
    """Why it can't be read as one beat; None where it may be one."""
    beats: int = 0
    """How many beats were counted where there are several, else 0."""
    read: ReadBeat | None = None
    """What was read of the picture by its ink; None where it is seen as a whole."""

    @property
    def place(self) -> Placement | Extent:
        """Where the picture lies in these pixels; of a beat that was redrawn it is reckoned anew each time."""
        height, width, _ = self.pixels.shape
        if self.read is None:
            return self.fitted or Placement(0, 0, width, height)
        from ecg.pictures.ink.reading import extent_of

        return extent_of(self.read, height=height, width=width)


@dataclass(frozen=True, slots=True)
class ModelInput:
    """What a model takes, as its file states it."""

    height: int
    width: int
    channels: int = 1
    steps: Steps | None = None
    """How another program made its pixels; None for pixels that are made here."""
    by_ink: bool = False
    """Whether the beat is read by its ink and redrawn (:mod:`ecg.pictures.ink`), not the picture fitted in whole."""

    def __post_init__(self) -> None:
        if self.by_ink:
            # SciPy comes along, and with it as much memory again as a worker has: only where a model asks for it, and
            # when that is loaded, not within what a picture may take.
            importlib.import_module("ecg.pictures.ink.reading")

    def view(self, data: bytes, limits: ImageLimits | None = None) -> View:
        """An encoded picture as the model sees it.

        Raises:
            ImageError: the picture can't be used.
        """
        if self.by_ink:
            return self._by_ink(data, limits)
        if self.steps is None:
            picture = decode(data, limits)
            place = placement(picture.size, height=self.height, width=self.width)
            return View(canonical(picture, height=self.height, width=self.width), picture.size, place)
        picture = decode_as(data, limits, upright_grey if self.steps.colour is Colour.GREY else upright_rgb)
        pixels = as_sent(picture, self.steps, height=self.height, width=self.width)
        return View(pixels, picture.size)

    def _by_ink(self, data: bytes, limits: ImageLimits | None) -> View:
        from ecg.pictures.ink.opening import open_picture
        from ecg.pictures.ink.reading import pixels_of, read_beat

        picture = open_picture(data, limits)
        read = read_beat(picture)
        pixels = pixels_of(read, height=self.height, width=self.width)[:, :, None]
        beats = read.beats if read.reason is NotABeat.SEVERAL_BEATS else 0
        return View(pixels, picture.size, reason=read.reason, beats=beats, read=read)
