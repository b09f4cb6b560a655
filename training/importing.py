"""A legacy Keras file to a version that the inference server serves, held against Keras before it is kept."""

from __future__ import annotations

import hashlib
import re
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import keras
import numpy as np
import onnx
import onnxruntime
import tensorflow as tf
import tf2onnx
from numpy.typing import NDArray
from PIL import Image

from ecg.classes import CLASS_SETS, TrainingClass
from inference_server.images import canonical
from inference_server.onnx_model import FORMAT, ModelError, OnnxModel
from training import legacy_keras, onnx_file
from training.legacy_keras import LegacyModel
from training.rendering import CLASSIC, draw

OPSET = 17

#: Drawn pictures on which Keras and onnxruntime must agree, and how closely.
PARITY_PICTURES = 200
PARITY_TOLERANCE = 1e-5

#: An old file tells nothing about its training pictures, so a class is plausible from an even chance on, and only
#: blank paper is strange.
MIN_PROBABILITY = 0.5
MAX_DISTANCE = 1.0

#: The most that one side of a picture may exceed the other.
_MOST_STRETCHED = 8

_SHORT = re.compile(r"[A-Z][A-Z0-9_]*")
_VERSION = re.compile(r"[1-9][0-9]{0,8}")
_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")


class ImportRefused(Exception):  # noqa: N818 - reads as what happened
    """The model can't be served as asked; nothing was written."""


@dataclass(frozen=True, slots=True)
class Preprocessing:
    """How the old program turned a picture into the network's input."""

    rescale: float
    """What grey levels (0 to 255) were multiplied by."""
    drawn: tuple[int, int] = (CLASSIC.width, CLASSIC.height)
    """Width and height, pixels, of the pictures, which it stretched to the network's input."""
    ink: int = 0
    """Grey level of the line. Serving blackens every line, the served graph takes that back."""


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import produced."""

    model: Path
    bytes: int
    parity: float
    """Largest difference of a probability between Keras and onnxruntime."""
    keras_version: str


class _Served(keras.Model):  # type: ignore[misc]
    """The old network behind the served input, with the maps and the distance that serving asks for."""

    def __init__(self, legacy: LegacyModel, preprocessing: Preprocessing) -> None:
        super().__init__(name="served")
        self.legacy = legacy
        self.preprocessing = preprocessing

    def call(self, pixels: tf.Tensor) -> dict[str, tf.Tensor]:
        """``uint8 [N, H, W, 1]`` to ``probabilities`` [N, C], ``distance`` [N], ``activation_maps`` [N, h, w, C]."""
        features = self.legacy.trunk(self.prepared(pixels), training=False)
        values, outputs = features, []
        for layer in self.legacy.head:
            values = layer(values, training=False)
            outputs.append(values)
        blank = tf.equal(tf.reduce_min(tf.cast(pixels, tf.float32), axis=[1, 2, 3]), 255.0)
        return {
            "probabilities": tf.nn.softmax(values),
            "distance": tf.where(blank, tf.constant(2 * MAX_DISTANCE), tf.constant(0.0)),
            "activation_maps": evidence(features, self.legacy.head, outputs),
        }

    def prepared(self, pixels: tf.Tensor) -> tf.Tensor:
        """The network's own input, ``float32 [N, height, width, channels]``."""
        grey = 255.0 - (255.0 - tf.cast(pixels, tf.float32)) * np.float32((255 - self.preprocessing.ink) / 255)
        size = (self.legacy.height, self.legacy.width)
        if tuple(pixels.shape[1:3]) != size:
            grey = tf.image.resize(grey, size)
        return tf.repeat(grey, self.legacy.channels, axis=3) * np.float32(self.preprocessing.rescale)


