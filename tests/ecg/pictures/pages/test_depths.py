"""Print that is fainter than traces, crossed by the grid's lines, or in pieces."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy import ndimage

from ecg.pictures.pages import depths
from ecg.pictures.pages.depths import with_other_depths
from ecg.pictures.pages.ink import Ink, boxes_of, ink_of
from ecg.pictures.pages.reading import go_on_always
from ecg.pictures.pages.words import MOST_WORDS, Word, words_of
from tests.ecg.pictures.pages import drawn

PRINTED = ["25", "mm/s", "10", "mm/mV"]
FAINT = (185, 185, 185)
LINE = (150, 150, 150)


def inked(page: drawn.Page) -> Ink:
    ink = ink_of(255 - page.pixels().min(axis=2))
    assert ink is not None
    return ink


def texts(ink: Ink) -> tuple[list[str], list[str]]:
    """What is read at once, and with other depths, from left to right."""
    words = words_of(ink, 8.0)
    both = [
        sorted(found, key=lambda word: word.box[0])
        for found in (words, with_other_depths(words, ink, 8.0, go_on_always))
    ]
    at_once, with_others = ([word.text for word in found if word.text] for found in both)
    return at_once, with_others


def strip() -> drawn.Page:
    page = drawn.Page(222, 46, 8.0, paper=(255, 255, 255), fine=None, bold=None)
    for y in (8, 14, 20):
        page.line([(50, y), (210, y)], thick=0.6)
    return page


def test_letters_that_are_fainter_than_the_trace_are_read() -> None:
    page = strip()
    page.text(14, 43, "25 mm/s  10 mm/mV", pen=FAINT)
    at_once, with_others = texts(inked(page))
    assert not at_once
    assert with_others == PRINTED


def test_lines_that_run_into_letters_are_left_out() -> None:
    page = strip()
    for x in range(15, 60, 5):
        page.line([(x, 34), (x, 46)], pen=LINE)
    page.text(14, 43, "25 mm/s  10 mm/mV")
    at_once, with_others = texts(inked(page))
    assert set(at_once) != set(PRINTED)
    assert set(PRINTED) <= set(with_others)


def test_letters_in_pieces_are_put_together() -> None:
    page = strip()
    page.text(14, 43, "V5")
    ink = inked(page)
    mask = ink.mask.copy()
    mask[300:, ::6] = False
    mask[300::6] = False
    labels, number = ndimage.label(mask, structure=np.ones((3, 3)))
    broken = replace(ink, mask=mask, labels=labels, boxes=boxes_of(labels, number))
    words = words_of(broken, 8.0)
    # As if the paler parts of its strokes were no deeper than the grid.
    depth = np.where(mask, ink.depth, np.minimum(ink.depth, 60)).astype(np.uint8)
    found = with_other_depths(words, replace(broken, depth=depth), 8.0, go_on_always)
    assert "V5" not in [word.text for word in words]
    assert "V5" in [word.text for word in found]


def test_what_was_read_stays() -> None:
    page = strip()
    page.text(16, 14, "aVR")
    page.text(14, 43, "50 mm/s  5 mm/mV")
    at_once, with_others = texts(inked(page))
    assert at_once == with_others == ["50", "aVR", "mm/s", "5", "mm/mV"]


@pytest.mark.parametrize("words", [0, MOST_WORDS + 1], ids=["too many pieces", "too many words"])
def test_a_texture_is_not_read_again(words: int, monkeypatch: pytest.MonkeyPatch) -> None:
    depth = np.zeros((1200, 1600), np.uint8)
    if not words:
        depth[::16, ::16] = 200
    depth[600:606, 100:1500] = 220
    ink = ink_of(depth)
    assert ink is not None
    read = [Word("", 0.1, (10 * place, 10, 10 * place + 8, 20), ()) for place in range(words)]

    def again(*_: object) -> list[Word]:
        raise AssertionError("It was read again.")

    monkeypatch.setattr(depths, "words_of", again)
    assert with_other_depths(read, ink, 8.0, go_on_always) == read


def test_whoever_has_left_is_not_read_for() -> None:
    page = strip()
    page.text(14, 43, "25 mm/s  10 mm/mV", pen=FAINT)
    ink = inked(page)

    def left() -> None:
        raise TimeoutError

    with pytest.raises(TimeoutError):
        with_other_depths(words_of(ink, 8.0), ink, 8.0, left)
