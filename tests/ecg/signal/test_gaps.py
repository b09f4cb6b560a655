"""What filters see in gaps."""

from __future__ import annotations

import numpy as np

from ecg.signal.gaps import bridged, filled

NAN = np.nan


def test_short_gaps_become_lines_and_long_ones_hold_what_is_nearest() -> None:
    values = np.array([[1, NAN, NAN, 4, NAN, NAN, NAN, 8]], np.float32)
    assert bridged(values, 2).tolist() == [[1, 2, 3, 4, 4, 4, 8, 8]]


def test_ends_hold_the_nearest_sample_and_a_lead_without_any_is_zero() -> None:
    values = np.array([[NAN, 2, 3, NAN], [NAN] * 4], np.float32)
    assert bridged(values, 5).tolist() == [[2, 2, 3, 3], [0, 0, 0, 0]]


def test_infinite_values_are_no_samples() -> None:
    assert bridged(np.array([[1, np.inf, 3]], np.float32), 1).tolist() == [[1, 2, 3]]


def test_only_short_gaps_are_filled_where_the_long_ones_are_to_stay() -> None:
    values = np.array([[NAN, 1, NAN, 3, NAN, NAN, 6, NAN], [NAN] * 8], np.float32)
    expected = np.array([[NAN, 1, 2, 3, NAN, NAN, 6, NAN], [NAN] * 8], np.float32)
    assert np.array_equal(filled(values, 1), expected, equal_nan=True)
    assert filled(values, 0) is values
