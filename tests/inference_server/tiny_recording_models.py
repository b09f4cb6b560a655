"""Tiny ONNX models for recordings that keep the contract with training, or break it in one place."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from ecg.features.stream import FEATURES

NAME = "arrhythmia-recording"
CLASSES = [
    ("NORMAL", "Normal"),
    ("LBBB", "Left Bundle Branch Block"),
    ("RBBB", "Right Bundle Branch Block"),
    ("PAC", "Premature Atrial Contraction"),
    ("PVC", "Premature Ventricular Contraction"),
    ("PACED", "Paced"),
]
ARRAYS = ("windows", "features")
#: What the mean strength of a beat, how early it came, and a constant say for each class.
WEIGHTS = np.array([[-9, 0, 0, 0, 9, 0], [6, 0, 0, -6, -6, 0], [0, -3, -3, 3, 3, -3]], np.float32)


def _graph(leads: str | int, classes: int) -> onnx.GraphProto:
    """Strong beats are ventricular, early ones premature."""
    constants: dict[str, np.ndarray[Any, Any]] = {
        "nothing": np.array(0, np.float32),
        "usual": np.array(1, np.float32),
        "early_place": np.array([list(FEATURES).index("before_to_usual")], np.int64),
        "beats_axis": np.array([-1, 1], np.int64),
        "weights": WEIGHTS[:, :classes],
    }
    node = helper.make_node
    nodes = [
        node("IsNaN", ["windows"], ["unknown"]),
        node("Where", ["unknown", "nothing", "windows"], ["known"]),
        node("Abs", ["known"], ["size"]),
        node("ReduceMean", ["size"], ["mean"], axes=[1, 2], keepdims=0),
        node("Reshape", ["mean", "beats_axis"], ["strength"]),
        node("Gather", ["features", "early_place"], ["before"], axis=1),
        node("IsNaN", ["before"], ["alone"]),
        node("Where", ["alone", "usual", "before"], ["early"]),
        node("Mul", ["early", "nothing"], ["zeros"]),
        node("Add", ["zeros", "usual"], ["ones"]),
        node("Concat", ["strength", "early", "ones"], ["numbers"], axis=1),
        node("MatMul", ["numbers", "weights"], ["logits"]),
        node("Softmax", ["logits"], ["probabilities"], axis=1),
    ]
    return helper.make_graph(
        nodes,
        "beats",
        [
            helper.make_tensor_value_info("windows", TensorProto.FLOAT, ["N", leads, 192]),
            helper.make_tensor_value_info("features", TensorProto.FLOAT, ["N", len(FEATURES)]),
        ],
        [helper.make_tensor_value_info("probabilities", TensorProto.FLOAT, ["N", classes])],
        [numpy_helper.from_array(value, name) for name, value in constants.items()],
    )


def write_recording_model(
    repository: Path,
    *,
    version: str = "1",
    leads: str | int = "L",
    classes: int = len(CLASSES),
    metadata: dict[str, str | None] | None = None,
    change: Callable[[onnx.ModelProto], None] | None = None,
) -> Path:
    """Write a version that keeps the contract, apart from what the arguments break; returns its folder.

    ``metadata`` overrides entries of ``metadata_props`` (None leaves one out).
    """
    shorts = [short for short, _ in CLASSES[:classes]]
    decision = {
        "min_probability": dict.fromkeys(shorts, 0.1),
        "min_confidence": dict.fromkeys(shorts, 0.6),
        "groups": [[short] for short in shorts],
    }
    props: dict[str, str | None] = {
        "format": "beatlens-recording/1",
        "name": NAME,
        "classes": json.dumps([{"short": short, "name": name} for short, name in CLASSES[:classes]]),
        "arrays": json.dumps(ARRAYS),
        "features": json.dumps(list(FEATURES)),
        "decision": json.dumps(decision),
        "training_run": "strength",
        "data_digest": "none",
        "scores": json.dumps({"people-5fold/PVC/f1": 0.5}),
        "licence": "Made for tests; contains no recordings.",
        **(metadata or {}),
    }
    model = helper.make_model(_graph(leads, classes), ir_version=10, opset_imports=[helper.make_operatorsetid("", 17)])
    helper.set_model_props(model, {name: value for name, value in props.items() if value is not None})
    if change is not None:
        change(model)
    content = model.SerializeToString()
    folder = repository / NAME / version
    folder.mkdir(parents=True)
    (folder / "model.onnx").write_bytes(content)
    (folder / "metadata.json").write_text(
        json.dumps({"version": version, "sha256": hashlib.sha256(content).hexdigest()})
    )
    return folder
