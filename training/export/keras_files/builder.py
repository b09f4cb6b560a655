"""The layers of a graph, made anew and filled with the weights of the file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import keras
import numpy as np

from training.export.keras_files import layers, operations
from training.export.keras_files.bounds import check_features
from training.export.keras_files.errors import KerasFileError
from training.export.keras_files.graph import Call, Graph, Node, Ref
from training.export.keras_files.layers import Layer
from training.export.keras_files.weights import Place, Weight, Weights, needed_by


@dataclass(frozen=True, slots=True)
class Step:
    """One layer of the whole, applied once."""

    layer: keras.layers.Layer
    given: Any
    """The symbolic tensor that it works on."""
    result: Any
    name: str


@dataclass(slots=True)
class Built:
    """A graph in today's Keras."""

    picture: Any
    """The symbolic input, ``float32 [N, height, width, channels]``."""
    output: Any
    steps: list[Step] = field(default_factory=list)
    """Layers of one input, in the order in which they were applied; those of models within are among them."""
    scaling: list[str] = field(default_factory=list)
    """Names of the layers that scale pixels."""


def build(graph: Graph, weights: Weights, shape: tuple[int, int, int]) -> Built:
    """Make the layers of ``graph`` for pictures of ``shape`` (height, width, channels).

    Raises:
        KerasFileError: a layer or its weights can't be used.
    """
    picture = keras.Input(shape)
    built = Built(picture, picture)
    built.output = _Builder(weights, built).run(graph, picture)
    return built


class _Builder:
    def __init__(self, weights: Weights, built: Built) -> None:
        self._weights = weights
        self._built = built
        self._layers: dict[Place, layers.KerasLayers] = {}

    def run(self, graph: Graph, inputs: Any) -> Any:
        """The output of ``graph`` for the symbolic tensors ``inputs``."""
        tensors: dict[Ref, Any] = {Ref(graph.source, 0): inputs}
        waiting = [
            (node, number, call) for node in graph.nodes for number, call in enumerate(node.calls) if call.refs()
        ]
        while waiting:
            later = []
            for node, number, call in waiting:
                if all(ref in tensors for ref in call.refs()):
                    tensors[Ref(node.layer.name, number)] = self._apply(node, call, tensors)
                else:
                    later.append((node, number, call))
            if len(later) == len(waiting):
                raise KerasFileError(f"Layer {later[0][0].layer.name} waits for a layer that is not there.")
            waiting = later
        if graph.output not in tensors:
            raise KerasFileError(f"The output, layer {graph.output.layer}, is not there.")
        return tensors[graph.output]

    def _apply(self, node: Node, call: Call, tensors: Mapping[Ref, Any]) -> Any:
        args = [_resolved(argument, tensors) for argument in call.args]
        if node.inner is not None:
            return self.run(node.inner, _single(args, node.layer))
        if operations.is_operation(node.layer, args):
            kwargs = {name: _resolved(value, tensors) for name, value in call.kwargs.items()}
            result = operations.apply(node.layer, args, kwargs)
            if tuple(result.shape) == tuple(self._built.picture.shape):
                self._built.scaling.append(node.layer.name)
            check_features(result.shape, node.layer.name)
            return result
        if call.kwargs.get("training") is True and node.layer.major < 3 and node.layer.kind in _ALWAYS_TRAINING:
            raise KerasFileError(f"{node.layer} is called with training=True, so it does not only predict.")
        if node.layer.kind in layers.MERGES:
            inputs = args[0] if len(args) == 1 and isinstance(args[0], list) else args
            result = _fitting(layers.merge(node.layer), inputs, node.layer)
            check_features(result.shape, node.layer.name)
            return result
        return self._chain(node, _single(args, node.layer))

    def _chain(self, node: Node, inputs: Any) -> Any:
        """A layer of one input, which may have become several."""
        fresh = node.place not in self._layers
        if fresh:
            shape = tuple(inputs.shape)
            is_normalisation = node.layer.kind == "Normalization"
            built = [self._normalisation(node, shape)] if is_normalisation else layers.translate(node.layer, shape)
            self._layers[node.place] = built
            if is_normalisation or node.layer.kind == "Rescaling":
                self._built.scaling.append(node.layer.name)
        values, built = inputs, self._layers[node.place]
        for number, layer in enumerate(built):
            wanted = needed_by(layer, values.shape) if fresh and number == 0 else []
            arrays = self._weights.of(node.place, wanted) if wanted else []
            result = _fitting(layer, values, node.layer)
            check_features(result.shape, node.layer.name)
            if arrays:
                layer.set_weights(arrays)
            self._built.steps.append(Step(layer, values, result, node.layer.name))
            values = result
        return values

    def _normalisation(self, node: Node, shape: tuple[int | None, ...]) -> keras.layers.Layer:
        """``(x - mean) / max(sqrt(variance), epsilon)`` as one scaling; the numbers are settings or weights."""
        layer = node.layer
        axis = layer.setting("axis", default=-1)
        axes = [axis] if isinstance(axis, int) else list(axis or [])
        if axes not in ([], [-1], [len(shape) - 1]) or layer.setting("invert", default=False):
            raise KerasFileError(f"{layer} normalises otherwise than by channel, which is not supported.")
        if layer.config.get("mean") is not None and layer.config.get("variance") is not None:
            mean, variance = (np.asarray(layer.config[name], np.float32).ravel() for name in ("mean", "variance"))
        else:
            side = (int(shape[-1] or 0),) if axes else ()
            wanted = [Weight(("mean",), side), Weight(("variance",), side), Weight(("count",), ())]
            mean, variance, _ = self._weights.of(node.place, wanted)
        deviation = np.maximum(np.sqrt(variance), keras.backend.epsilon())
        scale, offset = 1 / deviation, -mean / deviation
        if mean.size != variance.size or mean.size not in (1, shape[-1]) or not np.isfinite([scale, offset]).all():
            raise KerasFileError(f"{layer} has a mean and a variance that can't be used.")
        return keras.layers.Rescaling(scale.ravel().tolist(), offset=offset.ravel().tolist())


#: Layers that compute otherwise while training; Keras 2 keeps to what a call said.
_ALWAYS_TRAINING = ("BatchNormalization", "Dropout", "SpatialDropout2D", "GaussianDropout", "GaussianNoise")


def _resolved(value: Any, tensors: Mapping[Ref, Any]) -> Any:
    if isinstance(value, Ref):
        return tensors[value]
    if isinstance(value, list | tuple):
        return [_resolved(element, tensors) for element in value]
    return value


def _single(args: list[Any], layer: Layer) -> Any:
    inputs = args[0] if len(args) == 1 else None
    if isinstance(inputs, list) and len(inputs) == 1:
        inputs = inputs[0]
    if not isinstance(inputs, keras.KerasTensor):
        raise KerasFileError(f"{layer} has several inputs; only {', '.join(layers.MERGES)} may.")
    return inputs


def _fitting(built: keras.layers.Layer, inputs: Any, layer: Layer) -> Any:
    try:
        return built(inputs)
    except (ValueError, TypeError, OverflowError) as error:
        shape = [tuple(element.shape) for element in inputs] if isinstance(inputs, list) else tuple(inputs.shape)
        raise KerasFileError(f"Layer {layer.name} does not fit features of shape {shape}.") from error
