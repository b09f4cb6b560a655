"""A rhythm strip has the name of the lead that it equals."""

from __future__ import annotations

import numpy as np
import pytest

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


def test_of_two_strips_with_one_name_that_which_equals_another_lead_is_that() -> None:
    leads = page(lead("III", 4, 0, TEN))
    third = np.concatenate([leads[2].millivolts, TEN[1250:]])
    *_, own, other = named_by_likeness([*leads[:-1], lead("III", 3, 0, third), leads[-1]])
    assert (own.name, own.name_read) == ("III", True)
    assert (other.name, other.name_read) == ("V1", False)


def test_a_strip_that_equals_no_lead_stays_without_a_name() -> None:
    other = np.random.default_rng(9).normal(size=5000).astype(np.float32)
    assert named_by_likeness(page(lead("", 3, 0, other, read=False)))[-1].name == ""


def test_a_name_that_nobody_reads_for_another_stays() -> None:
    """On paper that isn't flat, two leads of one heart may be more alike than one and the same."""
    strip = named_by_likeness(page(lead("III", 3, 0, TEN)))[-1]
    assert (strip.name, strip.name_read) == ("III", True)
    assert named_by_likeness(page(lead("V6", 3, 0, TEN)))[-1].name == "V6"  # no such lead to compare with


@pytest.mark.parametrize(("read", "equals"), [("I", "II"), ("I", "III"), ("II", "II"), ("I", "I")])
def test_of_two_leads_that_look_alike_a_lone_bar_is_the_one_that_it_equals(read: str, equals: str) -> None:
    first = TEN[:1250]
    alike = first + 0.5 * float(first.std()) * np.sin(np.arange(1250, dtype=np.float32) / 15)
    other = "II" if equals == "I" else "I"
    leads = [lead(other, 0, 0, alike), lead("V1", 0, 1, TEN[3000:4250])]
    leads += [lead(equals, 1, 0, first), lead("V2", 1, 1, TEN[3500:4750])]
    assert named_by_likeness([*leads, lead(read, 3, 0, TEN)])[-1].name == equals


def test_of_names_of_bars_the_likest_counts_though_another_lead_is_nearly_the_same() -> None:
    second, noise = TEN[:1250], np.random.default_rng(11).normal(size=(2, 1250)).astype(np.float32)
    nearly, other = (second + share * float(second.std()) * noise[n] for n, share in enumerate((0.03, 0.4)))
    leads = [lead("I", 0, 0, other), lead("V1", 0, 1, TEN[3000:4250])]
    leads += [lead("II", 1, 0, second + 0.02 * noise[0]), lead("V2", 1, 1, TEN[3500:4750])]
    leads += [lead("aVF", 2, 0, nearly), lead("V3", 2, 1, TEN[3600:4850])]
    *_, strip = named_by_likeness([*leads, lead("I", 3, 0, TEN)])
    assert (strip.name, strip.name_read) == ("II", False)


def test_of_two_leads_that_are_nearly_the_same_the_strip_is_the_one_that_it_equals_exactly() -> None:
    noise = np.random.default_rng(7).normal(size=1250).astype(np.float32)
    nearly = TEN[:1250] + 0.12 * float(TEN[:1250].std()) * noise
    leads = [lead("aVF", 0, 0, nearly), lead("V1", 0, 1, TEN[3000:4250])]
    leads += [lead("II", 1, 0, TEN[:1250]), lead("V2", 1, 1, TEN[3500:4750])]
    assert named_by_likeness([*leads, lead("", 3, 0, TEN, read=False)])[-1].name == "II"
