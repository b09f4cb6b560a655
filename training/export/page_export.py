"""The network for pages to a version of its model: one ONNX file that says what it reads."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Final

import keras
import numpy as np
import onnx
import onnxruntime
import tensorflow as tf
import tf2onnx
from numpy.typing import NDArray

from inference_server.models.page_model import CLASSES, FORMAT
from training import TrainingError
from training.databases.registry import DATABASES
from training.datasets.pages import crops
from training.export import model_file
from training.export.exporting import require_version
from training.export.onnx_conversion import OPSET
from training.export.small_weights import with_short_names, with_small_weights
from training.learning.pages import fitting, network
from training.pages.making import SCALES
from training.pages.truth import PIXEL_CLASSES

NAME: Final = "ecg-page"

#: Keras and onnxruntime may differ by so much in a probability.
TOLERANCE: Final = 1e-4
#: Rounding its weights may change a probability by so much, in the mean over pixels and classes.
MOST_ROUNDING: Final = 0.01
#: The file is at most so large.
MOST_BYTES: Final = 8_000_000

#: Squares of each page that are scored, and pages on which Keras and onnxruntime are compared.
_SCORED: Final = 12
_COMPARED: Final = 4


class PageExportError(TrainingError):
    """What was exported doesn't say what the network says, or is too large."""


def export_run(run: Path, trained_on: Path, scored_on: Path, repository: Path, version: str) -> Path:
    """Write the network of a run as a version, scored on pages of other people.

    Args:
        run: Folder of the finished run.
        trained_on: The drawn pages that it learnt from.
        scored_on: Drawn pages of people whom it doesn't know.
        repository: Folder of models.
        version: Name of the version.

    Raises:
        ExportError: that is no version.
        NoPagesError: one of the folders has no pages.
        PageExportError: Keras and onnxruntime don't agree, or the file is too large.
        RunError: the run isn't finished.
    """
    require_version(version)
    if tuple(PIXEL_CLASSES) != CLASSES:
        raise PageExportError(f"The server reads {CLASSES}, pages are drawn with {PIXEL_CLASSES}.")
    keras_model, settings = fitting.fitted(run)
    others = crops.drawn_pages(scored_on)
    model = to_onnx(keras_model)
    parity = parity_of(keras_model, model, crops.Squares.of(others[:_COMPARED], 1, 0).pixels)
    if not parity <= TOLERANCE:
        raise PageExportError(f"Keras and onnxruntime differ by {parity:.1e}; {TOLERANCE:.0e} is allowed.")
    squares = crops.Squares.of(others, 1, 0).pixels
    small = with_short_names(with_small_weights(model))
    rounding = rounding_of(model, small, squares)
    if not rounding <= MOST_ROUNDING:
        raise PageExportError(f"Rounded weights change a probability by {rounding:.3f} in the mean.")
    if (size := small.ByteSize()) > MOST_BYTES:
        raise PageExportError(f"The file would have {size:,} bytes; {MOST_BYTES:,} are allowed.")
    metadata = {
        "format": FORMAT,
        "name": NAME,
        "classes": list(PIXEL_CLASSES),
        "pixels_per_mm": [min(low for low, _ in SCALES.values()), max(high for _, high in SCALES.values())],
        "step": network.STEP,
        "training_run": f"{NAME}-{version}",
        "data_digest": _digest(crops.drawn_pages(trained_on)),
        "scores": scores(fitting.confusion(keras_model, others, _SCORED)),
        "licence": " ".join(database.notice for database in DATABASES.values()),
    }
    facts = {
        "settings": asdict(settings),
        "pages": len(crops.drawn_pages(trained_on)),
        "scored_pages": len(others),
        "parity": parity,
        "rounding": rounding,
    }
    return model_file.write(small, metadata, facts, repository / NAME / version)


def to_onnx(model: keras.Model) -> onnx.ModelProto:
    """The graph with probabilities as its output."""
    signature = [tf.TensorSpec((1, None, None, 3), tf.uint8, name="pixels")]

    def call(pixels: tf.Tensor) -> dict[str, tf.Tensor]:
        return {"probabilities": tf.nn.softmax(model(pixels, training=False))}

    function = tf.function(call, input_signature=signature, autograph=False)
    graph, _ = tf2onnx.convert.from_function(function, input_signature=signature, opset=OPSET)
    model_file.scale_after_layout(graph)
    model_file.name_outputs(graph, ["probabilities"])
    return graph


def parity_of(model: keras.Model, graph: onnx.ModelProto, squares: NDArray[np.uint8]) -> float:
    """The largest difference of a probability between Keras and onnxruntime."""
    session = onnxruntime.InferenceSession(graph.SerializeToString(), providers=["CPUExecutionProvider"])
    differences = []
    for square in squares:
        wanted = tf.nn.softmax(model(square[None], training=False)).numpy()
        (given,) = session.run(["probabilities"], {"pixels": square[None]})
        differences.append(float(np.abs(wanted - given).max()))
    return float(np.max(differences))


def rounding_of(model: onnx.ModelProto, small: onnx.ModelProto, squares: NDArray[np.uint8]) -> float:
    """By how much probabilities of two graphs differ in the mean."""
    one, other = (
        onnxruntime.InferenceSession(graph.SerializeToString(), providers=["CPUExecutionProvider"])
        for graph in (model, small)
    )
    differences = []
    for square in squares:
        (wanted,), (given,) = (session.run(["probabilities"], {"pixels": square[None]}) for session in (one, other))
        differences.append(float(np.abs(wanted - given).mean()))
    return float(np.mean(differences))


def scores(counts: NDArray[np.int64]) -> dict[str, float]:
    """Sensitivity, positive predictivity and overlap (intersection over union) of pixels by class."""
    scores_by_class: dict[str, float] = {}
    for place, name in enumerate(PIXEL_CLASSES):
        right, true, said = counts[place, place], counts[place].sum(), counts[:, place].sum()
        scores_by_class |= {
            f"{name}/sensitivity": round(float(right / max(true, 1)), 4),
            f"{name}/positive_predictivity": round(float(right / max(said, 1)), 4),
            f"{name}/overlap": round(float(right / max(true + said - right, 1)), 4),
        }
    return scores_by_class


def _digest(pages: Sequence[Path]) -> str:
    """SHA-256 of what is known of the drawn pages."""
    total = hashlib.sha256()
    for page in pages:
        total.update(page.with_suffix(".json").read_bytes())
    return total.hexdigest()
