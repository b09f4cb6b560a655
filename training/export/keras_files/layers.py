"""A layer of a file, as its settings describe it, to layers of today's Keras.

Only the settings that matter for predictions are read, each by its name in one of the dialects of Keras 1, 2 and 3;
initialisers, regularisers and whatever else a file may hold are never looked at. What is not known here is refused.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import keras

from training.export.keras_files import activations
from training.export.keras_files.errors import KerasFileError
from training.export.keras_files.training_only import AT_TRAINING_ONLY

Config = Mapping[str, Any]
KerasLayers = list[keras.layers.Layer]


@dataclass(frozen=True, slots=True)
class Layer:
    """A layer of the file's configuration."""

    kind: str
    name: str
    config: Config
    major: int
    """The version of Keras that wrote the file, without what comes behind the first dot."""

    def setting(self, *names: str, default: Any = None) -> Any:
        """The first of ``names`` that the dialect has."""
        return next((self.config[name] for name in names if self.config.get(name) is not None), default)

    def __str__(self) -> str:
        return f"Layer {self.name} ({self.kind})"


def translate(layer: Layer, shape: tuple[int | None, ...]) -> KerasLayers:
    """The layers that do what ``layer`` does with one input of ``shape``; none where it does nothing to predictions.

    Only the first of them may have weights.

    Raises:
        KerasFileError: the layer, or one of its settings, is not supported.
    """
    translator = _TRANSLATORS.get(layer.kind)
    if translator is None:
        raise unsupported(layer)
    try:
        return translator(layer, shape)
    except (TypeError, ValueError, KeyError, IndexError, AttributeError, OverflowError) as error:
        raise KerasFileError(f"{layer} has settings that can't be used.") from error


def merge(layer: Layer) -> keras.layers.Layer:
    """The layer that puts several inputs together.

    Raises:
        KerasFileError: it is not one of these.
    """
    if layer.kind not in MERGES:
        raise KerasFileError(f"{layer} has several inputs; only {', '.join(MERGES)} may.")
    if layer.kind == "Concatenate":
        return keras.layers.Concatenate(axis=int(layer.setting("axis", default=-1)))
    return MERGES[layer.kind]()


def unsupported(layer: Layer) -> KerasFileError:
    """Why a layer that is not known can't be imported."""
    if layer.kind == "Lambda":
        return KerasFileError(
            f"Layer {layer.name} is a Lambda: it holds code, which is never loaded from a file. Where it only scales"
            " pixels, leave it out and say so with --rescale, or put a Rescaling layer in its place."
        )
    if layer.kind in ("TFSMLayer", "TorchModuleWrapper", "JaxLayer", "FlaxLayer"):
        return KerasFileError(f"Layer {layer.name} is a {layer.kind}: it loads another program, which is never done.")
    return KerasFileError(f"Layer {layer.name} is a {layer.kind}, which is not supported. Known: {', '.join(KNOWN)}.")


#: Layers of several inputs.
MERGES: Final[dict[str, type[keras.layers.Layer]]] = {
    "Add": keras.layers.Add,
    "Subtract": keras.layers.Subtract,
    "Multiply": keras.layers.Multiply,
    "Average": keras.layers.Average,
    "Maximum": keras.layers.Maximum,
    "Minimum": keras.layers.Minimum,
    "Concatenate": keras.layers.Concatenate,
}


def activation(layer: Layer) -> KerasLayers:
    """The layers that the setting ``activation`` means, which come behind the layer itself."""
    known = activations.named(layer.setting("activation"), layer.name)
    if known is None:
        return []
    if isinstance(known, str):
        return activations.layers_of(known, layer.major)
    inner = Layer(str(known["class_name"]), layer.name, known["config"], layer.major)
    if inner.kind not in ("ReLU", "LeakyReLU", "ELU", "Softmax"):
        raise KerasFileError(f"Layer {layer.name} has the activation {inner.kind}, which is not supported.")
    return _TRANSLATORS[inner.kind](inner, ())


