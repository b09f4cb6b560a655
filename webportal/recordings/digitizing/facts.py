"""What a page was read as, in words: its layout, its scale and what that rests on."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from ecg.pictures.pages.result import Basis, Calibration, PageReading


@dataclass(frozen=True, slots=True)
class ScaleFact:
    """One part of the scale."""

    name: str
    value: str
    basis: str
    """What it rests on."""
    is_assumed: bool


def scale_facts(calibration: Calibration | None) -> list[ScaleFact]:
    """Speed, gain and millimetre; none where nothing was read."""
    if calibration is None:
        return []
    rows = (
        (_("Paper speed"), calibration.mm_per_second, "mm/s", calibration.speed),
        (_("Gain"), calibration.mm_per_mv, "mm/mV", calibration.gain),
        (_("Millimetre"), calibration.pixels_per_mm, _("pixels"), calibration.millimetre),
    )
    return [
        ScaleFact(name, f"{_number(value)} {unit}", basis_words(basis), basis is Basis.ASSUMED)
        for name, value, unit, basis in rows
    ]


def basis_words(basis: Basis) -> str:
    """What a part of the scale rests on."""
    return {
        Basis.GRID: _("measured on the grid"),
        Basis.PRINT: _("printed on the page"),
        Basis.PULSE: _("measured on the calibration pulse"),
        Basis.STATED: _("as you said"),
        Basis.ASSUMED: _("assumed: nothing on the picture tells it"),
    }[basis]


def layout_words(reading: PageReading) -> str:
    """How the leads stand: rows, columns and rhythm strips; empty where nothing was read."""
    if not reading.layout:
        return ""
    grid, plus, strips = reading.layout.partition("+")
    rows, _cross, columns = grid.partition("x")
    words = _("%(rows)s × %(columns)s") % {"rows": rows, "columns": columns}
    if plus:
        several = ngettext("%(grid)s and %(strips)s rhythm strip", "%(grid)s and %(strips)s rhythm strips", int(strips))
        words = several % {"grid": words, "strips": strips}
    return _("%(layout)s, Cabrera order") % {"layout": words} if reading.cabrera else words


def _number(value: float) -> str:
    return number_format(round(value, 1), decimal_pos=0 if value == round(value) else 1)
