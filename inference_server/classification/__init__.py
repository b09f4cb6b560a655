"""What is said about a picture of a heartbeat: the domain's own words, and what they are on the wire."""

from ecg.pictures.ink.reasons import NotABeat
from inference_server.classification.results import (
    DISCLAIMER,
    BeatClass,
    Classification,
    ConfidentAnswers,
    LeadAnswers,
    LeadKnowledge,
    ModelInfo,
    SaliencyMap,
    Trace,
    TrainingProfile,
    UnknownClass,
    Verdict,
)

__all__ = [
    "DISCLAIMER",
    "BeatClass",
    "Classification",
    "ConfidentAnswers",
    "LeadAnswers",
    "LeadKnowledge",
    "ModelInfo",
    "NotABeat",
    "SaliencyMap",
    "Trace",
    "TrainingProfile",
    "UnknownClass",
    "Verdict",
]