def evidence(features: tf.Tensor, head: Sequence[keras.layers.Layer], outputs: Sequence[tf.Tensor]) -> tf.Tensor:
    """Features times the gradient of each class's logit, summed over the channels: ``[N, h, w, C]``.

    HiResCAM (Draelos & Carin 2020), for heads without global pooling too. The gradient is written out backwards, as
    ONNX has no gradients.
    """
    _, height, width, channels = features.shape
    classes = outputs[-1].shape[-1]
    gradient = tf.eye(classes, batch_shape=[tf.shape(features)[0]])  # [N, C, width of the layer]
    for layer, output in zip(reversed(head), reversed(outputs), strict=True):
        if isinstance(layer, keras.layers.Dense):
            gradient = tf.matmul(gradient, layer.kernel, transpose_b=True)
        elif isinstance(layer, keras.layers.BatchNormalization):
            scale = layer.gamma if layer.scale else 1.0
            gradient *= scale / tf.sqrt(layer.moving_variance + layer.epsilon)
        elif isinstance(layer, keras.layers.Activation):
            gradient *= _slope(layer.activation.__name__, output)[:, None]
        elif isinstance(layer, keras.layers.GlobalAveragePooling2D):
            gradient = tf.tile(gradient / (height * width), [1, 1, height * width])
    by_place = tf.reshape(gradient, [-1, classes, height, width, channels])
    return tf.transpose(tf.reduce_sum(by_place * features[:, None], axis=4), [0, 2, 3, 1])


def _slope(activation: str, output: tf.Tensor) -> tf.Tensor:
    """Derivative of an activation, from its output."""
    if activation == "relu":
        return tf.cast(output > 0, tf.float32)
    return output * (1 - output) if activation == "sigmoid" else 1 - output * output


def parse_rescale(text: str) -> float:
    """``1/255`` or ``0.00392`` as a number.

    Raises:
        ImportRefused: no positive number.
    """
    try:
        value = float(Fraction(text))
    except (ValueError, ZeroDivisionError) as error:
        raise ImportRefused(f"--rescale {text!r} is no number; write it like 1/255.") from error
    if not 0 < value < float("inf"):
        raise ImportRefused(f"--rescale {text!r} is not a positive number.")
    return value


def parse_size(text: str) -> tuple[int, int]:
    """``192x128`` as width and height.

    Raises:
        ImportRefused: not two whole numbers, or a shape that no beat is drawn in.
    """
    found = re.fullmatch(r"([1-9][0-9]{0,3})x([1-9][0-9]{0,3})", text)
    if found is None:
        raise ImportRefused(f"--drawn {text!r} is no size; write it like 192x128.")
    width, height = int(found[1]), int(found[2])
    if not 1 / _MOST_STRETCHED <= width / height <= _MOST_STRETCHED:
        raise ImportRefused(f"--drawn {text!r} is more than {_MOST_STRETCHED} times as long as it is high, or as high.")
    return width, height


def parse_classes(text: str) -> list[TrainingClass]:
    """Classes in output order: known short or full names, or ``SHORT=Full name``, separated by commas.

    Raises:
        ImportRefused: a class is unknown or named twice.
    """
    known = {alias.casefold(): one for one in CLASS_SETS["eight"] for alias in (one.short, one.name)}
    found = []
    for part in (part.strip() for part in text.split(",")):
        short, _, name = (piece.strip() for piece in part.partition("="))
        if name and _SHORT.fullmatch(short):
            found.append(TrainingClass(short, name, symbol=""))
        elif part.casefold() in known:
            found.append(known[part.casefold()])
        else:
            raise ImportRefused(
                f"There is no class {part!r}. Write SHORT=Full name for a class of your own; known are"
                f" {', '.join(one.short for one in CLASS_SETS['eight'])}."
            )
    if len({one.short for one in found}) != len(found):
        raise ImportRefused("A class is named twice.")
    return found


