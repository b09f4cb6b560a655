"""Beats as a stream: what each one brings, and that pieces of a recording say what the whole says."""

from __future__ import annotations

import tracemalloc
from dataclasses import replace

import numpy as np
import pytest

from ecg.features.stream import FEATURES, MARGIN_SECONDS, REACH, Beat, beat_blocks, beats_of
from ecg.recording import Millivolts, Recording
from ecg.signal.grid import BLOCK_SECONDS
from tests.ecg.signal.synthetic import regular, two_leads

EARLY = 40
"""A beat that comes early, wide, with a pause after it."""


def rhythm(seconds: float) -> list[tuple[float, str]]:
    beats = regular(seconds)
    return [(t - 0.3, "V") if index == EARLY else (t, kind) for index, (t, kind) in enumerate(beats)]


def feature(beat: Beat, name: str) -> float:
    return float(beat.features[list(FEATURES).index(name)])


@pytest.fixture(scope="module")
def beats() -> list[Beat]:
    return list(beats_of(two_leads(rhythm(90), 90)))


def test_every_beat_is_there_with_its_place_at_both_rates() -> None:
    stream = list(beats_of(two_leads(rhythm(60), 60, 250.0)))
    times = [t for t, _ in rhythm(60)]
    assert np.abs(np.array([beat.sample for beat in stream]) / 360 - times).max() < 0.02
    assert np.abs(np.array([beat.source_sample for beat in stream]) / 250 - times).max() < 0.02


def test_names_are_as_many_as_numbers_and_say_what_they_are(beats: list[Beat]) -> None:
    assert len(FEATURES) == 60 == beats[0].features.shape[0]
    assert beats[0].features.dtype == np.float32
    assert all(FEATURES.values())


def test_an_early_beat_and_its_pause_are_told(beats: list[Beat]) -> None:
    early, usual = beats[EARLY], beats[20]
    assert feature(usual, "rr_usual") == pytest.approx(0.8, abs=0.01)
    assert feature(usual, "before_to_usual") == pytest.approx(1, abs=0.02)
    assert feature(early, "before_to_usual") == pytest.approx(0.5 / 0.8, abs=0.03)
    assert feature(early, "after_to_usual") == pytest.approx(1.1 / 0.8, abs=0.03)
    assert feature(early, "both_to_usual") == pytest.approx(1, abs=0.02)


def test_a_strange_shape_is_told_from_the_usual_one(beats: list[Beat]) -> None:
    early, usual = beats[EARLY], beats[20]
    assert feature(usual, "correlation_qrs_least") > 0.97
    assert feature(early, "correlation_qrs_least") < 0.8
    assert feature(early, "width_to_usual_least") > 1.5
    assert feature(usual, "residual_qrs_greatest") < 0.15
    assert feature(early, "residual_qrs_greatest") > 0.5
    assert np.abs(usual.difference).max() < 0.1
    assert usual.difference.dtype == usual.windows.dtype == np.float32, "as a model takes them"
    assert np.abs(early.difference).max() > 0.5


def test_a_strange_beat_is_alone_and_a_usual_one_is_not(beats: list[Beat]) -> None:
    early, usual = beats[EARLY], beats[20]
    assert feature(usual, "alike_share") > 0.9 < feature(usual, "usual_share")
    assert feature(early, "alike_share") < 0.05
    assert feature(early, "alike_early_share") == 1


def test_windows_hold_the_r_peak_where_they_say(beats: list[Beat]) -> None:
    beat = beats[20]
    assert beat.windows.shape == (2, 192)
    assert beat.strip.shape == (2, 864)
    assert abs(int(np.argmax(beat.windows[0])) - 96) <= 1
    assert np.array_equal(beat.strip[:, 432 - 96 : 432 + 96], beat.windows)


def test_intervals_stand_around_the_beat(beats: list[Beat]) -> None:
    intervals = beats[EARLY].intervals
    assert intervals[47:49] == pytest.approx([0.5, 1.1], abs=0.02)
    assert np.isnan(beats[0].intervals[:48]).all()
    assert np.isnan(beats[-1].intervals[48:]).all()


