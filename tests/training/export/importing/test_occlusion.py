"""Maps of a network that nothing is known of."""

from __future__ import annotations

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import TensorProto, helper, numpy_helper

from training.export.importing.occlusion import add_maps, grid_of

SIDE = 24


def _corner_model() -> onnx.ModelProto:
    """Calls class 0 what is bright in its upper left corner, class 1 the rest."""
    weights = np.zeros((SIDE, SIDE, 3), dtype=np.float32)
    weights[:6, :6] = 0.0001
    values = {
        "weights": weights.reshape(-1, 1),
        "both": np.array([[1.0, -1.0]], np.float32),
        "flat": np.array([-1, SIDE * SIDE * 3]),
    }
    node = helper.make_node
    graph = helper.make_graph(
        [
            node("Cast", ["pixels"], ["light"], to=TensorProto.FLOAT),
            node("Reshape", ["light", "flat"], ["rows"]),
            node("MatMul", ["rows", "weights"], ["corner"]),
            node("MatMul", ["corner", "both"], ["logits"]),
            node("Softmax", ["logits"], ["probabilities"], axis=1),
        ],
        "corner",
        [helper.make_tensor_value_info("pixels", TensorProto.UINT8, ["N", SIDE, SIDE, 3])],
        [helper.make_tensor_value_info("probabilities", TensorProto.FLOAT, ["N", 2])],
        [numpy_helper.from_array(np.asarray(value), name) for name, value in values.items()],
    )
    return helper.make_model(graph, ir_version=10, opset_imports=[helper.make_operatorsetid("", 17)])


def _maps(model: onnx.ModelProto, pixels: np.ndarray) -> np.ndarray:
    onnx.checker.check_model(model)
    session = onnxruntime.InferenceSession(model.SerializeToString())
    return session.run(["activation_maps"], {"pixels": pixels})[0]


def test_evidence_is_where_covering_costs_the_class_its_probability() -> None:
    model = _corner_model()
    before = model.graph.ByteSize()
    add_maps(model, classes=2, grid=4)
    assert model.graph.ByteSize() - before < 10_000  # weights are shared
    pixels = np.full((3, SIDE, SIDE, 3), 20, dtype=np.uint8)
    pixels[:2, :6, :6] = 200
    maps = _maps(model, pixels)
    assert maps.shape == (3, 4, 4, 2)
    assert maps[0, :, :, 0].argmax() == 0
    assert maps[0, 0, 0, 0] > 0.01
    assert np.abs(maps[0, 1:, :, 0]).max() < 1e-6
    assert maps[..., 1] == pytest.approx(-maps[..., 0], abs=1e-6)
    assert np.abs(maps[2]).max() < 1e-6  # nothing stands out, so covering it changes nothing


def test_probabilities_are_what_they_were() -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (5, SIDE, SIDE, 3), dtype=np.uint8)
    plain, mapped = _corner_model(), _corner_model()
    add_maps(mapped, classes=2, grid=3)
    answers = [
        onnxruntime.InferenceSession(model.SerializeToString()).run(["probabilities"], {"pixels": pixels})[0]
        for model in (plain, mapped)
    ]
    assert (answers[0] == answers[1]).all()


def test_slow_networks_have_coarser_maps() -> None:
    assert [grid_of(seconds) for seconds in (0.001, 0.05, 0.1, 0.2, 1.0, 60.0)] == [8, 6, 4, 3, 2, 2]


def test_a_graph_with_branches_has_maps_without_evidence() -> None:
    model = _corner_model()
    branch = helper.make_graph(
        [helper.make_node("Identity", ["logits"], ["kept"])],
        "branch",
        [],
        [helper.make_tensor_value_info("kept", TensorProto.FLOAT, None)],
    )
    other = onnx.GraphProto()
    other.CopyFrom(branch)
    other.node[0].output[0] = other.output[0].name = "kept too"
    graph = model.graph
    graph.initializer.append(numpy_helper.from_array(np.array(True), "condition"))
    softmax = graph.node.pop()
    softmax.input[0] = "chosen"
    graph.node.append(helper.make_node("If", ["condition"], ["chosen"], then_branch=branch, else_branch=other))
    graph.node.append(softmax)
    add_maps(model, classes=2, grid=4)
    maps = _maps(model, np.full((2, SIDE, SIDE, 3), 20, dtype=np.uint8))
    assert maps.shape == (2, 1, 1, 2)
    assert not maps.any()
