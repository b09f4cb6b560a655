"""Names of leads that a trace runs through, and units that can't be read letter by letter."""

from __future__ import annotations

import pytest

from ecg.pictures.pages.ink import ink_of
from ecg.pictures.pages.reading import read
from ecg.pictures.pages.seeking import sought_units
from ecg.pictures.pages.words import NUMBERS, words_of
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