def test_no_interval_crosses_a_gap_and_windows_keep_it() -> None:
    recording = two_leads(rhythm(90), 90)
    values = recording.read().copy()
    values[:, 30 * 360 : 34 * 360] = np.nan
    beats = list(beats_of(Recording.of_array(values, leads=recording.leads, rate=360)))
    after = next(beat for beat in beats if beat.sample > 34 * 360)
    assert np.isnan(feature(after, "rr_before"))
    assert np.isnan(after.intervals[47])
    assert np.isfinite(feature(after, "rr_after"))
    assert np.isnan(after.strip).any() == (after.sample - 432 < 34 * 360)
    assert np.isfinite(feature(after, "correlation_qrs_mean"))


def test_the_order_of_leads_and_a_lead_that_is_off_change_little() -> None:
    recording = two_leads(rhythm(60), 60)
    values = recording.read()
    swapped = Recording.of_array(values[::-1], leads=("V1", "II"), rate=360)
    for one, other in zip(beats_of(recording), beats_of(swapped), strict=True):
        np.testing.assert_allclose(one.features, other.features, rtol=1e-3, atol=1e-3)


def test_a_recording_of_two_beats_has_no_usual_beat() -> None:
    for beat in beats_of(two_leads([(1.0, "N"), (1.8, "N")], 3)):
        assert np.isnan(beat.difference).all()
        assert np.isnan(beat.features[13:56]).all()


class Piece:
    """A stretch of a recording; who reads outside of it fails."""

    def __init__(self, recording: Recording, begin: int, end: int) -> None:
        self.samples = recording.samples
        self._begin, self._end = max(0, begin), min(end, recording.samples)
        self._values = recording.read(self._begin, self._end)

    def read(self, begin: int, end: int) -> Millivolts:
        assert self._begin <= begin <= end <= self._end
        return self._values[:, begin - self._begin : end - self._begin]


@pytest.mark.parametrize("rate", [250.0, 360.0])
def test_pieces_with_margins_say_to_the_last_bit_what_the_whole_says(rate: float) -> None:
    seconds = 900
    random = np.random.default_rng(2)
    times = np.cumsum(random.uniform(0.5, 1.1, int(seconds / 0.85)))
    recording = two_leads(
        [(float(t), "V" if n % 9 == 0 else "N") for n, t in enumerate(times) if t < seconds], seconds, rate
    )
    whole = {block.index: block for block in beat_blocks(recording)}
    for blocks in (range(4), range(9, 12), range(12, 13), range(25, 30)):
        begin = round((blocks.start * BLOCK_SECONDS - MARGIN_SECONDS) * rate) - 200
        end = round((blocks.stop * BLOCK_SECONDS + MARGIN_SECONDS) * rate) + 200
        piece = replace(recording, signal=Piece(recording, begin, end))
        for block in beat_blocks(piece, blocks):
            same = whole[block.index]
            assert np.array_equal(block.source_samples, same.source_samples)
            assert np.array_equal(block.features, same.features, equal_nan=True)
            assert np.array_equal(block.windows.strips, same.windows.strips, equal_nan=True)
            assert np.array_equal(block.usual.window, same.usual.window, equal_nan=True)
            assert np.array_equal(block.windows.waves, same.windows.waves, equal_nan=True)
            assert np.array_equal(block.atrial, same.atrial, equal_nan=True)
            assert np.array_equal(block.odd, same.odd)
    assert REACH * BLOCK_SECONDS < MARGIN_SECONDS


class Endless:
    """The same minute again and again."""

    def __init__(self, minute: Recording, minutes: int) -> None:
        self._minute, self.samples = minute.read(), minutes * minute.samples

    def read(self, begin: int, end: int) -> Millivolts:
        return self._minute[:, np.arange(begin, end) % self._minute.shape[1]]


def test_memory_does_not_grow_with_the_recording() -> None:
    minute = two_leads(regular(60), 60)
    tracemalloc.start()
    peaks = []
    for minutes in (12, 36):
        tracemalloc.reset_peak()
        for _ in beat_blocks(replace(minute, signal=Endless(minute, minutes))):
            pass
        peaks.append(tracemalloc.get_traced_memory()[1])
    tracemalloc.stop()
    assert peaks[1] < 1.1 * peaks[0]
    assert peaks[1] < 60e6
