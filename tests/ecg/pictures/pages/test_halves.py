"""Rows that go on with one lead are told from those that change to another in their middle."""

from __future__ import annotations

import numpy as np
import pytest

from ecg.pictures.pages.reading import read
from tests.ecg.pictures.pages import drawn

LIMB = drawn.STANDARD[:6]
CHEST = drawn.STANDARD[6:]
HEIGHTS = dict(zip(drawn.STANDARD, (0.6, 1.0, 0.5, -0.8, 0.3, 0.7, -0.6, 0.9, 1.2, 1.4, 1.1, 0.8), strict=True))
#: Of QRS complexes of limb and of chest leads, the shape differs.
WIDE = np.hanning(31) / np.hanning(31).sum()


def six_rows(*, of_twelve: bool, named: bool, shape: bool = True) -> drawn.Page:
    """Six rows of ten seconds: of the limb leads, or half of each of a chest lead, which is ``named`` or not, and has a
    ``shape`` of its own, or is only twice as high.
    """
    page = drawn.Page(275, 165, 6.0)
    for row, (limb, chest) in enumerate(zip(LIMB, CHEST, strict=True)):
        values = drawn.lead(10, height=HEIGHTS[limb])
        if of_twelve:
            bent = np.convolve(drawn.lead(10, height=-1.3 * HEIGHTS[chest]), WIDE, mode="same") if shape else 2 * values
            values = np.r_[values[: len(values) // 2], bent[len(values) // 2 :]]
        page.trace(14, 24 + 25 * row, values)
        page.text(15, 14 + 25 * row, limb)
        if of_twelve and named:
            page.text(141, 14 + 25 * row, chest)
    page.text(14, 163, "25 mm/s  10 mm/mV")
    return page


def test_six_rows_of_the_limb_leads_are_no_twelve() -> None:
    """As recorders of the six limb leads print them."""
    reading = read(six_rows(of_twelve=False, named=False).pixels())
    assert (reading.layout, tuple(lead.name for lead in reading.leads)) == ("6x1", LIMB)
    assert {round(len(lead.millivolts) / lead.rate) for lead in reading.leads} == {10}


@pytest.mark.parametrize("named", [True, False], ids=["named", "without names of the later half"])
@pytest.mark.parametrize("shape", [True, False], ids=["of another shape", "twice as high"])
def test_rows_that_change_to_another_lead_are_twelve(shape: bool, named: bool) -> None:
    reading = read(six_rows(of_twelve=True, named=named, shape=shape).pixels())
    names = [name for pair in zip(LIMB, CHEST, strict=True) for name in pair]
    assert (reading.layout, [lead.name for lead in reading.leads]) == ("6x2", names)
