"""The size of what a network sees, and the way there from drawn pictures."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ecg.pictures.canonical import canonical

#: Canonical picture size, pixels (half the classic 128 × 192).
HEIGHT, WIDTH = 64, 96

Pixels = NDArray[np.uint8]


def to_canonical(pictures: Pixels) -> Pixels:
    """Drawn pictures ``[N, h, w]`` through the server's own canonicalisation: ``[N, HEIGHT, WIDTH, 1]``."""
    if not len(pictures):
        return np.empty((0, HEIGHT, WIDTH, 1), dtype=np.uint8)
    return np.stack([canonical(Image.fromarray(picture), height=HEIGHT, width=WIDTH) for picture in pictures])
