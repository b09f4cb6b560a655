"""A network with trees beside it: trained, stored, predicted, exported and quantized as one."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import keras
import numpy as np
import onnx
import onnxruntime
import pytest
import tensorflow as tf
from scipy.special import softmax

from inference_server.models.onnx_model import OnnxModel
from training.datasets.prepared_data import Dataset
from training.export import describing, exporting, int8_comparison, recalibration
from training.export.exporting import outputs_of
from training.export.served_heads import ServedHeads, description
from training.learning import fitting, line_numbers, predictions
from training.learning.calibration import FeatureSpace, Scaling
from training.learning.picture_trees import PictureTrees, joined
from training.learning.run import BEST, TREES, Run, RunError
from training.recipes.provenance import RunConfig

CONFIG = RunConfig(name="tiny", epochs=1, batch_size=16, beats_per_patient_class_and_lead=20, trees=4)


@pytest.fixture(scope="module")
def run(data: Dataset, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("run")
    fitting.fit(CONFIG, data, folder, lambda line: None)
    return folder


def test_a_run_says_what_both_say(run: Path, data: Dataset) -> None:
    opened = Run.open(run, data)
    rows = opened.partitions.test
    alone = fitting.predict_logits(opened.network(), data.pixels[0], rows)
    trees = opened.trees()
    assert trees is not None
    said = trees.logits(line_numbers.of_pictures(opened.pixels(rows)))
    np.testing.assert_allclose(fitting.run_logits(opened, rows), joined(alone, said), atol=1e-5)
    assert np.abs(said - said.mean(axis=0)).max() > 0.1  # they have learnt something


def test_trees_learn_from_augmented_pictures_alone(
    data: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[np.ndarray] = []
    monkeypatch.setattr(PictureTrees, "grow", lambda numbers, *_, **__: seen.append(numbers))
    fitting._grow_trees(Run.claim(tmp_path / CONFIG.name, CONFIG, data))
    augmented = {row.tobytes() for row in line_numbers.of_pictures(data.pixels[1])}
    assert {row.tobytes() for row in seen[0]} <= augmented


def test_trees_are_grown_where_a_stopped_run_lacks_them(run: Path, data: Dataset, tmp_path: Path) -> None:
    stopped = tmp_path / "run"
    shutil.copytree(run, stopped)
    (stopped / TREES).unlink()
    with pytest.raises(RunError, match="no trees yet"):
        Run.open(stopped, data)
    weights = (stopped / BEST).read_bytes()
    lines: list[fitting.Epoch] = []
    fitting.fit(CONFIG, data, stopped, lines.append)
    assert lines == []  # the network was finished
    assert (stopped / BEST).read_bytes() == weights
    assert (stopped / TREES).read_bytes() == (run / TREES).read_bytes()


def test_damaged_trees_are_told(run: Path, data: Dataset, tmp_path: Path) -> None:
    copied = tmp_path / "run"
    shutil.copytree(run, copied)
    whole = (copied / TREES).read_bytes()
    for content in (b"", b"nothing", whole[: len(whole) // 2], whole.replace(whole[200:260], bytes(60))):
        (copied / TREES).write_bytes(content)
        with pytest.raises(RunError, match="damaged"):
            Run.open(copied, data).trees()


@pytest.mark.parametrize("int8", [False, True], ids=["float32", "int8"])
def test_the_served_graph_says_what_the_run_says(run: Path, data: Dataset, tmp_path: Path, int8: bool) -> None:
    exported = exporting.export(run, data, tmp_path, name="arrhythmia", version="3", scores_from=[], int8=int8)
    assert exported.parity <= exporting.PARITY_TOLERANCE
    session = onnxruntime.InferenceSession(exported.model)
    own = predictions.predict(run, data)
    rows = predictions.tested_rows(data, Run.open(run, data).partitions, CONFIG)
    said = outputs_of(session, data.pixels[0][rows])["probabilities"]
    np.testing.assert_allclose(said, own.probabilities, atol=0.1 if int8 else 2e-3)
    model = OnnxModel.load(exported.model.parent)
    assert model.info.version == "3"
    assert "TreeEnsemble" in {node.op_type for node in onnx.load(exported.model).graph.node}


@pytest.mark.parametrize("temperature", [1.0, 6.0])
def test_a_graph_calibrated_anew_is_so_in_what_trees_add(
    run: Path, data: Dataset, tmp_path: Path, temperature: float
) -> None:
    before, after = Scaling(3.0, (0.0,) * 7), Scaling(temperature, tuple(np.linspace(0, 1, 7).tolist()))
    opened = Run.open(run, data)
    rows = opened.partitions.test[:100]
    logits = fitting.run_logits(opened, rows)
    trunk, head = exporting.network_of(opened)
    served = ServedHeads(trunk, before, _no_space(trunk, data), head, opened.trees())
    _, _, height, width, _ = data.pixels.shape
    model = exporting.graph_of(served, height=height, width=width)
    recalibration.rescale_graph(model, before, after, run)
    said = outputs_of(onnxruntime.InferenceSession(model.SerializeToString()), opened.pixels(rows))["probabilities"]
    expected = softmax(logits / after.temperature + np.array(after.bias), axis=1)
    np.testing.assert_allclose(said, expected, atol=1e-5)


def _no_space(trunk: keras.Model, data: Dataset) -> FeatureSpace:
    """A feature space that says nothing."""
    size = description(trunk(data.pixels[0][:1])[0], tf.constant(data.pixels[0][:1])).shape[1]
    return FeatureSpace(np.eye(size, dtype=np.float32), np.zeros((7, size), np.float32))


def test_older_runtimes_get_the_same_trees_by_an_older_operation(run: Path, data: Dataset, tmp_path: Path) -> None:
    exported = exporting.export(run, data, tmp_path, name="arrhythmia", version="3", scores_from=[])
    older = describing.portable(exported.model.parent, tmp_path / "older")
    graph = onnx.load(older)
    assert {node.op_type for node in graph.graph.node if node.domain == "ai.onnx.ml"} == {"TreeEnsembleRegressor"}
    assert {opset.version for opset in graph.opset_import if opset.domain == "ai.onnx.ml"} == {3}
    onnx.checker.check_model(graph)
    pixels = data.pixels[0][:200]
    before, after = (outputs_of(onnxruntime.InferenceSession(file), pixels) for file in (exported.model, older))
    np.testing.assert_array_equal(before["probabilities"], after["probabilities"])
    assert "older versions" in json.loads(older.with_name("metadata.json").read_text())["rewritten"]["what"]
    with pytest.raises(describing.DescribingError, match="exists"):
        describing.portable(exported.model.parent, tmp_path / "older")


def test_what_eight_bits_cost_is_asked_of_both(run: Path, data: Dataset) -> None:
    own = predictions.predict(run, data)
    quantized = int8_comparison.quantized_predictions(run, data)
    np.testing.assert_allclose(quantized.probabilities, own.probabilities, atol=0.1)
