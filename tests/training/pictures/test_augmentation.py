from __future__ import annotations

import numpy as np
import pytest

from ecg.beats import STORED_SAMPLES
from ecg.pictures.rendering import picture_window
from training.pictures.augmentation import SignalAugmentation, augment, vary_geometry

STILL = SignalAugmentation(gain=1, shift=0, stretch=0, wander_mv=0, offset_mv=0, muscle_mv=0, mains_mv=0)


def _ramps(count: int = 64) -> np.ndarray:
    return np.tile(np.linspace(-1, 1, STORED_SAMPLES, dtype=np.float32), (count, 1))


def test_no_amounts_change_nothing() -> None:
    stored = _ramps()
    assert np.allclose(augment(stored, np.random.default_rng(0), STILL), picture_window(stored), atol=1e-6)


def test_time_is_never_mirrored() -> None:
    varied = augment(_ramps(500), np.random.default_rng(0), SignalAugmentation(wander_mv=0, muscle_mv=0, mains_mv=0))
    assert (np.diff(varied, axis=1) > 0).all()


def test_gain_stays_within_its_range() -> None:
    stored = np.ones((500, STORED_SAMPLES), dtype=np.float32)
    only_gain = SignalAugmentation(gain=2, shift=0, stretch=0, wander_mv=0, offset_mv=0, muscle_mv=0, mains_mv=0)
    gains = augment(stored, np.random.default_rng(0), only_gain)[:, 0]
    assert 0.5 <= gains.min() < 0.6
    assert 1.8 < gains.max() <= 2.0


def test_every_copy_differs_and_the_generator_decides() -> None:
    first = augment(_ramps(), np.random.default_rng(1))
    assert (first[0] != first[1]).any()
    assert (first == augment(_ramps(), np.random.default_rng(1))).all()


def test_amounts_beyond_the_stored_margin_are_refused() -> None:
    with pytest.raises(ValueError, match="beyond the stored samples"):
        augment(_ramps(), np.random.default_rng(0), SignalAugmentation(shift=40))


def test_a_varied_geometry_keeps_the_trace_on_the_paper() -> None:
    generator = np.random.default_rng(0)
    for _ in range(200):
        varied = vary_geometry(generator)
        assert 0 < varied.left < varied.right < varied.width
        assert 0 < varied.top < varied.bottom < varied.height
        assert varied.lowest_mv < 0 < varied.highest_mv
