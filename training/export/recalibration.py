"""A served version calibrated anew on people whom its recipe did not know; its network stays as it is.

Probabilities of a model whose own people validated are too sure for others, and so are thresholds that come from them.
The companion, the same recipe trained without the people it is asked about, says how sure the recipe may be.
"""

from __future__ import annotations

import datetime
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import onnx
import onnxruntime
from numpy.typing import NDArray
from onnx import numpy_helper
from scipy.special import softmax

from training.datasets.prepared_data import Dataset
from training.datasets.splits import divide
from training.evaluation.served_model import Subject
from training.export import model_file, tree_node
from training.export.exporting import (
    PARITY_PICTURES,
    PARITY_TOLERANCE,
    ExportError,
    new_people_scores,
    outputs_of,
    patients_of,
    profile_of,
    require_version,
    scores_of,
)
from training.learning import calibration

_WHAT = (
    "calibrated on the validation people of its companion, which has not learned from them; the weights are the same"
)


def recalibrate(served: Path, companion: Path, data: Dataset, repository: Path, *, version: str) -> tuple[Path, Path]:
    """Write both models as ``version`` into ``repository``, with a scaling and thresholds that the companion tells.

    They, and the confidence thresholds, come from the companion's validation partition, whose people it does not know.
    Each keeps its network, its OOD score and its OOD limit.

    Returns:
        The files of the served model and of its companion.

    Raises:
        ExportError: the version is none or exists, the companion knows its people, or a file has another graph than
            ours or does not predict as computed. Then nothing is written.
        ModelError: a folder holds no usable version.
        DatasetError: ``data`` are not the beats that they were trained on.
    """
    require_version(version)
    about = Subject.load(companion)
    if not about.config.divided_by.by_person:
        raise ExportError(f"{companion} knows the people it was validated by: it can't tell how sure to be of others.")
    labels = about.labels_of(data)
    partitions = divide(data, about.config)
    truth = labels[partitions.validation]
    predicted = about.predict(data.pixels[0][partitions.validation]).probabilities
    own = _scaling_of(_metadata(companion))
    scaling = calibration.fit_scaling(_logits(predicted, own).astype(np.float32), truth, biases=False)
    validation = rescaled(predicted, own, scaling).astype(np.float32)
    thresholds = calibration.class_thresholds(validation, truth)
    confidence_thresholds = calibration.confidence_thresholds(validation, truth, thresholds)
    fitted = _CompanionCalibration(scaling, thresholds, confidence_thresholds, about.config.name)
    of_companion = _rewritten(companion, data, fitted)
    both = (_rewritten(served, data, fitted, of_companion.metadata["scores"]), of_companion)
    targets = [repository / rewritten.metadata["name"] / version for rewritten in both]
    if taken := [str(folder) for folder in targets if folder.exists()]:
        raise ExportError(f"{taken[0]} exists; name another version.")
    files = [
        model_file.write(rewritten.model, rewritten.metadata, rewritten.facts, at)
        for rewritten, at in zip(both, targets, strict=True)
    ]
    return files[0], files[1]


@dataclass(frozen=True, slots=True)
class _CompanionCalibration:
    """What the companion's validation people say about how sure the recipe may be."""

    scaling: calibration.Scaling
    thresholds: list[float]
    confidence_thresholds: list[float]
    run: str


@dataclass(frozen=True, slots=True)
class _Rewritten:
    """What :func:`training.export.model_file.write` takes."""

    model: onnx.ModelProto
    metadata: dict[str, Any]
    facts: dict[str, Any]


