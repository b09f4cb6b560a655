"""Tiny ONNX models that keep the contract with training, or break it in one place."""

from __future__ import annotations

import hashlib
import json
import math
import time
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime as ort
from onnx import TensorProto, helper, numpy_helper

HEIGHT, WIDTH = 32, 48
#: Eight classes; a model takes the first so many.
CLASSES = [
    ("NORMAL", "Normal"),
    ("LBBB", "Left Bundle Branch Block"),
    ("RBBB", "Right Bundle Branch Block"),
    ("PAC", "Premature Atrial Contraction"),
    ("PVC", "Premature Ventricular Contraction"),
    ("VF", "Ventricular Fibrillation"),
    ("PACED", "Paced"),
    ("ESCAPE", "Ventricular Escape"),
]


#: A unit of work takes so many seconds at least, on this machine or a faster one: tests rely on slow models.
_TURN = 0.003


@cache
def _multiplications() -> int:
    """How many multiplications of 400 × 400 matrices a CPU of this machine does in :data:`_TURN`."""
    constants = {"trips": np.array(100, np.int64), "true": np.array(True), "nothing": np.array(0.0, np.float32)}
    graph = helper.make_graph(
        [helper.make_node("Loop", ["trips", "true", "start"], ["end"], body=_loop_body())],
        "loop",
        [helper.make_tensor_value_info("start", TensorProto.FLOAT, [400, 400])],
        [helper.make_tensor_value_info("end", TensorProto.FLOAT, [400, 400])],
        [numpy_helper.from_array(value, name) for name, value in constants.items()],
    )
    options = ort.SessionOptions()
    options.intra_op_num_threads = 1
    content = helper.make_model(graph, ir_version=10, opset_imports=[helper.make_operatorsetid("", 17)])
    session = ort.InferenceSession(content.SerializeToString(), options, providers=["CPUExecutionProvider"])
    taken = []
    for _ in range(4):
        begun = time.perf_counter()
        session.run(None, {"start": np.ones((400, 400), np.float32)})
        taken.append(time.perf_counter() - begun)
    return max(1, math.ceil(_TURN * 100 / min(taken)))


def _loop_body() -> onnx.GraphProto:
    """One turn of a loop: a multiplication whose product is thrown away."""
    node = helper.make_node
    return helper.make_graph(
        [
            node("Identity", ["going"], ["still_going"]),
            node("MatMul", ["state", "state"], ["product"]),
            node("Mul", ["product", "nothing"], ["next_state"]),
        ],
        "step",
        [
            helper.make_tensor_value_info("trip", TensorProto.INT64, []),
            helper.make_tensor_value_info("going", TensorProto.BOOL, []),
            helper.make_tensor_value_info("state", TensorProto.FLOAT, [400, 400]),
        ],
        [
            helper.make_tensor_value_info("still_going", TensorProto.BOOL, []),
            helper.make_tensor_value_info("next_state", TensorProto.FLOAT, [400, 400]),
        ],
    )


