"""How far what is kept of a beat reaches around its R peak; samples at 360 Hz."""

from __future__ import annotations

from typing import Final

STRIP_REACH: Final = 432
"""Samples of a strip before the R peak, and from it on: 1.2 s."""

SHAPE_BEFORE: Final = 108
SHAPE_AFTER: Final = 144
"""Samples of a shape before the R peak (0.3 s) and from it on (0.4 s): P, QRS and the most of T."""
SHAPE_MARGIN: Final = 12
"""Samples kept on both sides of a shape, so that it can be aligned: 33 ms."""
