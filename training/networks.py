"""Named network architectures. Every one takes raw ``uint8`` pixels and scales them itself."""

from __future__ import annotations

from collections.abc import Callable

import keras
from keras import layers

#: ``build(height, width, channels, classes) -> body``: pixels to logits, with the layer ``features`` before the logits.
Builder = Callable[[int, int, int, int], keras.Model]

NETWORKS: dict[str, Builder] = {}


def register(builder: Builder) -> Builder:
    """Make a builder available under its function's name."""
    NETWORKS[builder.__name__] = builder
    return builder


def build(name: str, *, height: int, width: int, classes: int, channels: int = 1) -> keras.Model:
    """A new network: ``uint8 [N, height, width, channels]`` to float32 logits ``[N, classes]``.

    Raises:
        ValueError: no network has this name.
    """
    if name not in NETWORKS:
        raise ValueError(f"There is no network {name!r}; choose one of {', '.join(sorted(NETWORKS))}.")
    return NETWORKS[name](height, width, channels, classes)


def _scaled_input(height: int, width: int, channels: int) -> tuple[keras.KerasTensor, keras.KerasTensor]:
    pixels = keras.Input((height, width, channels), dtype="uint8", name="pixels")
    # Ink, not paper, is the signal: white becomes 0, black 1.
    return pixels, layers.Rescaling(-1 / 255, offset=1.0, name="ink")(pixels)


@register
def seed(height: int, width: int, channels: int, classes: int) -> keras.Model:
    """The course project's network: Conv 32 3×3 – MaxPool – Flatten – Dense 200 – Dense 300 – logits."""
    pixels, x = _scaled_input(height, width, channels)
    x = layers.Conv2D(32, 3, activation="relu")(x)
    x = layers.MaxPooling2D(2, name="maps")(x)
    x = layers.Flatten()(x)
    x = layers.Dense(200, activation="relu")(x)
    x = layers.Dense(300, activation="relu", name="features")(x)
    return keras.Model(pixels, layers.Dense(classes, name="logits")(x), name="seed")


@register
def residual(height: int, width: int, channels: int, classes: int) -> keras.Model:
    """Three residual stages and global average pooling; about 0.17 million weights.

    The last stage keeps its resolution along time (the picture's width), so that class activation maps can tell
    the P wave from the QRS complex.
    """
    pixels, x = _scaled_input(height, width, channels)
    x = _convolution(x, 16, strides=2)
    for channels, strides in ((24, 2), (48, 2), (96, (2, 1))):
        x = _residual_block(x, channels, strides)
    x = layers.Activation("linear", name="maps")(x)
    x = layers.GlobalAveragePooling2D(name="features")(x)
    dropped = layers.Dropout(0.2)(x)
    return keras.Model(pixels, layers.Dense(classes, name="logits")(dropped), name="residual")


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
