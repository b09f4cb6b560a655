"""A rhythm strip has the name of the lead that it equals."""

from __future__ import annotations

import numpy as np

from ecg.pictures.pages.result import RATE, Lead
from ecg.pictures.pages.rhythm_strips import named_by_likeness

TEN = np.random.default_rng(3).normal(size=5000).cumsum().astype(np.float32) / 40


def lead(name: str, row: int, column: int, millivolts: np.ndarray, *, read: bool = True) -> Lead:
    return Lead(name, read, row, column, 2.5 * column, RATE, millivolts, np.empty((0, 2)), (0, 0, 1, 1), 1.0)


def page(strip: Lead) -> list[Lead]:
    others = np.random.default_rng(5)
    leads = [
        lead(name, row, column, others.normal(size=1250).cumsum().astype(np.float32) / 40)
        for name, row, column in (("I", 0, 0), ("aVR", 0, 1), ("III", 1, 0), ("aVF", 1, 1))
    ]
    return [*leads, lead("V1", 2, 1, TEN[1253:2503]), strip]


def test_a_strip_without_a_name_is_the_lead_that_it_equals_at_its_time() -> None:
    *_, strip = named_by_likeness(page(lead("", 3, 0, TEN, read=False)))
    assert (strip.name, strip.name_read) == ("V1", False)


def test_a_name_that_was_misread_gives_way_and_one_that_fits_stays() -> None:
    assert named_by_likeness(page(lead("I", 3, 0, TEN)))[-1].name == "V1"
    assert named_by_likeness(page(lead("V1", 3, 0, TEN)))[-1].name_read


def test_a_strip_that_equals_no_lead_stays_without_a_name() -> None:
    other = np.random.default_rng(9).normal(size=5000).astype(np.float32)
    assert named_by_likeness(page(lead("", 3, 0, other, read=False)))[-1].name == ""


def test_a_name_that_nobody_reads_for_another_stays() -> None:
    """On paper that isn't flat, two leads of one heart may be more alike than one and the same."""
    strip = named_by_likeness(page(lead("III", 3, 0, TEN)))[-1]
    assert (strip.name, strip.name_read) == ("III", True)
    assert named_by_likeness(page(lead("V6", 3, 0, TEN)))[-1].name == "V6"  # no such lead to compare with
