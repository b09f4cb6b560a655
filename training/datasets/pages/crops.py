"""Squares of drawn pages with the class of every pixel."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from training import TrainingError
from training.pages.style import Generator
from training.pages.truth import PIXEL_CLASSES, TRACE

SIDE: Final = 256
"""Pixels of a square's side."""

#: So many squares lie about a pixel of a trace; the others anywhere.
_ON_TRACES: Final = 0.6

Batch = tuple[NDArray[np.uint8], NDArray[np.uint8]]
"""Pixels ``[n, SIDE, SIDE, 3]`` and classes ``[n, SIDE, SIDE]``."""


class NoPagesError(TrainingError):
    """There are no drawn pages where they should be."""


def drawn_pages(folder: Path) -> list[Path]:
    """The arrays of all pages in a folder that ``python -m training pages`` has written, in order.

    Raises:
        NoPagesError: there are none.
    """
    pages = [path.with_suffix(".npz") for path in sorted(folder.glob("[0-9]*.json"))]
    if not pages:
        raise NoPagesError(f"{folder} has no drawn pages. Run `python -m training pages {folder}` first.")
    return pages


@dataclass(frozen=True, slots=True)
class Squares:
    """Squares of many pages in memory: a page is read once, not for each of its squares."""

    pixels: NDArray[np.uint8]
    """``[n, SIDE, SIDE, 3]``"""
    labels: NDArray[np.uint8]
    """``[n, SIDE, SIDE]``"""

    @classmethod
    def of(cls, pages: Sequence[Path], per_page: int, seed: int) -> Self:
        """``per_page`` squares of every page by chance; equal arguments give equal squares."""
        pixels = np.empty((len(pages) * per_page, SIDE, SIDE, 3), np.uint8)
        labels = np.empty(pixels.shape[:3], np.uint8)
        for number, page in enumerate(pages):
            generator = np.random.default_rng((seed, number))
            picture, classes = read(page)
            for place in range(number * per_page, (number + 1) * per_page):
                pixels[place], labels[place] = _square(picture, classes, generator)
        return cls(pixels, labels)

    def batch(self, count: int, generator: Generator) -> Batch:
        """``count`` of them by chance, turned, mirrored, lighter or darker."""
        chosen = generator.integers(len(self.labels), size=count)
        pixels, labels = np.empty((count, SIDE, SIDE, 3), np.uint8), np.empty((count, SIDE, SIDE), np.uint8)
        for place, square in enumerate(chosen.tolist()):
            pixels[place], labels[place] = _varied(self.pixels[square], self.labels[square], generator)
        return pixels, labels


def read(page: Path) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """A page's pixels ``[height, width, 3]`` and classes ``[height, width]``, at least a square large."""
    picture = next(path for suffix in (".png", ".jpg") if (path := page.with_suffix(suffix)).is_file())
    pixels = np.asarray(Image.open(picture).convert("RGB"))
    with np.load(page) as arrays:
        labels = arrays["labels"]
    missing = [(0, max(0, SIDE - size)) for size in labels.shape]
    return np.pad(pixels, [*missing, (0, 0)], mode="edge"), np.pad(labels, missing)


def weights(labels: NDArray[np.uint8], weight: Sequence[float]) -> NDArray[np.float32]:
    """How much each pixel counts, by its class."""
    if len(weight) != len(PIXEL_CLASSES):
        raise ValueError(f"There are {len(PIXEL_CLASSES)} classes, not {len(weight)}.")
    return np.asarray(weight, np.float32)[labels]


def _square(pixels: NDArray[np.uint8], labels: NDArray[np.uint8], generator: Generator) -> Batch:
    height, width = labels.shape
    top, left = int(generator.integers(height - SIDE + 1)), int(generator.integers(width - SIDE + 1))
    if generator.random() < _ON_TRACES:
        row = int(generator.integers(height))
        places = np.flatnonzero(labels[row] == TRACE)
        if len(places):
            top = int(np.clip(row - generator.integers(SIDE), 0, height - SIDE))
            left = int(np.clip(generator.choice(places) - generator.integers(SIDE), 0, width - SIDE))
    cut = np.s_[top : top + SIDE, left : left + SIDE]
    return pixels[cut], labels[cut]


def _varied(pixels: NDArray[np.uint8], labels: NDArray[np.uint8], generator: Generator) -> Batch:
    turns = int(generator.integers(4))
    pixels, labels = np.rot90(pixels, turns), np.rot90(labels, turns)
    if generator.random() < 0.5:
        pixels, labels = pixels[:, ::-1], labels[:, ::-1]
    shade = 255 * (pixels / np.float32(255)) ** np.exp(generator.normal(0, 0.2)) * generator.uniform(0.8, 1.1)
    return np.clip(np.rint(shade), 0, 255).astype(np.uint8), labels
