"""Where a whole picture lies on the model's canvas."""

from __future__ import annotations

from typing import NamedTuple


class Extent(NamedTuple):
    """Edges of a whole picture on the model's canvas, its pixels; beyond the canvas where only a part is shown."""

    left: float
    top: float
    right: float
    bottom: float