def _rewritten(
    folder: Path, data: Dataset, fitted: _CompanionCalibration, scores: Mapping[str, float] = MappingProxyType({})
) -> _Rewritten:
    """One of them anew; ``scores`` stand beside its own."""
    subject = Subject.load(folder)
    labels = subject.labels_of(data)
    partitions = divide(data, subject.config)
    before = _metadata(folder)
    own = _scaling_of(before)
    model = onnx.load(folder / "model.onnx")
    rescale_graph(model, own, fitted.scaling, folder)
    session = onnxruntime.InferenceSession(model.SerializeToString())
    shown = data.pixels[0][partitions.validation]
    expected = rescaled(subject.predict(shown[:PARITY_PICTURES]).probabilities, own, fitted.scaling)
    computed = outputs_of(session, shown[:PARITY_PICTURES])["probabilities"]
    if (off := float(np.abs(computed - expected).max())) > PARITY_TOLERANCE:
        raise ExportError(f"{folder}: rescaled probabilities are off by {off:.1e}.")

    shorts = [beat_class.short for beat_class in subject.model.info.classes]
    test = outputs_of(session, data.pixels[0][partitions.test])["probabilities"]
    limit, protocol = subject.model.thresholds.max_ood_score, subject.config.protocol
    served = ("format", "name", "classes", "input", "training_run", "data_digest", "licence")
    metadata = {key: before[key] for key in served} | {
        "decision": calibration.decision_metadata(shorts, fitted.thresholds, fitted.confidence_thresholds, limit),
        "scores": {
            **before["scores"],
            **scores,
            **scores_of(test, labels[partitions.test], protocol),
            **new_people_scores(test, labels[partitions.test], protocol, shorts, patients_of(data, partitions.test)),
        },
        "profile": profile_of(outputs_of(session, shown), labels[partitions.validation], shorts),
    }
    facts = {
        # Not rounded: who rescales once more starts from here.
        "temperature": fitted.scaling.temperature,
        "bias": list(fitted.scaling.bias),
        "calibrated_on": fitted.run,
        "parity": before["parity"],
        "configuration": before["configuration"],
        "rewritten": {
            "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
            "from_sha256": before["sha256"],
            "what": _WHAT,
        },
    }
    return _Rewritten(model, metadata, facts)


def _metadata(folder: Path) -> dict[str, Any]:
    metadata: dict[str, Any] = json.loads((folder / "metadata.json").read_text())
    return metadata


def _scaling_of(metadata: dict[str, Any]) -> calibration.Scaling:
    return calibration.Scaling(metadata["temperature"], tuple(metadata["bias"]))


def rescaled(
    probabilities: NDArray[np.float32], before: calibration.Scaling, after: calibration.Scaling
) -> NDArray[np.float64]:
    """Probabilities ``[N, C]`` of one scaling as another would have them: both are softmaxes of the same logits."""
    return np.asarray(softmax(_logits(probabilities, before) / after.temperature + np.array(after.bias), axis=1))


def _logits(probabilities: NDArray[np.float32], scaling: calibration.Scaling) -> NDArray[np.float64]:
    """Logits ``[N, C]`` behind calibrated probabilities, but for a constant of each row."""
    wide = np.maximum(probabilities.astype(np.float64), 1e-45)
    return (np.log(wide) - np.array(scaling.bias)) * scaling.temperature


def rescale_graph(
    model: onnx.ModelProto, before: calibration.Scaling, after: calibration.Scaling, folder: Path
) -> None:
    """Change the last layer's constants in place, the only ones with a column, or a value, for each class alone; and
    what trees beside it add.

    Raises:
        ExportError: the graph, of ``folder``, has no such constants.
    """
    classes = len(after.bias)
    kernels = [
        constant for constant in model.graph.initializer if len(constant.dims) == 2 and constant.dims[1] == classes
    ]
    biases = [constant for constant in model.graph.initializer if list(constant.dims) == [classes]]
    if len(kernels) != 1 or len(biases) != 1:
        raise ExportError(f"{folder} has another graph than `export` writes: its last layer is not found.")
    ratio = before.temperature / after.temperature
    kernel = numpy_helper.to_array(kernels[0]) * np.float32(ratio)
    bias = (numpy_helper.to_array(biases[0]) - np.array(before.bias)) * ratio + np.array(after.bias)
    kernels[0].CopyFrom(numpy_helper.from_array(kernel.astype(np.float32), kernels[0].name))
    biases[0].CopyFrom(numpy_helper.from_array(bias.astype(np.float32), biases[0].name))
    tree_node.scale(model, ratio)
