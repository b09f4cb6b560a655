"""Names of leads that a trace runs through, and units that can't be read letter by letter."""

from __future__ import annotations

from unittest.mock import Mock

import numpy as np
import pytest

from ecg.pictures.pages import seeking
from ecg.pictures.pages.ink import ink_of
from ecg.pictures.pages.layouts import Named
from ecg.pictures.pages.lettering import NUMBERS
from ecg.pictures.pages.reading import read
from ecg.pictures.pages.seeking import Row, sought, sought_units
from ecg.pictures.pages.words import Word, words_of
from tests.ecg.pictures.pages import drawn


def rows(crossed: str, *, beside: bool) -> drawn.Page:
    """Rows of one lead each, the name of the first of them on a wave."""
    page = drawn.Page(222, 80, 6.0)
    page.trace(14, 28, drawn.lead(8, late=0.2, height=1.6))
    page.text(16.3, 18, crossed)
    page.trace(14, 60, drawn.lead(8, late=0.6))
    if beside:
        page.text(16.3, 50, "V2")
    page.text(8, 77, "25 mm/s  10 mm/mV")
    return page


@pytest.mark.parametrize(("crossed", "beside"), [("aVL", False), ("aVL", True), ("aVF", False), ("V5", True)])
def test_a_name_on_a_wave_is_found(crossed: str, beside: bool) -> None:
    assert [lead.name for lead in read(rows(crossed, beside=beside).pixels()).leads] == [
        crossed,
        "V2" if beside else "",
    ]


def tall(crossed: str, first: float, *, beside: bool) -> list[str]:
    """Names read of two rows, that of the upper one crossed by waves taller than it, the first at ``first``, mm."""
    page = drawn.Page(222, 80, 6.0)
    peaks = np.arange(first, 200, 21.0).tolist()
    waves = [(x, y) for peak in peaks for x, y in ((peak - 0.9, 34), (peak, 7), (peak + 0.9, 34))]
    page.line([(14, 34), *waves, (214, 34)], thick=0.5)
    page.text(16.3, 21, crossed)
    page.trace(14, 64, drawn.lead(8, late=0.6))
    if beside:
        page.text(16.3, 51, "V1")
    page.text(8, 77, "25 mm/s  10 mm/mV")
    return [lead.name for lead in read(page.pixels()).leads]


@pytest.mark.parametrize(("crossed", "beside"), [("V3", True), ("V2", False)])
def test_a_name_is_known_by_what_a_tall_wave_leaves_of_it(crossed: str, beside: bool) -> None:
    assert tall(crossed, 18.4, beside=beside) == [crossed, "V1" if beside else ""]


@pytest.mark.parametrize("crossed", ["V2", "V3", "V6"])
def test_a_name_whose_figure_is_covered_is_not_guessed(crossed: str) -> None:
    assert tall(crossed, 19.0, beside=False)[0] == ""


def test_where_no_name_stands_none_is_found() -> None:
    assert [lead.name for lead in read(rows("", beside=True).pixels()).leads] == ["", "V2"]
    assert [lead.name for lead in read(rows("", beside=False).pixels()).leads] == ["", ""]


@pytest.mark.parametrize(("speed", "gain"), [(25, 5), (50, 20), (25, 10)])
def test_units_whose_letters_run_into_each_other_are_found_behind_their_numbers(speed: int, gain: int) -> None:
    page = drawn.Page(222, 46, 6.0, fine=None, bold=None)
    page.line([(14, 28), (210, 28)])
    page.text(12, 40, f"{speed} mm/s   {gain} mm/mV", high=3.0)
    ink = ink_of(255 - page.pixels().min(axis=2))
    assert ink is not None
    words = [word for word in words_of(ink, 6.0) if word.text in NUMBERS]  # as if nothing else had been read
    assert [word.text for word in words] == [str(speed), str(gain)]
    assert [unit.text for unit in sought_units(ink, words)] == ["mm/s", "mm/mV"]


@pytest.mark.parametrize("behind", ["bpm", "ms", "Hz", "years", "min"])
def test_numbers_before_something_else_have_no_unit_of_the_scale(behind: str) -> None:
    page = drawn.Page(222, 46, 6.0, fine=None, bold=None)
    page.line([(14, 28), (210, 28)])
    page.text(12, 40, f"25 {behind}  10 {behind}", high=3.0)
    ink = ink_of(255 - page.pixels().min(axis=2))
    assert ink is not None
    assert not sought_units(ink, words_of(ink, 6.0))


def test_a_texture_of_numbers_costs_no_more_than_a_page(monkeypatch: pytest.MonkeyPatch) -> None:
    ink = ink_of(255 - drawn.strip(scale=6.0).pixels().min(axis=2))
    assert ink is not None
    looked = Mock(wraps=seeking._all)
    monkeypatch.setattr(seeking, "_all", looked)
    numbers = [Word("25", 0.9, (20 + 9 * n, 30, 28 + 9 * n, 44), (), "25", 44) for n in range(400)]
    sought_units(ink, numbers)
    assert 1 <= looked.call_count <= 20


@pytest.mark.parametrize("left", [-400, 0, 1_500])
def test_names_beside_what_is_beyond_the_page_are_not_found(left: int) -> None:
    ink = ink_of(255 - drawn.strip(scale=6.0).pixels().min(axis=2))
    assert ink is not None
    words = [Word("V2", 0.9, (left, 40, left + 30, 56), (), "V2", 56)]
    rows = [Row(90.0, 700.0, 1300.0), Row(160.0, 5.0, 1300.0)]
    names = [Named("V2", 0, float(left))]
    assert not sought(ink, words, rows, [1], names, 6.0, bars=False)
