"""Which way up a page is read."""

from __future__ import annotations

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
    assert orientation.upright(ink, 8.0, is_share=False).quarters % 2 == 0
