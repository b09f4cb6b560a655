"""What is done to a converted graph before it is written."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import TensorProto, helper, numpy_helper

from training.export import model_file

SIZE = (None, 4, 6, 1)


def _model(nodes: Sequence[onnx.NodeProto], *more: str) -> onnx.ModelProto:
    """A graph from ``pixels`` ``[N, 4, 6, 1]`` to ``out`` ``[N, 1, 4, 6]`` and any ``more`` outputs."""
    numbers = {"scale": np.float32(-1 / 255), "offset": np.float32(1), "row": np.ones((1, 1, 1, 1), np.float32)}
    values = [onnx.numpy_helper.from_array(np.asarray(value), name) for name, value in numbers.items()]
    values.append(onnx.numpy_helper.from_array(np.array([-1, 1, 4, 6]), "layout"))
    outputs = [helper.make_tensor_value_info("out", TensorProto.FLOAT, (None, 1, 4, 6))]
    outputs += [helper.make_tensor_value_info(name, TensorProto.FLOAT, SIZE) for name in more]
    pixels = helper.make_tensor_value_info("pixels", TensorProto.FLOAT, SIZE)
    graph = helper.make_graph(nodes, "graph", [pixels], outputs, values)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)])
    model.ir_version = 9
    return model


def _outputs(model: onnx.ModelProto) -> list[np.ndarray]:
    onnx.checker.check_model(model)
    pixels = np.random.default_rng(0).uniform(0, 255, (3, 4, 6, 1)).astype(np.float32)
    return list(onnxruntime.InferenceSession(model.SerializeToString()).run(None, {"pixels": pixels}))


MUL = helper.make_node("Mul", ["pixels", "scale"], ["ink0"])
ADD = helper.make_node("Add", ["ink0", "offset"], ["ink"])
RESHAPE = helper.make_node("Reshape", ["ink", "layout"], ["out"])
TRANSPOSE = helper.make_node("Transpose", ["ink"], ["out"], perm=[0, 3, 1, 2])


@pytest.mark.parametrize("layout", [RESHAPE, TRANSPOSE], ids=["reshape", "transpose"])
def test_pixels_are_laid_out_before_they_are_scaled_and_the_outputs_stay_the_same(layout: onnx.NodeProto) -> None:
    model = _model([MUL, ADD, layout])
    before = _outputs(model)
    assert model_file.scale_after_layout(model) == 1
    assert [node.op_type for node in model.graph.node] == [layout.op_type, "Mul", "Add"]
    (after,) = _outputs(model)
    assert np.array_equal(after, before[0])
    assert model_file.scale_after_layout(model) == 0


@pytest.mark.parametrize("shape", ["ink0", "ink"])
def test_what_is_needed_before_the_layout_stays_there(shape: str) -> None:
    model = _model([MUL, ADD, RESHAPE], shape)
    before = _outputs(model)
    model_file.scale_after_layout(model)
    for expected, after in zip(before, _outputs(model), strict=True):
        assert np.array_equal(expected, after)


def test_a_layout_that_is_computed_is_left_alone() -> None:
    shape = helper.make_node("Identity", ["layout"], ["computed"])
    model = _model([MUL, ADD, shape, helper.make_node("Reshape", ["ink", "computed"], ["out"])])
    before = _outputs(model)
    assert model_file.scale_after_layout(model) == 0
    assert np.array_equal(_outputs(model)[0], before[0])


def test_operations_with_more_than_a_number_are_left_alone() -> None:
    model = _model([helper.make_node("Mul", ["pixels", "row"], ["ink"]), RESHAPE])
    assert model_file.scale_after_layout(model) == 0
    assert [node.op_type for node in model.graph.node] == ["Mul", "Reshape"]


def test_constants_of_whole_numbers_take_a_byte_each_and_the_outputs_stay_the_same() -> None:
    generator = np.random.default_rng(1)
    whole = generator.integers(-128, 128, (64, 32)).astype(np.float32)
    constants = {"whole": whole, "broken": whole + 0.5, "large": whole * 2, "few": whole[:1, :32]}
    nodes = [
        helper.make_node("MatMul", ["pixels", "whole"], ["a"]),
        helper.make_node("MatMul", ["pixels", "broken"], ["b"]),
        helper.make_node("MatMul", ["pixels", "large"], ["c"]),
        helper.make_node("Sum", ["a", "b", "c", "few"], ["sum"]),
    ]
    graph = helper.make_graph(
        nodes,
        "sums",
        [helper.make_tensor_value_info("pixels", TensorProto.FLOAT, ["N", 64])],
        [helper.make_tensor_value_info("sum", TensorProto.FLOAT, ["N", 32])],
        [numpy_helper.from_array(values, name) for name, values in constants.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    given = {"pixels": generator.normal(size=(5, 64)).astype(np.float32)}
    before = _run(model, given)
    size = model.ByteSize()
    assert model_file.narrow_whole_numbers(model) == 1
    onnx.checker.check_model(model)
    assert model.ByteSize() < size - 2.9 * whole.size
    assert np.array_equal(before, _run(model, given))


def test_columns_with_one_value_are_stored_as_their_values() -> None:
    random = np.random.default_rng(0)
    leaves = np.zeros((6, 3000), np.float32)
    leaves[random.integers(0, 6, 3000), np.arange(3000)] = random.normal(size=3000)
    leaves[:3, ::7] = leaves[:3, ::7].sum(axis=0)  # some stand in several rows
    leaves[:, 5] = -0.0
    full = random.normal(size=(6, 3000)).astype(np.float32)
    model = helper.make_model(
        helper.make_graph(
            [
                helper.make_node("MatMul", ["leaves", "reached"], ["said"]),
                helper.make_node("MatMul", ["full", "reached"], ["more"]),
                helper.make_node("Add", ["said", "more"], ["sum"]),
            ],
            "trees",
            [helper.make_tensor_value_info("reached", onnx.TensorProto.FLOAT, [3000, None])],
            [helper.make_tensor_value_info("sum", onnx.TensorProto.FLOAT, [6, None])],
            [numpy_helper.from_array(leaves, "leaves"), numpy_helper.from_array(full, "full")],
        ),
        opset_imports=[helper.make_opsetid("", 17)],
        ir_version=8,
    )
    given = {"reached": random.normal(size=(3000, 4)).astype(np.float32)}
    before, size = _run(model, given), model.ByteSize()
    assert model_file.thin_columns(model) == 1
    onnx.checker.check_model(model)
    assert model.ByteSize() < size - 3 * leaves.nbytes // 4
    assert np.array_equal(before, _run(model, given))


def test_a_file_holds_no_shapes_that_are_found_again_and_answers_the_same(tmp_path: Path) -> None:
    model = onnx.shape_inference.infer_shapes(_model([MUL, ADD, RESHAPE]))
    assert model.graph.value_info
    before = _outputs(model)
    written = onnx.load(model_file.write(model, {"format": "1"}, {}, tmp_path / "1"))
    assert not written.graph.value_info
    assert all(np.array_equal(old, new) for old, new in zip(before, _outputs(written), strict=True))


def _run(model: onnx.ModelProto, given: dict[str, np.ndarray]) -> np.ndarray:
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    output: np.ndarray = session.run(None, given)[0]
    return output
