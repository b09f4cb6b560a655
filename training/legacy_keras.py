"""Keras HDF5 files of the years before Keras 3, read without running anything that they hold.

The dialects of Keras 1 (``Convolution2D``, ``nb_filter``), Keras 2 and tf.keras are one list of layers and their
arrays; only the names of the settings differ. A file's layers are translated one by one, and what is not known is
refused: an HDF5 file can carry pickled code, which is never loaded.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import h5py
import keras
import numpy as np
from numpy.typing import NDArray

#: The largest file that is opened, bytes; the inference server reads no larger model either.
MAX_BYTES = 512 * 1024 * 1024

#: Bounds of the input's sides, pixels.
LEAST_SIDE, MOST_SIDE = 16, 512

#: Activations of hidden layers; the last one is ``softmax``.
HIDDEN_ACTIVATIONS = ("relu", "sigmoid", "tanh")

Config = Mapping[str, Any]


class KerasFileError(Exception):
    """The file can't be imported; the message says which part of it and why."""


@dataclass(frozen=True, slots=True)
class LegacyModel:
    """A classifier read from an HDF5 file."""

    height: int
    width: int
    channels: int
    """1 or 3."""
    classes: int
    trunk: keras.Model
    """``float32 [N, height, width, channels]`` to features ``[N, h, w, F]``."""
    head: tuple[keras.layers.Layer, ...]
    """From the features to logits ``[N, classes]``: Flatten or GlobalAveragePooling2D, then linear Dense,
    BatchNormalization and Activation layers."""
    whole: keras.Model
    """``float32 [N, height, width, channels]`` to probabilities ``[N, classes]``."""
    keras_version: str


@dataclass(frozen=True, slots=True)
class _Layer:
    """A layer of the file's configuration."""

    kind: str
    name: str
    config: Config

    def setting(self, *names: str, default: Any = None) -> Any:
        """The first of ``names`` that the dialect has."""
        return next((self.config[name] for name in names if name in self.config), default)


def read(path: Path) -> LegacyModel:
    """Read a Sequential picture classifier.

    Raises:
        KerasFileError: not an HDF5 file of a whole Keras model, or something in it is not supported.
    """
    try:
        if path.stat().st_size > MAX_BYTES:
            raise KerasFileError(f"{path.name} is larger than {MAX_BYTES:,} bytes.")
        file = h5py.File(path, "r")
    except OSError as error:
        raise KerasFileError(f"{path.name} is not a readable HDF5 file.") from error
    with file:
        version = _text(file.attrs.get("keras_version", "1"))
        if (backend := _text(file.attrs.get("backend", "tensorflow"))) in ("theano", "cntk"):
            raise KerasFileError(f"{path.name} was saved by Keras on {backend}, which stores its kernels otherwise.")
        layers = _layers(file, path.name)
        height, width, channels = _input_shape(layers)
        return _build(layers, _Arrays(file), (height, width, channels), version)


class _Arrays:
    """The weights in a file, by layer."""

    def __init__(self, file: h5py.File) -> None:
        self._file = file
        self._groups = file.get("model_weights", file)

    def of(self, layer: str, expected: list[tuple[int | None, ...]]) -> list[NDArray[np.float32]]:
        """The arrays of ``layer``, which must have the shapes ``expected``.

        Raises:
            KerasFileError: they are missing, of another shape, or do not lie in the file itself.
        """
        try:
            group = self._groups[layer]
            names = [_text(name) for name in group.attrs["weight_names"]]
            stored = [group[name] for name in names]
            shapes = [tuple(one.shape) for one in stored]
        except (KeyError, AttributeError, OSError) as error:
            raise KerasFileError(f"The file has no weights for layer {layer}.") from error
        if any(one.file.filename != self._file.filename or one.is_virtual or one.external for one in stored):
            raise KerasFileError(f"The weights of layer {layer} lie outside the file.")
        if shapes != expected:
            raise KerasFileError(f"Layer {layer} needs weights of shapes {expected}, the file has {shapes}.")
        arrays = [np.asarray(one, dtype=np.float32) for one in stored]
        if not all(np.isfinite(array).all() for array in arrays):
            raise KerasFileError(f"Layer {layer} has weights that are not finite numbers.")
        return arrays


