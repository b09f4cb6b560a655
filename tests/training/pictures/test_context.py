"""A beat with its surroundings: what is usual, how it differs, when it comes."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from ecg.beats import SAMPLING_RATE
from ecg.pictures import context
from ecg.pictures.canvas import HEIGHT, WIDTH
from ecg.pictures.context import INTERVALS, STRIP_HALF
from training.databases.marked import MarkedRecording
from training.pictures.representations import REPRESENTATIONS

_pictures = REPRESENTATIONS["context"].pictures

PERIOD = 300
BEAT, DIFFERENCE, STRIP, TACHOGRAM = range(4)


def _recording(peaks: NDArray[np.int64], wide: int = -1, *, width: float = 5.0) -> MarkedRecording:
    """Beats of the same width, the ``wide``-th three times as wide."""
    time = np.arange(peaks[-1] + 600)
    widths = np.where(np.arange(len(peaks)) == wide, 3 * width, width)
    lead = sum(np.exp(-0.5 * ((time - peak) / width) ** 2) for peak, width in zip(peaks, widths, strict=True))
    signal = np.asarray(lead, dtype=np.float32)[:, None]
    return MarkedRecording("synthetic", "nobody", ("MLII",), 0, signal, peaks, np.full(len(peaks), "N"))


def _regular(count: int = 60) -> NDArray[np.int64]:
    return 600 + PERIOD * np.arange(count)


def _dot(column: NDArray[np.uint8]) -> float:
    """The middle of what is darker than the line at one second."""
    ink = np.clip(0.55 * 255 - column.astype(float), 0, None)
    return float((ink * np.arange(len(ink))).sum() / ink.sum())


def test_the_beat_is_that_of_the_trace() -> None:
    recording = _recording(_regular())
    trace = REPRESENTATIONS["trace"].pictures(recording)
    assert (_pictures(recording)[..., BEAT] == trace[..., 0]).all()


@pytest.mark.parametrize("width", [5.0, 14.0])
def test_the_difference_is_flat_for_a_usual_beat_however_wide_it_is(width: float) -> None:
    difference = _pictures(_recording(_regular(), width=width))[30, ..., DIFFERENCE]
    rows = np.flatnonzero((difference < 200).any(axis=1))
    assert rows.max() - rows.min() <= 1


def test_the_difference_shows_a_beat_that_is_unlike_its_neighbours() -> None:
    pictures = _pictures(_recording(_regular(), wide=30))[..., DIFFERENCE]
    heights = [np.ptp(np.flatnonzero((picture < 200).any(axis=1))) for picture in pictures]
    assert int(np.argmax(heights)) == 30
    assert heights[30] > 5 * np.median(heights)


def test_a_beat_takes_no_part_in_what_is_usual_for_it() -> None:
    recording = _recording(_regular(3), wide=1)
    lead = recording.signal[:, 0]
    usual = context.usual_beats(lead, recording.peaks, recording.samples[1:2])[0]
    ordinary = lead[recording.samples[0] - 96 : recording.samples[0] + 96]
    assert usual == pytest.approx(ordinary, abs=1e-3)


def test_the_strip_reaches_1_2_seconds_both_ways() -> None:
    middle = 3000
    far = STRIP_HALF - 20
    assert pytest.approx(1.2) == STRIP_HALF / SAMPLING_RATE
    alone = _pictures(_recording(np.array([middle])))[0, ..., STRIP]
    for other in (middle - far, middle + far):
        peaks = np.sort(np.array([middle, other]))
        row = int(np.flatnonzero(peaks == middle)[0])
        assert not np.array_equal(_pictures(_recording(peaks))[row, ..., STRIP], alone)


def test_an_early_beat_is_a_low_dot_left_of_the_middle_and_its_pause_a_high_one_right_of_it() -> None:
    peaks = _regular(120)
    peaks[60] -= 90
    drawn = _pictures(_recording(peaks))[60, ..., TACHOGRAM]
    usual = _dot(drawn[:, 0])
    per_octave = (HEIGHT - 1) / 2 / context.OCTAVES
    assert _dot(drawn[:, INTERVALS - 1]) - usual == pytest.approx(-np.log2(210 / 300) * per_octave, abs=0.5)
    assert _dot(drawn[:, INTERVALS]) - usual == pytest.approx(-np.log2(390 / 300) * per_octave, abs=0.5)


def test_a_tachogram_is_blank_where_the_recording_has_no_beats() -> None:
    drawn = _pictures(_recording(_regular(60)))[[0, -1], ..., TACHOGRAM]
    line = round((1 - np.log2(SAMPLING_RATE / PERIOD) / context.OCTAVES) * (HEIGHT - 1) / 2)
    dots = np.delete(drawn, range(line - 3, line + 4), axis=1) < 255
    assert not dots[0, :, :INTERVALS].any()
    assert dots[0, :, INTERVALS:].any(axis=0).all()
    assert dots[1, :, :INTERVALS].any(axis=0).all()
    assert not dots[1, :, INTERVALS:].any()


@pytest.mark.parametrize("period", [240, 300, 500])
def test_the_grey_line_tells_how_long_a_second_is(period: int) -> None:
    drawn = context.tachogram(np.full((1, WIDTH), float(period)))[0, :, 0, 0]
    middle = (1 - np.log2(SAMPLING_RATE / period) / context.OCTAVES) * (HEIGHT - 1) / 2
    assert drawn[round(middle)] == pytest.approx(255 * 0.6, abs=1)


def test_intervals_are_told_around_the_nearest_peak() -> None:
    peaks = np.array([100, 400, 800, 1300])
    intervals = context.intervals_around(peaks, np.array([402, 1300]))
    assert intervals[0, INTERVALS - 1 : INTERVALS + 2].tolist() == [300, 400, 500]
    assert np.isnan(intervals[0, : INTERVALS - 1]).all()
    assert intervals[1, INTERVALS - 1] == 500
    assert np.isnan(intervals[1, INTERVALS:]).all()


def test_a_single_beat_has_neither_rhythm_nor_usual_beat() -> None:
    (drawn,) = _pictures(_recording(np.array([2000])))
    assert (drawn[..., TACHOGRAM] >= 150).all()
    assert (drawn[..., DIFFERENCE] == drawn[..., BEAT]).all()
