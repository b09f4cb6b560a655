"""An ONNX file as onnxruntime runs it: one thread, no spinning, and errors that fit into a line."""

from __future__ import annotations

import onnxruntime

from inference_server.models.model_files import MODEL_FILE, ModelError


def open_session(content: bytes) -> onnxruntime.InferenceSession:
    """A session that runs the model in ``content``, the bytes of its file.

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
    options.log_severity_level = 3  # errors; they come as exceptions as well
    try:
        return onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime raises a different class for each kind of damage
        raise ModelError(f"{MODEL_FILE} is not a usable ONNX model: {first_line(error)}") from error


def first_line(error: Exception) -> str:
    """What ``error`` says, on one line of at most 300 characters."""
    lines = str(error).splitlines()
    return lines[0][:300] if lines else type(error).__name__
