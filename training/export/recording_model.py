"""The network for recordings to a served model: one ONNX file that says what it reads and how it decides.

The file's metadata is of the format ``beatlens-recording/1``. Inputs are the arrays of
:func:`ecg.features.stream.beat_blocks` by name, float32, ``nan`` where unknown; N beats and L leads, 1 to 12, are free.
The output is ``probabilities`` ``[N, C]``, calibrated.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import keras
import numpy as np
import onnx
import onnxruntime
import tensorflow as tf
import tf2onnx
from numpy.typing import NDArray

from ecg.features.reach import STRIP_REACH
from ecg.features.stream import FEATURES
from inference_server.models.decision import Thresholds
from inference_server.models.recording_model import ARRAYS as SHAPES
from inference_server.models.recording_model import FORMAT
from training import TrainingError
from training.datasets.recordings.labelling import CLASSES
from training.datasets.recordings.preparation import STRIP_STEP
from training.export import model_file
from training.export.onnx_conversion import OPSET
from training.learning import confidence
from training.learning.calibration import Scaling
from training.learning.recordings.calibrating import Calibration

NAME: Final = "arrhythmia-recording"

ARRAYS: Final = ("windows", "difference", "strip", "intervals", "features", "arrival", "conduction", "leads")
"""Names of the inputs, in order."""

#: Keras and onnxruntime may differ by so much in a probability.
TOLERANCE: Final = 1e-5

Inputs = Mapping[str, NDArray[np.float32]]


class RecordingExportError(TrainingError):
    """What was exported doesn't say what the network says."""


@dataclass(frozen=True, slots=True)
class Decided:
    """What was fitted on people whom the networks don't know, and what they scored."""

    calibration: Calibration
    thresholds: Thresholds
    scores: Mapping[str, float]


class Served(keras.Model):  # type: ignore[misc]
    """The networks of an ensemble as one graph, from arrays as they are cut to calibrated probabilities."""

    def __init__(self, networks: Sequence[keras.Model], scaling: Scaling) -> None:
        super().__init__(name="recordings_served")
        self.networks = list(networks)
        self.temperature = np.float32(scaling.temperature)
        self.bias = np.array(scaling.bias, np.float32)

    def call(self, inputs: Mapping[str, tf.Tensor]) -> tf.Tensor:
        """Arrays of :data:`ARRAYS` to ``[N, C]``."""
        strip = inputs["strip"]
        shape = tf.shape(strip)
        parts = tf.reshape(strip, [shape[0], shape[1], 2 * STRIP_REACH // STRIP_STEP, STRIP_STEP])
        seen = {**inputs, "strip": tf.reduce_mean(parts, axis=3)}
        logits = tf.add_n([network(seen, training=False) for network in self.networks]) / len(self.networks)
        return tf.nn.softmax(logits / self.temperature + self.bias)


def to_onnx(served: Served) -> onnx.ModelProto:
    """The graph, its output named."""
    signature = [tf.TensorSpec(SHAPES[name], tf.float32, name=name) for name in ARRAYS]

    def call(*arrays: tf.Tensor) -> dict[str, tf.Tensor]:
        return {"probabilities": served(dict(zip(ARRAYS, arrays, strict=True)))}

    function = tf.function(call, input_signature=signature, autograph=False)
    model, _ = tf2onnx.convert.from_function(function, input_signature=signature, opset=OPSET)
    model_file.name_outputs(model, ["probabilities"])
    return model


def export(
    networks: Sequence[keras.Model],
    decided: Decided,
    samples: Sequence[Inputs],
    folder: Path,
    *,
    facts: Mapping[str, Any],
    licence: str,
    digest: str,
) -> Path:
    """Write a version.

    Args:
        networks: An ensemble, whose logits are averaged.
        decided: What goes into the file beside them.
        samples: Beats of real recordings, as they are cut; Keras and onnxruntime must agree on them.
        folder: Its name is the version.
        facts: What only people read.
        licence: The notices of every database that trained.
        digest: Of the prepared data.

    Raises:
        RecordingExportError: they don't agree within :data:`TOLERANCE`.
    """
    served = Served(networks, decided.calibration.scaling)
    model = to_onnx(served)
    parity = parity_of(served, model, samples)
    if not parity <= TOLERANCE:
        raise RecordingExportError(f"Keras and onnxruntime differ by {parity:.1e}; {TOLERANCE:.0e} is allowed.")
    shorts = [kind.short for kind in CLASSES]
    course = decided.calibration.course
    decision = confidence.decision_metadata(decided.thresholds, shorts, 0.0)
    metadata = {
        "format": FORMAT,
        "name": NAME,
        "classes": [{"short": kind.short, "name": kind.name} for kind in CLASSES],
        "arrays": list(ARRAYS),
        "features": list(FEATURES),
        "decision": {name: decision[name] for name in ("min_probability", "min_confidence", "groups")},
        "training_run": f"{NAME}-{folder.name}",
        "data_digest": digest,
        "scores": dict(decided.scores),
        "shares": {short: round(share, 6) for short, share in zip(shorts, course.shares, strict=True)},
        **({} if course.second_look is None else {"second_look": course.second_look.as_stated()}),
        "licence": licence,
    }
    return model_file.write(model, metadata, {**facts, "parity": parity}, folder)


def parity_of(served: Served, model: onnx.ModelProto, samples: Sequence[Inputs]) -> float:
    """The largest difference of a probability between Keras and onnxruntime."""
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    differences = [
        float(
            np.abs(
                np.asarray(served({name: tf.constant(values) for name, values in inputs.items()}))
                - session.run(["probabilities"], dict(inputs))[0]
            ).max()
        )
        for inputs in samples
    ]
    return float(np.max(differences))
