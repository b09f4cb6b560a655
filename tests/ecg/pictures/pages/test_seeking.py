"""Names of leads that a trace runs through."""

from __future__ import annotations

import pytest

from ecg.pictures.pages.reading import read
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
