"""What served models say: of a page's pixels, of a recording's beats."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ecg.recording import Recording
from inference_server.models.page_model import PageModel
from inference_server.models.recording_model import RecordingModel
from inference_server.recordings.analysis import analyse
from training.evaluation.pages.scoring import Beats, Classify


def ink_by(folder: Path) -> Callable[[NDArray[np.uint8]], NDArray[np.float32]]:
    """How likely a version of the model for pages takes every pixel for ink.

    Raises:
        ModelError: the version can't be used.
    """
    return PageModel.load(folder).ink


def classifier_of(folder: Path) -> Classify:
    """What a version of the model for recordings says of every beat.

    Raises:
        ModelError: the version can't be used.
    """
    model = RecordingModel.load(folder)

    def classify(recording: Recording) -> Beats:
        beats = analyse(recording, model).beats
        return beats.samples, beats.classes.astype(np.int64)

    return classify
