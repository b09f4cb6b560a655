"""A finished run to a served model: calibrated, self-describing ONNX, held against Keras before it is written."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np
import onnx
import onnxruntime
import tensorflow as tf
from numpy.typing import NDArray
from sklearn.metrics import f1_score

from ecg.classes import TrainingClass
from training import TrainingError
from training.datasets import sources
from training.datasets.prepared_data import Dataset
from training.datasets.splits import Split
from training.evaluation import metrics
from training.evaluation import out_of_fold as out_of_fold_scaling
from training.export import model_file, out_of_fold_decision, quantization, tree_node
from training.export.onnx_conversion import to_onnx
from training.export.served_heads import BLANK_OOD_SCORE, ServedHeads, description
from training.learning import calibration, fitting
from training.learning.picture_trees import PART
from training.learning.predictions import Predictions
from training.learning.run import Run
from training.recipes.protocols import is_by_person
from training.recipes.provenance import RunConfig

#: Layout of the metadata that the server reads.
FORMAT = "beatlens/1"

#: Real pictures on which Keras and ONNX must agree, and how closely.
PARITY_PICTURES = 500
PARITY_TOLERANCE = 1e-5

#: Held-out pictures on which a quantized graph is compared with the one before.
_COMPARED_PICTURES = 4000

#: At most this many training beats of one class shape the feature space.
_FEATURE_BEATS_PER_CLASS = 2000
_BATCH = 256


class ExportError(TrainingError):
    """The run can't be exported, or its ONNX file does not agree with Keras."""


@dataclass(frozen=True, slots=True)
class Exported:
    """What an export produced."""

    model: Path
    bytes: int
    parity: float
    """Largest difference of a probability between Keras and onnxruntime."""
    temperature: float


def export(
    run: Path,
    data: Dataset,
    repository: Path,
    *,
    name: str,
    version: str,
    scores_from: list[Path],
    decide_as: Path | None = None,
    out_of_fold: Sequence[Predictions] = (),
    int8: bool = False,
) -> Exported:
    """Calibrate the run's best weights and write them as a version of a model into a model repository.

    The scaling, the thresholds and the OOD limit come from the validation partition (the limit from all the loaded
    variants of its pictures), the feature space from the training partition. Nothing is written unless Keras and
    onnxruntime agree on real pictures.

    Args:
        repository: folder of models; ``<name>/<version>/model.onnx`` and ``metadata.json`` are written there.
        scores_from: ``metadata.json`` files of other exports whose scores stand beside this one's.
        decide_as: ``metadata.json`` of an export whose scaling and thresholds this one takes over, all but the OOD
            limit. Where people who trained also validate, predictions are surer than they are for anybody else: what is
            served to others must be calibrated on others, by the same recipe trained without them.
        out_of_fold: predictions of the folds of ``people-5fold`` of the same recipe, which say what the file tells of
            new people. Without ``decide_as``, scaling and thresholds come from them, too, as far as they are of people
            who don't test: by group of classes that one picture can't tell apart.
        int8: whether convolutions are quantized once Keras and onnxruntime agree, with pictures of the training
            partition.

    Raises:
        RunError: no trained run there, or one that was trained on other data.
        ExportError: a network without global average pooling, or parity not reached, or ``out_of_fold`` are of other
            classes.
        PeopleError: ``out_of_fold`` don't say whose beats they are for, or are of one fold.
    """
    require_version(version)
    finished = Run.open(run, data)
    other = None if decide_as is None else _decision_of(decide_as, finished.classes)
    if any(fold.config.class_set != finished.config.class_set for fold in out_of_fold):
        raise ExportError(f"The out-of-fold predictions are not of the classes of {finished.config.name}.")
    trunk, head = network_of(finished)
    _require_all_classes(finished)
    scaling = _scaling_in(other) if other is not None else _own_scaling(finished, out_of_fold)
    served = ServedHeads(trunk, scaling, _space_of(finished, trunk), head, finished.trees())
    model, session, parity = _converted(served, finished)
    facts = _facts(finished, scaling, other, parity)
    if int8:
        model = quantization.quantized(model, calibration_pixels(finished))
        session, float_session = onnxruntime.InferenceSession(model.SerializeToString()), session
        facts["int8"] = _agreement(float_session, session, finished.pixels(finished.partitions.test))
    metadata = _metadata(finished, session, other, scores_from)
    if out_of_fold:
        metadata |= out_of_fold_decision.decided_on(
            out_of_fold, metadata, testing_people(finished) if other is None else None
        )
        facts["decided_on"] = out_of_fold_decision.recipe_of(out_of_fold[0])
    path = model_file.write(model, {"format": FORMAT, "name": name} | metadata, facts, repository / name / version)
    return Exported(path, path.stat().st_size, parity, scaling.temperature)


