"""What people corrected in an analysis, as far as files of it tell."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from inference_server.classification.recordings import RecordingAnalysis


@dataclass(frozen=True, slots=True)
class CorrectionLine:
    """One correction in words."""

    number: int
    text: str
    by: str
    at: datetime | None
    is_undone: bool


@dataclass(frozen=True, slots=True)
class Corrections:
    """Beside an analysis with corrections: what the model said, and who changed what."""

    said: RecordingAnalysis
    """By the model alone."""
    places: NDArray[np.int64]
    """``[n]``: place of each beat of the analysis in ``said``; what a person called no beat has none."""
    judged: NDArray[np.bool_]
    """``[n]``: whether a person gave the beat its class."""
    lines: tuple[CorrectionLine, ...]
    """In order, those that were taken back among them."""

    @property
    def left_out(self) -> int:
        """Beats of the model that a person called none."""
        return len(self.said.beats) - len(self.places)

    def changed(self, analysis: RecordingAnalysis) -> int:
        """Beats of an analysis that have another class than the model gave them."""
        return int((self.said.beats.classes[self.places] != analysis.beats.classes).sum())
