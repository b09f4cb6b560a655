"""What a network says of a page's pixels: where ink may be."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage

Pixels = NDArray[np.uint8]
Probabilities = Callable[[Pixels], NDArray[np.float32]]
"""From ``[H, W, 3]``, a millimetre being about 8 pixels, to ``[H, W]``: how likely each is a trace's or other ink's."""

#: Pixels of a millimetre for which networks are trained.
_MILLIMETRE: Final = 8.0
#: A page has four million pixels then; where a millimetre was misread, it is looked at in no more than so many.
_MOST_PIXELS: Final = 10_000_000
#: Ink may be where it is as likely as this, and so many pixels around: a network sees its middle surer than its edges.
_LIKELY: Final = 0.3
_AROUND: Final = 2


def may_be_ink(straight: Pixels, probabilities: Probabilities, millimetre: float) -> NDArray[np.bool_]:
    """Where a straightened page may have ink, ``[rows, columns]``."""
    image = Image.fromarray(straight)
    factor = min(_MILLIMETRE / millimetre, float(np.sqrt(_MOST_PIXELS / (image.width * image.height))))
    sized = image.resize((max(1, round(image.width * factor)), max(1, round(image.height * factor))))
    likely = np.rint(255 * np.clip(probabilities(np.asarray(sized)), 0, 1)).astype(np.uint8)
    ink = np.asarray(Image.fromarray(likely).resize(image.size, Image.Resampling.BILINEAR)) > 255 * _LIKELY
    around = np.ones((2 * _AROUND + 1, 2 * _AROUND + 1), np.bool_)
    return np.asarray(ndimage.binary_dilation(ink, around), np.bool_)
