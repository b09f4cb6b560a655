"""A graph in less room: weights of convolutions as whole numbers of eight bits, and short names."""

from __future__ import annotations

from typing import Final

import numpy as np
import onnx
from onnx import helper, numpy_helper

#: Which axis of the weights is that of the outputs, by operation.
_AXES: Final = {"Conv": 0, "ConvTranspose": 1}
#: Fewer weights are left as they are.
_FEW: Final = 256
_MOST: Final = 127


def with_small_weights(model: onnx.ModelProto) -> onnx.ModelProto:
    """The same graph, its convolutions' weights rounded to 255 steps, of a size of their own for each output.

    They are made floats again when the version is loaded (``DequantizeLinear``): what is reckoned stays float32.
    """
    small = onnx.ModelProto()
    small.CopyFrom(model)
    graph = small.graph
    weights = {tensor.name: tensor for tensor in graph.initializer}
    done: set[str] = set()
    for node in list(graph.node):
        name = node.input[1] if node.op_type in _AXES else ""
        if name not in weights or name in done:
            continue
        values = numpy_helper.to_array(weights[name])
        if values.size < _FEW or values.dtype != np.float32:
            continue
        done.add(name)
        axis = _AXES[node.op_type]
        steps = np.abs(values).max(axis=tuple(i for i in range(values.ndim) if i != axis)) / _MOST
        steps = np.maximum(steps, np.finfo(np.float32).tiny).astype(np.float32)
        shape = [-1 if i == axis else 1 for i in range(values.ndim)]
        whole = np.rint(values / steps.reshape(shape)).astype(np.int8)
        graph.initializer.remove(weights[name])
        graph.initializer.append(numpy_helper.from_array(whole, f"{name}/whole"))
        graph.initializer.append(numpy_helper.from_array(steps, f"{name}/steps"))
        floats = helper.make_node("DequantizeLinear", [f"{name}/whole", f"{name}/steps"], [name], axis=axis)
        graph.node.insert(0, floats)
    return small


def with_short_names(model: onnx.ModelProto) -> onnx.ModelProto:
    """The same graph, whose values but for its inputs and outputs, and whose operations, are numbered."""
    small = onnx.ModelProto()
    small.CopyFrom(model)
    graph = small.graph
    kept = {value.name for value in (*graph.input, *graph.output)} | {""}
    names: dict[str, str] = {}

    def short(name: str) -> str:
        return name if name in kept else names.setdefault(name, str(len(names)))

    for number, node in enumerate(graph.node):
        node.name = str(number)
        node.ClearField("doc_string")
        node.input[:] = [short(name) for name in node.input]
        node.output[:] = [short(name) for name in node.output]
    for tensor in graph.initializer:
        tensor.name = short(tensor.name)
    del graph.value_info[:]
    return small
