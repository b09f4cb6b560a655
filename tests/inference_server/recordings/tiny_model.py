"""A model for recordings of a few operations, in a file as training writes it: no network, but answers that differ."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from ecg.features.stream import FEATURES
from inference_server.models.recording_model import FORMAT

CLASSES = ("NORMAL", "LBBB", "RBBB", "PAC", "PVC", "PACED")

METADATA: dict[str, Any] = {
    "format": FORMAT,
    "name": "arrhythmia-recording",
    "classes": [{"short": short, "name": short.title()} for short in CLASSES],
    "arrays": ["windows", "features"],
    "features": list(FEATURES),
    "decision": {
        "min_probability": dict.fromkeys(CLASSES, 0.1),
        "min_confidence": dict.fromkeys(CLASSES, 0.5),
        "groups": [],
    },
    "training_run": "tiny",
    "data_digest": "0" * 64,
    "scores": {},
    "licence": "none",
}


def _known(name: str, result: str, nothing: str) -> list[onnx.NodeProto]:
    """``name`` with 0 for what isn't known."""
    return [
        helper.make_node("IsNaN", [name], [f"{name}_unknown"]),
        helper.make_node("Where", [f"{name}_unknown", nothing, name], [result]),
    ]


def graph(leads: int | str = "leads") -> onnx.ModelProto:
    """Early beats are PAC, early ones of great amplitude PVC, the rest normal, more or less."""
    generator = np.random.default_rng(0)
    early = list(FEATURES).index("before_to_usual")
    of_features = np.zeros((len(FEATURES), len(CLASSES)), np.float32)
    of_features[early] = (4, 0, 0, -4, -5, 0)
    of_size = generator.normal(size=(1, len(CLASSES))).astype(np.float32)
    constants = {
        "nothing": np.float32(0),
        "of_features": of_features,
        "of_size": of_size,
        "leads_and_time": np.array([1, 2]),
    }
    nodes = [
        *_known("windows", "seen", "nothing"),
        *_known("features", "numbers", "nothing"),
        helper.make_node("Abs", ["seen"], ["heights"]),
        helper.make_node("ReduceMax", ["heights", "leads_and_time"], ["size"], keepdims=0),
        helper.make_node("Unsqueeze", ["size", "one"], ["column"]),
        helper.make_node("MatMul", ["column", "of_size"], ["by_size"]),
        helper.make_node("MatMul", ["numbers", "of_features"], ["by_features"]),
        helper.make_node("Add", ["by_size", "by_features"], ["logits"]),
        helper.make_node("Softmax", ["logits"], ["probabilities"], axis=1),
    ]
    constants["one"] = np.array([1])
    inputs = [
        helper.make_tensor_value_info("windows", TensorProto.FLOAT, ["beats", leads, 192]),
        helper.make_tensor_value_info("features", TensorProto.FLOAT, ["beats", len(FEATURES)]),
    ]
    output = helper.make_tensor_value_info("probabilities", TensorProto.FLOAT, ["beats", len(CLASSES)])
    stored = [numpy_helper.from_array(np.asarray(value), name) for name, value in constants.items()]
    made = helper.make_graph(nodes, "tiny", inputs, [output], stored)
    return helper.make_model(made, opset_imports=[helper.make_opsetid("", 18)], ir_version=10)


def write(folder: Path, model: onnx.ModelProto | None = None, changes: Mapping[str, Any] | None = None) -> Path:
    """A version in ``folder`` (its name is the version); ``changes`` of the metadata, None leaves an entry out."""
    model = model or graph()
    for name, value in ({**METADATA, **(changes or {})}).items():
        if value is not None:
            entry = model.metadata_props.add()
            entry.key, entry.value = name, value if isinstance(value, str) else json.dumps(value)
    content = model.SerializeToString()
    folder.mkdir(parents=True)
    (folder / "model.onnx").write_bytes(content)
    sidecar = {"version": folder.name, "sha256": hashlib.sha256(content).hexdigest()}
    (folder / "metadata.json").write_text(json.dumps(sidecar))
    return folder
