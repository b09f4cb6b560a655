"""What of an answer is shown: the model's own beats, and their classes as people have them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from inference_server.classification.recordings import RecordingAnalysis as Answer
from numpy.typing import NDArray

from webportal.recordings.models import RecordingAnalysis
from webportal.recordings.viewing.opened import opened_beats


@dataclass(frozen=True, slots=True)
class Shown:
    """An answer as pages show it."""

    answer: Answer
    """As the model gave it."""
    classes: NDArray[np.int8]
    """``[n]``: of each beat, as it is shown."""
    version: str
    """Other for another answer, and for the same with other edits."""


def shown(analysis: RecordingAnalysis) -> Shown:
    """What of a finished analysis is shown.

    Raises:
        BeatsFileDamaged, FileNotFoundError: its file is.
    """
    stored = opened_beats(analysis.beats_path)
    return Shown(stored.analysis, stored.analysis.beats.classes, stored.digest[:16])
