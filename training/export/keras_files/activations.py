"""Activation functions that a file may name. Functions that it holds itself are never loaded."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import keras

from training.export.keras_files.errors import KerasFileError

#: Those that work on each number by itself, and so may stand anywhere.
ELEMENTWISE: Final = (
    "elu",
    "exponential",
    "gelu",
    "hard_sigmoid",
    "hard_silu",
    "leaky_relu",
    "relu",
    "relu6",
    "selu",
    "sigmoid",
    "silu",
    "softplus",
    "softsign",
    "tanh",
)

#: Other spellings.
_ALIASES: Final = {"swish": "silu", "hard_swish": "hard_silu"}


def named(activation: object, layer: str) -> str | Mapping[str, Any] | None:
    """What the setting ``activation`` of a layer means.

    Returns:
        None for nothing at all, a name of :data:`ELEMENTWISE` or ``softmax``, or the configuration of a layer.

    Raises:
        KerasFileError: it is no known function.
    """
    if isinstance(activation, Mapping):
        kind, config = activation.get("class_name"), activation.get("config")
        if kind == "function":  # how Keras 3 writes a function that it knows by name
            activation = config
        elif isinstance(config, Mapping) and isinstance(kind, str) and kind not in ("Lambda", "__lambda__"):
            return activation
    if activation is None or activation == "linear":
        return None
    name = _ALIASES.get(activation, activation) if isinstance(activation, str) else ""
    if name not in (*ELEMENTWISE, "softmax"):
        known = ", ".join(ELEMENTWISE)
        raise KerasFileError(
            f"Layer {layer} has the activation {_shortened(activation)}. Known: linear, {known}, softmax."
        )
    return name


def layers_of(name: str, major: int) -> list[keras.layers.Layer]:
    """Layers that apply a function of :data:`ELEMENTWISE`, or ``softmax``.

    Args:
        major: the Keras version of the file: before 3, ``hard_sigmoid`` was steeper.
    """
    if name == "hard_sigmoid" and major < 3:
        return [keras.layers.Rescaling(0.2, offset=0.5), keras.layers.ReLU(max_value=1.0)]
    return [keras.layers.Activation(name)]


def _shortened(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:77]}..."
