"""Leads that are recorded for a part of the time, as a page shows them, are looked at where they are."""

from __future__ import annotations

import numpy as np
import pytest

from ecg.features.stream import FEATURES, BeatBlock, beat_blocks
from ecg.leads import STANDARD
from ecg.recording import Recording

RATE = 500
TIMES = np.arange(10 * RATE) / RATE
BEATS = np.arange(0.4, 10, 0.86)
HEIGHTS = (0.6, 1.0, 0.4, -0.8, 0.2, 0.7, -0.5, -0.6, 0.5, 1.1, 1.2, 1.0)
#: Of a beat and of an ectopic one: seconds after the R peak, height and width of each wave.
USUAL = ((-0.16, 0.12, 0.025), (-0.03, -0.1, 0.01), (0.0, 1.0, 0.013), (0.035, -0.22, 0.012), (0.3, 0.28, 0.05))
ECTOPIC = ((0.0, 1.6, 0.045), (0.12, -0.9, 0.06), (0.34, -0.5, 0.06))


def leads_of(ectopic: int | None = None) -> np.ndarray:
    """Ten seconds of twelve leads, millivolts; the beat of this number is ectopic."""
    shape = np.zeros(len(TIMES))
    for number, beat in enumerate(BEATS):
        for after, high, wide in ECTOPIC if number == ectopic else USUAL:
            shape += high * np.exp(-(((TIMES - beat - after) / wide) ** 2) / 2)
    noise = np.random.default_rng(2).normal(0, 0.008, (12, len(TIMES)))
    values: np.ndarray = np.outer(HEIGHTS, shape) + noise
    return values.astype(np.float32)


def shown(values: np.ndarray, columns: int, *, strip: bool = False) -> Recording:
    """What a page of so many columns shows of twelve leads, with II all along or without."""
    page = np.full_like(values, np.nan)
    for number in range(12):
        column = number * columns // 12
        part = slice(column * len(TIMES) // columns, (column + 1) * len(TIMES) // columns)
        page[number, part] = values[number, part]
    if strip:
        page[1] = values[1]
    return Recording.of_array(page, leads=STANDARD, rate=RATE)


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
    column = np.searchsorted([2.5, 5.0, 7.5], BEATS)
    apart = np.abs(BEATS[:, None] - [2.5, 5.0, 7.5]).min(axis=1) > 0.15
    expected = column[:, None] == np.arange(12) // 3
    assert (present[apart] == expected[apart]).all()
