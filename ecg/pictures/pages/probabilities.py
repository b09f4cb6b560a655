"""What a network says of a page's pixels."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Pixels = NDArray[np.uint8]
Probabilities = Callable[[Pixels], NDArray[np.float32]]
"""From ``[H, W, 3]``, a millimetre being about 8 pixels, to ``[H, W, 4]``: paper, trace, grid, other ink."""

#: Pixels of a millimetre for which networks are trained.
_MILLIMETRE: Final = 8.0


def ink_shares(straight: Pixels, probabilities: Probabilities, millimetre: float) -> Pixels:
    """How likely each pixel is a trace's or other ink's, 255 = certainly; ``[rows, columns]``."""
    image = Image.fromarray(straight)
    factor = _MILLIMETRE / millimetre
    sized = image.resize((max(1, round(image.width * factor)), max(1, round(image.height * factor))))
    said = probabilities(np.asarray(sized))
    ink = np.rint(255 * np.clip(said[..., 1] + said[..., 3], 0, 1)).astype(np.uint8)
    return np.asarray(Image.fromarray(ink).resize(image.size, Image.Resampling.BILINEAR))