def _require_all_classes(finished: Run) -> None:
    trained = set(np.unique(finished.labels[finished.partitions.train]).tolist())
    if missing := [beat_class.short for label, beat_class in enumerate(finished.classes) if label not in trained]:
        raise ExportError(f"The training partition has no beats of {', '.join(missing)}.")


def _converted(served: ServedHeads, finished: Run) -> tuple[onnx.ModelProto, onnxruntime.InferenceSession, float]:
    """The graph, a session that runs it, and the largest difference between Keras and onnxruntime."""
    _, _, height, width, _ = finished.data.pixels.shape
    model = graph_of(served, height=height, width=width)
    session = onnxruntime.InferenceSession(model.SerializeToString())
    parity = _parity(served, session, finished.pixels(finished.partitions.test), finished.config.seed)
    if parity > PARITY_TOLERANCE:
        raise ExportError(f"Keras and onnxruntime differ by {parity:.1e}; at most {PARITY_TOLERANCE:.0e} is allowed.")
    return model, session, parity


def graph_of(served: ServedHeads, *, height: int, width: int) -> onnx.ModelProto:
    """The graph of what is served, with the trees beside the network where there are any."""
    model = to_onnx(served.call, height=height, width=width, channels=1)
    if served.trees is None:
        return model
    return tree_node.with_trees(model, served.trees, float(PART / served.temperature))


def network_of(finished: Run) -> tuple[keras.Model, keras.layers.Dense]:
    """The run's network up to its features and maps, and the layer that makes logits of the features.

    Raises:
        ExportError: a network without global average pooling.
    """
    body = finished.network()
    if not isinstance(body.get_layer("features"), keras.layers.GlobalAveragePooling2D):
        raise ExportError(
            f"Network {finished.config.network} has no global average pooling, so it can't tell where it looked."
        )
    trunk = keras.Model(body.input, [body.get_layer("features").output, body.get_layer("maps").output])
    return trunk, body.get_layer("logits")


def _space_of(finished: Run, trunk: keras.Model) -> calibration.FeatureSpace:
    """The feature space of the training partition, all variants: only what resembles no drawing is far out."""
    variants, labels = finished.data.pixels, finished.labels
    shaping = _rows_for_features(labels, finished.partitions, finished.config.seed)
    shaped = np.concatenate([_described(trunk, variant, shaping) for variant in variants])
    return calibration.fit_feature_space(shaped, np.tile(labels[shaping], len(variants)), len(finished.classes))


def _own_scaling(finished: Run, folds: Sequence[Predictions]) -> calibration.Scaling:
    """Where nobody else's is taken over: of all people by networks that don't know them, else of those who validate."""
    if folds:
        then = out_of_fold_scaling.scaling_of(folds, without=testing_people(finished))
        return out_of_fold_scaling.for_logits(folds, then)
    validation = finished.partitions.validation
    biases = not finished.config.divided_by.by_person
    logits = fitting.run_logits(finished, validation)
    return calibration.fit_scaling(logits, finished.labels[validation], biases=biases)


def _scaling_in(other: dict[str, Any]) -> calibration.Scaling:
    return calibration.Scaling(other["temperature"], tuple(other["bias"]))


