"""Where in a picture a network finds its evidence, when its layers are not known: cover a place and ask again.

Zeiler & Fergus 2014, "Visualizing and understanding convolutional networks", section 4.2. The maps are a part of the
served graph: one after the other, the cells of a grid are covered with the picture's mean, and what that costs each
class is the evidence there. Whoever asks for no map pays nothing for it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

#: What asking for a map may take, seconds, on one thread. A caller waits five by default.
_SECONDS: Final = 2.0

#: Cells on a side, the finest grid first.
_GRIDS: Final = (8, 6, 4, 3, 2)


def grid_of(seconds: float) -> int:
    """Cells on a side, so that asking a network that takes ``seconds`` a picture does not take too long."""
    return next((side for side in _GRIDS if side * side * seconds <= _SECONDS), _GRIDS[-1])


def add_maps(model: onnx.ModelProto, classes: int, grid: int) -> None:
    """Give a graph from ``pixels`` to ``probabilities`` the output ``activation_maps``, ``[N, grid, grid, C]``."""
    graph = model.graph
    if any(attribute.HasField("g") for node in graph.node for attribute in node.attribute):
        _add_nothing(graph)
        return
    _, height, width, _ = (side.dim_value for side in graph.input[0].type.tensor_type.shape.dim)
    constants = {
        "occlusion/rows": (np.arange(height) * grid // height).reshape(1, height, 1, 1),
        "occlusion/columns": (np.arange(width) * grid // width).reshape(1, 1, width, 1),
        "occlusion/grid": np.array(grid),
        "occlusion/cells": np.array(grid * grid),
        "occlusion/shape": np.array([grid, grid, -1, classes]),
    }
    graph.initializer.extend(
        numpy_helper.from_array(np.asarray(value, dtype=np.int64), name) for name, value in constants.items()
    )
    graph.initializer.append(numpy_helper.from_array(np.array(True), "occlusion/true"))
    node = helper.make_node
    graph.node.extend(
        [
            node("Cast", ["pixels"], ["occlusion/values"], to=TensorProto.FLOAT),
            node("ReduceMean", ["occlusion/values"], ["occlusion/mean"], axes=[1, 2], keepdims=1),
            node("Cast", ["occlusion/mean"], ["occlusion/paper"], to=TensorProto.UINT8),
            node(
                "Loop", ["occlusion/cells", "occlusion/true"], ["occlusion/costs"], body=_body(graph)
            ),  # [cells, N, C]
            node("Reshape", ["occlusion/costs", "occlusion/shape"], ["occlusion/by_cell"]),
            node("Transpose", ["occlusion/by_cell"], ["activation_maps"], perm=[2, 0, 1, 3]),
        ]
    )
    graph.output.append(
        helper.make_tensor_value_info("activation_maps", TensorProto.FLOAT, [None, grid, grid, classes])
    )


def _body(graph: onnx.GraphProto) -> onnx.GraphProto:
    """Cover one cell and ask the network again: what that costs each class, ``[N, C]``."""
    node = helper.make_node
    again = list(_copied(graph, {"pixels": "occlusion/covered"}))
    return helper.make_graph(
        [
            node("Identity", ["occlusion/going"], ["occlusion/still_going"]),
            node("Div", ["occlusion/cell", "occlusion/grid"], ["occlusion/row"]),
            node("Mod", ["occlusion/cell", "occlusion/grid"], ["occlusion/column"]),
            node("Equal", ["occlusion/rows", "occlusion/row"], ["occlusion/in_row"]),
            node("Equal", ["occlusion/columns", "occlusion/column"], ["occlusion/in_column"]),
            node("And", ["occlusion/in_row", "occlusion/in_column"], ["occlusion/here"]),
            node("Where", ["occlusion/here", "occlusion/paper", "pixels"], ["occlusion/covered"]),
            *again,
            node("Sub", ["probabilities", "occlusion/again/probabilities"], ["occlusion/cost"]),
        ],
        "occlusion",
        [
            helper.make_tensor_value_info("occlusion/cell", TensorProto.INT64, []),
            helper.make_tensor_value_info("occlusion/going", TensorProto.BOOL, []),
        ],
        [
            helper.make_tensor_value_info("occlusion/still_going", TensorProto.BOOL, []),
            helper.make_tensor_value_info("occlusion/cost", TensorProto.FLOAT, [None, None]),
        ],
    )


def _copied(graph: onnx.GraphProto, renamed: dict[str, str]) -> Iterator[onnx.NodeProto]:
    """The nodes that lead to ``probabilities`` once more, under other names; weights are shared."""
    needed, chosen = {"probabilities"}, []
    for original in reversed(graph.node):  # a graph is sorted: whatever is needed comes before
        if needed & set(original.output):
            chosen.append(original)
            needed |= set(original.input)
    produced = {output for original in chosen for output in original.output if output}
    names = {name: f"occlusion/again/{name}" for name in produced} | renamed
    for original in reversed(chosen):
        copy = onnx.NodeProto()
        copy.CopyFrom(original)
        copy.name = f"occlusion/again/{original.name}" if original.name else ""
        copy.input[:] = [names.get(name, name) for name in original.input]
        copy.output[:] = [names.get(name, name) for name in original.output]
        yield copy


def _add_nothing(graph: onnx.GraphProto) -> None:
    """Maps without evidence, for a graph with branches or loops of its own."""
    graph.initializer.append(numpy_helper.from_array(np.array([1, 2], dtype=np.int64), "occlusion/axes"))
    graph.initializer.append(numpy_helper.from_array(np.array(0, dtype=np.float32), "occlusion/nothing"))
    graph.node.extend(
        [
            helper.make_node("Mul", ["probabilities", "occlusion/nothing"], ["occlusion/zeros"]),
            helper.make_node("Unsqueeze", ["occlusion/zeros", "occlusion/axes"], ["activation_maps"]),
        ]
    )
    graph.output.append(helper.make_tensor_value_info("activation_maps", TensorProto.FLOAT, [None, 1, 1, None]))
