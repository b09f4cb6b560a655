"""An ONNX file as onnxruntime runs it: one thread, no spinning, and errors that fit into a line."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, TypeVar

import onnxruntime
from pydantic import BaseModel, ValidationError

from inference_server.models.model_files import MODEL_FILE, ModelError, complaints

Metadata = TypeVar("Metadata", bound=BaseModel)


def open_session(content: bytes, *, unpacked: bool = False) -> onnxruntime.InferenceSession:
    """A session that runs the model in ``content``, the bytes of its file.

    Args:
        content: What is run.
        unpacked: Weights that are stored as whole numbers become floats once: what is reckoned is float32.

    Raises:
        ModelError: it is not usable.
    """
    options = onnxruntime.SessionOptions()
    # One thread for each picture and many pictures at once: on models this small, splitting one picture among
    # threads costs more than it brings, and spinning threads steal the cores from the decoders.
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.execution_mode = onnxruntime.ExecutionMode.ORT_SEQUENTIAL
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.add_session_config_entry("session.inter_op.allow_spinning", "0")
    options.add_session_config_entry("session.disable_quant_qdq", "1" if unpacked else "0")
    options.log_severity_level = 3  # errors; they come as exceptions as well
    try:
        return onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime raises a different class for each kind of damage
        raise ModelError(f"{MODEL_FILE} is not a usable ONNX model: {first_line(error)}") from error


def first_line(error: Exception) -> str:
    """What ``error`` says, on one line of at most 300 characters."""
    lines = str(error).splitlines()
    return lines[0][:300] if lines else type(error).__name__


def read_metadata(
    session: onnxruntime.InferenceSession, kind: type[Metadata], *, expected: str, json_values: Sequence[str]
) -> Metadata:
    """``metadata_props`` of a file as ``kind``, whose required fields must be there.

    Args:
        session: Of the file.
        kind: What is read; a field for each entry.
        expected: The value of ``format``.
        json_values: Entries that are JSON.

    Raises:
        ModelError: an entry is missing or not usable, or the file has another format.
    """
    props: dict[str, str] = session.get_modelmeta().custom_metadata_map
    missing = [name for name, field in kind.model_fields.items() if field.is_required() and name not in props]
    if missing:
        raise ModelError(f"{MODEL_FILE} lacks metadata: {', '.join(missing)}.")
    if props["format"] != expected:
        raise ModelError(f"{MODEL_FILE} has format {props['format']!r}; this server reads {expected!r}.")
    values: dict[str, Any] = dict(props)
    for name in set(json_values) & set(props):
        try:
            values[name] = json.loads(props[name])
        except ValueError as error:
            raise ModelError(f"{MODEL_FILE}: metadata {name} is not JSON: {error}.") from error
    try:
        return kind.model_validate(values)
    except ValidationError as error:
        raise ModelError(f"{MODEL_FILE}: metadata is not usable: {complaints(error)}.") from error
