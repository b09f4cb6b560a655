"""What a family of beats is called."""

from __future__ import annotations

import numpy as np

from ecg.families.family import Family
from inference_server.classification.recordings import RecordingAnalysis


def kind_of_family(analysis: RecordingAnalysis, family: Family) -> str:
    """Short name of the class that most of its beats are of; of equals the one that comes first in the model."""
    classes = analysis.beats.classes[family.members]
    return analysis.model.classes[int(np.bincount(classes).argmax())].short
