"""Where on its picture everything stands that was read, for those who draw it."""

from __future__ import annotations

import math
from typing import Any, Final

from django.utils.translation import gettext as _
from ecg.pictures.pages.result import RATE, Lead, PageReading
from inference_server.classification.page_messages import PLACES_APART

#: Of so many places in an answer one is handed on, and how many seconds these are apart.
_EVERY: Final = 2
_STEP: Final = _EVERY * PLACES_APART / RATE
#: As many letters would fit on a line as long as the picture's longer side.
_LETTERS: Final = 55


def places(reading: PageReading) -> dict[str, Any]:
    """The corners of the page and the stretches of leads, in pixels of the upright picture, as plain values for JSON.

    ``begin`` and ``end`` are seconds on the page's own axis of time, which is the recording's; ``trace`` has a place
    every ``step`` seconds from ``begin`` on.
    """
    return {
        "width": reading.size[0],
        "height": reading.size[1],
        "corners": [] if reading.corners is None else [[round(x, 1), round(y, 1)] for x, y in reading.corners.tolist()],
        "step": _STEP,
        "letter": round(max(reading.size) / _LETTERS),
        "leads": [_stretch(lead, label_of(lead, place)) for place, lead in enumerate(reading.leads)],
    }


def label_of(lead: Lead, place: int) -> str:
    """What a stretch is called on a page: its name, else its place in reading order."""
    return lead.name or _("trace %(number)d") % {"number": place + 1}


def _stretch(lead: Lead, label: str) -> dict[str, Any]:
    left, top, right, bottom = lead.box
    return {
        "label": label,
        "begin": round(lead.begin, 3),
        "end": round(lead.begin + len(lead.millivolts) / lead.rate, 3),
        "left": round(left, 1),
        "top": round(top, 1),
        "width": round(right - left, 1),
        "height": round(bottom - top, 1),
        "trace": _thinned(lead),
    }


def _thinned(lead: Lead) -> list[list[int] | None]:
    """Places of its moments, :data:`_STEP` seconds apart; None where nothing could be read."""
    return [[round(x), round(y)] if math.isfinite(x) else None for x, y in lead.trace[::_EVERY].tolist()]
