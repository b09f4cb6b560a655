"""What of an answer is shown: what is said of the beats now, and what the model itself said beside it."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from inference_server.classification.recordings import RecordingAnalysis as Answer
from numpy.typing import NDArray

from webportal.recordings import corrections
from webportal.recordings.models import RecordingAnalysis


@dataclass(frozen=True, slots=True)
class Shown:
    """An answer as pages show it."""

    answer: Answer
    """With everything that people changed in it; its beats' families are their numbers on the pages, less one."""
    own: NDArray[np.int8]
    """``[n]``: the class that the model itself gave each of its beats."""
    judged: NDArray[np.bool_]
    """``[n]``: whether a person gave it its class."""
    version: str
    """Other for another answer, and for the same with other edits."""


def shown(analysis: RecordingAnalysis) -> Shown:
    """What of a finished analysis is shown.

    Raises:
        BeatsFileDamaged, FileNotFoundError: its file is.
    """
    version = corrections.version_of(analysis)
    corrected = corrections.corrected_answer(analysis)
    edited = corrections.edited(analysis)
    own = edited.answer.beats.classes[corrected.places]
    numbers = (edited.numbers[corrected.places] - 1).astype(np.int16)
    answer = replace(corrected.analysis, beats=replace(corrected.analysis.beats, families=numbers))
    return Shown(answer, own, corrected.judged, version)
