"""Filters move nothing in time and see QRS complexes, not what lies beside their band."""

from __future__ import annotations

import numpy as np

from ecg.recording import Recording
from ecg.signal.filters import filtered
from ecg.signal.grid import BLOCK, MARGIN, read_block
from tests.ecg.signal.synthetic import regular, signal_of


def of_signal(values: np.ndarray) -> Recording:
    return Recording.of_array(np.atleast_2d(values), leads=("II",), rate=360)


def test_strength_is_greatest_at_r_peaks() -> None:
    beats = regular(30)
    block = filtered(read_block(of_signal(signal_of(beats, 30)), 0))
    for time, _ in beats:
        around = block.strength[0, int((time - 0.3) * 360) : int((time + 0.3) * 360)]
        assert abs(np.argmax(around) - 108) <= 6


def test_sines_have_the_strength_of_their_amplitude_in_the_band_and_none_far_from_it() -> None:
    times = np.arange(BLOCK) / 360
    for frequency, low, high in ((13, 0.99, 1.01), (1, 0, 0.03), (50, 0, 0.001)):
        strength = filtered(read_block(of_signal(np.sin(2 * np.pi * frequency * times)), 0)).strength
        assert low <= strength[0, MARGIN:-MARGIN].mean() <= high


def test_the_baseline_is_taken_from_the_shape_and_the_beat_is_not() -> None:
    beats = signal_of(regular(30), 30)
    drift = 0.8 * np.sin(2 * np.pi * 0.2 * np.arange(BLOCK) / 360)
    clean, drifting = (filtered(read_block(of_signal(values), 0)).shape[0] for values in (beats, beats + drift))
    assert np.abs(drifting - clean)[MARGIN:-MARGIN].max() < 0.06
    assert clean.max() > 0.7


def test_nothing_is_found_in_gaps_and_nothing_is_not_a_number() -> None:
    values = signal_of(regular(30), 30)
    values[3600:5400] = np.nan
    block = filtered(read_block(of_signal(values), 0))
    for signals in (block.strength, block.shape, block.waves, block.flutter_power, block.qrs_power):
        assert np.isfinite(signals).all()
    assert not block.strength[0, 3600:5400].any()
    assert np.isnan(block.millivolts[0, 3600:5400]).all()
