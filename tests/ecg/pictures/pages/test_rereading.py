"""Words read again as blurred as a picture shows them."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import ndimage

from ecg.pictures.pages.ink import SHARP, Ink, ink_of
from ecg.pictures.pages.reading import go_on_always
from ecg.pictures.pages.rereading import all_words
from ecg.pictures.pages.words import Word, blur_of, words_of
from tests.ecg.pictures.pages import drawn

PRINTED = ["II", "25", "mm/s", "10", "mm/mV"]


def blurred(blur: float, millimetre: float) -> Ink:
    """A strip whose level lies at 25 mm, named and with its scale."""
    page = drawn.Page(222, 46, millimetre, paper=(255, 255, 255), fine=None, bold=None)
    page.line([(14, 25), (210, 25)], thick=0.6)
    page.text(14, 20, "II")
    page.text(14, 43, "25 mm/s  10 mm/mV")
    depth = ndimage.gaussian_filter(255.0 - page.pixels().min(axis=2), blur) if blur else 255.0 - page.pixels().min(2)
    ink = ink_of(depth.astype(np.uint8))
    assert ink is not None
    return ink


def texts(words: list[Word]) -> list[str]:
    """From above, and from left to right."""
    return [word.text for word in sorted(words, key=lambda word: (word.box[1] // 60, word.box[0])) if word.text]


def test_letters_that_are_too_blurred_to_be_known_are_read_as_blurred_ones() -> None:
    ink = blurred(1.3, 5.0)
    words = words_of(ink, 5.0)
    assert texts(words) == PRINTED[1:]
    read, found = all_words(ink, words, [125.0], 5.0, go_on_always)
    assert texts(found) == PRINTED
    assert read.blur > SHARP


@pytest.mark.parametrize(("blur", "at_least"), [(0.0, SHARP), (1.0, 0.9), (1.6, 1.6)])
def test_the_words_of_a_page_say_how_blurred_it_is(blur: float, at_least: float) -> None:
    ink = blurred(blur, 6.0)
    found = blur_of(ink, words_of(ink, 6.0))
    assert at_least <= found <= max(SHARP, blur)


def test_a_page_that_says_all_is_not_read_again() -> None:
    ink = blurred(1.0, 6.0)
    words = words_of(ink, 6.0)
    assert texts(words) == PRINTED

    def never() -> None:
        raise AssertionError("It was read again.")

    assert all_words(ink, words, [150.0], 6.0, never) == (ink, words)
