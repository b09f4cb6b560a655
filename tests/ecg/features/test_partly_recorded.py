"""Leads that are recorded for a part of the time, as a page shows them, are looked at where they are."""

from __future__ import annotations

import numpy as np
import pytest

from ecg.features.stream import FEATURES, BeatBlock, beat_blocks
from ecg.recording import Recording
from tests.ecg.signal.synthetic import on_a_page, regular, twelve_leads

RATE = 500.0
SECONDS = 10.0
BEATS = regular(SECONDS, 0.86, 0.4)


def leads_of(ectopic: int | None = None) -> np.ndarray:
    """Ten seconds of twelve leads, millivolts; the beat of this number is ectopic."""
    beats = [(time, "V" if number == ectopic else kind) for number, (time, kind) in enumerate(BEATS)]
    return twelve_leads(beats, SECONDS, RATE)


def shown(values: np.ndarray, columns: int, *, strip: bool = False) -> Recording:
    return on_a_page(values, RATE, columns, strip=strip)


def block_of(recording: Recording) -> BeatBlock:
    (block,) = beat_blocks(recording)
    return block


PAGES = pytest.mark.parametrize(("columns", "strip"), [(1, False), (2, False), (4, False), (4, True)])


@PAGES
def test_beats_are_like_the_usual_one_in_whatever_leads_they_are_shown(columns: int, strip: bool) -> None:
    block = block_of(shown(leads_of(), columns, strip=strip))
    numbers = dict(zip(FEATURES, block.features.T, strict=True))
    assert len(block) == len(BEATS)
    assert not block.odd.any()
    assert (numbers["correlation_qrs_mean"] > 0.95).all()
    assert (numbers["residual_qrs_greatest"] < 0.5).all()
    assert numbers["usual_share"] == pytest.approx(1.0)
    assert numbers["alike_share"] == pytest.approx(1.0)


@PAGES
@pytest.mark.parametrize("ectopic", [1, 4, 8])
def test_an_ectopic_beat_is_odd_in_whatever_column_it_stands(columns: int, strip: bool, ectopic: int) -> None:
    block = block_of(shown(leads_of(ectopic), columns, strip=strip))
    assert np.flatnonzero(block.odd).tolist() == [ectopic]


@PAGES
def test_the_usual_beat_is_that_of_the_whole_recording(columns: int, strip: bool) -> None:
    values = leads_of()
    whole, page = block_of(shown(values, 1)), block_of(shown(values, columns, strip=strip))
    difference = page.usual.shape - whole.usual.shape
    assert np.sqrt(np.square(difference).mean(axis=1)) == pytest.approx(np.zeros(12), abs=0.03)
    level = np.abs(page.usual.window - whole.usual.window)[:, 40:-40]
    assert np.nanmax(level) < 0.1


def test_a_lead_is_present_where_it_was_recorded_around_the_beat() -> None:
    present = block_of(shown(leads_of(), 4)).windows.present
    times = np.array([time for time, _ in BEATS])
    column = np.searchsorted([2.5, 5.0, 7.5], times)
    apart = np.abs(times[:, None] - [2.5, 5.0, 7.5]).min(axis=1) > 0.15
    expected = column[:, None] == np.arange(12) // 3
    assert (present[apart] == expected[apart]).all()
