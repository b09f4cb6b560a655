"""Networks in eight bits: smaller, and they say nearly the same."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import onnxruntime
import pytest

from inference_server.models.onnx_model import OnnxModel
from tests.training.out_of_fold import Row, fold_of
from training.datasets.prepared_data import Dataset
from training.export import exporting, int8_comparison
from training.learning import fitting, predictions
from training.recipes.provenance import RunConfig

CONFIG = RunConfig(name="tiny", epochs=2, batch_size=16, beats_per_patient_class_and_lead=20)


@pytest.fixture(scope="module")
def run(data: Dataset, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("run")
    fitting.fit(CONFIG, data, folder, lambda line: None)
    return folder


def test_an_export_in_eight_bits_is_smaller_and_says_how_it_differs(data: Dataset, run: Path, tmp_path: Path) -> None:
    plain, small = (
        exporting.export(run, data, tmp_path, name="arrhythmia", version=version, scores_from=[], int8=int8)
        for version, int8 in (("1", False), ("2", True))
    )
    assert small.bytes < 0.6 * plain.bytes
    assert small.parity <= exporting.PARITY_TOLERANCE
    said = json.loads(small.model.with_name("metadata.json").read_text())["int8"]
    assert said["same_class"] > 0.9
    assert "int8" not in json.loads(plain.model.with_name("metadata.json").read_text())
    pixels = data.pixels[0][:40]
    probabilities = [OnnxModel.load(exported.model.parent).run(pixels).probabilities for exported in (plain, small)]
    assert np.abs(probabilities[0] - probabilities[1]).mean() < 0.05
    scores = [OnnxModel.load(exported.model.parent).run(pixels).ood_score for exported in (plain, small)]
    assert np.corrcoef(scores[0], scores[1])[0, 1] > 0.95
    maps = onnxruntime.InferenceSession(small.model).run(["activation_maps"], {"pixels": pixels})[0]
    assert maps.shape[3] == 7


def test_folds_are_asked_in_eight_bits_and_what_was_answered_stays(data: Dataset, run: Path) -> None:
    after = int8_comparison.quantized_predictions(run, data)
    before = predictions.load(run / predictions.FILE)
    assert (after.samples == before.samples).all()
    assert np.abs(after.probabilities - before.probabilities).mean() < 0.1
    stored = (run / int8_comparison.FILE).stat().st_mtime_ns
    int8_comparison.quantized_predictions(run, data)
    assert (run / int8_comparison.FILE).stat().st_mtime_ns == stored


def test_the_table_says_what_each_class_loses() -> None:
    right = [Row("mitdb-1", "PVC", "PVC", 9), Row("mitdb-2", "NORMAL", "NORMAL", 9)]
    wrong = [Row("mitdb-1", "PVC", "NORMAL", 3), Row("mitdb-1", "PVC", "PVC", 6), Row("mitdb-2", "NORMAL", "NORMAL", 9)]
    rows = int8_comparison.table([fold_of(right)], [fold_of(wrong)])
    row = rows[rows["class"] == "PVC"].iloc[0]
    assert (row["F1_float32"], row["F1_int8"]) == (1.0, 0.8)
    assert row["lost_points"] == 20
