"""A served version calibrated anew on people whom its recipe did not know; its network stays as it is.

Probabilities of a model whose own people validated are too sure for others, and so are thresholds that come from them.
The companion, the same recipe trained without the people it is asked about, says how sure the recipe may be.
"""

from __future__ import annotations

import datetime
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
from numpy.typing import NDArray
from onnx import numpy_helper
from sklearn.metrics import f1_score

from training import calibration, onnx_file
from training.datasets import Dataset
from training.export import PARITY_PICTURES, PARITY_TOLERANCE, ExportError, answers_of, profile_of
from training.scoring import Subject
from training.splits import BY_PERSON, divide

_WHAT = "decides as its companion does about people whom neither knows; the network's weights are the same"


def recalibrate(served: Path, companion: Path, data: Dataset, repository: Path, *, version: str) -> tuple[Path, Path]:
    """Write both models as ``version`` into ``repository``, with a scaling and thresholds that the companion tells.

    They, and the floors of confidence, come from the companion's validation side, whose people it does not know.
    Each keeps its network, its distance and its distance limit.

    Returns:
        The files of the served model and of its companion.

    Raises:
        ExportError: a file has another graph than ours, or does not answer as computed.
        ModelError: a folder holds no usable version.
        DatasetError: ``data`` are not the beats that they were trained on.
    """
    about = Subject.load(companion)
    labels = about.labels_of(data)
    sides = divide(data, about.config)
    truth = labels[sides.validation]
    answered = about.answer(data.pixels[0][sides.validation]).probabilities
    own = _scaling_of(json.loads((companion / "metadata.json").read_text()))
    logits = np.log(np.maximum(rescaled(answered, own, calibration.Scaling(1.0, (0.0,) * answered.shape[1])), 1e-45))
    scaling = calibration.fit_scaling(logits.astype(np.float32), truth, biases=about.config.protocol not in BY_PERSON)
    validation = rescaled(answered, own, scaling).astype(np.float32)
    thresholds = calibration.class_thresholds(validation, truth)
    floors = calibration.confidence_floors(validation, truth, thresholds)
    said = _Said(scaling, thresholds, floors, about.config.name)
    beside = _rewrite(companion, data, said, {}, repository, version)
    scores = json.loads(beside.with_name("metadata.json").read_text())["scores"]
    return _rewrite(served, data, said, scores, repository, version), beside


@dataclass(frozen=True, slots=True)
class _Said:
    """What the companion's validation people say about how sure the recipe may be."""

    scaling: calibration.Scaling
    thresholds: list[float]
    floors: list[float]
    run: str


def _rewrite(
    folder: Path, data: Dataset, said: _Said, scores: dict[str, float], repository: Path, version: str
) -> Path:
    """Write one of them anew; ``scores`` are told beside its own."""
    subject = Subject.load(folder)
    labels = subject.labels_of(data)
    sides = divide(data, subject.config)
    before: dict[str, Any] = json.loads((folder / "metadata.json").read_text())
    own = _scaling_of(before)
    model = onnx.load(folder / "model.onnx")
    _rescale(model, own, said.scaling, folder)
    session = onnxruntime.InferenceSession(model.SerializeToString())
    shown = data.pixels[0][sides.validation]
    expected = rescaled(subject.answer(shown[:PARITY_PICTURES]).probabilities, own, said.scaling)
    found = answers_of(session, shown[:PARITY_PICTURES])["probabilities"]
    if (off := float(np.abs(found - expected).max())) > PARITY_TOLERANCE:
        raise ExportError(f"{folder}: rescaled probabilities are off by {off:.1e}.")

    shorts = [one.short for one in subject.model.info.classes]
    test = answers_of(session, data.pixels[0][sides.test])["probabilities"].argmax(axis=1)
    truth = labels[sides.test]
    protocol = subject.config.protocol
    scores = (
        dict(before["scores"])
        | scores
        | {
            f"{protocol}/accuracy": round(float((test == truth).mean()), 4),
            f"{protocol}/macro_f1": round(float(f1_score(truth, test, average="macro", labels=np.unique(truth))), 4),
        }
    )
    limit = subject.model.thresholds.max_distance
    served = ("format", "name", "classes", "input", "training_run", "data_digest", "licence")
    metadata = {key: before[key] for key in served} | {
        "decision": calibration.decision_metadata(shorts, said.thresholds, said.floors, limit),
        "scores": scores,
        "profile": profile_of(answers_of(session, shown), labels[sides.validation], shorts),
    }
    facts = {
        # Not rounded: who rescales once more starts from here.
        "temperature": said.scaling.temperature,
        "bias": list(said.scaling.bias),
        "calibrated_on": said.run,
        "parity": before["parity"],
        "configuration": before["configuration"],
        "rewritten": {
            "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
            "from_sha256": before["sha256"],
            "what": _WHAT,
        },
    }
    return onnx_file.write(model, metadata, facts, repository / before["name"] / version)


def _scaling_of(metadata: dict[str, Any]) -> calibration.Scaling:
    return calibration.Scaling(metadata["temperature"], tuple(metadata["bias"]))


def rescaled(
    probabilities: NDArray[np.float32], before: calibration.Scaling, after: calibration.Scaling
) -> NDArray[np.float64]:
    """Probabilities ``[N, C]`` of one scaling as another would have them: both are softmaxes of the same logits."""
    logits = np.log(np.maximum(probabilities.astype(np.float64), 1e-45)) - np.array(before.bias)
    logits = logits * (before.temperature / after.temperature) + np.array(after.bias)
    found = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(found / found.sum(axis=1, keepdims=True))


def _rescale(model: onnx.ModelProto, before: calibration.Scaling, after: calibration.Scaling, folder: Path) -> None:
    """Change the last layer's constants in place: the only ones with a column, or a value, for each class alone."""
    classes = len(after.bias)
    kernels = [one for one in model.graph.initializer if len(one.dims) == 2 and one.dims[1] == classes]
    biases = [one for one in model.graph.initializer if list(one.dims) == [classes]]
    if len(kernels) != 1 or len(biases) != 1:
        raise ExportError(f"{folder} has another graph than `export` writes: its last layer is not found.")
    ratio = before.temperature / after.temperature
    kernel = numpy_helper.to_array(kernels[0]) * np.float32(ratio)
    bias = (numpy_helper.to_array(biases[0]) - np.array(before.bias)) * ratio + np.array(after.bias)
    kernels[0].CopyFrom(numpy_helper.from_array(kernel.astype(np.float32), kernels[0].name))
    biases[0].CopyFrom(numpy_helper.from_array(bias.astype(np.float32), biases[0].name))
