"""Named network architectures. Every one takes raw ``uint8`` pixels and scales them itself."""

from __future__ import annotations

from collections.abc import Callable

import keras
from keras import layers

from training.recipes.recipe import Precision

#: ``build(height, width, channels, classes) -> body``: pixels to logits, with the layer ``features`` before the logits.
Builder = Callable[[int, int, int, int], keras.Model]

NETWORKS: dict[str, Builder] = {}


def register(builder: Builder) -> Builder:
    """Make a builder available under its function's name."""
    NETWORKS[builder.__name__] = builder
    return builder


#: What layers compute in, by the name that recipes give it. Weights and logits are float32 with either.
_POLICIES: dict[Precision, str] = {"float32": "float32", "bfloat16": "mixed_bfloat16"}


def build(
    name: str, *, height: int, width: int, classes: int, channels: int = 1, precision: Precision = "float32"
) -> keras.Model:
    """A new network: ``uint8 [N, height, width, channels]`` to float32 logits ``[N, classes]``.

    Args:
        precision: what it computes in, ``float32`` or ``bfloat16`` (Kalamkar et al. 2019).

    Raises:
        ValueError: no network has this name.
    """
    if name not in NETWORKS:
        raise ValueError(f"There is no network {name!r}; choose one of {', '.join(sorted(NETWORKS))}.")
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(_POLICIES[precision])
    try:
        return NETWORKS[name](height, width, channels, classes)
    finally:
        keras.config.set_dtype_policy(before)


def _scaled_input(height: int, width: int, channels: int) -> tuple[keras.KerasTensor, keras.KerasTensor]:
    pixels = keras.Input((height, width, channels), dtype="uint8", name="pixels")
    # Ink, not paper, is the signal: white becomes 0, black 1.
    return pixels, layers.Rescaling(-1 / 255, offset=1.0, name="ink")(pixels)


def _logits(x: keras.KerasTensor, classes: int) -> keras.KerasTensor:
    return layers.Dense(classes, name="logits", dtype="float32")(x)


@register
def course_cnn(height: int, width: int, channels: int, classes: int) -> keras.Model:
    """The course project's network: Conv 32 3×3 – MaxPool – Flatten – Dense 200 – Dense 300 – logits.

    The rectifier comes after pooling: the largest of four stays the largest, and it is a quarter of the work.
    """
    pixels, x = _scaled_input(height, width, channels)
    x = layers.MaxPooling2D(2)(layers.Conv2D(32, 3)(x))
    x = layers.Activation("relu", name="maps")(x)
    x = layers.Flatten()(x)
    x = layers.Dense(200, activation="relu")(x)
    x = layers.Dense(300, activation="relu", name="features")(x)
    return keras.Model(pixels, _logits(x, classes), name="course_cnn")


@register
def residual(height: int, width: int, channels: int, classes: int) -> keras.Model:
    """Three residual stages and global average pooling; about 0.17 million weights.

    The last stage keeps its resolution along time (the picture's width), so that class activation maps can tell
    the P wave from the QRS complex.
    """
    pixels, x = _scaled_input(height, width, channels)
    x = _convolution(x, 16, strides=2)
    for filters, strides in ((24, 2), (48, 2), (96, (2, 1))):
        x = _residual_block(x, filters, strides)
    x = layers.Activation("linear", name="maps")(x)
    x = layers.GlobalAveragePooling2D(name="features")(x)
    dropped = layers.Dropout(0.2)(x)
    return keras.Model(pixels, _logits(dropped, classes), name="residual")


@register
def columns(height: int, width: int, channels: int, classes: int) -> keras.Model:
    """Reads the picture column by column, as one reads a trace: 0.3 million weights for one channel.

    The first kernels are as high as the picture, so a column's heights are the channels of a sequence along time, and
    what follows is a one-dimensional residual network. Its end keeps the order of the columns: how far a wave lies from
    the R peak counts. It learns how one drawing looks, so pictures drawn otherwise are nothing for it. Each channel of
    the picture is read on its own.
    """
    pixels, ink = _scaled_input(height, width, channels)
    read = [_read_columns(ink[..., channel], (48, 64, 64)) for channel in range(channels)]
    x = layers.Concatenate(name="maps")(read) if channels > 1 else layers.Activation("linear", name="maps")(read[0])
    x = _dense(layers.Dropout(0.3)(layers.Flatten()(x)), 128)
    x = layers.Activation("linear", name="features")(x)
    return keras.Model(pixels, _logits(layers.Dropout(0.3)(x), classes), name="columns")


