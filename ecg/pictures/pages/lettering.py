"""How words of pages look in several fonts: names of leads, speed and gain. A small set, and nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache, lru_cache
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from ecg.leads import STANDARD

Floats = NDArray[np.float32]

NAMES: Final = (*STANDARD, "-aVR")
"""Names of leads that are known by sight."""
NUMBERS: Final = ("2.5", "5", "10", "12.5", "20", "25", "50")
"""Of speed and gain."""
UNITS: Final = ("mm/s", "mm/sec", "mm/mV")
WORDS: Final = (*NAMES, *NUMBERS, *UNITS)
HEIGHT: Final = 24
"""Rows of a word in :data:`LETTERING`, from the top of its highest letter to the foot of its lowest."""
LETTERING: Final = Path(__file__).with_name("lettering.npz")
"""The words in several fonts, made by :mod:`training.pictures.lettering`."""

#: Templates are blurred in steps, pixels of the template, and so many of them kept.
_BLURS: Final = 0.4
_KEPT: Final = 12


class Shapes:
    """Words of one width, which are compared with letters all at once."""

    def __init__(self, texts: Sequence[str], shapes: Sequence[Floats]) -> None:
        self.texts = tuple(texts)
        half = shapes[0].shape[1] // 2
        parts = (slice(None),) if half <= 3 else (slice(None), slice(0, half), slice(half, None))
        self._parts = [(part, _Part(np.stack([shape[:, part].ravel() for shape in shapes]))) for part in parts]

    def likeness(self, seen: Floats) -> Floats:
        """To each word, ``[words]``: correlation, that of the less alike half counting twice, as names differ in the
        right one, numbers in either.
        """
        whole, *halves = (shapes.correlation(seen[:, part].ravel()) for part, shapes in self._parts)
        least = np.minimum(*halves) if halves else whole
        likeness: Floats = (whole + least) / np.float32(2)
        return likeness


class _Part:
    """Words, or halves of them, ``[words, pixels]``."""

    def __init__(self, values: Floats) -> None:
        self._values = values
        self._bare = values - values.mean(axis=1, keepdims=True)
        self._squares = np.square(self._bare).sum(axis=1)

    def correlation(self, seen: Floats) -> Floats:
        """With what is seen, ``[pixels]``."""
        bare = seen - seen.mean()
        below = np.sqrt(self._squares * float(bare @ bare))
        # A solid bar, as an I without serifs is: how alike they are filled.
        solid = below < 1e-6
        found: Floats = (self._bare @ bare) / np.where(solid, 1.0, below).astype(np.float32)
        if solid.any():
            found[solid] = 1.0 - np.abs(self._values[solid] - seen).mean(axis=1) / 255
        return found


def templates(height: float, blur: float) -> tuple[tuple[str, Floats], ...]:
    """Words and how they look in several fonts, ``[HEIGHT, columns]``, 0 to 255: as blurred as words of ``height``
    pixels are by a bell of the deviation ``blur``, pixels, when they are made as large.
    """
    return _as_seen(_steps(height, blur))


def by_width(height: float, blur: float) -> dict[int, Shapes]:
    """The templates by their width in pixels, as blurred as :func:`templates` has them."""
    return _by_width(_steps(height, blur))


def _steps(height: float, blur: float) -> int:
    """How blurred words of that many pixels are when they are as large as the templates, in steps of :data:`_BLURS`."""
    return round(blur * HEIGHT / height / _BLURS)


@lru_cache(maxsize=_KEPT)
def _by_width(blur: int) -> dict[int, Shapes]:
    """The templates by their width."""
    found: dict[int, list[tuple[str, Floats]]] = {}
    for text, shape in _as_seen(blur):
        found.setdefault(shape.shape[1], []).append((text, shape))
    return {width: Shapes(*zip(*among, strict=True)) for width, among in found.items()}


@lru_cache(maxsize=_KEPT)
def _as_seen(blur: int) -> tuple[tuple[str, Floats], ...]:
    """The templates as pixels show them that blur so much."""
    return tuple((text, ndimage.gaussian_filter(part, blur * _BLURS, mode="constant")) for text, part in _templates())


@cache
def _templates() -> tuple[tuple[str, Floats], ...]:
    with np.load(LETTERING, allow_pickle=False) as file:
        pixels, widths = file["pixels"], file["widths"]
    ends = np.cumsum(widths)
    parts = [pixels[:, end - width : end].astype(np.float32) for end, width in zip(ends, widths, strict=True)]
    return tuple((WORDS[number % len(WORDS)], part) for number, part in enumerate(parts))
