"""What the served model says of leads that a page shows a few at a time."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from ecg.leads import STANDARD
from ecg.recording import Recording
from inference_server.models.recording_model import RecordingModel
from inference_server.recordings.analysis import analyse

SERVED = Path(__file__).parents[3] / "models" / "arrhythmia-recording" / "3"
RATE = 500
TIMES = np.arange(10 * RATE) / RATE
HEIGHTS = (0.6, 1.0, 0.4, -0.8, 0.2, 0.7, -0.5, -0.6, 0.5, 1.1, 1.2, 1.0)
WAVES = ((-0.16, 0.12, 0.025), (-0.03, -0.1, 0.01), (0.0, 1.0, 0.013), (0.035, -0.22, 0.012), (0.3, 0.28, 0.05))


def normal_rhythm() -> np.ndarray:
    """Twelve leads, millivolts, and a little noise."""
    waves = [
        high * np.exp(-(((TIMES - beat - after) / wide) ** 2) / 2)
        for beat in np.arange(0.4, 10, 0.86)
        for after, high, wide in WAVES
    ]
    values: np.ndarray = np.outer(HEIGHTS, np.sum(waves, axis=0))
    return values + np.random.default_rng(1).normal(0, 0.01, values.shape)


@pytest.fixture(scope="module")
def model() -> RecordingModel:
    return RecordingModel.load(SERVED)


@pytest.mark.parametrize("columns", [1, 2, 4])
def test_normal_beats_are_normal_however_a_page_divides_its_leads(model: RecordingModel, columns: int) -> None:
    values = normal_rhythm()
    column = np.arange(12)[:, None] * columns // 12
    page = np.where(column == np.arange(len(TIMES)) * columns // len(TIMES), values, np.nan).astype(np.float32)
    beats = analyse(Recording.of_array(page, leads=STANDARD, rate=RATE), model).beats
    assert Counter(beats.classes.tolist()) == {0: 12}