def _layers(file: h5py.File, name: str) -> list[_Layer]:
    if "model_config" not in file.attrs:
        raise KerasFileError(
            f"{name} holds no model configuration: perhaps weights alone. Save the whole model with model.save()."
        )
    try:
        config = json.loads(_text(file.attrs["model_config"]))
        kind, inner = config["class_name"], config["config"]
        if kind != "Sequential":
            raise KerasFileError(f"{name} is a {kind} model; only Sequential ones can be imported.")
        # Keras 1 and early Keras 2 have the list itself, later ones a dictionary around it.
        listed = inner["layers"] if isinstance(inner, dict) else inner
        found = [
            _Layer(str(one["class_name"]), str(one["config"].get("name", "")), dict(one["config"])) for one in listed
        ]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise KerasFileError(f"The model configuration of {name} can't be understood.") from error
    if not found:
        raise KerasFileError(f"{name} has no layers.")
    return found


def _input_shape(layers: list[_Layer]) -> tuple[int, int, int]:
    shape = layers[0].setting("batch_input_shape", "batch_shape")
    if not isinstance(shape, list) or len(shape) != 4 or not all(isinstance(side, int) for side in shape[1:]):
        raise KerasFileError(f"The input shape is {shape}; expected [null, height, width, channels] in numbers.")
    height, width, channels = shape[1:]
    if channels not in (1, 3):
        raise KerasFileError(
            f"The input shape is {shape}: pictures have 1 or 3 channels, and they come last (channels_last)."
        )
    if not (LEAST_SIDE <= height <= MOST_SIDE and LEAST_SIDE <= width <= MOST_SIDE):
        raise KerasFileError(
            f"The input is {height} × {width} pixels; sides of {LEAST_SIDE} to {MOST_SIDE} can be used."
        )
    return height, width, channels


def _build(layers: list[_Layer], arrays: _Arrays, shape: tuple[int, int, int], version: str) -> LegacyModel:
    picture = keras.Input(shape)
    values = picture
    trunk: keras.Model | None = None
    head: list[keras.layers.Layer] = []
    for layer in layers:
        if layer.kind not in _TRANSLATORS:
            raise _unsupported(layer)
        try:
            translated = _TRANSLATORS[layer.kind](layer)
        except (TypeError, ValueError) as error:
            raise KerasFileError(f"Layer {layer.name} ({layer.kind}) has settings that can't be used.") from error
        for made in translated:
            if isinstance(made, keras.layers.Flatten | keras.layers.GlobalAveragePooling2D):
                if trunk is not None:
                    raise KerasFileError(f"Layer {layer.name} comes where the features are flat already.")
                trunk = keras.Model(picture, values)
            elif isinstance(made, keras.layers.Dense) and len(values.shape) != 2:
                raise KerasFileError(
                    f"Layer {layer.name} ({layer.kind}) can't follow features of shape {values.shape}."
                )
            values = _applied(made, values, layer, arrays)
            if trunk is not None:
                head.append(made)
    softmax = head.pop() if head else None
    if (
        trunk is None
        or not isinstance(softmax, keras.layers.Activation)
        or softmax.activation is not keras.activations.softmax
    ):
        raise KerasFileError("The model does not end in a softmax over flat features, so it is no classifier.")
    if any(one.activation is keras.activations.softmax for one in head if isinstance(one, keras.layers.Activation)):
        raise KerasFileError("The model has a softmax before its last layer.")
    return LegacyModel(
        *shape,
        values.shape[-1],
        trunk=trunk,
        head=tuple(head),
        whole=keras.Model(picture, values),
        keras_version=version,
    )


def _applied(made: keras.layers.Layer, values: Any, layer: _Layer, arrays: _Arrays) -> Any:
    """The layer's output, with the weights of the file. Their shapes are compared before any memory is taken."""
    expected = _weight_shapes(made, values.shape)
    stored = arrays.of(layer.name, expected) if expected else []
    try:
        result = made(values)
    except ValueError as error:
        raise KerasFileError(f"Layer {layer.name} does not fit features of shape {values.shape}.") from error
    if stored:
        made.set_weights(stored)
    return result


def _weight_shapes(made: keras.layers.Layer, shape: tuple[int | None, ...]) -> list[tuple[int | None, ...]]:
    """Shapes of the weights of a layer whose input has ``shape``, in the order of the file."""
    width = shape[-1]
    if isinstance(made, keras.layers.Conv2D):
        return [(*made.kernel_size, width, made.filters)] + ([(made.filters,)] if made.use_bias else [])
    if isinstance(made, keras.layers.Dense):
        return [(width, made.units)] + ([(made.units,)] if made.use_bias else [])
    if isinstance(made, keras.layers.BatchNormalization):
        return [(shape[made.axis],)] * (2 + made.scale + made.center)
    return []


