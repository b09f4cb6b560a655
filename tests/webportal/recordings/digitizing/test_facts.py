"""Layouts are told in words, one rhythm strip and several."""

from __future__ import annotations

import pytest
from django.utils.translation import override

from ecg.pictures.pages.result import Kind, PageReading
from webportal.recordings.digitizing.facts import layout_words


@pytest.mark.parametrize(
    ("layout", "english", "german"),
    [
        ("", "", ""),
        ("1x1", "1 × 1", "1 × 1"),
        ("3x4+1", "3 × 4 and 1 rhythm strip", "3 × 4 und 1 Rhythmusstreifen"),
        ("3x4+3", "3 × 4 and 3 rhythm strips", "3 × 4 und 3 Rhythmusstreifen"),
    ],
)
def test_a_layout_in_words(layout: str, english: str, german: str) -> None:
    reading = PageReading(Kind.PAGE, (100, 80), layout=layout)
    for language, words in (("en", english), ("de", german)):
        with override(language):
            assert layout_words(reading) == words