def import_keras(
    source: Path,
    classes: Sequence[TrainingClass],
    preprocessing: Preprocessing,
    repository: Path,
    *,
    name: str,
    version: str,
    licence: str,
) -> Imported:
    """Write a legacy Keras file into a model repository as ``<name>/<version>/{model.onnx,metadata.json}``.

    Raises:
        ImportRefused: the classes, name or version don't fit, or Keras and onnxruntime disagree; nothing is written.
        KerasFileError: the file can't be used.
    """
    if not _NAME.fullmatch(name):
        raise ImportRefused(f"{name!r} can't be a model's name: lower-case letters, digits, dots and hyphens can.")
    if not _VERSION.fullmatch(version):
        raise ImportRefused(f"Version {version!r} is not a positive whole number.")
    folder = repository / name / version
    if folder.exists():
        raise ImportRefused(f"{folder} exists already; a version is never overwritten.")
    legacy = legacy_keras.read(source)
    if legacy.classes != len(classes):
        raise ImportRefused(f"The model has {legacy.classes} outputs, but {len(classes)} classes are named.")
    wide, high = preprocessing.drawn
    height, width = legacy.height, max(1, round(legacy.height * wide / high))
    served = _Served(legacy, preprocessing)
    signature = [tf.TensorSpec((None, height, width, 1), tf.uint8, name="pixels")]
    function = tf.function(served.call, input_signature=signature)
    model, _ = tf2onnx.convert.from_function(function, input_signature=signature, opset=OPSET)
    pixels = _parity_pictures(height, width)
    onnx_file.scale_after_layout(model)
    onnx_file.name_outputs(model, sorted(served(tf.constant(pixels[:1]))))
    parity = _parity(served, model, pixels)
    if parity > PARITY_TOLERANCE:
        raise ImportRefused(f"Keras and onnxruntime differ by {parity:.1e}; at most {PARITY_TOLERANCE:.0e} is allowed.")
    digest = hashlib.sha256(source.read_bytes()).hexdigest()
    metadata: dict[str, object] = {
        "format": FORMAT,
        "name": name,
        "classes": [{"short": one.short, "name": one.name} for one in classes],
        "input": {"height": height, "width": width, "channels": 1},
        "decision": {
            "min_probability": {one.short: MIN_PROBABILITY for one in classes},
            "max_distance": MAX_DISTANCE,
        },
        "training_run": f"imported, Keras {legacy.keras_version}, HDF5 {digest[:12]}",
        "data_digest": "not known",
        "scores": {},
        "licence": licence,
    }
    facts = {
        "imported_from_sha256": digest,
        "rescale": preprocessing.rescale,
        "drawn": list(preprocessing.drawn),
        "ink": preprocessing.ink,
        "parity": {"max_probability_difference": parity, "pictures": PARITY_PICTURES},
    }
    path = onnx_file.write(model, metadata, facts, folder)
    try:
        OnnxModel.load(folder)
    except ModelError as error:
        shutil.rmtree(folder)
        raise ImportRefused(f"The inference server refuses what came out: {error}") from error
    return Imported(path, path.stat().st_size, parity, legacy.keras_version)


def _parity_pictures(height: int, width: int) -> NDArray[np.uint8]:
    """Canonical pixels of drawn random walks, smoothed like beats; every import sees the same ones."""
    generator = np.random.default_rng(0)
    walks = generator.normal(0, 0.08, size=(PARITY_PICTURES, 192)).cumsum(axis=1)
    walks = (walks - walks.mean(axis=1, keepdims=True)).astype(np.float32)
    return np.stack([canonical(Image.fromarray(picture), height=height, width=width) for picture in draw(walks)])


def _parity(served: _Served, model: onnx.ModelProto, pixels: NDArray[np.uint8]) -> float:
    session = onnxruntime.InferenceSession(model.SerializeToString())
    (answers,) = session.run(["probabilities"], {"pixels": pixels})
    expected = served.legacy.whole.predict_on_batch(served.prepared(tf.constant(pixels)).numpy())
    return float(np.abs(answers - expected).max())