def _convolution(layer: _Layer) -> list[keras.layers.Layer]:
    _require_channels_last(layer)
    kernel = layer.setting("kernel_size") or (layer.setting("nb_row"), layer.setting("nb_col"))
    made = keras.layers.Conv2D(
        layer.setting("filters", "nb_filter"),
        tuple(kernel),
        strides=tuple(layer.setting("strides", "subsample", default=(1, 1))),
        padding=layer.setting("padding", "border_mode", default="valid"),
        dilation_rate=tuple(layer.setting("dilation_rate", default=(1, 1))),
        use_bias=bool(layer.setting("use_bias", "bias", default=True)),
    )
    if layer.setting("groups", default=1) != 1:
        raise KerasFileError(f"Layer {layer.name} has groups, which are not supported.")
    return [made, *_activation(layer)]


def _dense(layer: _Layer) -> list[keras.layers.Layer]:
    made = keras.layers.Dense(
        layer.setting("units", "output_dim"), use_bias=bool(layer.setting("use_bias", "bias", default=True))
    )
    return [made, *_activation(layer)]


def _activation(layer: _Layer) -> list[keras.layers.Layer]:
    name = layer.setting("activation", default="linear")
    if name == "linear":
        return []
    if name not in (*HIDDEN_ACTIVATIONS, "softmax"):
        raise KerasFileError(
            f"Layer {layer.name} has the activation {name!r}. Known: linear, {', '.join(HIDDEN_ACTIVATIONS)}, softmax."
        )
    return [keras.layers.Activation(name)]


def _pooling(kind: type[keras.layers.Layer]) -> Callable[[_Layer], list[keras.layers.Layer]]:
    def made(layer: _Layer) -> list[keras.layers.Layer]:
        _require_channels_last(layer)
        size = tuple(layer.setting("pool_size", default=(2, 2)))
        strides = layer.setting("strides") or size
        padding = layer.setting("padding", "border_mode", default="valid")
        return [kind(size, strides=tuple(strides), padding=padding)]

    return made


def _normalisation(layer: _Layer) -> list[keras.layers.Layer]:
    axis = layer.setting("axis", default=-1)
    if layer.setting("mode", default=0) != 0:
        raise KerasFileError(f"Layer {layer.name} normalises otherwise than over all pictures, which is not supported.")
    return [
        keras.layers.BatchNormalization(
            axis=axis[0] if isinstance(axis, list) else axis,
            epsilon=float(layer.setting("epsilon", default=1e-3)),
            scale=bool(layer.setting("scale", default=True)),
            center=bool(layer.setting("center", default=True)),
        )
    ]


def _zero_padding(layer: _Layer) -> list[keras.layers.Layer]:
    _require_channels_last(layer)
    rows, columns = layer.setting("padding", default=(1, 1))
    return [
        keras.layers.ZeroPadding2D(((rows, rows), (columns, columns)) if isinstance(rows, int) else (rows, columns))
    ]


def _flatten(layer: _Layer) -> list[keras.layers.Layer]:
    _require_channels_last(layer)
    return [keras.layers.Flatten()]


def _global_average(layer: _Layer) -> list[keras.layers.Layer]:
    _require_channels_last(layer)
    return [keras.layers.GlobalAveragePooling2D()]


def _nothing(_layer: _Layer) -> list[keras.layers.Layer]:
    """What does nothing when a trained model answers."""
    return []


_TRANSLATORS: dict[str, Callable[[_Layer], list[keras.layers.Layer]]] = {
    "InputLayer": _nothing,
    "Conv2D": _convolution,
    "Convolution2D": _convolution,
    "MaxPooling2D": _pooling(keras.layers.MaxPooling2D),
    "AveragePooling2D": _pooling(keras.layers.AveragePooling2D),
    "GlobalAveragePooling2D": _global_average,
    "ZeroPadding2D": _zero_padding,
    "BatchNormalization": _normalisation,
    "Activation": _activation,
    "Dropout": _nothing,
    "SpatialDropout2D": _nothing,
    "Flatten": _flatten,
    "Dense": _dense,
}


def _require_channels_last(layer: _Layer) -> None:
    if layer.setting("data_format", "dim_ordering", default="channels_last") not in ("channels_last", "tf"):
        raise KerasFileError(f"Layer {layer.name} has its channels first; only channels_last can be imported.")


def _unsupported(layer: _Layer) -> KerasFileError:
    if layer.kind in ("Lambda", "TFOpLambda"):
        return KerasFileError(
            f"Layer {layer.name} is a {layer.kind}: it holds code, which is never loaded from a file."
        )
    known = ", ".join(name for name in _TRANSLATORS if name != "InputLayer")
    return KerasFileError(f"Layer {layer.name} is a {layer.kind}, which is not supported. Known: {known}.")


def _text(value: Any) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)
