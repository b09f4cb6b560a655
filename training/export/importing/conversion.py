"""A network and the old program's steps to an ONNX graph that serves them, held against both on pictures."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol

import keras
import numpy as np
import onnx
import onnxruntime
import tensorflow as tf
from numpy.typing import NDArray

from ecg.pictures.canonical import MIN_CONTRAST
from inference_server.models.model_input import ModelInput
from training.export.importing.evidence import evidence
from training.export.importing.old_program import own_steps, prepared
from training.export.importing.options import ImportRefused, Preprocessing
from training.export.keras_files.classifier import SOFTMAX, KerasClassifier
from training.export.onnx_conversion import Outputs, to_onnx

#: An old file tells nothing about its training pictures, so only what shows nothing is out of distribution.
MAX_OOD_SCORE: Final = 1.0

#: Pictures that are compared together. Few, as a large network's features of a picture may take a tenth of a gigabyte.
_BATCH: Final = 8


class Network(Protocol):
    """What classifies, whatever it was saved as."""

    @property
    def height(self) -> int:
        """Of its input, pixels."""

    @property
    def width(self) -> int:
        """Of its input, pixels."""

    @property
    def channels(self) -> int:
        """1 or 3."""

    def probabilities(self, pictures: NDArray[np.float32]) -> NDArray[np.float32]:
        """What the network itself says about ``[N, height, width, channels]``: ``[N, C]``."""


@dataclass(frozen=True, slots=True)
class Agreement:
    """How often the server names the class that the old program names, from the picture's file on."""

    same: int
    pictures: int

    def __str__(self) -> str:
        return f"{self.same:,} of {self.pictures:,}"


@dataclass(frozen=True, slots=True)
class Converted:
    """A graph and what is known about it."""

    model: onnx.ModelProto
    """``pixels`` to ``probabilities`` and ``distance``, and to ``activation_maps`` where the head is known."""
    takes: ModelInput
    classes: int
    parity: float
    """Largest difference of a probability between the network and onnxruntime on the same pixels."""
    agreement: Agreement


def of_keras(classifier: KerasClassifier, preprocessing: Preprocessing) -> Callable[[tf.Tensor], Outputs]:
    """What is served of a classifier whose layers are known: from ``uint8 [N, H, W, C]`` to the served outputs."""
    size = (classifier.height, classifier.width, classifier.channels)
    softmax = classifier.ending == SOFTMAX

    def call(pixels: tf.Tensor) -> Outputs:
        network_input = prepared(pixels, preprocessing, *size)
        if classifier.trunk is None:
            values = classifier.logits(network_input, training=False)
            maps = {}
        else:
            features = classifier.trunk(network_input, training=False)
            values, outputs = features, []
            for layer in classifier.head:
                values = _applied(layer, values)
                outputs.append(values)
            # One sigmoid is a softmax over half of its logit, once with the other sign.
            seeds = None if softmax else tf.constant([[-0.5], [0.5]])
            maps = {"activation_maps": evidence(features, classifier.head, outputs, seeds)}
        second = tf.sigmoid(values)
        probabilities = tf.nn.softmax(values) if softmax else tf.concat([1 - second, second], axis=1)
        return {"probabilities": probabilities, "distance": ood_score(pixels), **maps}

    return call


def _applied(layer: keras.layers.Layer, values: tf.Tensor) -> tf.Tensor:
    takes_training = isinstance(layer, keras.layers.BatchNormalization)
    return layer(values, training=False) if takes_training else layer(values)


def ood_score(pixels: tf.Tensor) -> tf.Tensor:
    """Beyond :data:`MAX_OOD_SCORE` for pictures that show nothing, otherwise 0: ``[N]``."""
    values = tf.cast(pixels, tf.float32)
    contrast = tf.reduce_max(values, axis=[1, 2]) - tf.reduce_min(values, axis=[1, 2])
    blank = tf.reduce_max(contrast, axis=1) < MIN_CONTRAST
    return tf.where(blank, tf.constant(2 * MAX_OOD_SCORE), tf.constant(0.0))


def convert(
    network: Network,
    call: Callable[[tf.Tensor], Outputs],
    preprocessing: Preprocessing,
    pictures: Sequence[bytes],
) -> Converted:
    """Make the graph and hold it against the network.

    Args:
        call: from the served input to the served outputs, in TensorFlow.
        pictures: encoded; what the programs are compared on.

    Raises:
        ImportRefused: the numbers of the preprocessing do not fit the network, or it can't be written as ONNX.
    """
    size = (network.height, network.width, network.channels)
    takes = preprocessing.model_input(*size)
    preprocessing.numbers(network.channels)
    try:
        model = to_onnx(call, height=takes.height, width=takes.width, channels=takes.channels)
        session = onnxruntime.InferenceSession(model.SerializeToString())
    except Exception as error:  # tf2onnx and onnxruntime raise many kinds for what they do not know
        raise ImportRefused(f"The network can't be written as ONNX: {_first_line(error)}") from error
    compared = _compared(network, session, takes, preprocessing, pictures)
    return Converted(model, takes, *compared)


def _compared(
    network: Network,
    session: onnxruntime.InferenceSession,
    takes: ModelInput,
    preprocessing: Preprocessing,
    pictures: Sequence[bytes],
) -> tuple[int, float, Agreement]:
    """Classes, parity and agreement."""
    size = (network.height, network.width, network.channels)
    parity, same, classes = 0.0, 0, 0
    for batch in _batches(pictures):
        pixels = np.stack([takes.view(data).pixels for data in batch])
        (served,) = session.run(["probabilities"], {"pixels": pixels})
        network_input = prepared(tf.constant(pixels), preprocessing, *size).numpy()
        expected = network.probabilities(network_input)
        own = np.stack([own_steps(data, preprocessing, *size) for data in batch])
        theirs = expected if np.array_equal(own, network_input) else network.probabilities(own)
        parity = max(parity, _largest(served - expected))
        same += int((served.argmax(axis=1) == theirs.argmax(axis=1)).sum())
        classes = served.shape[1]
    return classes, parity, Agreement(same, len(pictures))


def _largest(differences: NDArray[np.float32]) -> float:
    """The largest, infinite where a probability is no number."""
    return float(np.abs(differences).max()) if np.isfinite(differences).all() else float("inf")


def _batches(pictures: Sequence[bytes]) -> Iterator[Sequence[bytes]]:
    for start in range(0, len(pictures), _BATCH):
        yield pictures[start : start + _BATCH]


def _first_line(error: Any) -> str:
    lines = str(error).splitlines()
    return lines[0][:300] if lines else type(error).__name__
