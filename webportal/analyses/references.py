"""Labelled beats from the recordings that ship with Beatlens, to hold a picture against."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from django.conf import settings
from django.templatetags.static import static

#: Reference beats shown of one class.
SHOWN = 3


@dataclass(frozen=True, slots=True)
class Reference:
    """One beat that cardiologists labelled."""

    picture: str
    """Address of a picture drawn as the model's training pictures are."""
    record: str
    """Name of the recording that it is from."""


def of_class(short: str) -> list[Reference]:
    """A few beats of the class with that short name, each from another recording where there are enough."""
    found = []
    for record, path in _samples().get(short, ())[:SHOWN]:
        try:
            found.append(Reference(static(path), record))
        except ValueError:  # there, but newer than the last collectstatic
            continue
    return found


@cache
def _samples() -> dict[str, tuple[tuple[str, str], ...]]:
    """Recording and static path of every sample by class: ``samples/<SHORT>/<record>_<sample>.png``."""
    by_class: dict[str, tuple[tuple[str, str], ...]] = {}
    for path in sorted((settings.BASE_DIR / "samples").glob("*/*.png")):
        short, record = path.parent.name, path.stem.partition("_")[0]
        by_class[short] = (*by_class.get(short, ()), (record, f"samples/{short}/{path.name}"))
    return by_class
