"""Ink that two rows share is cut between them."""

from __future__ import annotations

import numpy as np

from ecg.pictures.ink.strokes import Runs
from ecg.pictures.pages.sharing import shared_out


def test_waves_that_touch_are_cut_where_they_met_and_stay_between_the_rows() -> None:
    # Row 20 goes down to 58, row 80 up to 62; in column 1 both are one run, which reaches above the one and below the
    # other.
    columns = np.array([0, 0, 1, 2, 2])
    starts, ends = np.array([18, 62, 10, 18, 62]), np.array([58, 82, 95, 58, 82])
    upper, lower = shared_out([np.array([0, 2, 3]), np.array([1, 2, 4])], [20.0, 80.0], Runs(columns, starts, ends))
    assert (upper.shared, lower.shared) == (1, 1)
    assert (upper.runs.starts.tolist(), upper.runs.ends.tolist()) == ([18, 10, 18], [58, 60, 58])
    assert (lower.runs.starts.tolist(), lower.runs.ends.tolist()) == ([62, 60, 62], [82, 95, 82])


def test_rows_of_their_own_stay_as_they_are() -> None:
    runs = Runs(np.array([0, 0, 1, 1]), np.array([10, 50, 11, 51]), np.array([12, 52, 13, 53]))
    upper, lower = shared_out([np.array([0, 2]), np.array([1, 3])], [11.0, 51.0], runs)
    assert (upper.shared, lower.shared) == (0, 0)
    assert upper.runs.ends.tolist() == [12, 13]
    assert lower.runs.starts.tolist() == [50, 51]
