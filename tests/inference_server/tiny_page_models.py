"""A tiny ONNX model for pages that keeps the contract with training: what is dark is ink, but for what is blue."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from inference_server.models.page_model import CLASSES, FORMAT

NAME = "ecg-page"
BLUE = (30, 30, 140)
"""A pen that it takes for no ink."""
_BLUER, _DARK = 30, 128


def write_page_model(repository: Path, version: str = "1", classes: tuple[str, ...] = CLASSES) -> Path:
    """Write a version; returns its folder."""
    node = helper.make_node
    constants: dict[str, NDArray[Any]] = {
        "red": np.array([0], np.int64),
        "blue": np.array([2], np.int64),
        "bluer": np.array(_BLUER, np.float32),
        "darkest": np.array(_DARK, np.float32),
        "one": np.array(1, np.float32),
        "nothing": np.array(0, np.float32),
    }
    nodes = [
        node("Cast", ["pixels"], ["floats"], to=TensorProto.FLOAT),
        node("Gather", ["floats", "red"], ["reds"], axis=3),
        node("Gather", ["floats", "blue"], ["blues"], axis=3),
        node("Sub", ["blues", "reds"], ["off"]),
        node("Less", ["off", "bluer"], ["is_grey"]),
        node("Less", ["reds", "darkest"], ["is_dark"]),
        node("And", ["is_grey", "is_dark"], ["is_ink"]),
        node("Cast", ["is_ink"], ["ink"], to=TensorProto.FLOAT),
        node("Sub", ["one", "ink"], ["paper"]),
        node("Mul", ["ink", "nothing"], ["none"]),
        node("Concat", ["paper", "ink", "none", "none"], ["probabilities"], axis=3),
    ]
    graph = helper.make_graph(
        nodes,
        "page",
        [helper.make_tensor_value_info("pixels", TensorProto.UINT8, [1, "height", "width", 3])],
        [helper.make_tensor_value_info("probabilities", TensorProto.FLOAT, [1, "height", "width", 4])],
        [numpy_helper.from_array(value, name) for name, value in constants.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)])
    model.ir_version = 8
    metadata = {
        "format": FORMAT,
        "name": NAME,
        "classes": json.dumps(classes),
        "pixels_per_mm": json.dumps([4, 12]),
        "step": json.dumps(32),
        "training_run": "tiny",
        "data_digest": "none",
        "scores": json.dumps({}),
        "licence": "none",
    }
    helper.set_model_props(model, metadata)
    folder = repository / NAME / version
    folder.mkdir(parents=True)
    content = model.SerializeToString()
    (folder / "model.onnx").write_bytes(content)
    sidecar = {"version": version, "sha256": hashlib.sha256(content).hexdigest()}
    (folder / "metadata.json").write_text(json.dumps(sidecar), encoding="utf-8")
    onnx.checker.check_model(model)
    return folder
