"""A recording: leads by name, read a stretch at a time."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pytest

from ecg.recording import Annotations, Recording


def two_leads(samples: int = 10) -> Recording:
    values = np.stack([np.arange(samples), -np.arange(samples)]).astype(float)
    return Recording.of_array(values, leads=("II", "V1"), rate=2.0, start=datetime(2026, 1, 1, tzinfo=UTC))


def test_a_stretch_has_one_row_for_each_lead() -> None:
    assert two_leads().read(2, 5).tolist() == [[2, 3, 4], [-2, -3, -4]]


@pytest.mark.parametrize(("begin", "end", "samples"), [(-3, 4, 4), (8, 99, 2), (99, 100, 0), (5, 2, 0)])
def test_bounds_beyond_the_recording_are_brought_back(begin: int, end: int, samples: int) -> None:
    assert two_leads().read(begin, end).shape == (2, samples)


def test_a_lead_is_found_by_its_name() -> None:
    assert two_leads(3).lead("V1").tolist() == [0, -1, -2]
    with pytest.raises(KeyError, match="'III'; there are II, V1"):
        two_leads().lead("III")


def test_blocks_cover_the_recording_once() -> None:
    blocks = list(two_leads(10).blocks(seconds=2.0))
    assert [begin for begin, _ in blocks] == [0, 4, 8]
    assert np.concatenate([block for _, block in blocks], axis=1).shape == (2, 10)


def test_time_counts_from_the_start() -> None:
    recording = two_leads()
    assert recording.seconds == 5
    assert recording.time_of(3) == datetime(2026, 1, 1, 0, 0, 1, 500_000, tzinfo=UTC)
    assert Recording.of_array(np.zeros((1, 2)), leads=("I",), rate=1.0).time_of(1) is None


def test_what_can_not_be_a_recording_is_refused() -> None:
    with pytest.raises(ValueError, match="positive rate"):
        Recording.of_array(np.zeros((1, 2)), leads=("I",), rate=0.0)
    with pytest.raises(ValueError, match="different names"):
        Recording.of_array(np.zeros((2, 2)), leads=("I", "I"), rate=1.0)
    with pytest.raises(ValueError, match="2 rows"):
        Recording.of_array(np.zeros((1, 2)), leads=("I", "II"), rate=1.0)
    with pytest.raises(ValueError, match="one symbol"):
        Annotations(np.zeros(2, np.int64), np.array(["N"]), np.array([""]))
