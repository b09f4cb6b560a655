"""What is known of a drawn page.

Places are pixels of the finished picture from its left and top edge, ``(x, y)``: the first pixel's centre is
(0.5, 0.5). Lengths on paper are millimetres.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.float64]
"""``[n, 2]``: x and y."""

PAPER, TRACE, GRID, MARK = range(4)
"""What a pixel shows; ``MARK`` is any other ink: text, calibration pulses, separators of leads, handwriting."""
PIXEL_CLASSES: Final = ("paper", "trace", "grid", "mark")


@dataclass(frozen=True, slots=True)
class LeadTruth:
    """One lead where it stands on the page. A lead that stands there twice has two."""

    name: str
    begin: float
    """Seconds from the page's first moment."""
    rate: float
    """Samples a second."""
    millivolts: NDArray[np.float32]
    """``[n]``, as drawn; ``nan`` where nothing was recorded."""
    trace: Points
    """``[n, 2]``, where each sample lies."""
    box: tuple[float, float, float, float]
    """Left, top, right and lower edge of what was drawn."""
    row: int
    column: int
    """A row's and a column's number; a rhythm strip's column is 0."""


@dataclass(frozen=True, slots=True)
class Calibration:
    """The page's scale."""

    mm_per_second: float
    mm_per_mv: float
    pixels_per_mm: float
    """In the finished picture, where paper is straight; in a photograph in the middle of the page."""
    printed: bool
    """Whether speed and gain are printed."""
    pulse: bool
    """Whether there are calibration pulses."""
    grid: bool
    """Whether there is a grid."""


@dataclass(frozen=True, slots=True)
class PageTruth:
    """Everything that is known of a page."""

    layout: str
    """Rows and columns, and rhythm strips: ``1x1``, ``3x4+1``."""
    cabrera: bool
    """Whether limb leads stand in the order of Cabrera, with -aVR."""
    medium: str
    """How it was caught."""
    size: tuple[int, int]
    """Width and height of the picture."""
    corners: Points
    """``[4, 2]``, those of the paper (or screen): upper left, upper right, lower right, lower left as it is read."""
    calibration: Calibration
    leads: tuple[LeadTruth, ...]
    source: str = ""
    """Database, record and first sample, ``ptbxl/00009@0``."""

    def facts(self) -> dict[str, Any]:
        """All but the samples, as JSON takes it."""
        leads = [
            {
                "name": lead.name,
                "begin": lead.begin,
                "seconds": len(lead.millivolts) / lead.rate,
                "rate": lead.rate,
                "box": [round(edge, 2) for edge in lead.box],
                "row": lead.row,
                "column": lead.column,
            }
            for lead in self.leads
        ]
        return {
            "layout": self.layout,
            "cabrera": self.cabrera,
            "medium": self.medium,
            "size": list(self.size),
            "corners": np.round(self.corners, 2).tolist(),
            "calibration": asdict(self.calibration),
            "leads": leads,
            "source": self.source,
        }
