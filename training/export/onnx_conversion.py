"""A function in TensorFlow to the ONNX graph that the server runs, whether its network was trained here or not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import numpy as np
import onnx
import tensorflow as tf
import tf2onnx

from training.export import model_file

OPSET: Final = 17

#: Named tensors: ``probabilities``, ``distance`` and, where the head is known, ``activation_maps``.
Outputs = dict[str, tf.Tensor]


def to_onnx(call: Callable[[tf.Tensor], Outputs], *, height: int, width: int, channels: int) -> onnx.ModelProto:
    """The graph of ``call``, from ``pixels`` (``uint8 [N, height, width, channels]``) to its outputs under their names.

    Raises:
        Exception: of many kinds, where ``call`` does what tf2onnx does not know.
    """
    signature = [tf.TensorSpec((None, height, width, channels), tf.uint8, name="pixels")]
    function = tf.function(call, input_signature=signature, autograph=False)
    outputs = sorted(function.get_concrete_function().structured_outputs)
    model, _ = tf2onnx.convert.from_function(
        function, input_signature=signature, opset=OPSET, custom_op_handlers={"Erfc": (_erfc, [])}
    )
    model_file.scale_after_layout(model)
    model_file.name_outputs(model, outputs)
    return model


def _erfc(graph: Any, node: Any, _name: str, _args: Any) -> Any:
    """``1 - erf(x)``: what TensorFlow makes of GELU, and tf2onnx does not know."""
    erf = graph.make_node("Erf", [node.input[0]])
    unity = graph.make_const(f"{node.name}/one", np.array(1, dtype=np.float32))
    node.type, node.domain = "Sub", ""
    graph.replace_inputs(node, [unity.output[0], erf.output[0]])
    return node
