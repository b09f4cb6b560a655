"""Everything about a recording as plain values for JSON."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

import numpy as np

from ecg.faults import UNREADABLE, Fault
from inference_server.classification import DISCLAIMER
from inference_server.classification.recordings import RecordingAnalysis
from inference_server.exports.corrections import Corrections
from inference_server.exports.families import kind_of_family

FORMAT: Final = "beatlens-analysis/1"


def summary(analysis: RecordingAnalysis, file: str) -> dict[str, Any]:
    """The short form: ``file, duration_s, leads, beats, classes, measures, episodes, warnings``."""
    return {
        "file": file,
        "duration_s": round(analysis.seconds, 3),
        "leads": list(analysis.leads),
        "beats": int((~analysis.beats.fibrillates).sum()),
        "classes": analysis.counts(),
        "measures": _plain(analysis.measures.document()),
        "episodes": [
            {
                "kind": episode.kind.value,
                "begin_s": round(episode.begin, 3),
                "end_s": round(episode.end, 3),
                **({"beats": episode.beats} if episode.beats is not None else {}),
                **({"rate": round(episode.rate, 1)} if episode.rate is not None else {}),
            }
            for episode in analysis.episodes
        ],
        "warnings": [
            {"reason": warning.reason, "message": warning.message, "lead": warning.lead}
            for warning in analysis.warnings
        ],
    }


def document(
    analysis: RecordingAnalysis, file: str, start: datetime | None, corrections: Corrections | None = None
) -> dict[str, Any]:
    """The whole: :func:`summary`, and ``format, rate, samples, start, model, confident, families, quality,
    disclaimer``; beside corrections ``judged, left_out, corrections`` and, as ``model_said``, the classes and measures
    without them. What isn't known is None.
    """
    confident = analysis.beats.confident & ~analysis.beats.fibrillates
    return {
        "format": FORMAT,
        **summary(analysis, file),
        "rate": analysis.rate,
        "samples": analysis.samples,
        "start": start.isoformat() if start else None,
        "model": {
            "name": analysis.model.name,
            "version": analysis.model.version,
            "digest": analysis.model.digest,
            "classes": [kind.short for kind in analysis.model.classes],
        },
        "confident": int((confident if corrections is None else confident & ~corrections.judged).sum()),
        **({} if corrections is None else _corrected(corrections)),
        "families": [
            {
                "family": number,
                "class": kind_of_family(analysis, family),
                "beats": len(family.members),
                "early": bool(family.early),
                "typical_sample": int(analysis.beats.samples[family.typical]),
            }
            for number, family in enumerate(analysis.families, start=1)
        ],
        "quality": [
            {
                "lead": lead,
                "readable_s": int(((faults & int(UNREADABLE)) == 0).sum()),
                **{f"{fault.name.lower()}_s": int(((faults & fault) > 0).sum()) for fault in Fault if fault.name},
            }
            for lead, faults in zip(analysis.leads, analysis.faults, strict=True)
        ],
        "disclaimer": DISCLAIMER,
    }


def document_file(
    analysis: RecordingAnalysis, file: str, start: datetime | None, corrections: Corrections | None = None
) -> bytes:
    """:func:`document` as JSON."""
    text = json.dumps(document(analysis, file, start, corrections), ensure_ascii=False, allow_nan=False, indent=1)
    return (text + "\n").encode("utf-8", "backslashreplace")


def _corrected(corrections: Corrections) -> dict[str, Any]:
    said = corrections.said
    return {
        "judged": int(corrections.judged.sum()),
        "left_out": corrections.left_out,
        "corrections": [
            {
                "number": line.number,
                "text": line.text,
                "by": line.by,
                "at": line.at.isoformat() if line.at else None,
                "undone": line.is_undone,
            }
            for line in corrections.lines
        ],
        "model_said": {"classes": said.counts(), "measures": _plain(said.measures.document())},
    }


def _plain(value: Any) -> Any:
    """The same of dicts, lists and plain values; None for what is no number."""
    if isinstance(value, Mapping):
        return {str(key): _plain(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(entry) for entry in value]
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float):
        return round(value, 4) if math.isfinite(value) else None
    return value
