"""A finished run to a served model: calibrated, self-describing ONNX, held against Keras before it is kept."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np
import onnxruntime
import tensorflow as tf
import tf2onnx
from numpy.typing import NDArray
from sklearn.metrics import f1_score

from ecg.classes import CLASS_SETS, TrainingClass
from training import TrainingError
from training.datasets import sources
from training.datasets.prepared_data import Dataset
from training.datasets.splits import BY_PERSON, Split, divide
from training.evaluation import metrics
from training.export import model_file
from training.learning import calibration, networks
from training.learning.fitting import BEST, require_same_data
from training.recipes import recipe_files

#: Layout of the metadata that the server reads.
FORMAT = "beatlens/1"
OPSET = 17

#: Distance of a picture without ink: beyond every limit.
BLANK_DISTANCE = np.float32(1e9)

#: Real pictures on which Keras and ONNX must agree, and how closely.
PARITY_PICTURES = 500
PARITY_TOLERANCE = 1e-5

#: At most this many training beats of one class shape the feature space.
_FEATURE_BEATS_PER_CLASS = 2000
_BATCH = 256

#: A column of the picture with less ink than this, in black pixels, has no line.
_LEAST_INK = 0.05


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


class ServedHeads(keras.Model):  # type: ignore[misc]
    """The trained trunk with everything that is fitted after training, as one graph."""

    def __init__(
        self,
        trunk: keras.Model,
        scaling: calibration.Scaling,
        space: calibration.FeatureDistance,
        logits: keras.layers.Dense,
    ) -> None:
        super().__init__(name="served")
        self.trunk = trunk
        # NumPy arrays, so that they become constants of whatever graph traces the call.
        self.whitening = space.whitening
        self.means = space.means
        self.kernel = logits.kernel.numpy() / np.float32(scaling.temperature)
        self.bias = logits.bias.numpy() / np.float32(scaling.temperature) + np.array(scaling.bias, np.float32)

    def call(self, pixels: tf.Tensor) -> dict[str, tf.Tensor]:
        """``uint8 [N, H, W, 1]`` to ``probabilities`` [N, C], ``distance`` [N], ``activation_maps`` [N, h, w, C]."""
        features, maps = self.trunk(pixels, training=False)
        logits = tf.matmul(features, self.kernel) + self.bias
        whitened = tf.matmul(description(features, pixels), self.whitening)
        gaps = tf.expand_dims(whitened, 1) - self.means[None]
        distance = tf.sqrt(tf.reduce_min(tf.reduce_sum(gaps * gaps, axis=2), axis=1))
        blank = tf.equal(tf.reduce_min(tf.cast(pixels, tf.float32), axis=[1, 2, 3]), 255.0)
        return {
            "probabilities": tf.nn.softmax(logits),
            # Paper without ink has features like any other picture, but there is nothing to classify.
            "distance": tf.where(blank, BLANK_DISTANCE, distance),
            # The features are the maps' average, so the same weights say where a class found its evidence (Zhou 2016).
            "activation_maps": tf.tensordot(maps, self.kernel, axes=1),
        }


def description(features: tf.Tensor, pixels: tf.Tensor) -> tf.Tensor:
    """What the distance is measured on: roots of the features ``[N, F]``, and the statistics of the ink.

    Features are averages of rectified maps: never negative, and most beats have little of most. Their roots are spread
    more evenly (power normalisation, Perronnin et al. 2010), as a distance in standard deviations takes for granted.
    """
    return tf.concat([tf.sqrt(tf.nn.relu(features)), ink_statistics(pixels)], axis=1)


def ink_statistics(pixels: tf.Tensor) -> tf.Tensor:
    """How the ink lies on the paper: one line is thin, every column has a little of it, and most of it is baseline.

    ``uint8 [N, H, W, C]`` to float32 ``[N, 10]``, fractions of the first channel: mean ink, mean change from column to
    column and from row to row, mean of the squared ink, spread and maximum over the columns' mean ink; and of the line,
    which in each column is where the ink is on the average: how far it is from the ink that it stands for (several
    lines are far from their mean), the standard deviation of its height, how much of that is in rare deflections
    (logarithm of the kurtosis: low for waves), and its mean step from column to column.
    """
    ink = 1.0 - tf.cast(pixels[..., 0], tf.float32) / 255.0
    return tf.concat([_blackness(ink), _course(ink)], axis=1)


def _blackness(ink: tf.Tensor) -> tf.Tensor:
    columns = tf.reduce_mean(ink, axis=1)
    mean = tf.reduce_mean(columns, axis=1)
    spread = tf.sqrt(tf.reduce_mean(tf.square(columns - mean[:, None]), axis=1) + 1e-12)
    across = tf.reduce_mean(tf.abs(ink[:, :, 1:] - ink[:, :, :-1]), axis=[1, 2])
    down = tf.reduce_mean(tf.abs(ink[:, 1:, :] - ink[:, :-1, :]), axis=[1, 2])
    squares = tf.reduce_mean(tf.square(ink), axis=[1, 2])
    return tf.stack([mean, across, down, squares, spread, tf.reduce_max(columns, axis=1)], axis=1)


def _course(ink: tf.Tensor) -> tf.Tensor:
    rows = tf.linspace(-0.5, 0.5, ink.shape[1])
    # Of each column's ink: how much there is, and its first two moments along the height. [N, W, 3]
    moments = tf.matmul(ink, tf.stack([tf.ones_like(rows), rows, tf.square(rows)], axis=1)[None], transpose_a=True)
    inked, first, second = moments[..., 0], moments[..., 1], moments[..., 2]
    share = inked / (tf.reduce_sum(inked, axis=1, keepdims=True) + 1e-6)
    height = first / (inked + 1e-6)
    middle = tf.reduce_sum(share * height, axis=1, keepdims=True)
    height = tf.where(inked > _LEAST_INK, height, middle)
    within = tf.nn.relu(second - 2.0 * height * first + tf.square(height) * inked) / (inked + 1e-6)
    away = tf.square(height - middle)
    variance = tf.reduce_sum(share * away, axis=1)
    fourth = tf.reduce_sum(share * tf.square(away), axis=1)
    return tf.stack(
        [
            tf.reduce_mean(tf.sqrt(within + 1e-12), axis=1),
            tf.sqrt(variance + 1e-12),
            tf.math.log(fourth / (tf.square(variance) + 1e-7) + 0.5),
            tf.reduce_mean(tf.abs(height[:, 1:] - height[:, :-1]), axis=1),
        ],
        axis=1,
    )


def export(
    run: Path,
    data: Dataset,
    repository: Path,
    *,
    name: str,
    version: str,
    scores_from: list[Path],
    decide_as: Path | None = None,
) -> Exported:
    """Calibrate the run's best weights and write them as a version of a model into a model repository.

    The scaling, the thresholds and the distance limit come from the validation side (the limit from all the loaded
    variants of its pictures), the feature space from the training side. Nothing is written unless Keras and
    onnxruntime agree on real pictures.

    Args:
        repository: folder of models; ``<name>/<version>/model.onnx`` and ``metadata.json`` are written there.
        scores_from: ``metadata.json`` files of other exports whose scores are told beside this one's.
        decide_as: ``metadata.json`` of an export whose scaling and thresholds this one takes over, all but the distance
            limit. Where people who trained also validate, answers are surer than they are for anybody else: what is
            served to others must be calibrated on others, by the same recipe trained without them.

    Raises:
        ExportError: no finished run there, a network without global average pooling, or parity not reached.
    """
    require_version(version)
    if not (run / BEST).is_file():
        raise ExportError(f"{run} holds no trained weights. Run `python -m training train` first.")
    config = recipe_files.read_run(run / "config.yaml")
    require_same_data(run, data)
    classes = CLASS_SETS[config.class_set]
    labels = data.labels(classes)
    sides = divide(data, config)
    _, _, height, width, _ = data.pixels.shape
    body = networks.build(config.network, height=height, width=width, classes=len(classes))
    body.load_weights(run / BEST)
    pixels = data.pixels[0]

    if not isinstance(body.get_layer("features"), keras.layers.GlobalAveragePooling2D):
        raise ExportError(f"Network {config.network} has no global average pooling, so it can't tell where it looked.")
    trunk = keras.Model(body.input, [body.get_layer("features").output, body.get_layer("maps").output])
    head = body.get_layer("logits")
    if missing := [one.short for label, one in enumerate(classes) if not (labels[sides.train] == label).any()]:
        raise ExportError(f"The training side has no beats of {', '.join(missing)}.")
    shaping = _rows_for_features(labels, sides, config.seed)
    # Every drawing of a beat is an ordinary one; only what resembles none of them is strange.
    shaped = np.concatenate([_described(trunk, variant, shaping) for variant in data.pixels])
    space = calibration.fit_distance(shaped, np.tile(labels[shaping], len(data.pixels)), len(classes))
    seen = _features(trunk, pixels, sides.validation)
    logits = seen @ head.kernel.numpy() + head.bias.numpy()
    other = None if decide_as is None else _decision_of(decide_as, classes)
    if other is None:
        scaling = calibration.fit_scaling(logits, labels[sides.validation], biases=config.protocol not in BY_PERSON)
    else:
        scaling = calibration.Scaling(other["temperature"], tuple(other["bias"]))

    served = ServedHeads(trunk, scaling, space, head)
    signature = [tf.TensorSpec((None, height, width, 1), tf.uint8, name="pixels")]
    function = tf.function(served.call, input_signature=signature)
    model, _ = tf2onnx.convert.from_function(function, input_signature=signature, opset=OPSET)
    model_file.scale_after_layout(model)
    model_file.name_outputs(model, sorted(served(tf.zeros((2, height, width, 1), tf.uint8))))
    session = onnxruntime.InferenceSession(model.SerializeToString())

    validation = answers_of(session, pixels[sides.validation])
    limit = calibration.distance_limit(_distances(session, data.pixels, sides.validation))
    parity = _parity(served, session, pixels[sides.test], config.seed)
    if parity > PARITY_TOLERANCE:
        raise ExportError(f"Keras and onnxruntime differ by {parity:.1e}; at most {PARITY_TOLERANCE:.0e} is allowed.")

    test = answers_of(session, pixels[sides.test])["probabilities"]
    shorts = [one.short for one in classes]
    scores = scores_of(test, labels[sides.test], config.protocol)
    scores |= told_of_new_people(test, labels[sides.test], config.protocol, shorts, patients_of(data, sides.test))
    for metadata_file in scores_from:
        scores |= json.loads(metadata_file.read_text())["scores"]
    if other is None:
        thresholds = calibration.class_thresholds(validation["probabilities"], labels[sides.validation])
        floors = calibration.confidence_floors(validation["probabilities"], labels[sides.validation], thresholds)
        decision = calibration.decision_metadata(shorts, thresholds, floors, limit)
    else:
        decision = other["decision"] | {"max_distance": round(limit, 4)}
    metadata: dict[str, object] = {
        "format": FORMAT,
        "name": name,
        "classes": [{"short": one.short, "name": one.name} for one in classes],
        "input": {"height": height, "width": width, "channels": 1},
        "decision": decision,
        "training_run": config.name,
        "data_digest": data.digest,
        "scores": scores,
        "licence": sources.notice(config.sources),
        "profile": profile_of(validation, labels[sides.validation], shorts),
    }
    facts = {
        "temperature": round(scaling.temperature, 4),
        "bias": [round(value, 4) for value in scaling.bias],
        "calibrated_on": config.name if other is None else other["training_run"],
        "parity": {"max_probability_difference": parity, "pictures": min(PARITY_PICTURES, len(sides.test))},
        "configuration": config.model_dump(),
    }
    path = model_file.write(model, metadata, facts, repository / name / version)
    return Exported(path, path.stat().st_size, parity, scaling.temperature)


def require_version(version: str) -> None:
    """Raise :class:`ExportError` where ``version`` is not what the server takes for one."""
    if not re.fullmatch(r"[1-9][0-9]{0,8}", version):
        raise ExportError(f"Version {version!r} is not a positive whole number.")


def scores_of(probabilities: NDArray[np.float32], truth: NDArray[np.int64], protocol: str) -> dict[str, float]:
    """The scores that a model file tells of its own test side."""
    answered = probabilities.argmax(axis=1)
    macro_f1 = f1_score(truth, answered, average="macro", labels=np.unique(truth))
    return {
        f"{protocol}/accuracy": round(float((answered == truth).mean()), 4),
        f"{protocol}/macro_f1": round(float(macro_f1), 4),
    }


def told_of_new_people(
    probabilities: NDArray[np.float32],
    truth: NDArray[np.int64],
    protocol: str,
    shorts: Sequence[str],
    people: NDArray[np.str_],
) -> dict[str, float]:
    """:func:`training.evaluation.metrics.class_scores` where the test people are new to the network, else nothing."""
    return metrics.class_scores(probabilities, truth, protocol, shorts, people) if protocol in BY_PERSON else {}


def patients_of(data: Dataset, rows: NDArray[np.int64]) -> NDArray[np.str_]:
    """The person behind each of ``rows``, ``[N]``."""
    return data.table["patient"].to_numpy(dtype=str)[rows]


def _decision_of(metadata_file: Path, classes: Sequence[TrainingClass]) -> dict[str, Any]:
    """Metadata of another export of the same classes, with its scaling and thresholds.

    Raises:
        ExportError: it can't be read, answers with other classes, or was validated by people whom it knows.
    """
    try:
        found: dict[str, Any] = json.loads(metadata_file.read_text())
        shorts = [one["short"] for one in found["classes"]]
        complete = {"temperature", "bias", "training_run"} <= set(found) and {
            "min_probability",
            "min_confidence",
        } <= set(found["decision"])
        by_person = found["configuration"]["protocol"] in BY_PERSON
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ExportError(f"{metadata_file} is no metadata of an export: {error}") from error
    if shorts != [one.short for one in classes] or not complete:
        raise ExportError(f"{metadata_file} does not say how to decide between these classes.")
    if not by_person:
        raise ExportError(f"{metadata_file} is of a model that knows the people it was validated by.")
    return found


def _rows_for_features(labels: NDArray[np.int64], sides: Split, seed: int) -> NDArray[np.int64]:
    generator = np.random.default_rng(seed)
    shuffled = generator.permutation(sides.train)
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


def answers_of(session: onnxruntime.InferenceSession, pixels: NDArray[np.uint8]) -> dict[str, NDArray[np.float32]]:
    """Outputs ``probabilities`` [N, C] and ``distance`` [N] for canonical pixels, batch by batch."""
    names = ["probabilities", "distance"]
    parts = [session.run(names, {"pixels": pixels[start : start + _BATCH]}) for start in range(0, len(pixels), _BATCH)]
    return {name: np.concatenate([part[index] for part in parts]) for index, name in enumerate(names)}


def _distances(
    session: onnxruntime.InferenceSession, pixels: NDArray[np.uint8], rows: NDArray[np.int64]
) -> NDArray[np.float32]:
    """Distances of ``rows`` in every variant that is loaded: what is only drawn unusually is not strange.

    Pictures whose trace lies beside the paper show no beat and say nothing about how strange beats are.
    """
    found = np.concatenate([answers_of(session, variant[rows])["distance"] for variant in pixels])
    return found[found < BLANK_DISTANCE]


def profile_of(
    answers: dict[str, NDArray[np.float32]], labels: NDArray[np.int64], shorts: list[str]
) -> dict[str, dict[str, float] | float]:
    """What the model answers to beats like those it learned from; whoever serves it can tell drift from that."""
    answered = np.bincount(answers["probabilities"].argmax(axis=1), minlength=len(shorts)) / len(labels)
    return {
        "class_shares": {short: round(float(share), 4) for short, share in zip(shorts, answered, strict=True)},
        "mean_confidence": round(float(answers["probabilities"].max(axis=1).mean()), 4),
    }


def _parity(served: ServedHeads, session: onnxruntime.InferenceSession, pixels: NDArray[np.uint8], seed: int) -> float:
    chosen = np.random.default_rng(seed).permutation(len(pixels))[:PARITY_PICTURES]
    keras_side = np.asarray(served(tf.constant(pixels[chosen]))["probabilities"])
    return float(np.abs(keras_side - answers_of(session, pixels[chosen])["probabilities"]).max())
