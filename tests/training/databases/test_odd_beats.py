"""Beats beside the usual one of their recording."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from training.databases import odd_beats

_RATE = 250.0
_PEAKS = np.array([200, 400, 600, 720, 1000, 1200, 1400, 1600])
_WIDE = 3


def _signal(*, usual: bool = False) -> NDArray[np.float32]:
    """Narrow beats in two leads; the fourth is early, wide and turned round."""
    time = np.arange(1900)
    rows = np.zeros((2, len(time)))
    for number, peak in enumerate(_PEAKS):
        width, height = (12, -1.5) if number == _WIDE and not usual else (4, 1.0)
        rows += np.array([[1.0], [0.5]]) * height * np.exp(-0.5 * ((time - peak) / width) ** 2)
    return (rows + np.random.default_rng(3).normal(0, 0.01, rows.shape)).astype(np.float32)


def test_a_wide_early_beat_is_no_member_of_the_family_and_its_pause_is_seen() -> None:
    comparison = odd_beats.compare(_signal(), _RATE, _PEAKS)
    assert comparison.usual.tolist() == [number != _WIDE for number in range(len(_PEAKS))]
    assert comparison.likeness[_WIDE] < 0.5
    assert comparison.likeness[comparison.usual].min() > 0.95
    assert comparison.size[_WIDE] > 1.5
    assert comparison.before[_WIDE] == pytest.approx(0.6)
    assert comparison.after[_WIDE] == pytest.approx(1.4)
    assert comparison.share == pytest.approx(7 / 8)


def test_an_early_beat_of_the_usual_shape_stays_in_the_family() -> None:
    comparison = odd_beats.compare(_signal(usual=True), _RATE, _PEAKS)
    assert comparison.usual.all()
    assert comparison.before[_WIDE] == pytest.approx(0.6)


def test_marks_that_lie_a_little_apart_change_nothing() -> None:
    moved = _PEAKS + np.array([0, 8, -8, 4, 0, -5, 10, 0])
    comparison = odd_beats.compare(_signal(), _RATE, moved)
    assert comparison.usual.tolist() == [number != _WIDE for number in range(len(_PEAKS))]


def test_ends_and_gaps_have_no_interval_and_spread_nothing() -> None:
    signal = _signal()
    signal[1, 1000:1100] = np.nan
    comparison = odd_beats.compare(signal, _RATE, _PEAKS)
    assert np.isnan(comparison.before[0])
    assert np.isnan(comparison.after[-1])
    assert np.isfinite(comparison.likeness).all()


def test_of_two_beats_none_is_the_usual_one() -> None:
    with pytest.raises(ValueError, match="Of 2 beats"):
        odd_beats.compare(_signal(), _RATE, _PEAKS[:2])
