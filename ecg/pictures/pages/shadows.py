"""Paper without the shadows that fall on it."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage

Bytes = NDArray[np.uint8]

#: Ink is narrower than this, mm, shadows are wider. The light of the paper is told from squares of so many pixels, and
#: what is in the dark made at most so many times as light.
_SHADOW: Final = 5.0
_POOL: Final = 4
_BRIGHTER: Final = 4.0
#: At the edge of a shadow the light differs by so much from that around it, as a share, and so much of the paper lies
#: at such an edge. What is so near to the picture's own edge doesn't count, as a share of its shorter side.
_MUCH: Final = 0.1
_LEAST: Final = 0.01
_EDGE: Final = 0.067


def without_shadows(pixels: Bytes, millimetre: float) -> Bytes | None:
    """A straightened picture, ``[rows, columns, 3]``, as if no shadow fell on its paper; None where none does.

    The light of the paper at each place is a morphological closing: ink is narrower than its window, shadows are wider.

    Args:
        pixels: ``[rows, columns, 3]``.
        millimetre: Pixels.
    """
    rows, columns = (-(-side // _POOL) * _POOL for side in pixels.shape[:2])
    light = np.pad(pixels.max(axis=2), ((0, rows - pixels.shape[0]), (0, columns - pixels.shape[1])), mode="edge")
    lightest = light.reshape(rows // _POOL, _POOL, columns // _POOL, _POOL).max(axis=(1, 3))
    window = max(3, round(_SHADOW * millimetre / _POOL))
    paper = ndimage.grey_closing(lightest, (window, window), mode="nearest")
    if not _falls_off(paper, window):
        return None
    whole = np.asarray(Image.fromarray(paper).resize((columns, rows), Image.Resampling.BILINEAR))
    whole = whole[: pixels.shape[0], : pixels.shape[1]]
    factor = np.minimum(float(np.median(paper)) / np.maximum(whole, 1), _BRIGHTER).astype(np.float32)
    return np.minimum(pixels * factor[..., None], 255).astype(np.uint8)


def _falls_off(paper: Bytes, window: int) -> bool:
    """Whether the light of the paper, ``[rows, columns]``, changes much within a window, as at a shadow's edge."""
    edge = max(1, round(_EDGE * min(paper.shape)))
    light = paper.astype(np.float64)
    if min(paper.shape) <= 2 * edge:
        return False
    off = np.abs(light / np.maximum(ndimage.gaussian_filter(light, window), 1.0) - 1.0)
    return bool((off[edge:-edge, edge:-edge] > _MUCH).mean() >= _LEAST)
