"""What filters see in gaps."""

from __future__ import annotations

import numpy as np

from ecg.signal.gaps import bridged

NAN = np.nan


def test_short_gaps_become_lines_and_long_ones_hold_what_is_nearest() -> None:
    values = np.array([[1, NAN, NAN, 4, NAN, NAN, NAN, 8]], np.float32)
    assert bridged(values, 2).tolist() == [[1, 2, 3, 4, 4, 4, 8, 8]]


def test_ends_hold_the_nearest_sample_and_a_lead_without_any_is_zero() -> None:
    values = np.array([[NAN, 2, 3, NAN], [NAN] * 4], np.float32)
    assert bridged(values, 5).tolist() == [[2, 2, 3, 3], [0, 0, 0, 0]]


def test_infinite_values_are_no_samples() -> None:
    assert bridged(np.array([[1, np.inf, 3]], np.float32), 1).tolist() == [[1, 2, 3]]
