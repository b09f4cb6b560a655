"""R peaks: where they are, whatever happens beside them, and the same however a recording is cut."""

from __future__ import annotations

import time

import numpy as np
import pytest

from ecg.ec57.pairing import pair
from ecg.peaks.choosing import REFRACTORY
from ecg.peaks.stream import REACH, all_peaks, peaks
from ecg.recording import Recording
from ecg.signal.grid import BLOCK, block_count
from tests.ecg.signal.synthetic import noise, regular, signal_of, two_leads

LONG = 150.0
RHYTHM = [(t, "V" if index % 7 == 4 else "N") for index, (t, _) in enumerate(regular(LONG, 0.75))]


def errors(recording: Recording, beats: list[tuple[float, str]]) -> tuple[int, int]:
    """Missed and invented beats, by EC57's 150 ms."""
    expected = np.array([round(t * recording.rate) for t, _ in beats], np.int64)
    steps = pair(expected, all_peaks(recording), round(0.15 * recording.rate))
    return int((steps[:, 1] < 0).sum()), int((steps[:, 0] < 0).sum())


@pytest.mark.parametrize("rate", [128.0, 250.0, 360.0, 1000.0])
def test_every_beat_is_found_at_any_rate(rate: float) -> None:
    assert errors(two_leads(RHYTHM, LONG, rate), RHYTHM) == (0, 0)


def test_r_peaks_lie_on_the_extreme_of_the_beat() -> None:
    beats = regular(60)
    found = all_peaks(two_leads(beats, 60))
    assert np.abs(found / 360 - [t for t, _ in beats]).max() <= 0.006


def test_one_lead_is_enough() -> None:
    lead = signal_of(RHYTHM, LONG)
    assert errors(Recording.of_array(lead[None], leads=("ECG",), rate=360), RHYTHM) == (0, 0)


def test_bursts_of_noise_in_one_lead_cost_no_beats_and_make_none() -> None:
    recording = two_leads(RHYTHM, LONG)
    values = recording.read().copy()
    for begin in range(20 * 360, 120 * 360, 700):
        values[1, begin : begin + 60] += noise(60, 1.5, begin)
    noisy = Recording.of_array(values, leads=recording.leads, rate=360)
    assert errors(noisy, RHYTHM) == (0, 0)


@pytest.mark.parametrize("lost", ["nan", "flat", "saturated"])
def test_a_lost_stretch_costs_no_beats_elsewhere(lost: str) -> None:
    recording = two_leads(RHYTHM, LONG)
    values = recording.read().copy()
    stretch = slice(40 * 360, 55 * 360)
    values[:, stretch] = {"nan": np.nan, "flat": 0.0, "saturated": 5.0}[lost]
    left = [beat for beat in RHYTHM if not 39.7 < beat[0] < 55.3]
    missed, invented = errors(Recording.of_array(values, leads=recording.leads, rate=360), left)
    assert missed == 0
    assert invented <= 3  # the steps up and down, and a beat that is cut in two


def test_single_samples_without_a_value_cost_nothing() -> None:
    recording = two_leads(RHYTHM, LONG)
    values = recording.read().copy()
    values[:, ::500] = np.nan
    assert errors(Recording.of_array(values, leads=recording.leads, rate=360), RHYTHM) == (0, 0)


def test_a_lead_that_is_off_disturbs_no_other() -> None:
    lead = signal_of(RHYTHM, LONG)
    for second in (np.zeros_like(lead), np.full_like(lead, np.nan), noise(len(lead), 0.3)):
        recording = Recording.of_array(np.stack([lead, second]), leads=("II", "V1"), rate=360)
        assert errors(recording, RHYTHM) == (0, 0)


@pytest.mark.parametrize("seconds", [5, 12, 25])
def test_a_long_pause_has_no_beats_for_all_its_p_waves(seconds: int) -> None:
    beats = [beat for beat in regular(LONG) if not 60 < beat[0] < 60 + seconds]
    lead = signal_of(beats, LONG) + noise(round(LONG * 360), 0.015)
    times = np.arange(len(lead)) / 360
    for p_wave in np.arange(60.5, 60 + seconds - 0.5, 0.7):
        lead += 0.12 * np.exp(-0.5 * ((times - p_wave) / 0.025) ** 2)
    assert errors(Recording.of_array(lead[None], leads=("II",), rate=360), beats) == (0, 0)


@pytest.mark.parametrize("value", [0.0, np.nan, 3.0])
def test_where_nothing_is_there_is_nothing(value: float) -> None:
    assert len(all_peaks(Recording.of_array(np.full((2, 20_000), value), leads=("a", "b"), rate=360))) == 0


@pytest.mark.parametrize("samples", [1, 100, 1000])
def test_recordings_of_a_moment_are_read(samples: int) -> None:
    assert len(all_peaks(Recording.of_array(np.zeros((1, samples)), leads=("a",), rate=360))) == 0


def test_flat_tails_cost_no_time() -> None:
    beats = regular(60)
    values = np.zeros((1, 40 * 60 * 360), np.float32)
    values[0, : 60 * 360] = signal_of(beats, 60)
    started = time.process_time()
    assert errors(Recording.of_array(values, leads=("ECG",), rate=360), beats) == (0, 0)
    assert time.process_time() - started < 5


@pytest.mark.parametrize("rate", [250.0, 360.0])
def test_a_piece_with_its_surroundings_gives_the_same_bits(rate: float) -> None:
    recording = two_leads([(t, k) for t, k in regular(330, 0.7)], 330, rate)
    whole = list(peaks(recording))
    assert [block.index for block in whole] == list(range(block_count(330 * 360)))
    for blocks in (range(3), range(4, 6), range(9, 11)):
        first = max(0, int((blocks.start - REACH) * BLOCK / 360 * rate) - round(rate))
        values = recording.read().copy()
        values[:, :first] = 9.0  # nobody may look at what lies before
        values[:, int((blocks.stop + REACH) * BLOCK / 360 * rate) + round(rate) :] = -9.0
        piece = Recording.of_array(values, leads=recording.leads, rate=rate)
        for block in peaks(piece, blocks):
            assert np.array_equal(block.samples, whole[block.index].samples)
            assert np.array_equal(block.strength, whole[block.index].strength)


def test_beats_are_never_closer_than_ventricles_can_be_excited() -> None:
    values = noise((1, 300 * 360), 0.3)
    values[0, 40_000:70_000] *= np.linspace(0, 5, 30_000)
    found = all_peaks(Recording.of_array(values, leads=("ECG",), rate=360))
    assert len(found) > 300
    assert np.diff(found).min() > REFRACTORY


def test_no_beat_is_lost_or_doubled_at_the_borders_of_blocks() -> None:
    for shift in np.arange(-0.1, 0.11, 0.02):
        beats = [(t + shift, k) for t, k in regular(95, 1.0, first=1.0)]  # one beat on each border
        assert errors(two_leads(beats, 95), beats) == (0, 0)
