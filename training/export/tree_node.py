"""Trees beside a network as one node of its graph, which onnxruntime runs in a hundredth of a millisecond."""

from __future__ import annotations

from typing import Final

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from training.learning.picture_trees import PictureTrees

#: What the graph gives to them, and what it gives instead once they are part of it.
LOGITS: Final = "logits"
NUMBERS: Final = "numbers"
PROBABILITIES: Final = "probabilities"

_OPERATION: Final = "TreeEnsemble"
_DOMAIN: Final = "ai.onnx.ml"
_VERSION: Final = 5
_SUM: Final = 1


def with_trees(model: onnx.ModelProto, trees: PictureTrees, factor: float) -> onnx.ModelProto:
    """The graph with ``probabilities`` of its ``logits`` and the trees' together, instead of its logits and numbers.

    Args:
        model: a graph with the outputs :data:`LOGITS` ``[N, C]``, the trees' base among them, and :data:`NUMBERS`
            ``[N, K]``.
        factor: what the trees' logits are multiplied by.
    """
    whole = onnx.ModelProto()
    whole.CopyFrom(model)
    graph = whole.graph
    graph.node.extend(
        [
            _node(trees, factor),
            helper.make_node("Add", [LOGITS, "trees/added"], ["trees/joined"], name="trees/joining"),
            helper.make_node("Softmax", ["trees/joined"], [PROBABILITIES], name="trees/softmax", axis=1),
        ]
    )
    probabilities = helper.make_tensor_value_info(PROBABILITIES, TensorProto.FLOAT, [None, len(trees.base)])
    kept = [output for output in graph.output if output.name not in (LOGITS, NUMBERS)]
    del graph.output[:]
    graph.output.extend([probabilities, *kept])
    others = [opset for opset in whole.opset_import if opset.domain != _DOMAIN]
    del whole.opset_import[:]
    whole.opset_import.extend([*others, helper.make_opsetid(_DOMAIN, _VERSION)])
    return whole


def _node(trees: PictureTrees, factor: float) -> onnx.NodeProto:
    """The operation ``TreeEnsemble``: a condition holds up to its bound, then the first child is next."""
    ends = trees.children < 0
    places = np.where(ends, -1 - trees.children, trees.children)
    leaves = (trees.leaves * np.float32(factor)).astype(np.float32)
    return helper.make_node(
        _OPERATION,
        [NUMBERS],
        ["trees/added"],
        name="trees",
        domain=_DOMAIN,
        n_targets=len(trees.base),
        aggregate_function=_SUM,
        post_transform=0,
        tree_roots=trees.roots.tolist(),
        nodes_featureids=trees.numbers.tolist(),
        nodes_splits=numpy_helper.from_array(trees.bounds),
        nodes_modes=numpy_helper.from_array(np.zeros(len(trees.bounds), np.uint8)),
        nodes_truenodeids=places[:, 0].tolist(),
        nodes_trueleafs=ends[:, 0].astype(int).tolist(),
        nodes_falsenodeids=places[:, 1].tolist(),
        nodes_falseleafs=ends[:, 1].astype(int).tolist(),
        leaf_targetids=trees.leaf_classes.tolist(),
        leaf_weights=numpy_helper.from_array(leaves),
    )


def scale(model: onnx.ModelProto, ratio: float) -> None:
    """Multiply what trees in the graph add by ``ratio``; nothing where there are none."""
    for node in model.graph.node:
        if node.op_type != _OPERATION:
            continue
        (weights,) = (attribute.t for attribute in node.attribute if attribute.name == "leaf_weights")
        weights.CopyFrom(numpy_helper.from_array(numpy_helper.to_array(weights) * np.float32(ratio)))
