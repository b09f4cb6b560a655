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
from tests.ecg.signal.synthetic import on_a_page, regular, twelve_leads

SERVED = Path(__file__).parents[3] / "models" / "arrhythmia-recording" / "3"


@pytest.fixture(scope="module")
def model() -> RecordingModel:
    return RecordingModel.load(SERVED)


@pytest.mark.parametrize("columns", [1, 2, 4])
def test_normal_beats_are_normal_however_a_page_divides_its_leads(model: RecordingModel, columns: int) -> None:
    beats = regular(10.0, 0.86, 0.4)
    page = on_a_page(twelve_leads(beats, 10.0, 500.0), 500.0, columns)
    assert Counter(analyse(page, model).beats.classes.tolist()) == {0: len(beats)}


SECONDS = np.arange(5000) // 500
#: Which samples of which leads were recorded, and how many beats are left.
LEFT = {
    "nothing": (np.zeros((12, 5000), np.bool_), 0),
    "half a second of one lead": ((np.arange(12)[:, None] == 0) & (np.arange(5000) < 300), 1),
    "all but one lead": (np.broadcast_to(np.arange(12)[:, None] != 3, (12, 5000)), 11),
    "each lead for a second": (np.arange(12)[:, None] == SECONDS, 11),
    "every other sample of one lead": ((np.arange(12)[:, None] != 0) | (np.arange(5000) % 2 == 0), 11),
}


@pytest.mark.parametrize(("recorded", "left"), LEFT.values(), ids=list(LEFT))
def test_whatever_is_missing_of_leads_the_beats_that_are_left_are_read(
    model: RecordingModel, recorded: np.ndarray, left: int
) -> None:
    values = twelve_leads(regular(10.0, 0.86, 0.4), 10.0, 500.0)
    page = np.where(recorded, values, np.nan).astype(np.float32)
    beats = analyse(Recording.of_array(page, leads=STANDARD, rate=500.0), model).beats
    assert beats.classes.tolist() == [0] * left
