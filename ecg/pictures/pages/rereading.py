"""Words of a page read again where they don't say all that a page says: as blurred as they are, and at other depths."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from ecg.pictures.pages.depths import with_other_depths
from ecg.pictures.pages.ink import Ink
from ecg.pictures.pages.layouts import named
from ecg.pictures.pages.scale import printed
from ecg.pictures.pages.words import MOST_WORDS, Word, blur_of, words_of


def all_words(
    ink: Ink, words: list[Word], levels: Sequence[float], millimetre: float, go_on: Callable[[], None]
) -> tuple[Ink, list[Word]]:
    """A page's ink, as blurred as its letters are, and its words: more of them where those that were read don't name
    each row, and say speed and gain.

    Args:
        ink: Of the page.
        words: What was read of it.
        levels: Of its rows, y in pixels.
        millimetre: Pixels.
        go_on: Called before each further reading; may end the work by raising.
    """
    if _say_all(words, levels, millimetre):
        return ink, words
    blur = blur_of(ink, words) if len(words) <= MOST_WORDS else ink.blur
    if blur > ink.blur:
        go_on()
        ink = replace(ink, blur=blur)
        words = words_of(ink, millimetre)
        if _say_all(words, levels, millimetre):
            return ink, words
    return ink, with_other_depths(words, ink, millimetre, go_on)


def _say_all(words: Sequence[Word], levels: Sequence[float], millimetre: float) -> bool:
    rows = {name.row for name in named(words, levels, millimetre)}
    return len(rows) == len(levels) and None not in printed(words)
