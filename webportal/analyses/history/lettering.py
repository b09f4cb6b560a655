"""The letters of reports: DejaVu Sans, whose licence lies beside it, and what stands for a character that it lacks.

It has Latin, Greek, Cyrillic and their relatives. Scripts that are written from right to left or joined by rules of
their own aren't set here: shown in the wrong order they would say something else.
"""

from __future__ import annotations

import unicodedata
from functools import cache
from pathlib import Path
from typing import Any

from reportlab import platypus
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont

#: What stands for a character that can't be set; the foot of the page explains it.
BOX = "□"
_FOLDER = Path(__file__).parent / "fonts"
_ZERO_WIDTH_JOINER = "\u200d"
_SKIN_TONES = range(0x1F3FB, 0x1F400)


def plain() -> str:
    """Name of the font for text."""
    return str(_font("BeatlensSans", "DejaVuSans.ttf").fontName)


def bold() -> str:
    """Name of the font for what stands out."""
    return str(_font("BeatlensSansBold", "DejaVuSans-Bold.ttf").fontName)


@cache
def _font(name: str, file: str) -> TTFont:
    font = TTFont(name, str(_FOLDER / file))
    pdfmetrics.registerFont(font)
    return font


@cache
def _settable() -> frozenset[int]:
    """Code points that both fonts have."""
    fonts = (_font("BeatlensSans", "DejaVuSans.ttf"), _font("BeatlensSansBold", "DejaVuSans-Bold.ttf"))
    return frozenset.intersection(*(frozenset(font.face.charToGlyph) for font in fonts))


def fitted(text: str) -> str:
    """``text`` on one line with :data:`BOX` for each character that can't be set; an emoji made of several gets one."""
    out: list[str] = []
    is_joined = False
    for character in unicodedata.normalize("NFC", " ".join(text.split())):
        if _changes_the_one_before(character):
            is_joined = character == _ZERO_WIDTH_JOINER
            continue
        is_settable = ord(character) in _settable() and unicodedata.bidirectional(character) not in ("R", "AL")
        if not (is_joined and out and out[-1] == BOX):
            out.append(character if is_settable else BOX)
        is_joined = False
    return "".join(out)


def _changes_the_one_before(character: str) -> bool:
    """Whether a character is no sign of its own: joins, selects a form or a skin tone, or is invisible."""
    if ord(character) in _SKIN_TONES or "\ufe00" <= character <= "\ufe0f":
        return True
    return unicodedata.category(character) in ("Cf", "Cc")


class Paragraph(platypus.Paragraph):  # type: ignore[misc]  # reportlab has no types
    """A paragraph that leaves word on its page when it holds a :data:`BOX`."""

    def __init__(self, text: str, style: Any) -> None:
        super().__init__(text, style)
        self._has_box = BOX in text

    def draw(self) -> None:
        """Set it."""
        if self._has_box:
            self.canv.has_box = True
        super().draw()


def has_box(canvas: Any) -> bool:
    """Whether the page that ``canvas`` draws holds a :data:`BOX`; asking forgets it, for the next page."""
    answer = getattr(canvas, "has_box", False)
    canvas.has_box = False
    return bool(answer)
