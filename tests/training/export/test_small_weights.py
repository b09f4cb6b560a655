"""A graph in less room says nearly the same."""

from __future__ import annotations

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

from training.export.small_weights import with_short_names, with_small_weights

FACTORS = np.array([0.01, 1.0, 100.0], np.float32)


def graph() -> onnx.ModelProto:
    """A convolution, whose outputs are of very different size, and one the other way round."""
    chance = np.random.default_rng(3)
    first = chance.normal(size=(3, 4, 5, 5)).astype(np.float32) * FACTORS[:, None, None, None]
    second = chance.normal(size=(3, 2, 9, 9)).astype(np.float32) * FACTORS[None, :2, None, None]
    nodes = [
        helper.make_node("Conv", ["pixels", "first"], ["middle"], name="a long name of the first", pads=[2, 2, 2, 2]),
        helper.make_node("ConvTranspose", ["middle", "second"], ["said"], name="a long name of the second"),
    ]
    model = helper.make_model(
        helper.make_graph(
            nodes,
            "small",
            [helper.make_tensor_value_info("pixels", TensorProto.FLOAT, [1, 4, 12, 12])],
            [helper.make_tensor_value_info("said", TensorProto.FLOAT, [1, 2, 20, 20])],
            [numpy_helper.from_array(first, "first"), numpy_helper.from_array(second, "second")],
        ),
        opset_imports=[helper.make_opsetid("", 17)],
    )
    model.ir_version = 8
    return model


def said(model: onnx.ModelProto) -> np.ndarray:
    onnx.checker.check_model(model)
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    pixels = np.random.default_rng(5).normal(size=(1, 4, 12, 12)).astype(np.float32)
    (result,) = session.run(["said"], {"pixels": pixels})
    return np.asarray(result)


def test_weights_take_less_room_and_say_nearly_the_same() -> None:
    model = graph()
    small = with_small_weights(model)
    assert small.ByteSize() < 0.5 * model.ByteSize()
    wanted, given = said(model), said(small)
    assert np.abs(given - wanted).max() < 0.02 * np.abs(wanted).max()
    assert not np.array_equal(given, wanted)
    np.testing.assert_array_equal(said(graph()), wanted)  # what was handed over is as it was


def test_short_names_change_nothing_but_the_size() -> None:
    model = with_small_weights(graph())
    short = with_short_names(model)
    assert short.ByteSize() < model.ByteSize()
    np.testing.assert_array_equal(said(short), said(model))


def test_what_has_no_weights_stays() -> None:
    node = helper.make_node("Relu", ["pixels"], ["said"])
    value = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, 4, 12, 12]) for name in ("pixels", "said")]
    model = helper.make_model(helper.make_graph([node], "none", value[:1], value[1:]))
    assert with_small_weights(model) == model
