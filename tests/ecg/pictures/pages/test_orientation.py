"""Which way up a page is read."""

from __future__ import annotations

import numpy as np
import pytest

from ecg.pictures.pages import orientation
from ecg.pictures.pages.ink import Ink, ink_of
from ecg.pictures.pages.words import Word
from tests.ecg.pictures.pages import drawn


def test_one_word_again_and_again_does_not_turn_a_page(monkeypatch: pytest.MonkeyPatch) -> None:
    """Narrow beats that stand on their sides look like the same letters."""
    ink = ink_of(255 - drawn.strip(fine=None, bold=None).pixels().min(axis=2))
    assert ink is not None

    def misread(turned: Ink, millimetre: float) -> list[Word]:
        lies = turned.depth.shape != ink.depth.shape
        return [Word("mm/sec", 0.8, (0, 9 * n, 5, 9 * n + 5), ()) for n in range(6)] if lies else []

    monkeypatch.setattr(orientation, "words_of", misread)
    assert orientation.upright(ink, 8.0).quarters % 2 == 0


@pytest.mark.parametrize("quarters", range(4))
def test_words_that_are_not_known_stand_where_rows_begin(quarters: int) -> None:
    page = drawn.Page(222, 46, 8.0, fine=None, bold=None)
    page.trace(14, 20, -drawn.lead(8))  # most waves that stand out don't stand up
    page.text(15, 9, "ECG")
    page.text(14, 44, "Smith, Jane")
    turned = np.rot90(page.pixels(), quarters)
    ink = ink_of(255 - np.ascontiguousarray(turned).min(axis=2))
    assert ink is not None
    assert orientation.upright(ink, 8.0).quarters == -quarters % 4


@pytest.mark.parametrize(
    ("likeness", "text", "quarters"),
    [(0.71, "mm/sec", 0), (0.92, "mm/sec", 2), (0.71, "II", 0)],
    ids=["one by chance", "one for sure", "one that is the same upside down"],
)
def test_one_word_that_is_hardly_like_one_does_not_outweigh_where_words_stand(
    monkeypatch: pytest.MonkeyPatch, likeness: float, text: str, quarters: int
) -> None:
    ink = ink_of(255 - drawn.strip(fine=None, bold=None).pixels().min(axis=2))
    assert ink is not None
    wide = ink.depth.shape[1]
    written = [Word("", 0.3, (60, 20 + 90 * n, 140, 44 + 90 * n), (1, 2, 3)) for n in range(3)]
    turned = [word._replace(box=(wide - 140, *word.box[1:2], wide - 60, word.box[3])) for word in written]

    def misread(way: Ink, millimetre: float) -> list[Word]:
        return written if way is ink else [Word(text, likeness, (wide - 180, 20, wide - 140, 44), (1, 2)), *turned]

    monkeypatch.setattr(orientation, "words_of", misread)
    assert orientation.upright(ink, 8.0).quarters == quarters
