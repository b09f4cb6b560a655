"""Trees beside a network as one node of its graph, which onnxruntime runs in a hundredth of a millisecond."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

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
_OLDER_VERSION: Final = 3
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


def for_older_runtimes(model: onnx.ModelProto) -> onnx.ModelProto:
    """The same graph with ``TreeEnsembleRegressor`` for trees, which older versions of onnxruntime know, too, in
    nearly three times the bytes.
    """
    older = onnx.ModelProto()
    older.CopyFrom(model)
    for node in older.graph.node:
        if node.op_type != _OPERATION or node.domain != _DOMAIN:
            continue
        held = {attribute.name: helper.get_attribute_value(attribute) for attribute in node.attribute}
        node.op_type = "TreeEnsembleRegressor"
        del node.attribute[:]
        node.attribute.extend(helper.make_attribute(name, value) for name, value in _as_regressor(held).items())
    for opset in older.opset_import:
        if opset.domain == _DOMAIN:
            opset.version = _OLDER_VERSION
    return older


def _as_regressor(held: Mapping[str, Any]) -> dict[str, Any]:
    """Attributes of the older operation from those of :data:`_OPERATION`: nodes are numbered tree by tree, leaves are
    nodes, too.
    """
    splits, weights = numpy_helper.to_array(held["nodes_splits"]), numpy_helper.to_array(held["leaf_weights"])
    nodes: list[tuple[int, int, int, str, float, int, int]] = []
    targets: list[tuple[int, int, int, float]] = []
    for tree, root in enumerate(held["tree_roots"]):
        numbered: dict[tuple[bool, int], int] = {}
        waiting = [(False, int(root))]
        while waiting:
            place = waiting.pop()
            numbered[place] = len(numbered)
            if not place[0]:
                waiting += _children(held, place[1])
        for (is_leaf, row), number in numbered.items():
            if is_leaf:
                nodes.append((tree, number, 0, "LEAF", 0.0, 0, 0))
                targets.append((tree, number, int(held["leaf_targetids"][row]), float(weights[row])))
                continue
            first, second = (numbered[child] for child in _children(held, row))
            feature = int(held["nodes_featureids"][row])
            nodes.append((tree, number, feature, "BRANCH_LEQ", float(splits[row]), first, second))
    names = ("treeids", "nodeids", "featureids", "modes", "values", "truenodeids", "falsenodeids")
    of_targets = ("treeids", "nodeids", "ids", "weights")
    return (
        {"n_targets": held["n_targets"], "aggregate_function": "SUM", "post_transform": "NONE"}
        | {f"nodes_{name}": list(column) for name, column in zip(names, zip(*nodes, strict=True), strict=True)}
        | {f"target_{name}": list(column) for name, column in zip(of_targets, zip(*targets, strict=True), strict=True)}
    )


def _children(held: Mapping[str, Any], node: int) -> list[tuple[bool, int]]:
    """Whether each child is a leaf, and its place among leaves or nodes."""
    return [
        (bool(held[f"nodes_{side}leafs"][node]), int(held[f"nodes_{side}nodeids"][node])) for side in ("true", "false")
    ]


def scale(model: onnx.ModelProto, ratio: float) -> None:
    """Multiply what trees in the graph add by ``ratio``; nothing where there are none."""
    for node in model.graph.node:
        if node.op_type != _OPERATION:
            continue
        (weights,) = (attribute.t for attribute in node.attribute if attribute.name == "leaf_weights")
        weights.CopyFrom(numpy_helper.from_array(numpy_helper.to_array(weights) * np.float32(ratio)))
