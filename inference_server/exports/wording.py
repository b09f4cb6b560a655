"""The language of a report: its sentences, and how it writes numbers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from inference_server.exports import german

UNKNOWN: Final = "–"
"""In place of a number that isn't known."""


@dataclass(frozen=True, slots=True)
class Wording:
    """Sentences are looked up by the English ones; what isn't found stays English."""

    language: str = "en"
    """ISO 639-1."""
    texts: Mapping[str, str] = field(default_factory=dict)
    group: str = ","
    """Between thousands."""
    point: str = "."
    """Before decimals."""

    def __call__(self, text: str, /, **values: object) -> str:
        """The sentence ``text`` with ``values`` in its braces."""
        return self.texts.get(text, text).format(**values)

    def number(self, value: float | None, unit: str = "", digits: int = 0) -> str:
        """A number with its unit, or a dash."""
        if value is None:
            return UNKNOWN
        parts = f"{value:,.{digits}f}".translate({ord(","): self.group, ord("."): self.point})
        return f"{parts}{unit}"

    def short(self, value: float) -> str:
        """A number with as many digits as it has, up to six."""
        return f"{value:g}".replace(".", self.point)

    def percent(self, share: float, digits: int = 1) -> str:
        """A share, 0 to 1, in percent."""
        return self.number(100 * share, " %" if self.language == "de" else "%", digits)

    def several(self, count: int, one: str, many: str) -> str:
        """``1 couplet``, ``2 couplets``: the sentence for one, or that for other numbers; ``count`` is filled in."""
        return self(one if count == 1 else many, count=self.number(count))


ENGLISH: Final = Wording()
GERMAN: Final = Wording("de", german.TEXTS, ".", ",")
BY_LANGUAGE: Final = {wording.language: wording for wording in (ENGLISH, GERMAN)}
"""Every language in which there are reports, by its code."""
