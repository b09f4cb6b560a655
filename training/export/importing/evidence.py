"""Where in a picture an imported network finds its evidence: HiResCAM through whatever follows the last features."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf

#: Of SELU (Klambauer et al. 2017).
_SELU_SCALE, _SELU_ALPHA = 1.0507009873554805, 1.6732632423543772


def evidence(
    features: tf.Tensor,
    head: Sequence[keras.layers.Layer],
    outputs: Sequence[tf.Tensor],
    seeds: tf.Tensor | None = None,
) -> tf.Tensor:
    """Features times the gradient of each class's logit, summed over the channels: ``[N, h, w, C]``.

    HiResCAM (Draelos & Carin 2020), for heads without global pooling too. The gradient is written out backwards, as
    ONNX has no gradients.

    Args:
        features: ``[N, h, w, F]``.
        head: flattening or global pooling, then layers of numbers without a place.
        outputs: what each layer of ``head`` gives.
        seeds: how each class's logit follows from the last output, ``[C, width]``; by default one class each.
    """
    _, height, width, channels = features.shape
    seeds = tf.eye(outputs[-1].shape[-1]) if seeds is None else seeds
    classes = seeds.shape[0]
    gradient = tf.tile(seeds[None], [tf.shape(features)[0], 1, 1])  # [N, C, width of the layer]
    inputs = [features, *outputs]
    for layer, layer_input, output in zip(reversed(head), reversed(inputs[:-1]), reversed(outputs), strict=True):
        if isinstance(layer, keras.layers.Dense):
            gradient = tf.matmul(gradient, layer.kernel, transpose_b=True)
        elif isinstance(layer, keras.layers.GlobalAveragePooling2D):
            gradient = tf.tile(gradient / (height * width), [1, 1, height * width])
        elif isinstance(layer, keras.layers.GlobalMaxPooling2D):
            gradient = tf.tile(gradient, [1, 1, height * width]) * _share_of_maximum(layer_input)[:, None]
        elif not isinstance(layer, keras.layers.Flatten):
            gradient *= slope(layer, layer_input, output)
    by_place = tf.reshape(gradient, [-1, classes, height, width, channels])
    return tf.transpose(tf.reduce_sum(by_place * features[:, None], axis=4), [0, 2, 3, 1])


def _share_of_maximum(features: tf.Tensor) -> tf.Tensor:
    """1 where a channel is largest, shared by places that are equally large: ``[N, h * w * F]``."""
    largest = tf.cast(tf.equal(features, tf.reduce_max(features, axis=[1, 2], keepdims=True)), tf.float32)
    shares = largest / tf.reduce_sum(largest, axis=[1, 2], keepdims=True)
    return tf.reshape(shares, [-1, int(np.prod(features.shape[1:]))])


def slope(layer: keras.layers.Layer, layer_input: tf.Tensor, output: tf.Tensor) -> Any:
    """Derivative of a layer that works on each number by itself; ``[N, 1, width]``, or what can stand for it.

    Raises:
        ValueError: the layer is no such layer.
    """
    if isinstance(layer, keras.layers.BatchNormalization):
        scale = layer.gamma if layer.scale else 1.0
        return scale / tf.sqrt(layer.moving_variance + layer.epsilon)
    if isinstance(layer, keras.layers.Rescaling):
        return tf.constant(layer.scale, tf.float32)
    return _slope_of_activation(layer, layer_input, output)[:, None]


def _slope_of_activation(  # noqa: C901, PLR0911, PLR0912 - a way out for each function
    layer: keras.layers.Layer, x: tf.Tensor, y: tf.Tensor
) -> tf.Tensor:
    above = tf.cast(x > 0, tf.float32)
    if isinstance(layer, keras.layers.ReLU):
        passed = tf.where(x >= layer.threshold, 1.0, float(layer.negative_slope or 0.0))
        return passed if layer.max_value is None else tf.where(x >= layer.max_value, 0.0, passed)
    if isinstance(layer, keras.layers.LeakyReLU):
        return tf.where(x > 0, 1.0, float(layer.negative_slope))
    if isinstance(layer, keras.layers.ELU):
        return tf.where(x > 0, 1.0, y + float(layer.alpha))
    if isinstance(layer, keras.layers.PReLU):
        return tf.where(x > 0, 1.0, layer.alpha)
    name = layer.activation.__name__ if isinstance(layer, keras.layers.Activation) else ""
    if name in ("sigmoid", "tanh", "exponential"):
        return {"sigmoid": y * (1 - y), "tanh": 1 - y * y, "exponential": y}[name]
    if name in ("silu", "softplus"):
        gate = tf.sigmoid(x)
        return gate + y * (1 - gate) if name == "silu" else gate
    if name == "relu":
        return above
    if name == "relu6":
        return above * tf.cast(x < 6, tf.float32)
    if name == "leaky_relu":
        return tf.where(x > 0, 1.0, 0.2)
    if name == "elu":
        return tf.where(x > 0, 1.0, y + 1)
    if name == "selu":
        return tf.where(x > 0, _SELU_SCALE, y + _SELU_SCALE * _SELU_ALPHA)
    if name == "softsign":
        return 1 / tf.square(1 + tf.abs(x))
    if name == "hard_sigmoid":
        return tf.where(tf.abs(x) < 3, 1 / 6, 0.0)
    if name == "hard_silu":
        return tf.where(tf.abs(x) < 3, (2 * x + 3) / 6, tf.cast(x > 0, tf.float32))
    if name == "gelu":
        density = tf.exp(-0.5 * x * x) * np.float32(1 / np.sqrt(2 * np.pi))
        return 0.5 * (1 + tf.math.erf(x * np.float32(1 / np.sqrt(2)))) + x * density
    raise ValueError(f"{type(layer).__name__} {name} has no slope here.")
