"""A classifier of pictures out of a file: everything up to the features, and how classes follow from them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import keras

from training.export.keras_files import builder, files
from training.export.keras_files.bounds import LEAST_SIDE, MOST_SIDE
from training.export.keras_files.builder import Built, Step
from training.export.keras_files.errors import KerasFileError
from training.export.keras_files.graph import Graph, Parser
from training.export.keras_files.weights import Weights

SOFTMAX: Final = "softmax"
SIGMOID: Final = "sigmoid"

#: What flattens features.
_FLATTENING: Final = (
    keras.layers.Flatten,
    keras.layers.GlobalAveragePooling2D,
    keras.layers.GlobalMaxPooling2D,
)

#: What may stand between the flat features and the logits for the evidence to be followed back through it.
_FOLLOWED: Final = (
    keras.layers.Dense,
    keras.layers.BatchNormalization,
    keras.layers.Activation,
    keras.layers.ReLU,
    keras.layers.LeakyReLU,
    keras.layers.ELU,
    keras.layers.PReLU,
    keras.layers.Rescaling,
)


@dataclass(frozen=True, slots=True)
class KerasClassifier:
    """A classifier in today's Keras."""

    height: int
    width: int
    channels: int
    """1 or 3."""
    classes: int
    ending: str
    """``softmax``, or ``sigmoid`` of one output: the probability of the second of two classes."""
    logits: keras.Model
    """``float32 [N, height, width, channels]`` to what the ending is applied to, ``[N, classes]`` or ``[N, 1]``."""
    trunk: keras.Model | None
    """To the last features that have a place, ``[N, h, w, F]``; None where the way from there is not followed."""
    head: tuple[keras.layers.Layer, ...]
    """From these features to the logits: flattening or global pooling, then layers of numbers without a place."""
    scaling: tuple[str, ...]
    """Names of the layers that scale pixels."""
    ends_in_logits: bool
    """Whether the model itself lacks the ending."""
    format: str
    keras_version: str

    def probabilities(self, pictures: Any) -> Any:
        """What the model says about ``float32 [N, height, width, channels]``, ``[N, classes]``."""
        return probabilities(self.logits.predict_on_batch(pictures), self.ending)


def probabilities(logits: Any, ending: str) -> Any:
    """Logits to the probabilities of classes, ``[N, C]``."""
    if ending == SOFTMAX:
        return keras.ops.convert_to_numpy(keras.ops.softmax(logits, axis=-1))
    second = keras.ops.convert_to_numpy(keras.ops.sigmoid(logits))
    return keras.ops.convert_to_numpy(keras.ops.concatenate([1 - second, second], axis=-1))


def read(path: Path, size: tuple[int, int] | None = None) -> KerasClassifier:
    """Read a classifier from a file of any Keras, without running anything that it holds.

    Args:
        size: height and width of the pictures, pixels, for a file that leaves them open.

    Raises:
        KerasFileError: not a file of a whole model, or something in it is not supported; the message names it.
    """
    with files.opened(path) as file:
        graph = Parser(file.major).parse(file.config)
        shape = _input_shape(graph, size)
        built = builder.build(graph, Weights(file.store), shape)
        return _classifier(built, shape, file)


def _input_shape(graph: Graph, size: tuple[int, int] | None) -> tuple[int, int, int]:
    shape = graph.input_shape
    if shape is None or len(shape) != 4:
        raise KerasFileError(f"The input shape is {shape}; expected [null, height, width, channels] in numbers.")
    _, height, width, channels = shape
    if channels not in (1, 3):
        raise KerasFileError(
            f"The input shape is {shape}: pictures have 1 or 3 channels, and they come last (channels_last)."
        )
    if height is None or width is None:
        if size is None:
            raise KerasFileError(
                f"The input shape is {shape}: the size of the pictures is left open. Say what the program resized them"
                " to with --size, such as 224x224."
            )
        height, width = size
    elif size is not None and size != (height, width):
        raise KerasFileError(f"The model takes {width}x{height} pixels, not {size[1]}x{size[0]}.")
    if not (LEAST_SIDE <= height <= MOST_SIDE and LEAST_SIDE <= width <= MOST_SIDE):
        raise KerasFileError(
            f"The input is {height} × {width} pixels; sides of {LEAST_SIDE} to {MOST_SIDE} can be used."
        )
    return height, width, channels


def _classifier(built: Built, shape: tuple[int, int, int], file: files.Opened) -> KerasClassifier:
    output = built.output
    if len(output.shape) != 2 or output.shape[1] is None:
        raise KerasFileError(
            f"The model ends in features of shape {tuple(output.shape)}; a classifier ends in one number for each"
            " class."
        )
    logits, ending, bare = _ending(built, output)
    head = _head(built, logits)
    for step in built.steps:
        if (
            step.result is not output
            and _activation(step.layer) == SOFTMAX
            and step.layer in [last.layer for last in head]
        ):
            raise KerasFileError(f"Layer {step.name} is a softmax before the last layer.")
    features = head[0].given if head else None
    return KerasClassifier(
        *shape,
        classes=2 if ending == SIGMOID else int(output.shape[1]),
        ending=ending,
        logits=keras.Model(built.picture, logits),
        trunk=None if features is None else keras.Model(built.picture, features),
        head=tuple(step.layer for step in head),
        scaling=tuple(built.scaling),
        ends_in_logits=bare,
        format=file.format,
        keras_version=file.version,
    )


def _ending(built: Built, output: Any) -> tuple[Any, str, bool]:
    """The logits, what is to be applied to them, and whether the model itself leaves that out."""
    last = next((step for step in reversed(built.steps) if step.result is output), None)
    name = _activation(last.layer) if last else None
    units = int(output.shape[1])
    if last is not None and name == SOFTMAX:
        if units < 2:
            raise KerasFileError(f"Layer {last.name} is a softmax over one output, which is always 1.")
        return last.given, SOFTMAX, False
    if last is not None and name == SIGMOID:
        if units > 1:
            raise KerasFileError(
                f"Layer {last.name} ends in {units} sigmoids, each of which says yes or no by itself; a classifier ends"
                " in a softmax, or in one sigmoid for two classes."
            )
        return last.given, SIGMOID, False
    if last is not None and isinstance(last.layer, keras.layers.Dense):
        return output, SOFTMAX if units > 1 else SIGMOID, True
    ends = f"layer {last.name}" if last else "an operation"
    raise KerasFileError(
        f"The model ends in {ends}, not in a softmax over flat features, one sigmoid or a last Dense layer, so it is no"
        " classifier."
    )


def _head(built: Built, logits: Any) -> list[Step]:
    """The steps from the last features with a place to the logits; empty where there is another kind between them."""
    by_result = {id(step.result): step for step in built.steps}
    steps: list[Step] = []
    values = logits
    while (step := by_result.get(id(values))) is not None:
        steps.insert(0, step)
        if isinstance(step.layer, _FLATTENING) and len(step.given.shape) == 4 and len(step.result.shape) == 2:
            return steps
        if not isinstance(step.layer, _FOLLOWED) or len(step.result.shape) != 2:
            break
        values = step.given
    return []


def _activation(layer: keras.layers.Layer) -> str | None:
    return layer.activation.__name__ if isinstance(layer, keras.layers.Activation) else None
