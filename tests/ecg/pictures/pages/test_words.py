"""Names of leads that touch what they name."""

from __future__ import annotations

import pytest

from ecg.pictures.pages import words
from ecg.pictures.pages.ink import ink_of
from ecg.pictures.pages.layouts import named
from ecg.pictures.pages.lettering import UNITS
from ecg.pictures.pages.words import words_of
from tests.ecg.pictures.pages import drawn


@pytest.mark.parametrize(("name", "x"), [("I", 14.5), ("II", 16.4), ("II", 17.0)])
def test_a_name_is_whole_though_a_wave_touches_its_last_letter(name: str, x: float) -> None:
    page = drawn.Page(222, 46, 8.0, fine=None, bold=None)
    page.line([(14, 28), (17.6, 28), (18.4, 6), (19.2, 28), (210, 28)])
    page.text(x, 14, name)
    ink = ink_of(255 - page.pixels().min(axis=2))
    assert ink is not None
    assert [found.name for found in named(words_of(ink, 8.0), [224.0], 8.0)] == [name]


@pytest.mark.parametrize("apex", [11.6, 12.8])
def test_three_bars_are_three_though_a_wave_ends_in_the_last(apex: float) -> None:
    page = drawn.Page(222, 46, 8.0, fine=None, bold=None)
    page.line([(14, 28), (17.6, 28), (18.4, apex), (19.2, 28), (210, 28)])
    page.text(15.9, 14, "III")
    ink = ink_of(255 - page.pixels().min(axis=2))
    assert ink is not None
    assert [found.name for found in named(words_of(ink, 8.0), [224.0], 8.0)] == ["III"]


@pytest.mark.parametrize("number", [2, 4, 6])
def test_a_name_is_whole_though_a_wave_touches_its_first_letter(number: int) -> None:
    page = drawn.Page(222, 46, 8.0, fine=None, bold=None)
    page.line([(14, 28), (16.6, 28), (17.4, 12.5), (18.2, 28), (210, 28)])
    page.text(16, 14, f"V{number}")
    ink = ink_of(255 - page.pixels().min(axis=2))
    assert ink is not None
    assert [found.name for found in named(words_of(ink, 8.0), [224.0], 8.0)] == [f"V{number}"]


@pytest.mark.parametrize(
    ("places", "names"),
    [
        ((16.0, 17.4), ["II"]),
        ((16.0, 17.4, 18.8), ["III"]),
        ((16.0, 16.9, 18.3), ["III"]),
        ((16.0, 18.6), ["I", "I"]),
    ],
    ids=["two", "three", "unevenly", "far apart"],
)
def test_bars_are_one_name_though_they_stand_as_a_typewriter_sets_them(
    places: tuple[float, ...], names: list[str]
) -> None:
    page = drawn.Page(222, 46, 8.0, fine=None, bold=None)
    page.line([(14, 28), (210, 28)])
    for place in places:
        page.text(place, 14, "I")
    ink = ink_of(255 - page.pixels().min(axis=2))
    assert ink is not None
    assert [word.text for word in words_of(ink, 8.0) if word.text] == names


def test_a_figure_beside_a_wave_is_no_name() -> None:
    page = drawn.Page(222, 46, 8.0, fine=None, bold=None)
    page.line([(14, 28), (16.6, 28), (17.4, 9), (18.2, 28), (210, 28)])
    page.text(18.6, 14, "5")
    ink = ink_of(255 - page.pixels().min(axis=2))
    assert ink is not None
    assert not named(words_of(ink, 8.0), [224.0], 8.0)


def test_a_figure_that_stands_farther_from_its_letter_than_letters_do_belongs_to_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    page = drawn.Page(222, 46, 8.0, fine=None, bold=None)
    page.line([(14, 28), (210, 28)])
    page.text(16, 14, "V1")
    ink = ink_of(255 - page.pixels().min(axis=2))
    assert ink is not None
    monkeypatch.setattr(words, "_SPACE", 0.02)  # as if the font were set so wide
    assert [found.name for found in named(words_of(ink, 8.0), [224.0], 8.0)] == ["V1"]


@pytest.mark.parametrize(
    ("printed", "texts"),
    [
        (["25mm/s", "5mm/mV"], ["25", "mm/s", "5", "mm/mV"]),
        (["50 mm/s", "20mm/mV"], ["50", "mm/s", "20", "mm/mV"]),
    ],
)
def test_a_number_is_told_from_the_unit_that_it_runs_into(printed: list[str], texts: list[str]) -> None:
    page = drawn.Page(222, 46, 8.0, fine=None, bold=None)
    page.line([(14, 20), (210, 20)])
    for at, text in enumerate(printed):
        page.text(14 + 60 * at, 43, text)
    ink = ink_of(255 - page.pixels().min(axis=2))
    assert ink is not None
    found = sorted(words_of(ink, 8.0), key=lambda word: word.box[0])
    assert [word.text for word in found] == texts


def test_writing_is_no_number_and_unit() -> None:
    page = drawn.Page(222, 46, 8.0, fine=None, bold=None)
    page.text(14, 43, "20% many 10x moving averages at 25mV and 50mph")
    ink = ink_of(255 - page.pixels().min(axis=2))
    assert ink is not None
    assert not [word.text for word in words_of(ink, 8.0) if word.text in UNITS]


@pytest.mark.parametrize("name", ["aVL", "V2", "III"])
def test_letters_that_are_paler_than_the_trace_are_known_by_their_own_ink(name: str) -> None:
    page = drawn.Page(222, 46, 8.0, paper=(255, 255, 255), fine=None, bold=(190, 190, 190))
    page.line([(14, 28), (210, 28)], thick=0.6)
    page.text(16, 14, name, high=2.2, pen=(120, 120, 120))
    ink = ink_of(255 - page.pixels().min(axis=2))
    assert ink is not None
    found = next(word for word in words_of(ink, 8.0) if word.text == name)
    assert found.likeness > 0.8
