"""What eight bits cost: a recipe's folds by person, asked as they are and quantized."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnxruntime
import pandas as pd
import tensorflow as tf
from numpy.typing import NDArray
from scipy.special import softmax

from training.datasets.prepared_data import Dataset
from training.evaluation import people
from training.export import quantization
from training.export.exporting import calibration_pixels, network_of
from training.export.onnx_conversion import to_onnx
from training.learning import calibration, fitting, predictions
from training.learning.predictions import Predictions
from training.learning.run import Run

#: The quantized network's predictions beside the run's own.
FILE = "predictions.int8.npz"

_BATCH = 256


def quantized_predictions(run: Path, data: Dataset) -> Predictions:
    """What a finished run's network says of its test partition once it is quantized, and calibrated as ever.

    Predictions that are already there are read, not computed again.

    Raises:
        RunError: no trained run there, or one that was trained on other data.
        ExportError: a network that can't be exported.
    """
    if (run / FILE).is_file():
        return predictions.load(run / FILE)
    own = predictions.predict(run, data)
    opened = Run.open(run, data)
    trunk, head = network_of(opened)
    _, _, height, width, _ = data.pixels.shape

    def call(pixels: tf.Tensor) -> dict[str, tf.Tensor]:
        features, _ = trunk(pixels, training=False)
        return {"logits": head(features)}

    model = quantization.quantized(to_onnx(call, height=height, width=width, channels=1), calibration_pixels(opened))
    session = onnxruntime.InferenceSession(model.SerializeToString())
    validation = opened.partitions.validation
    scaling = calibration.fit_scaling(
        _logits(session, opened, validation),
        opened.labels[validation],
        biases=not opened.config.divided_by.by_person,
    )
    logits = _logits(session, opened, predictions.tested_rows(data, opened.partitions, opened.config))
    probabilities = softmax(logits / scaling.temperature + np.array(scaling.bias), axis=1)
    predicted = replace(own, probabilities=probabilities.astype(np.float32))
    predicted.save(run / FILE)
    return predicted


def _logits(session: onnxruntime.InferenceSession, opened: Run, rows: NDArray[np.int64]) -> NDArray[np.float32]:
    """Of some rows, with the trees beside the network, whose numbers are not quantized."""
    pixels = opened.pixels(rows)
    parts = range(0, len(pixels), _BATCH)
    logits = [session.run(["logits"], {"pixels": pixels[start : start + _BATCH]})[0] for start in parts]
    return fitting.with_trees(opened, np.concatenate(logits), rows)


def table(before: Sequence[Predictions], after: Sequence[Predictions]) -> pd.DataFrame:
    """A row for each class in each group of leads, all databases together: F1 by beat before and after.

    Raises:
        PeopleError: the predictions don't say whose beats they are for.
    """
    tables = [people.table(folds) for folds in (before, after)]
    both = [rows[(rows["database"] == people.ALL) & rows["+P"].notna()] for rows in tables]
    identity = ["leads", "class"]
    joined = both[0][[*identity, "people", "beats", "F1"]].merge(
        both[1][[*identity, "F1"]], on=identity, suffixes=("_float32", "_int8")
    )
    joined["lost_points"] = (100 * (joined["F1_float32"] - joined["F1_int8"])).round(2)
    return joined