def _metadata(
    finished: Run,
    session: onnxruntime.InferenceSession,
    other: dict[str, Any] | None,
    scores_from: Sequence[Path],
) -> dict[str, object]:
    """What the model file says of itself, but for its name."""
    data, partitions, labels, config = finished.data, finished.partitions, finished.labels, finished.config
    _, _, height, width, _ = data.pixels.shape
    validation = outputs_of(session, finished.pixels(partitions.validation))
    limit = calibration.ood_limit(_ood_scores(session, data.pixels, partitions.validation))
    test = outputs_of(session, finished.pixels(partitions.test))["probabilities"]
    scores = scores_of(test, labels[partitions.test], config.protocol)
    people = patients_of(data, partitions.test)
    scores |= new_people_scores(test, labels[partitions.test], config.protocol, finished.shorts, people)
    for metadata_file in scores_from:
        scores |= json.loads(metadata_file.read_text())["scores"]
    if other is None:
        thresholds = calibration.class_thresholds(validation["probabilities"], labels[partitions.validation])
        confidence_thresholds = calibration.confidence_thresholds(
            validation["probabilities"], labels[partitions.validation], thresholds
        )
        decision = calibration.decision_metadata(finished.shorts, thresholds, confidence_thresholds, limit)
    else:
        decision = other["decision"] | {"max_distance": round(limit, 4)}
    return {
        "classes": [{"short": beat_class.short, "name": beat_class.name} for beat_class in finished.classes],
        "input": {"height": height, "width": width, "channels": 1} | _reading_of(config),
        "decision": decision,
        "training_run": config.name,
        "data_digest": data.digest,
        "scores": scores,
        "licence": sources.notice(config.sources),
        "profile": profile_of(validation, labels[partitions.validation], finished.shorts),
    }


def _reading_of(config: RunConfig) -> dict[str, str]:
    """How the server has to make the network's pixels of a picture, where it isn't the canonical way."""
    return {"reading": "ink"} if config.representation == "ink" else {}


def testing_people(finished: Run) -> frozenset[str]:
    """Who tests by person, and so has no say in how others are answered; nobody where beats of all people test."""
    if not finished.config.divided_by.by_person:
        return frozenset()
    return frozenset(patients_of(finished.data, finished.partitions.test).tolist())


def _facts(
    finished: Run, scaling: calibration.Scaling, other: dict[str, Any] | None, parity: float
) -> dict[str, object]:
    """What only people read in the file."""
    return {
        "temperature": round(scaling.temperature, 4),
        "bias": [round(value, 4) for value in scaling.bias],
        "calibrated_on": finished.config.name if other is None else other["training_run"],
        "parity": {
            "max_probability_difference": parity,
            "pictures": min(PARITY_PICTURES, len(finished.partitions.test)),
        },
        "configuration": finished.config.model_dump(),
    }


