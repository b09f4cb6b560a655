"""Arithmetic in a graph: what ``x / 127.5 - 1`` and ``preprocess_input`` leave in a file of Keras 2 or 3.

A file names such an operation and holds its numbers; it holds no code. Those that are known are done anew.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import keras
import numpy as np

from training.export.keras_files.errors import KerasFileError
from training.export.keras_files.layers import MERGES, Layer

#: Numbers that an operation may hold. Pixels have three channels, features some thousands.
_MOST_NUMBERS: Final = 65_536

_ARITHMETIC: Final[dict[str, Callable[[Any, Any], Any]]] = {
    "add": keras.ops.add,
    "subtract": keras.ops.subtract,
    "multiply": keras.ops.multiply,
    "divide": keras.ops.divide,
}

#: Functions of TensorFlow that Keras 2 names, and operations of Keras 3, by what they do.
_ALIASES: Final = {
    "math.add": "add",
    "math.subtract": "subtract",
    "math.multiply": "multiply",
    "math.divide": "divide",
    "math.truediv": "divide",
    "__operators__.add": "add",
    "__operators__.sub": "subtract",
    "__operators__.mul": "multiply",
    "__operators__.truediv": "divide",
    "nn.bias_add": "add",
    "__operators__.getitem": "getitem",
    "cast": "cast",
    "identity": "cast",
    "Add": "add",
    "Subtract": "subtract",
    "Multiply": "multiply",
    "Divide": "divide",
    "TrueDivide": "divide",
    "GetItem": "getitem",
    "Stack": "stack",
    "Cast": "cast",
}

#: Kinds that are always operations; those of :data:`MERGES` are where numbers are put in.
_KINDS: Final = ("TFOpLambda", "SlicingOpLambda", "Divide", "TrueDivide", "GetItem", "Stack", "Cast")

#: The arguments of a function that may hold its second operand.
_SECOND: Final = ("y", "x2", "bias")


def is_operation(layer: Layer, args: Sequence[Any]) -> bool:
    """Whether a node stands for an operation and not for a layer."""
    return layer.kind in _KINDS or (layer.kind in MERGES and any(_is_number(argument) for argument in args))


def apply(layer: Layer, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
    """The outcome of an operation on symbolic tensors.

    Args:
        layer: names it.
        args: tensors, numbers and lists of them.

    Raises:
        KerasFileError: the operation is not known, or is used in a way that is not.
    """
    function = str(layer.setting("function", default="")) if layer.kind in ("TFOpLambda", "SlicingOpLambda") else ""
    name = _ALIASES.get(function or layer.kind)
    try:
        if name in _ARITHMETIC:
            operands = [*args, *(kwargs[key] for key in _SECOND if key in kwargs)]
            first, second = (_operand(operand, layer) for operand in operands)
            return _ARITHMETIC[name](first, second)
        if name == "cast":
            return args[0]
        if name == "getitem":
            return _channels(args[0], kwargs["slice_spec"] if "slice_spec" in kwargs else args[1], layer)
        if name == "stack":
            return keras.ops.stack(list(args[0]), axis=int(layer.setting("axis", default=0)))
    except (TypeError, ValueError, KeyError, IndexError) as error:
        raise KerasFileError(f"{layer} has arguments that can't be used.") from error
    known = ", ".join(sorted({*_ARITHMETIC, "cast", "getitem", "stack"}))
    raise KerasFileError(f"{layer} is the operation {function or layer.kind}, which is not supported. Known: {known}.")


def _is_number(argument: Any) -> bool:
    if isinstance(argument, list):
        return bool(argument) and all(_is_number(element) for element in argument)
    return isinstance(argument, int | float) and not isinstance(argument, bool)


def _operand(operand: Any, layer: Layer) -> Any:
    if not _is_number(operand):
        return operand
    numbers = np.asarray(operand, dtype=np.float32)
    if numbers.size > _MOST_NUMBERS or not np.isfinite(numbers).all():
        raise KerasFileError(f"{layer} holds numbers that can't be used.")
    return numbers


def _channels(tensor: Any, spec: Any, layer: Layer) -> Any:
    """``tensor[..., ::-1]`` or ``tensor[..., 2]``: the channels of pixels in another order."""
    if isinstance(spec, list) and len(spec) == 2 and _is_ellipsis(spec[0]):
        if type(spec[1]) is int:
            return tensor[..., spec[1]]
        if isinstance(spec[1], Mapping) and _slice(spec[1]) == (None, None, -1):
            return tensor[..., ::-1]
    raise KerasFileError(f"{layer} takes out a part of the features; only channels can be put into another order.")


def _is_ellipsis(part: Any) -> bool:
    return part == "..." or (isinstance(part, Mapping) and part.get("class_name") == "__ellipsis__")


def _slice(part: Mapping[str, Any]) -> tuple[Any, ...]:
    config = part.get("config", part)
    return tuple(config.get(name) for name in ("start", "stop", "step")) if isinstance(config, Mapping) else ()
