"""Which beat means which: the nearest, within the match window, never crosswise."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecg.ec57.pairing import NONE, pair


def pairs(reference: list[int], test: list[int], window: int = 54) -> list[tuple[int | None, int | None]]:
    """Samples of each step; None where one file has no beat."""
    steps = pair(np.array(reference, np.int64), np.array(test, np.int64), window)
    return [
        (None if ours == NONE else reference[ours], None if theirs == NONE else test[theirs])
        for ours, theirs in steps.tolist()
    ]


@pytest.mark.parametrize("shift", [-54, -1, 0, 1, 54])
def test_up_to_the_match_window_a_beat_is_the_same(shift: int) -> None:
    assert pairs([1000], [1000 + shift]) == [(1000, 1000 + shift)]


def test_beyond_it_both_stand_alone_in_order_of_time() -> None:
    assert pairs([1000], [945]) == [(None, 945), (1000, None)]
    assert pairs([1000], [1055]) == [(1000, None), (None, 1055)]


def test_of_two_detections_of_one_beat_the_nearer_counts() -> None:
    assert pairs([1000], [970, 1010]) == [(None, 970), (1000, 1010)]
    assert pairs([1000], [990, 1030]) == [(1000, 990), (None, 1030)]
    assert pairs([1000], [1010, 1030]) == [(1000, 1010), (None, 1030)]


def test_of_two_detections_equally_near_the_later_counts() -> None:
    assert pairs([1000], [980, 1020]) == [(None, 980), (1000, 1020)]


def test_of_two_beats_near_one_detection_the_nearer_is_found() -> None:
    assert pairs([1000, 1060], [1040]) == [(1000, None), (1060, 1040)]
    assert pairs([1000, 1060], [1020]) == [(1000, 1020), (1060, None)]


def test_a_detection_nearer_to_a_beat_that_has_its_own_is_left_to_the_beat_before() -> None:
    """A fast run, one of whose detections comes late: 50 after its beat and 40 before the next, which is found."""
    reference = [266_809, 266_935, 267_025, 267_152]
    test = [266_800, 266_985, 267_021, 267_150]
    assert pairs(reference, test) == list(zip(reference, test, strict=True))
    assert pairs(test, reference) == list(zip(test, reference, strict=True))


def test_beats_on_one_sample_are_paired_once_each() -> None:
    assert pairs([1000, 1000], [1000]) == [(1000, 1000), (1000, None)]
    assert pairs([1000, 1000], [1000, 1000]) == [(1000, 1000), (1000, 1000)]


@pytest.mark.parametrize(("reference", "test"), [([], []), ([5], []), ([], [5])])
def test_an_empty_file_has_no_partner_for_anything(reference: list[int], test: list[int]) -> None:
    assert pairs(reference, test) == [(beat, None) for beat in reference] + [(None, beat) for beat in test]


times = st.lists(st.integers(0, 3000), max_size=40).map(sorted)


@settings(deadline=None)
@given(times, times)
def test_every_beat_appears_once_in_order_and_pairs_are_near(reference: list[int], test: list[int]) -> None:
    steps = pair(np.array(reference, np.int64), np.array(test, np.int64), 54)
    for side, beats in enumerate((reference, test)):
        assert [place for place in steps[:, side].tolist() if place != NONE] == list(range(len(beats)))
    near = [abs(reference[ours] - test[theirs]) <= 54 for ours, theirs in steps.tolist() if NONE not in (ours, theirs)]
    assert all(near)
