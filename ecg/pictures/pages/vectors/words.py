"""A document's words as those that are read in pictures: names of leads, numbers and units."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import Final

from ecg.leads import canonical
from ecg.pictures.documents.drawing import Printed
from ecg.pictures.pages.lettering import NAMES, UNITS
from ecg.pictures.pages.words import Word

#: A number, a unit, or a number with its unit.
_SCALE: Final = re.compile(r"(\d{1,3}(?:[.,]\d)?)?(mm/(?:sec|s|mV))?", re.IGNORECASE)
_UNITS: Final = {unit.lower(): unit for unit in UNITS}
#: Before the name of the only lead.
_LEAD: Final = frozenset({"lead", "ableitung", "dérivation", "derivación", "derivazione", "derivação"})
#: What stands around words in print.
_AROUND: Final = ".,;:()[]"


def only_lead(printed: Sequence[Printed]) -> str:
    """The lead that a page says it shows, as in ``Lead I``; empty where it says so of none, or of several."""
    found = set()
    for before, after in pairwise(printed):
        name, _ = canonical(after.text.strip(_AROUND))
        if before.text.strip(_AROUND).lower() in _LEAD and name in NAMES:
            found.add(name)
    return found.pop() if len(found) == 1 else ""


def words_of(printed: Iterable[Printed]) -> list[Word]:
    """The words that matter, in the form in which they are known; a number and its unit are two."""
    return [word for one in printed for word in _words(one)]


def _words(printed: Printed) -> Iterator[Word]:
    text = printed.text.strip(_AROUND)
    name, _ = canonical(text)
    if name in NAMES:
        yield _word(name, printed.box)
        return
    scale = _SCALE.fullmatch(text)
    if scale is None:
        return
    number, unit = scale.groups()
    left, top, right, bottom = printed.box
    # How the letters divide the box doesn't matter, only that the unit begins where the number ends.
    middle = left + (right - left) * len(number or "") / len(text) if text else left
    if number:
        yield _word(f"{float(number.replace(',', '.')):g}", (left, top, middle, bottom))
    if unit:
        yield _word(_UNITS[unit.lower()], (middle, top, right, bottom))


def _word(text: str, box: tuple[float, float, float, float]) -> Word:
    left, top, right, bottom = (round(edge) for edge in box)
    return Word(text, 1.0, (left, top, right, bottom), (), guess=text, foot=bottom)
