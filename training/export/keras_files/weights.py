"""The weights that a layer needs, and where each kind of file keeps them.

Shapes are compared before an array is read: a layer never gets more memory than its settings and the file agree on, and
all arrays together no more than :data:`training.export.keras_files.bounds.MAX_BYTES`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Protocol

import keras
import numpy as np
from numpy.typing import NDArray

from training.export.keras_files.bounds import MAX_BYTES
from training.export.keras_files.errors import KerasFileError

Array = NDArray[np.float32]
Shape = tuple[int, ...]

_FLOAT_BYTES: Final = 4


@dataclass(frozen=True, slots=True)
class Weight:
    """One array that a layer needs."""

    names: tuple[str, ...]
    """What the dialects call it."""
    shape: Shape


@dataclass(frozen=True, slots=True)
class Place:
    """Where a layer stands in the models of a file."""

    names: tuple[str, ...]
    """The names of the models that hold it, from the outside in, and its own; without the outermost model's."""
    stored: tuple[str, ...]
    """The same as a ``.keras`` file calls them: by their kinds, numbered."""

    @property
    def name(self) -> str:
        """For people."""
        return "/".join(self.names)


class Store(Protocol):
    """The weights in a file."""

    def find(self, place: Place, wanted: Sequence[Weight]) -> Sequence[Stored]:
        """What the file holds for the layer at ``place``, in the order of ``wanted``.

        Raises:
            KerasFileError: there is nothing, or not as much.
        """


class Stored(Protocol):
    """An array that has not been read."""

    @property
    def shape(self) -> Shape:
        """Its shape."""

    def read(self) -> Array:
        """Its numbers."""


class Weights:
    """Reads the weights of one layer after the other."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._bytes = 0

    def of(self, place: Place, wanted: Sequence[Weight]) -> list[Array]:
        """The arrays of the layer at ``place``.

        Raises:
            KerasFileError: they are missing, of another shape, too large or not finite.
        """
        shapes = [weight.shape for weight in wanted]
        self._bytes += sum(_FLOAT_BYTES * math.prod(shape) for shape in shapes)
        if self._bytes > MAX_BYTES:
            raise KerasFileError(f"The model has more than {MAX_BYTES:,} bytes of weights, up to layer {place.name}.")
        stored = self._store.find(place, wanted)
        stored_shapes = [array.shape for array in stored]
        if stored_shapes != shapes:
            raise KerasFileError(f"Layer {place.name} needs weights of shapes {shapes}, the file has {stored_shapes}.")
        arrays = [array.read() for array in stored]
        if not all(np.isfinite(array).all() for array in arrays):
            raise KerasFileError(f"Layer {place.name} has weights that are not finite numbers.")
        return arrays


def needed_by(  # noqa: PLR0911 - a way out for each kind of layer
    built: keras.layers.Layer, shape: Sequence[int | None]
) -> list[Weight]:
    """The weights of a layer that is not built and whose input has ``shape``, in the order of Keras' own files.

    Raises:
        KerasFileError: the size of the input is not known where the weights depend on it.
    """
    if isinstance(built, keras.layers.Activation | keras.layers.ReLU):
        return []
    channels = shape[-1]
    if channels is None:
        raise KerasFileError(f"The number of channels is not known: {tuple(shape)}.")
    if isinstance(built, keras.layers.DepthwiseConv2D):
        kernel = Weight(("depthwise_kernel", "kernel"), (*built.kernel_size, channels, built.depth_multiplier))
        return [kernel, *_bias(built, channels * built.depth_multiplier)]
    if isinstance(built, keras.layers.SeparableConv2D):
        wide = channels * built.depth_multiplier
        return [
            Weight(("depthwise_kernel",), (*built.kernel_size, channels, built.depth_multiplier)),
            Weight(("pointwise_kernel",), (1, 1, wide, built.filters)),
            *_bias(built, built.filters),
        ]
    if isinstance(built, keras.layers.Conv2D):
        return [Weight(("kernel",), (*built.kernel_size, channels, built.filters)), *_bias(built, built.filters)]
    if isinstance(built, keras.layers.Dense):
        return [Weight(("kernel",), (channels, built.units)), *_bias(built, built.units)]
    if isinstance(built, keras.layers.BatchNormalization):
        size = (_size(shape, built.axis),)
        return [
            *([Weight(("gamma",), size)] if built.scale else []),
            *([Weight(("beta",), size)] if built.center else []),
            Weight(("moving_mean", "running_mean"), size),
            Weight(("moving_variance", "running_std"), size),
        ]
    if isinstance(built, keras.layers.LayerNormalization):
        size = (_size(shape, built.axis),)
        return [
            *([Weight(("gamma",), size)] if built.scale else []),
            *([Weight(("beta",), size)] if built.center else []),
        ]
    if isinstance(built, keras.layers.PReLU):
        shared = built.shared_axes or ()
        return [Weight(("alpha",), tuple(1 if axis in shared else _size(shape, axis) for axis in range(1, len(shape))))]
    return []


def _bias(built: keras.layers.Layer, width: int) -> list[Weight]:
    return [Weight(("bias",), (width,))] if built.use_bias else []


def _size(shape: Sequence[int | None], axis: int) -> int:
    size = shape[axis]
    if size is None:
        raise KerasFileError(f"The size of axis {axis} is not known: {tuple(shape)}.")
    return size
