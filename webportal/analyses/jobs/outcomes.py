"""What the inference server answered, as the columns of an analysis."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from inference_server.classification import Classification, Verdict

from webportal.analyses.models import Analysis


def fields_of(answer: Classification) -> dict[str, Any]:
    """An answer as the fields of an analysis that has it."""
    return {
        "state": Analysis.State.DONE,
        "finished_at": timezone.now(),
        "reason": "",
        "model_name": answer.model_name,
        "model_version": answer.model_version,
        "class_short": answer.beat_class.short,
        "class_name": answer.beat_class.name,
        "probability": min(max(answer.probability, 0.0), 1.0),
        "probabilities": [
            {"short": beat_class.short, "name": beat_class.name, "probability": probability}
            for beat_class, probability in answer.probabilities
        ],
        "verdict": answer.verdict.value,
        "prediction_set": [
            {"short": beat_class.short, "name": beat_class.name} for beat_class in answer.prediction_set
        ],
        **_no_beat(answer),
        "lead_knowledge": _knowledge(answer),
    }


def _knowledge(answer: Classification) -> str:
    """What is known of answers in the lead that was named; nothing is to be known of what is no beat."""
    return "" if answer.lead_knowledge is None or answer.verdict is Verdict.NOT_A_BEAT else answer.lead_knowledge.value


def _no_beat(answer: Classification) -> dict[str, Any]:
    """Why it is no beat, beside no other verdict: an answer with a field too many is still an answer."""
    if answer.verdict is not Verdict.NOT_A_BEAT or answer.reason is None:
        return {"not_a_beat_reason": "", "beats": None}
    return {"not_a_beat_reason": answer.reason.value, "beats": answer.beats if answer.beats > 0 else None}