def _convolution(layer: Layer, _shape: tuple[int | None, ...]) -> KerasLayers:
    _require_channels_last(layer)
    kernel = layer.setting("kernel_size") or (layer.setting("nb_row"), layer.setting("nb_col"))
    if layer.setting("groups", default=1) != 1:
        raise KerasFileError(f"{layer} has groups, which are not supported.")
    built = keras.layers.Conv2D(
        int(layer.setting("filters", "nb_filter")), _pair(kernel), **_sliding(layer), use_bias=_has_bias(layer)
    )
    return [built, *activation(layer)]


def _depthwise(layer: Layer, _shape: tuple[int | None, ...]) -> KerasLayers:
    _require_channels_last(layer)
    built = keras.layers.DepthwiseConv2D(
        _pair(layer.setting("kernel_size")),
        depth_multiplier=int(layer.setting("depth_multiplier", default=1)),
        **_sliding(layer),
        use_bias=_has_bias(layer),
    )
    return [built, *activation(layer)]


def _separable(layer: Layer, _shape: tuple[int | None, ...]) -> KerasLayers:
    _require_channels_last(layer)
    kernel = layer.setting("kernel_size") or (layer.setting("nb_row"), layer.setting("nb_col"))
    built = keras.layers.SeparableConv2D(
        int(layer.setting("filters", "nb_filter")),
        _pair(kernel),
        depth_multiplier=int(layer.setting("depth_multiplier", default=1)),
        **_sliding(layer),
        use_bias=_has_bias(layer),
    )
    return [built, *activation(layer)]


def _sliding(layer: Layer) -> dict[str, Any]:
    """How a kernel moves over the features."""
    return {
        "strides": _pair(layer.setting("strides", "subsample", default=(1, 1))),
        "padding": str(layer.setting("padding", "border_mode", default="valid")),
        "dilation_rate": _pair(layer.setting("dilation_rate", default=(1, 1))),
    }


def _dense(layer: Layer, shape: tuple[int | None, ...]) -> KerasLayers:
    if len(shape) != 2:
        raise KerasFileError(f"{layer} can't follow features of shape {shape}.")
    built = keras.layers.Dense(int(layer.setting("units", "output_dim")), use_bias=_has_bias(layer))
    return [built, *activation(layer)]


def _pooling(kind: type[keras.layers.Layer]) -> Callable[[Layer, tuple[int | None, ...]], KerasLayers]:
    def built(layer: Layer, _shape: tuple[int | None, ...]) -> KerasLayers:
        _require_channels_last(layer)
        size = _pair(layer.setting("pool_size", default=(2, 2)))
        strides = layer.setting("strides")
        padding = str(layer.setting("padding", "border_mode", default="valid"))
        return [kind(size, strides=size if strides is None else _pair(strides), padding=padding)]

    return built


def _global_pooling(kind: type[keras.layers.Layer]) -> Callable[[Layer, tuple[int | None, ...]], KerasLayers]:
    def built(layer: Layer, _shape: tuple[int | None, ...]) -> KerasLayers:
        _require_channels_last(layer)
        return [kind(keepdims=bool(layer.setting("keepdims", default=False)))]

    return built


def _batch_normalisation(layer: Layer, _shape: tuple[int | None, ...]) -> KerasLayers:
    if layer.setting("mode", default=0) != 0 or layer.setting("renorm", default=False):
        raise KerasFileError(f"{layer} normalises otherwise than over all pictures, which is not supported.")
    return [
        keras.layers.BatchNormalization(
            axis=_axis(layer),
            epsilon=float(layer.setting("epsilon", default=1e-3)),
            scale=bool(layer.setting("scale", default=True)),
            center=bool(layer.setting("center", default=True)),
        )
    ]


def _layer_normalisation(layer: Layer, _shape: tuple[int | None, ...]) -> KerasLayers:
    return [
        keras.layers.LayerNormalization(
            axis=_axis(layer),
            epsilon=float(layer.setting("epsilon", default=1e-3)),
            scale=bool(layer.setting("scale", default=True)),
            center=bool(layer.setting("center", default=True)),
        )
    ]


