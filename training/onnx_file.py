"""A converted graph to a version in the model repository: outputs with names, metadata inside and beside the file."""

from __future__ import annotations

import datetime
import hashlib
import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path

import onnx


def name_outputs(model: onnx.ModelProto, names: Sequence[str]) -> None:
    """Give the graph's outputs ``names``, in order.

    tf2onnx numbers the outputs of a dictionary in the order of its sorted keys.
    """
    for old, name in zip([output.name for output in model.graph.output], names, strict=True):
        for node in model.graph.node:
            node.output[:] = [name if output == old else output for output in node.output]
            node.input[:] = [name if source == old else source for source in node.input]
        for output in model.graph.output:
            if output.name == old:
                output.name = name


def write(model: onnx.ModelProto, metadata: Mapping[str, object], facts: Mapping[str, object], folder: Path) -> Path:
    """Write ``model.onnx`` and ``metadata.json`` into ``folder``, whose name is the version.

    Args:
        metadata: what the server reads; goes into the ONNX file as well.
        facts: what only people read.

    Returns:
        The ONNX file.
    """
    onnx.helper.set_model_props(
        model, {key: value if isinstance(value, str) else json.dumps(value) for key, value in metadata.items()}
    )
    model.producer_name = "beatlens"
    onnx.checker.check_model(model)
    encoded = model.SerializeToString()
    readable = {
        **metadata,
        "version": folder.name,
        "created": datetime.datetime.now(datetime.UTC).date().isoformat(),
        "sha256": hashlib.sha256(encoded).hexdigest(),
        "bytes": len(encoded),
        **facts,
    }
    folder.mkdir(parents=True, exist_ok=True)
    partial = folder / "model.onnx.partial"
    partial.write_bytes(encoded)
    os.replace(partial, folder / "model.onnx")
    partial = folder / "metadata.json.partial"
    partial.write_text(json.dumps(readable, indent=2) + "\n")
    os.replace(partial, folder / "metadata.json")
    return folder / "model.onnx"
