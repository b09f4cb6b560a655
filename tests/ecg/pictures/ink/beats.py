"""A beat by formula, and pictures of it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ecg.pictures.rendering import CLASSIC, Geometry, draw

#: Centre (seconds from R), width (seconds) and height (millivolts) of P, Q, R, S and T.
_WAVES = ((-0.16, 0.022, 0.12), (-0.03, 0.009, -0.12), (0.0, 0.011, 0.95), (0.03, 0.01, -0.35), (0.2, 0.04, 0.25))


def millivolts(seconds: NDArray[np.floating]) -> NDArray[np.float64]:
    """The beat at times from its R peak."""
    waves = [high * np.exp(-(((seconds - centre) / wide) ** 2) / 2) for centre, wide, high in _WAVES]
    return np.asarray(np.sum(waves, axis=0) - 0.3, dtype=np.float64)


def window() -> NDArray[np.float32]:
    """The classic window, R − 96 … R + 95 at 360 Hz."""
    return millivolts(np.arange(-96, 96) / 360).astype(np.float32)


def drawn(signal: NDArray[np.floating] | None = None, geometry: Geometry = CLASSIC) -> NDArray[np.uint8]:
    """Grey pixels of a signal, of the classic window by default."""
    chosen = window() if signal is None else signal.astype(np.float32)
    return draw(chosen[None], geometry)[0]


def in_colours(
    grey: NDArray[np.uint8], ink: tuple[int, int, int], paper: tuple[int, int, int], darkest: int = CLASSIC.ink
) -> Image.Image:
    """A drawing with its line in one colour and its paper in another."""
    cover = ((255.0 - grey) / (255.0 - darkest))[..., None]
    return Image.fromarray(np.rint(np.array(paper) * (1 - cover) + np.array(ink) * cover).astype(np.uint8))


def on_millimetres(
    pixels: float, *, bold: tuple[int, int, int] = (240, 150, 150), fine: tuple[int, int, int] | None = (248, 205, 205)
) -> tuple[Image.Image, float]:
    """Half a second of the beat on paper of so many pixels a millimetre, 25 mm/s and 10 mm/mV, and x of its R peak."""
    seconds = np.arange(-90, 91) / 360
    width, height = round(0.5 * 25 * pixels), round(25 * pixels)
    sheet = np.full((height, width, 3), 255, dtype=np.uint8)
    for every, colour in ((1, fine), (5, bold)):
        if colour is not None:
            for place in np.arange(0.4 * pixels, max(width, height), every * pixels):
                sheet[:, int(place) : int(place) + 1] = colour
                sheet[int(place) : int(place) + 1] = colour
    geometry = Geometry(width, height, 0.0, width, 0.0, height, -1.5, 1.0, max(1.0, 0.3 * pixels), 0)
    cover = (255 - drawn(millivolts(seconds), geometry))[..., None] / 255
    return Image.fromarray(np.rint(sheet * (1 - cover) + 25 * cover).astype(np.uint8)), width / 2


def correlation(times: NDArray[np.floating], heights: NDArray[np.floating], signal: NDArray[np.floating]) -> float:
    """Of what lies on the canvas (0 … 1) with the samples of a whole window."""
    finite = np.isfinite(heights)
    read = np.interp(np.linspace(0, 1, len(signal)), times[finite], heights[finite])
    return float(np.corrcoef(read, signal)[0, 1])
