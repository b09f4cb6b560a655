"""A converted graph to a version in the model repository: outputs with names, metadata inside and beside the file."""

from __future__ import annotations

import datetime
import hashlib
import json
import os
from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np
import onnx
from onnx import helper, numpy_helper


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


#: Elementwise operations of which one partition may be a single number.
_SCALING = ("Add", "Div", "Mul", "Sub")


def scale_after_layout(model: onnx.ModelProto) -> int:
    """Move changes of layout in front of the scaling of the pixels; the outputs stay the same, bit for bit.

    Pictures come as ``[N, H, W, 1]`` and are scaled before they are laid out as ``[N, 1, H, W]``. onnxruntime takes ten
    times as long for elementwise operations on the first as on the second, a third of the time of a small network.

    Returns:
        How many changes of layout were moved.
    """
    graph = model.graph
    if any(attribute.HasField("g") for node in graph.node for attribute in node.attribute):
        return 0  # what branches and loops read from outside would have to be followed
    fixed = {tensor.name for tensor in graph.initializer}
    numbers = {tensor.name for tensor in graph.initializer if list(tensor.dims) in ([], [1])}
    maker = {output: node for node in graph.node for output in node.output}
    uses = Counter(source for node in graph.node for source in node.input)
    outputs = {output.name for output in graph.output}
    moved = 0
    for layout in [node for node in graph.node if node.op_type in ("Reshape", "Transpose")]:
        if not fixed.issuperset(layout.input[1:]):
            continue
        chain: list[onnx.NodeProto] = []
        source = layout.input[0]
        while (node := maker.get(source)) and node.op_type in _SCALING and uses[source] == 1 and source not in outputs:
            pictures = [name for name in node.input if name not in numbers]
            if len(pictures) != 1:
                break
            chain.insert(0, node)
            (source,) = pictures
        if not chain:
            continue
        first, last = chain[0], chain[-1]
        laid_out, scaled = f"{layout.output[0]}/before_scaling", layout.output[0]
        first.input[:] = [laid_out if name == source else name for name in first.input]
        layout.input[0], layout.output[0], last.output[0] = source, laid_out, scaled
        graph.node.remove(layout)
        graph.node.insert(list(graph.node).index(first), layout)
        for before, after in pairwise(chain):
            after.input[:] = [
                f"{before.output[0]}/laid_out" if name == before.output[0] else name for name in after.input
            ]
            before.output[0] = f"{before.output[0]}/laid_out"
        moved += 1
    # What is noted of shapes in between is no longer true, and nobody needs it.
    del graph.value_info[:]
    return moved


#: Bytes from which on a constant is worth a node that widens it.
_WORTH_WIDENING = 4096


def narrow_whole_numbers(model: onnx.ModelProto) -> int:
    """Store constants of whole numbers from -128 to 127 in a byte each, widened where they are read; what the graph
    computes stays the same, bit for bit.

    The paths through boosted trees are such: minus one, zero and one. onnxruntime widens them once, as it loads.

    Returns:
        How many constants were narrowed.
    """
    graph, narrowed = model.graph, []
    replaceable = {given.name for given in graph.input}
    for place, tensor in enumerate(graph.initializer):
        if tensor.name in replaceable:
            continue
        values = numpy_helper.to_array(tensor)
        narrow = np.clip(np.nan_to_num(values), -128, 127).astype(np.int8) if values.dtype == np.float32 else None
        if narrow is None or values.nbytes < _WORTH_WIDENING or narrow.astype(np.float32).tobytes() != values.tobytes():
            continue
        source = f"{tensor.name}/narrow"
        narrowed.append(helper.make_node("Cast", [source], [tensor.name], to=onnx.TensorProto.FLOAT))
        graph.initializer[place].CopyFrom(numpy_helper.from_array(narrow, source))
    nodes = [*narrowed, *graph.node]
    del graph.node[:]
    graph.node.extend(nodes)
    return len(narrowed)


#: Rows that a matrix of such columns may have, and patterns of where its values stand.
_MOST_ROWS = 16
_MOST_PATTERNS = 127


def thin_columns(model: onnx.ModelProto) -> int:
    """Store constant matrices of few rows, each of whose columns holds one value or nothing, as these values and the
    rows that they stand in; what the graph computes stays the same (−0 becomes 0).

    The leaves of boosted trees are such: each speaks of one class. onnxruntime spreads them once, as it loads.

    Returns:
        How many constants were thinned.
    """
    graph, thinned = model.graph, []
    replaceable = {given.name for given in graph.input}
    for tensor in list(graph.initializer):
        if tensor.name in replaceable or len(tensor.dims) != 2 or tensor.dims[0] > _MOST_ROWS:
            continue
        matrix = numpy_helper.to_array(tensor)
        if matrix.dtype != np.float32 or matrix.nbytes < _WORTH_WIDENING:
            continue
        stands = matrix != 0
        values = np.where(stands.any(axis=0), matrix[stands.argmax(axis=0), np.arange(matrix.shape[1])], np.float32(0))
        patterns, place = np.unique(stands, axis=1, return_inverse=True)
        if patterns.shape[1] > _MOST_PATTERNS or not np.array_equal(np.where(stands, values, np.float32(0)), matrix):
            continue
        parts = {
            "values": values[None],
            "patterns": patterns,
            "places": np.ravel(place).astype(np.int8),
            "nothing": np.zeros(1, np.float32),
        }
        name = tensor.name
        graph.initializer.remove(tensor)
        graph.initializer.extend(numpy_helper.from_array(part, f"{name}/{key}") for key, part in parts.items())
        thinned += [
            helper.make_node("Cast", [f"{name}/places"], [f"{name}/columns"], to=onnx.TensorProto.INT32),
            helper.make_node("Gather", [f"{name}/patterns", f"{name}/columns"], [f"{name}/stands"], axis=1),
            helper.make_node("Where", [f"{name}/stands", f"{name}/values", f"{name}/nothing"], [name]),
        ]
    nodes = [*thinned, *graph.node]
    del graph.node[:]
    graph.node.extend(nodes)
    return len(thinned) // 3


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
    narrow_whole_numbers(model)
    thin_columns(model)
    # onnxruntime finds the shapes in between itself.
    del model.graph.value_info[:]
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
