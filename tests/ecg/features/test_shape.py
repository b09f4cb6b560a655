"""How much QRS complexes are like the usual one, roughly, for all beats of some minutes."""

from __future__ import annotations

import numpy as np
import pytest

from ecg.features.reach import SHAPE_AFTER, SHAPE_BEFORE, SHAPE_MARGIN
from ecg.features.shape import qrs_likeness

WIDTH = SHAPE_BEFORE + SHAPE_AFTER
WEIGHTS = np.array([3.0, 1.0], np.float32)


def beat(later: int = 0, height: float = 1.0, width: float = 5.0, samples: int = WIDTH) -> np.ndarray:
    middle = SHAPE_BEFORE + later + (samples - WIDTH) // 2
    lead = height * np.exp(-0.5 * ((np.arange(samples) - middle) / width) ** 2)
    return np.stack([lead, -0.5 * lead]).astype(np.float32)


def likeness(*beats: np.ndarray) -> np.ndarray:
    return qrs_likeness(np.stack(beats), beat(), np.tile(WEIGHTS, (len(beats), 1)))


def with_margins(**how: float) -> np.ndarray:
    return beat(samples=WIDTH + 2 * SHAPE_MARGIN, **how)  # type: ignore[arg-type]


def test_height_and_a_small_shift_make_no_difference_but_the_form_does() -> None:
    found = likeness(with_margins(), with_margins(height=3.0), with_margins(later=4), with_margins(height=-1.0))
    assert found[:3].tolist() == pytest.approx([1, 1, 1], abs=1e-3)
    assert found[3] < 0
    assert likeness(with_margins(width=25.0))[0] < 0.8


def test_a_lead_counts_by_its_weight() -> None:
    turned = with_margins()
    turned[1] *= -1
    other = with_margins()
    other[0] *= -1
    assert likeness(turned)[0] > 0.4 > likeness(other)[0]


def test_a_lead_that_was_not_recorded_then_does_not_count() -> None:
    lost = with_margins()
    lost[1] = 0
    beats = np.stack([lost, lost])
    found = qrs_likeness(beats, beat(), np.array([[3.0, 0.0], [3.0, 1.0]], np.float32))
    assert found.tolist() == pytest.approx([1.0, 0.75], abs=1e-3)


def test_without_a_usual_beat_it_is_unknown() -> None:
    nothing = np.full((2, WIDTH), np.nan, np.float32)
    assert np.isnan(qrs_likeness(with_margins()[None], nothing, WEIGHTS[None])).all()