@register
def rhythm(height: int, width: int, channels: int, classes: int) -> keras.Model:
    """Reads a beat and its surroundings column by column: 0.47 million weights for ``context``.

    The beat and its difference from the usual one, the first two channels, are read together and pooled along time:
    what their waves look like carries over to other people, where exactly they lie does not. All other channels keep
    the order of their columns, since how far the neighbours are is what they are there for.
    """
    pixels, ink = _scaled_input(height, width, channels)
    together = layers.Concatenate(axis=1)([ink[..., channel] for channel in range(min(2, channels))])
    beat = layers.Activation("linear", name="maps")(_read_columns(together, (48, 64, 96)))
    pooled = [layers.GlobalAveragePooling1D()(beat), layers.GlobalMaxPooling1D()(beat)]
    for channel in range(2, channels):
        strip = _read_columns(ink[..., channel], (32, 48, 48))
        pooled.append(_dense(layers.Dropout(0.3)(layers.Flatten()(strip)), 64))
    x = _dense(layers.Dropout(0.3)(layers.Concatenate()(pooled)), 96)
    x = layers.Activation("linear", name="features")(x)
    return keras.Model(pixels, _logits(layers.Dropout(0.2)(x), classes), name="rhythm")


def _read_columns(ink: keras.KerasTensor, widths: tuple[int, int, int]) -> keras.KerasTensor:
    """Ink ``[N, H, W]`` to a sequence of a quarter of its columns, ``[N, W / 4, widths[-1]]``."""
    x = layers.Permute((2, 1))(ink)
    x = _sequence(x, widths[0], 3)
    for wide, strides in zip(widths, (1, 2, 2), strict=True):
        x = _residual_sequence(x, wide, strides)
    return x


def _dense(x: keras.KerasTensor, units: int) -> keras.KerasTensor:
    x = layers.BatchNormalization(momentum=0.9)(layers.Dense(units, use_bias=False)(x))
    return layers.Activation("relu")(x)


def _sequence(x: keras.KerasTensor, channels: int, length: int, *, strides: int = 1) -> keras.KerasTensor:
    x = layers.Conv1D(channels, length, strides=strides, padding="same", use_bias=False)(x)
    return layers.Activation("relu")(layers.BatchNormalization(momentum=0.9)(x))


def _residual_sequence(x: keras.KerasTensor, channels: int, strides: int) -> keras.KerasTensor:
    shortcut = x
    if strides > 1 or x.shape[-1] != channels:
        shortcut = layers.Conv1D(channels, 1, strides=strides, use_bias=False)(x)
        shortcut = layers.BatchNormalization(momentum=0.9)(shortcut)
    x = _sequence(x, channels, 5, strides=strides)
    x = layers.Conv1D(channels, 5, padding="same", use_bias=False)(x)
    x = layers.BatchNormalization(momentum=0.9)(x)
    return layers.Activation("relu")(layers.Add()([x, shortcut]))


def _convolution(x: keras.KerasTensor, channels: int, *, strides: int | tuple[int, int] = 1) -> keras.KerasTensor:
    x = layers.Conv2D(channels, 3, strides=strides, padding="same", use_bias=False)(x)
    return layers.Activation("relu")(layers.BatchNormalization(momentum=0.9)(x))


def _residual_block(x: keras.KerasTensor, channels: int, strides: int | tuple[int, int]) -> keras.KerasTensor:
    shortcut = layers.Conv2D(channels, 1, strides=strides, use_bias=False)(x)
    shortcut = layers.BatchNormalization(momentum=0.9)(shortcut)
    x = _convolution(x, channels, strides=strides)
    x = layers.Conv2D(channels, 3, padding="same", use_bias=False)(x)
    x = layers.BatchNormalization(momentum=0.9)(x)
    return layers.Activation("relu")(layers.Add()([x, shortcut]))