def _axis(layer: Layer) -> int:
    axis = layer.setting("axis", default=-1)
    if isinstance(axis, list | tuple):
        (axis,) = axis
    return int(axis)


def _zero_padding(layer: Layer, _shape: tuple[int | None, ...]) -> KerasLayers:
    _require_channels_last(layer)
    return [keras.layers.ZeroPadding2D(_sides(layer.setting("padding", default=(1, 1))))]


def _cropping(layer: Layer, _shape: tuple[int | None, ...]) -> KerasLayers:
    _require_channels_last(layer)
    return [keras.layers.Cropping2D(_sides(layer.setting("cropping", default=(0, 0))))]


def _sides(setting: Any) -> tuple[tuple[int, int], tuple[int, int]]:
    """``((top, bottom), (left, right))`` of what may also be two numbers or one."""
    rows, columns = (setting, setting) if isinstance(setting, int) else setting
    return _pair(rows), _pair(columns)


def _upsampling(layer: Layer, _shape: tuple[int | None, ...]) -> KerasLayers:
    _require_channels_last(layer)
    size = _pair(layer.setting("size", default=(2, 2)))
    return [keras.layers.UpSampling2D(size, interpolation=str(layer.setting("interpolation", default="nearest")))]


def _resizing(layer: Layer, _shape: tuple[int | None, ...]) -> KerasLayers:
    _require_channels_last(layer)
    interpolation = str(layer.setting("interpolation", default="bilinear"))
    unsupported = ("crop_to_aspect_ratio", "pad_to_aspect_ratio", "antialias")
    if interpolation not in ("bilinear", "nearest") or any(layer.setting(name, default=False) for name in unsupported):
        raise KerasFileError(f"{layer} resizes otherwise than by bilinear or nearest interpolation of the whole.")
    return [keras.layers.Resizing(*_size(layer), interpolation=interpolation)]