def calibration_pixels(finished: Run) -> NDArray[np.uint8]:
    """Pictures of the training partition by chance, as many of each variant that is loaded."""
    generator = np.random.default_rng(finished.config.seed)
    variants = finished.data.pixels
    per_variant = -(-quantization.CALIBRATION_PICTURES // len(variants))
    chosen = [variant[generator.choice(finished.partitions.train, per_variant)] for variant in variants]
    return generator.permutation(np.concatenate(chosen))


def _agreement(
    before: onnxruntime.InferenceSession, after: onnxruntime.InferenceSession, pixels: NDArray[np.uint8]
) -> dict[str, float]:
    """How the quantized graph's probabilities compare with those of the one before."""
    chosen = np.random.default_rng(0).permutation(len(pixels))[:_COMPARED_PICTURES]
    probabilities = [outputs_of(session, pixels[chosen])["probabilities"] for session in (before, after)]
    same = probabilities[0].argmax(axis=1) == probabilities[1].argmax(axis=1)
    return {
        "pictures": len(chosen),
        "same_class": round(float(same.mean()), 4),
        "mean_probability_difference": round(float(np.abs(probabilities[0] - probabilities[1]).mean()), 5),
    }


def require_version(version: str) -> None:
    """Raise :class:`ExportError` where ``version`` is not what the server takes for one."""
    if not re.fullmatch(r"[1-9][0-9]{0,8}", version):
        raise ExportError(f"Version {version!r} is not a positive whole number.")


def scores_of(probabilities: NDArray[np.float32], truth: NDArray[np.int64], protocol: str) -> dict[str, float]:
    """The scores that a model file tells of its own test partition."""
    predicted = probabilities.argmax(axis=1)
    macro_f1 = f1_score(truth, predicted, average="macro", labels=np.unique(truth))
    return {
        f"{protocol}/accuracy": round(float((predicted == truth).mean()), 4),
        f"{protocol}/macro_f1": round(float(macro_f1), 4),
    }


def new_people_scores(
    probabilities: NDArray[np.float32],
    truth: NDArray[np.int64],
    protocol: str,
    shorts: Sequence[str],
    people: NDArray[np.str_],
) -> dict[str, float]:
    """:func:`training.evaluation.metrics.class_scores` where the test people are new to the network, else nothing."""
    return metrics.class_scores(probabilities, truth, protocol, shorts, people) if is_by_person(protocol) else {}


def patients_of(data: Dataset, rows: NDArray[np.int64]) -> NDArray[np.str_]:
    """The person behind each of ``rows``, ``[N]``."""
    return data.table["patient"].to_numpy(dtype=str)[rows]


def _decision_of(metadata_file: Path, classes: Sequence[TrainingClass]) -> dict[str, Any]:
    """Metadata of another export of the same classes, with its scaling and thresholds.

    Raises:
        ExportError: it can't be read, has other classes, or was validated by people whom it knows.
    """
    try:
        metadata: dict[str, Any] = json.loads(metadata_file.read_text())
        shorts = [beat_class["short"] for beat_class in metadata["classes"]]
        complete = {"temperature", "bias", "training_run"} <= set(metadata) and {
            "min_probability",
            "min_confidence",
        } <= set(metadata["decision"])
        by_person = is_by_person(metadata["configuration"]["protocol"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ExportError(f"{metadata_file} is no metadata of an export: {error}") from error
    if shorts != [beat_class.short for beat_class in classes] or not complete:
        raise ExportError(f"{metadata_file} does not say how to decide between these classes.")
    if not by_person:
        raise ExportError(f"{metadata_file} is of a model that knows the people it was validated by.")
    return metadata


def _rows_for_features(labels: NDArray[np.int64], partitions: Split, seed: int) -> NDArray[np.int64]:
    generator = np.random.default_rng(seed)
    shuffled = generator.permutation(partitions.train)
    return np.concatenate(
        [shuffled[labels[shuffled] == label][:_FEATURE_BEATS_PER_CLASS] for label in np.unique(labels[shuffled])]
    )


def _described(trunk: keras.Model, pixels: NDArray[np.uint8], rows: NDArray[np.int64]) -> NDArray[np.float32]:
    """:func:`description` of some rows."""
    features = _features(trunk, pixels, rows)
    parts = [slice(start, start + _BATCH) for start in range(0, len(rows), _BATCH)]
    return np.concatenate([description(features[part], tf.constant(pixels[rows[part]])).numpy() for part in parts])


def _features(trunk: keras.Model, pixels: NDArray[np.uint8], rows: NDArray[np.int64]) -> NDArray[np.float32]:
    parts = [trunk.predict_on_batch(pixels[rows[start : start + _BATCH]])[0] for start in range(0, len(rows), _BATCH)]
    return np.concatenate(parts)


def outputs_of(session: onnxruntime.InferenceSession, pixels: NDArray[np.uint8]) -> dict[str, NDArray[np.float32]]:
    """Outputs ``probabilities`` [N, C] and ``distance`` [N] for canonical pixels, batch by batch."""
    names = ["probabilities", "distance"]
    parts = [session.run(names, {"pixels": pixels[start : start + _BATCH]}) for start in range(0, len(pixels), _BATCH)]
    return {name: np.concatenate([part[index] for part in parts]) for index, name in enumerate(names)}


def _ood_scores(
    session: onnxruntime.InferenceSession, pixels: NDArray[np.uint8], rows: NDArray[np.int64]
) -> NDArray[np.float32]:
    """OOD scores of ``rows`` in every variant that is loaded: what is only drawn unusually is no stranger.

    Pictures whose trace lies beside the paper show no beat and say nothing about the scores of beats.
    """
    scores = np.concatenate([outputs_of(session, variant[rows])["distance"] for variant in pixels])
    return scores[scores < BLANK_OOD_SCORE]


def profile_of(
    outputs: dict[str, NDArray[np.float32]], labels: NDArray[np.int64], shorts: list[str]
) -> dict[str, dict[str, float] | float]:
    """Shares of the predicted classes among beats like those it learned from; drift shows against them."""
    predicted = np.bincount(outputs["probabilities"].argmax(axis=1), minlength=len(shorts)) / len(labels)
    return {
        "class_shares": {short: round(float(share), 4) for short, share in zip(shorts, predicted, strict=True)},
        "mean_confidence": round(float(outputs["probabilities"].max(axis=1).mean()), 4),
    }


def _parity(served: ServedHeads, session: onnxruntime.InferenceSession, pixels: NDArray[np.uint8], seed: int) -> float:
    chosen = np.random.default_rng(seed).permutation(len(pixels))[:PARITY_PICTURES]
    return float(
        np.abs(served.probabilities(pixels[chosen]) - outputs_of(session, pixels[chosen])["probabilities"]).max()
    )
