"""Which classes of heartbeats there are pages about.

A class page is a template ``pages/classes/<SHORT>.html`` and, beside it, a picture ``pages/classes/<SHORT>.png`` among
the static files. Nothing else lists the classes: a new model's new class needs a new file and no code.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from django.contrib.staticfiles import finders
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.utils.safestring import SafeString
from django.utils.translation import gettext

from webportal.inference import served_classes

_TEMPLATES = Path(__file__).parent / "templates" / "pages" / "classes"


@dataclass(frozen=True, slots=True)
class Entry:
    """One class of heartbeats as the pages know it."""

    short: str
    name: str | None
    """Name from the model in service; ``None`` when it doesn't know the class or can't be asked."""
    has_page: bool

    @property
    def title(self) -> str:
        """Name in the reader's language, or else the short one."""
        return translated(self.name or "") or self.short

    @property
    def template(self) -> str:
        """Template of the page about it."""
        return f"pages/classes/{self.short}.html" if self.has_page else "pages/classes_fallback.html"

    @property
    def picture(self) -> str | None:
        """Address of a picture of such a beat, if there is one."""
        path = f"pages/classes/{self.short}.png"
        if not finders.find(path):
            return None
        try:
            return static(path)
        except ValueError:  # there, but newer than the last collectstatic
            return None

    def card(self) -> SafeString:
        """Name and summary for the index."""
        return render_to_string(self.template, {"layout": "pages/class_card.html", "entry": self})


def translated(name: str) -> str:
    """A class's name in the reader's language where there is a page about it; any other as the model gives it."""
    return gettext(name) if name else ""


@cache
def written_about() -> frozenset[str]:
    """Short names of the classes that have a page of their own."""
    return frozenset(path.stem for path in _TEMPLATES.glob("*.html"))


def entries() -> list[Entry]:
    """Every class of the model in service in its order, then those that only have a page."""
    written = written_about()
    served = served_classes()
    known = [Entry(c.short, c.name, c.short in written) for c in served]
    unserved = sorted(written - {c.short for c in served})
    return known + [Entry(short, None, True) for short in unserved]


def find(short: str) -> Entry | None:
    """The class with that short name, ``None`` when there is neither a page nor a model that knows it."""
    return next((entry for entry in entries() if entry.short == short), None)