def _centre_crop(layer: Layer, shape: tuple[int | None, ...]) -> KerasLayers:
    _require_channels_last(layer)
    rows, columns = (have - wanted for have, wanted in zip(_known(shape[1:3]), _size(layer), strict=True))
    if rows < 0 or columns < 0:
        raise KerasFileError(f"{layer} crops {shape[1]} × {shape[2]} to more than there is, which is not supported.")
    cut = ((rows // 2, rows - rows // 2), (columns // 2, columns - columns // 2))
    return [keras.layers.Cropping2D(cut)] if rows or columns else []


def _random_crop(layer: Layer, shape: tuple[int | None, ...]) -> KerasLayers:
    if _size(layer) != tuple(shape[1:3]):
        raise KerasFileError(f"{layer} crops when it predicts, too, in a way that changed between versions of Keras.")
    return []


def _size(layer: Layer) -> tuple[int, int]:
    return int(layer.setting("height")), int(layer.setting("width"))


def _known(sides: tuple[int | None, ...]) -> tuple[int, ...]:
    return tuple(int(side) for side in sides if side is not None)


def _rescaling(layer: Layer, _shape: tuple[int | None, ...]) -> KerasLayers:
    return [
        keras.layers.Rescaling(
            _numbers(layer.setting("scale", default=1.0)), offset=_numbers(layer.setting("offset", default=0.0))
        )
    ]


def _numbers(value: Any) -> float | list[float]:
    return [float(element) for element in value] if isinstance(value, list | tuple) else float(value)


def _reshape(layer: Layer, _shape: tuple[int | None, ...]) -> KerasLayers:
    return [keras.layers.Reshape([int(side) for side in layer.setting("target_shape")])]


def _permute(layer: Layer, _shape: tuple[int | None, ...]) -> KerasLayers:
    return [keras.layers.Permute([int(side) for side in layer.setting("dims")])]


def _flatten(layer: Layer, _shape: tuple[int | None, ...]) -> KerasLayers:
    _require_channels_last(layer)
    return [keras.layers.Flatten()]


def _activation(layer: Layer, _shape: tuple[int | None, ...]) -> KerasLayers:
    return activation(layer)


def _relu(layer: Layer, _shape: tuple[int | None, ...]) -> KerasLayers:
    most = layer.setting("max_value")
    return [
        keras.layers.ReLU(
            max_value=None if most is None else float(most),
            negative_slope=float(layer.setting("negative_slope", default=0.0)),
            threshold=float(layer.setting("threshold", default=0.0)),
        )
    ]


def _leaky_relu(layer: Layer, _shape: tuple[int | None, ...]) -> KerasLayers:
    return [keras.layers.LeakyReLU(negative_slope=float(layer.setting("negative_slope", "alpha", default=0.3)))]


def _elu(layer: Layer, _shape: tuple[int | None, ...]) -> KerasLayers:
    return [keras.layers.ELU(alpha=float(layer.setting("alpha", default=1.0)))]


def _prelu(layer: Layer, _shape: tuple[int | None, ...]) -> KerasLayers:
    axes = layer.setting("shared_axes")
    return [keras.layers.PReLU(shared_axes=None if axes is None else [int(axis) for axis in axes])]


def _softmax(layer: Layer, shape: tuple[int | None, ...]) -> KerasLayers:
    axis = layer.setting("axis", default=-1)
    if axis not in (-1, len(shape) - 1 if shape else 1, [-1]):
        raise KerasFileError(f"{layer} has a softmax over another axis than the last one.")
    return [keras.layers.Activation("softmax")]


def _nothing(_layer: Layer, _shape: tuple[int | None, ...]) -> KerasLayers:
    return []


def _require_channels_last(layer: Layer) -> None:
    if layer.setting("data_format", "dim_ordering", default="channels_last") not in ("channels_last", "tf"):
        raise KerasFileError(f"Layer {layer.name} has its channels first; only channels_last can be imported.")


def _pair(value: Any) -> tuple[int, int]:
    first, second = (value, value) if isinstance(value, int) else value
    return int(first), int(second)


def _has_bias(layer: Layer) -> bool:
    return bool(layer.setting("use_bias", "bias", default=True))


_TRANSLATORS: Final[dict[str, Callable[[Layer, tuple[int | None, ...]], KerasLayers]]] = {
    "InputLayer": _nothing,
    "Conv2D": _convolution,
    "Convolution2D": _convolution,
    "DepthwiseConv2D": _depthwise,
    "SeparableConv2D": _separable,
    "SeparableConvolution2D": _separable,
    "Dense": _dense,
    "MaxPooling2D": _pooling(keras.layers.MaxPooling2D),
    "AveragePooling2D": _pooling(keras.layers.AveragePooling2D),
    "GlobalAveragePooling2D": _global_pooling(keras.layers.GlobalAveragePooling2D),
    "GlobalMaxPooling2D": _global_pooling(keras.layers.GlobalMaxPooling2D),
    "BatchNormalization": _batch_normalisation,
    "BatchNormalizationV1": _batch_normalisation,
    "BatchNormalizationV2": _batch_normalisation,
    "SyncBatchNormalization": _batch_normalisation,
    "LayerNormalization": _layer_normalisation,
    "ZeroPadding2D": _zero_padding,
    "Cropping2D": _cropping,
    "UpSampling2D": _upsampling,
    "Resizing": _resizing,
    "CenterCrop": _centre_crop,
    "RandomCrop": _random_crop,
    "Rescaling": _rescaling,
    "Reshape": _reshape,
    "Permute": _permute,
    "Flatten": _flatten,
    "Activation": _activation,
    "ReLU": _relu,
    "LeakyReLU": _leaky_relu,
    "ELU": _elu,
    "PReLU": _prelu,
    "Softmax": _softmax,
    **dict.fromkeys(AT_TRAINING_ONLY, _nothing),
}

#: Every kind of layer that can be imported.
KNOWN: Final = tuple(
    sorted({*_TRANSLATORS, *MERGES, "Normalization"} - {"InputLayer", "BatchNormalizationV1", "BatchNormalizationV2"})
)
