"""What a picture is that leaves hardly any paper: a spectrogram, a photograph, or something filled."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ecg.pictures.ink.reasons import NotABeat

#: Ink is as deep as the deepest from this share on; a drawing has little that is less deep.
_DEEP: Final = 0.7
_DRAWN: Final = 0.7
#: Pixels of the longer side that are looked at.
_SIDE: Final = 128
#: Levels of each channel; colours of a colour map lie on one curve, so that few cells of the cube hold most of them.
_LEVELS: Final = 8
_MOST_OF: Final = 0.8
_MAP_CELLS: Final = 16
#: Standard deviation of red less blue, grey levels.
_HUES: Final = 20.0
#: Share of the variance of a grey picture that its rows and columns tell: bands of frequency and moments in time.
_BANDED: Final = 0.5


def texture_of(picture: Image.Image, ink: NDArray[np.uint8], least: float) -> NotABeat:
    """The reason for a picture of hardly any paper.

    Args:
        ink: its depth, ``[rows, columns]``.
        least: what is less deep is paper.
    """
    inked = ink[ink >= least]
    if len(inked) and np.count_nonzero(inked >= _DEEP * int(inked.max())) > _DRAWN * len(inked):
        return NotABeat.NOT_A_TRACE
    pixels = _small(picture)
    if _has_hues(pixels):
        return NotABeat.SPECTROGRAM if _is_mapped(pixels) else NotABeat.PHOTOGRAPH
    grey = pixels.astype(np.float64) if pixels.ndim == 2 else pixels.mean(axis=2)
    grey -= grey.mean()
    across_and_down = grey.mean(axis=0).var() + grey.mean(axis=1).var()
    return NotABeat.SPECTROGRAM if across_and_down > _BANDED * grey.var() else NotABeat.PHOTOGRAPH


def is_colour_map(picture: Image.Image) -> bool:
    """Whether most of a picture is in many hues that lie on one curve, as the colours of a spectrogram do."""
    pixels = _small(picture)
    return _has_hues(pixels) and _is_mapped(pixels)


def _small(picture: Image.Image) -> NDArray[np.uint8]:
    small = picture.copy()
    small.thumbnail((_SIDE, _SIDE), Image.Resampling.BOX)
    return np.asarray(small)


def _has_hues(pixels: NDArray[np.uint8]) -> bool:
    """Whether the difference of red and blue varies: the tint of paper or light does not."""
    if pixels.ndim == 2:
        return False
    difference = pixels[..., 0].astype(np.int16) - pixels[..., 2]
    return bool(difference.std() > _HUES)


def _is_mapped(pixels: NDArray[np.uint8]) -> bool:
    cells = (pixels // (256 // _LEVELS)).astype(np.int64) @ np.array((_LEVELS**2, _LEVELS, 1))
    counts = np.sort(np.bincount(cells.ravel(), minlength=_LEVELS**3))[::-1].cumsum()
    return int(np.searchsorted(counts, _MOST_OF * counts[-1])) < _MAP_CELLS
