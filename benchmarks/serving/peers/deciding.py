"""From a picture to its class as the inference server's workers do it, for peers that bring their own wire."""

from __future__ import annotations

import base64
import os
from functools import cache
from pathlib import Path
from typing import Any, Final

from inference_server.models.classifier import Classifier
from inference_server.models.onnx_model import OnnxModel

#: Names the folder of the model version, in the environment of a peer.
MODEL_FOLDER: Final = "BENCHMARK_MODEL_FOLDER"


@cache
def _classifier() -> Classifier:
    """One a process: some peers start theirs by pickling what they serve."""
    return Classifier(OnnxModel.load(Path(os.environ[MODEL_FOLDER])))


def decide(encoded: str | bytes) -> dict[str, Any]:
    """The answer about one picture, base64."""
    classification = _classifier().classify(base64.b64decode(encoded)).classification
    return {
        "beat_class": classification.beat_class.short,
        "verdict": classification.verdict.name,
        "probabilities": {of.short: probability for of, probability in classification.probabilities},
    }