def _graph(classes: int, work: int, channels: int) -> onnx.GraphProto:
    """A graph that calls class c what has its ink in the c-th of so many vertical bands.

    ``distance`` is the share of ink in percent; ``work`` times so many multiplications as take :data:`_TURN` make it
    slow.
    """
    bands = np.zeros((WIDTH, classes), dtype=np.float32)
    for column in range(WIDTH):
        bands[column, column * classes // WIDTH] = 1.0
    constants: dict[str, np.ndarray[Any, Any]] = {
        "white": np.array(255.0, np.float32),
        "bands": bands,
        "sharpness": np.array(400.0, np.float32),
        "percent": np.array(100.0, np.float32),
        "nothing": np.array(0.0, np.float32),
        "square": np.array([400, 400], np.int64),
        "axis1": np.array([1], np.int64),
        "trips": np.array(work * (_multiplications() if work else 1), np.int64),
        "true": np.array(True),
    }
    node = helper.make_node
    nodes = [
        node("Cast", ["pixels"], ["light"], to=TensorProto.FLOAT),
        node("Sub", ["white", "light"], ["dark"]),
        node("Div", ["dark", "white"], ["ink4"]),
        node("ReduceMean", ["ink4"], ["ink"], axes=[3], keepdims=0),  # [N, H, W]
        node("ReduceMean", ["ink"], ["columns"], axes=[1], keepdims=0),  # [N, W]
        node("MatMul", ["columns", "bands"], ["banded"]),
        node("Div", ["banded", "white"], ["small"]),
        node("Mul", ["small", "sharpness"], ["scaled"]),
        node("Mul", ["scaled", "sharpness"], ["logits"]),
        node("Softmax", ["logits"], ["probabilities"], axis=1),
        node("ReduceMean", ["ink"], ["share"], axes=[1, 2], keepdims=0),
        node("Mul", ["share", "percent"], ["percentage"]),
        node("ReduceMax", ["ink"], ["darkest"], keepdims=0),
        node("Expand", ["darkest", "square"], ["start"]),
        node("Loop", ["trips", "true", "start"], ["end"], body=_loop_body()),
        node("ReduceMean", ["end"], ["rest"], keepdims=0),
        node("Mul", ["rest", "nothing"], ["zero"]),
        node("Add", ["percentage", "zero"], ["distance"]),
        node("Unsqueeze", ["ink", "axis1"], ["ink_nchw"]),
        node("AveragePool", ["ink_nchw"], ["pooled"], kernel_shape=[8, 1], strides=[8, 1]),
        node("Transpose", ["pooled"], ["pooled_nhwc"], perm=[0, 2, 3, 1]),
        node("Mul", ["pooled_nhwc", "bands"], ["activation_maps"]),  # [N, H/8, W, C]
    ]
    return helper.make_graph(
        nodes,
        "bands",
        [helper.make_tensor_value_info("pixels", TensorProto.UINT8, ["N", HEIGHT, WIDTH, channels])],
        [
            helper.make_tensor_value_info("probabilities", TensorProto.FLOAT, ["N", classes]),
            helper.make_tensor_value_info("distance", TensorProto.FLOAT, ["N"]),
            helper.make_tensor_value_info("activation_maps", TensorProto.FLOAT, ["N", HEIGHT // 8, WIDTH, classes]),
        ],
        [numpy_helper.from_array(value, name) for name, value in constants.items()],
    )


def write_model(
    repository: Path,
    *,
    version: str = "1",
    classes: int = 7,
    max_distance: float = 40.0,
    work: int = 0,
    channels: int = 1,
    metadata: dict[str, str | None] | None = None,
    sidecar: dict[str, str] | None = None,
    change: Callable[[onnx.ModelProto], None] | None = None,
) -> Path:
    """Write a model version that keeps the contract, apart from what the arguments break; returns its folder.

    With three ``channels`` it takes pixels as another program made them, in colour.
    ``metadata`` overrides entries of ``metadata_props`` (None leaves one out), ``sidecar`` those of metadata.json.
    """
    shorts = [short for short, _ in CLASSES[:classes]]
    props: dict[str, str | None] = {
        "format": "beatlens/1",
        "name": "arrhythmia",
        "classes": json.dumps([{"short": short, "name": name} for short, name in CLASSES[:classes]]),
        "input": json.dumps(
            {"height": HEIGHT, "width": WIDTH, "channels": channels}
            | ({"resample": "nearest", "colour": "rgb"} if channels == 3 else {})
        ),
        "decision": json.dumps({"min_probability": dict.fromkeys(shorts, 0.1), "max_distance": max_distance}),
        "training_run": "bands",
        "data_digest": "none",
        "scores": json.dumps({"beats-10fold/accuracy": 0.5}),
        "licence": "Made for tests; contains no recordings.",
        **(metadata or {}),
    }
    model = helper.make_model(
        _graph(classes, work, channels), ir_version=10, opset_imports=[helper.make_operatorsetid("", 17)]
    )
    helper.set_model_props(model, {name: value for name, value in props.items() if value is not None})
    if change is not None:
        change(model)
    content = model.SerializeToString()
    folder = repository / "arrhythmia" / version
    folder.mkdir(parents=True)
    (folder / "model.onnx").write_bytes(content)
    described = {"version": version, "sha256": hashlib.sha256(content).hexdigest(), **(sidecar or {})}
    (folder / "metadata.json").write_text(json.dumps(described))
    return folder
