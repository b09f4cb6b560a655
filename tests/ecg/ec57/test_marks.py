"""Marks, the test period, and stretches of time."""

from __future__ import annotations

import numpy as np
import pytest

from ecg.ec57.marks import Marks, Period, Stretches
from ecg.recording import Annotations


def test_marks_out_of_order_are_refused() -> None:
    with pytest.raises(ValueError, match="order of time"):
        Marks.of([5, 4], ["N", "N"])


def test_marks_of_different_lengths_are_refused() -> None:
    with pytest.raises(ValueError, match="one symbol"):
        Marks.of([5, 6], ["N"])


def test_a_recordings_annotations_are_marks() -> None:
    annotations = Annotations(np.array([3, 9]), np.array(["+", "N"]), np.array(["(AFIB", ""]))
    marks = Marks.of_annotations(annotations)
    assert (marks.symbols.tolist(), marks.notes.tolist(), marks.subtypes.tolist()) == (
        ["+", "N"],
        ["(AFIB", ""],
        [0, 0],
    )


@pytest.mark.parametrize(("rate", "start", "window"), [(360.0, 108_000, 54), (250.0, 75_000, 38), (128.0, 38_400, 19)])
def test_five_minutes_and_150_ms_in_samples(rate: float, start: int, window: int) -> None:
    period = Period(rate)
    assert (period.start, period.window) == (start, window)


def test_the_first_and_the_last_sample_belong_to_the_period() -> None:
    period = Period(100.0, end=400, learning_seconds=3)
    assert period.inside(np.array([299, 300, 400, 401])).tolist() == [False, True, True, False]


@pytest.mark.parametrize("wrong", [{"rate": 0.0}, {"rate": 1.0, "learning_seconds": -1.0}])
def test_a_period_that_makes_no_sense_is_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=r"rate|negative"):
        Period(**wrong)  # type: ignore[arg-type] # mypy can't tell which field is which


def test_without_a_length_the_record_ends_with_the_last_mark_of_both() -> None:
    some, more, none = Marks.of([5, 9], ["N", "N"]), Marks.of([12], ["N"]), Marks.of([], [])
    assert Period(1.0).closed_by(some, more) == 12
    assert Period(1.0, end=100).closed_by(some, more) == 100
    assert Period(1.0).closed_by(none, none) == 0


def test_stretches_hold_their_bounds_but_span_only_what_is_between() -> None:
    stretches = Stretches.of([(10, 20), (30, 40), (50, 45)])
    assert stretches.hold(np.array([9, 10, 20, 21, 30, 50])).tolist() == [False, True, True, False, True, False]
    assert [stretches.span(sample) for sample in (10, 11, 19, 20, 25)] == [False, True, True, False, False]
    assert stretches.total == 20


def test_clipped_stretches_lie_between_the_bounds() -> None:
    clipped = Stretches.of([(0, 10), (15, 30), (35, 50), (60, 70)]).clipped(10, 40)
    assert list(zip(clipped.begins.tolist(), clipped.ends.tolist(), strict=True)) == [(15, 30), (35, 40)]
