"""A served version that decides as its companion does about people whom neither knows."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import numpy_helper

from inference_server.models.onnx_model import OnnxModel
from training.datasets.prepared_data import Dataset, DatasetError
from training.evaluation import served_model
from training.export import exporting, recalibration
from training.export.exporting import ExportError, outputs_of
from training.export.recalibration import recalibrate, rescaled
from training.learning import fitting
from training.learning.calibration import Scaling
from training.recipes.provenance import RunConfig

SERVED = RunConfig(name="known", epochs=2, batch_size=16, beats_per_patient_class_and_lead=20)
COMPANION = SERVED.model_copy(update={"name": "companion", "protocol": "inter-patient"})


@pytest.fixture(scope="module")
def models(data: Dataset, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository with version 1 of a served model and of its companion."""
    repository = tmp_path_factory.mktemp("models")
    for config, name in ((SERVED, "arrhythmia"), (COMPANION, "arrhythmia-inter-patient")):
        run = tmp_path_factory.mktemp("runs") / config.name
        fitting.fit(config, data, run, lambda line: None)
        exporting.export(run, data, repository, name=name, version="1", scores_from=[])
    return repository


@pytest.fixture(scope="module")
def recalibrated(models: Path, data: Dataset) -> tuple[Path, Path]:
    return recalibrate(
        models / "arrhythmia" / "1", models / "arrhythmia-inter-patient" / "1", data, models, version="2"
    )


def _metadata(file: Path) -> dict[str, Any]:
    metadata: dict[str, Any] = json.loads(file.with_name("metadata.json").read_text())
    return metadata


def test_both_decide_alike_but_for_their_own_ood_limit(recalibrated: tuple[Path, Path], models: Path) -> None:
    served, companion = (OnnxModel.load(file.parent) for file in recalibrated)
    assert served.info.version == companion.info.version == "2"
    assert served.thresholds.min_probability == companion.thresholds.min_probability
    assert served.thresholds.min_confidence == companion.thresholds.min_confidence
    for file, model in zip(recalibrated, (served, companion), strict=True):
        before = OnnxModel.load(models / file.parts[-3] / "1")
        assert model.thresholds.max_ood_score == before.thresholds.max_ood_score
    assert [_metadata(file)["calibrated_on"] for file in recalibrated] == ["companion", "companion"]


def test_only_the_scaling_of_the_predictions_is_another_one(
    recalibrated: tuple[Path, Path], models: Path, data: Dataset
) -> None:
    pixels = data.pixels[0][:60]
    for file in recalibrated:
        before, after = (
            onnxruntime.InferenceSession(path) for path in (models / file.parts[-3] / "1" / "model.onnx", file)
        )
        old, new = outputs_of(before, pixels), outputs_of(after, pixels)
        own, other = (
            Scaling(metadata["temperature"], tuple(metadata["bias"]))
            for metadata in map(_metadata, (models / file.parts[-3] / "1" / "model.onnx", file))
        )
        assert new["distance"] == pytest.approx(old["distance"], rel=1e-5)
        assert new["probabilities"] == pytest.approx(rescaled(old["probabilities"], own, other), abs=2e-3)
        assert other.bias == (0.0,) * 7  # of people, biases say nothing about others


def test_the_scores_are_those_of_the_new_predictions(recalibrated: tuple[Path, Path], data: Dataset) -> None:
    served, companion = recalibrated
    scores = dict(served_model.tables_of([served.parent, companion.parent], data))["scores"]
    of_file = _metadata(served)["scores"]
    assert isinstance(of_file, dict)
    for row in (0, 2):
        protocol = scores["protocol"].iloc[row]
        assert of_file[f"{protocol}/accuracy"] == pytest.approx(scores["accuracy"].iloc[row], abs=1e-4)
        assert of_file[f"{protocol}/macro_f1"] == pytest.approx(scores["macro_f1"].iloc[row], abs=1e-4)


def test_it_can_be_done_again(recalibrated: tuple[Path, Path], models: Path, data: Dataset, tmp_path: Path) -> None:
    served, companion = recalibrated
    again = recalibrate(served.parent, companion.parent, data, tmp_path, version="3")
    for first, second in zip(recalibrated, again, strict=True):
        first_thresholds, second_thresholds = (
            OnnxModel.load(first.parent).thresholds,
            OnnxModel.load(second.parent).thresholds,
        )
        assert second_thresholds.min_probability == pytest.approx(first_thresholds.min_probability, rel=1e-3)


@pytest.mark.parametrize(
    ("version", "message"), [("1", "exists"), ("0", "whole number"), ("../5", "whole number"), ("", "whole number")]
)
def test_a_version_that_is_none_or_exists_is_refused_and_nothing_is_written(
    models: Path, data: Dataset, version: str, message: str
) -> None:
    before = {path: path.stat().st_mtime_ns for path in models.rglob("*")}
    with pytest.raises(ExportError, match=message):
        recalibrate(
            models / "arrhythmia" / "1", models / "arrhythmia-inter-patient" / "1", data, models, version=version
        )
    assert {path: path.stat().st_mtime_ns for path in models.rglob("*")} == before


def test_a_companion_that_knows_its_people_is_refused(models: Path, data: Dataset, tmp_path: Path) -> None:
    known, companion = models / "arrhythmia" / "1", models / "arrhythmia-inter-patient" / "1"
    with pytest.raises(ExportError, match="knows the people"):
        recalibrate(companion, known, data, tmp_path, version="2")
    assert not list(tmp_path.iterdir())


def test_other_beats_are_refused(models: Path, data: Dataset, tmp_path: Path) -> None:
    other = replace(data, digest="0" * 64)
    with pytest.raises(DatasetError, match="not the one"):
        recalibrate(
            models / "arrhythmia" / "1", models / "arrhythmia-inter-patient" / "1", other, tmp_path, version="2"
        )
    assert not list(tmp_path.iterdir())


def test_a_graph_whose_last_layer_is_not_found_is_refused(models: Path) -> None:
    model = onnx.load(models / "arrhythmia" / "1" / "model.onnx")
    model.graph.initializer.append(numpy_helper.from_array(np.zeros(7, np.float32), "another"))
    same = Scaling(1.0, (0.0,) * 7)
    with pytest.raises(ExportError, match="last layer is not found"):
        recalibration.rescale_graph(model, same, same, Path("folder"))


def test_probabilities_are_rescaled_as_softmaxes_of_the_same_logits() -> None:
    logits = np.array([[2.0, -1.0, 0.5]])
    before, after = Scaling(2.0, (0.0, 0.3, -0.2)), Scaling(0.5, (0.1, 0.0, 0.0))

    def softmax(values: np.ndarray) -> np.ndarray:
        return np.exp(values) / np.exp(values).sum()

    old = softmax(logits / 2.0 + np.array(before.bias)).astype(np.float32)
    assert rescaled(old, before, after) == pytest.approx(softmax(logits / 0.5 + np.array(after.bias)), rel=1e-5)


def test_both_tell_the_scores_of_each_class_in_people_whom_the_companion_does_not_know(
    recalibrated: tuple[Path, Path],
) -> None:
    of_file = [OnnxModel.load(file.parent).info.scores for file in recalibrated]
    by_class = [{name: value for name, value in scores.items() if name.count("/") == 2} for scores in of_file]
    assert by_class[0] == by_class[1]
    assert {name.partition("/")[0] for name in by_class[0]} == {"inter-patient"}
    assert all(value >= 1 for name, value in by_class[0].items() if name.endswith("/people"))
    assert any(name.endswith("/sensitivity") for name in by_class[0])
