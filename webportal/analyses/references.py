"""Labelled beats from real recordings that ship with Beatlens, to hold a picture against."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from django.templatetags.static import static

from webportal import pages

_STATIC = Path(pages.__file__).parent / "static"


@dataclass(frozen=True, slots=True)
class Reference:
    """One beat that cardiologists labelled."""

    picture: str
    """Address of a picture drawn as the model's training pictures are."""
    record: str
    """Name of the recording that it is from."""


def of_class(short: str) -> list[Reference]:
    """Typical beats of the class with that short name, of different people as far as there are."""
    beats = []
    for record, path in _drawn().get(short, ()):
        try:
            beats.append(Reference(static(path), record))
        except ValueError:  # there, but newer than the last collectstatic
            continue
    return beats


@cache
def _drawn() -> dict[str, list[tuple[str, str]]]:
    """Recording and static path of every picture by class: ``pages/references/<SHORT>/<record>_<sample>.png``."""
    by_class: dict[str, list[tuple[str, str]]] = {}
    for path in sorted((_STATIC / "pages" / "references").glob("*/*.png")):
        record = path.stem.partition("_")[0]
        by_class.setdefault(path.parent.name, []).append((record, path.relative_to(_STATIC).as_posix()))
    return by_class
