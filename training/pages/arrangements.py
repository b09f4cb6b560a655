"""Which lead stands where on a page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from ecg.leads import STANDARD

#: Limb leads in the order of their angles (Cabrera), aVR turned round.
CABRERA: Final = ("aVL", "I", "-aVR", "II", "aVF", "III")

#: Rows and columns, and how many rhythm strips stand below, of pages with twelve leads.
TWELVE_LEADS: Final = {
    "3x4": (3, 4, 0),
    "3x4+1": (3, 4, 1),
    "3x4+3": (3, 4, 3),
    "6x2": (6, 2, 0),
    "12x1": (12, 1, 0),
}
_RHYTHM: Final = ("II", "V1", "V5")


@dataclass(frozen=True, slots=True)
class Panel:
    """A stretch of a lead on the page."""

    lead: str
    row: int
    column: int
    begin: float
    """Seconds from the page's first moment."""
    seconds: float


def panels_of(layout: str, leads: Sequence[str], seconds: float, *, cabrera: bool = False) -> list[Panel]:
    """The panels of a layout, in reading order.

    Args:
        layout: One of :data:`TWELVE_LEADS`, or ``Nx1``: so many of ``leads`` below each other.
        leads: Names of what there is to draw.
        seconds: What the page shows from left to right.
        cabrera: The order of Cabrera for limb leads.

    Raises:
        ValueError: there are fewer leads than the layout has.
    """
    if layout not in TWELVE_LEADS:
        rows = int(layout.removesuffix("x1"))
        if len(leads) < rows:
            raise ValueError(f"A layout {layout} needs {rows} leads, not {len(leads)}.")
        return [Panel(lead, row, 0, 0.0, seconds) for row, lead in enumerate(leads[:rows])]
    if not set(STANDARD) <= set(leads):
        raise ValueError(f"A layout {layout} needs the twelve standard leads, not {', '.join(leads)}.")
    rows, columns, strips = TWELVE_LEADS[layout]
    order = (*CABRERA, *STANDARD[6:]) if cabrera else STANDARD
    column_seconds = seconds / columns
    panels = [
        Panel(order[column * rows + row], row, column, column * column_seconds, column_seconds)
        for row in range(rows)
        for column in range(columns)
    ]
    return panels + [Panel(_RHYTHM[strip], rows + strip, 0, 0.0, seconds) for strip in range(strips)]
