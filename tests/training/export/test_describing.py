"""What a version tells of each class in new people is what the stored table and the stored predictions say."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import pandas as pd
import pytest

from ecg.classes import CLASS_SETS
from inference_server.classification import LeadAnswers, LeadKnowledge
from inference_server.models.onnx_model import ModelError, OnnxModel
from training.databases.marked import RecordsError
from training.evaluation import metrics, tables
from training.export import describing
from training.learning import predictions
from training.learning.predictions import Predictions

ROOT = Path(__file__).resolve().parents[3]
RESULTS = ROOT / "results"
VERSION = str(max(int(folder.name) for folder in (ROOT / "models" / "arrhythmia").glob("[1-9]*")))
SERVED = ROOT / "models" / "arrhythmia" / VERSION
COMPANION = ROOT / "models" / "arrhythmia-inter-patient" / VERSION


@pytest.fixture(scope="module")
def stored() -> Predictions:
    run = json.loads((COMPANION / "metadata.json").read_text())["training_run"]
    return predictions.load(RESULTS / "predictions" / "inter-patient" / f"{run}.npz")


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    return tables.read(RESULTS / f"arrhythmia-{VERSION}.scores.csv")


def out_of_fold() -> list[Predictions]:
    return [predictions.load(path) for path in sorted((RESULTS / "predictions" / "people-5fold").glob("*.npz"))]


@pytest.mark.parametrize("folder", [SERVED, COMPANION], ids=["served", "companion"])
def test_the_committed_files_tell_the_figures_of_the_stored_table(
    folder: Path, table: pd.DataFrame, stored: Predictions
) -> None:
    of_classes = describing.class_scores(table, stored, stored.records)
    people = {name: of_classes.pop(name) for name in list(of_classes) if name.endswith("/people")}
    assert describing.differences(folder, of_classes) == []
    scores = OnnxModel.load(folder).info.scores
    # A person may have several records, and no record is of two people.
    assert all(0 < scores[name] <= records for name, records in people.items())
    assert len(people) == len(CLASS_SETS["seven"])


@pytest.mark.skipif("PTBXL_DIR" not in os.environ, reason="PTBXL_DIR tells whose records PTB-XL's are")
def test_people_and_leads_are_as_the_recordings_tell(table: pd.DataFrame, stored: Predictions) -> None:
    testing = describing.people_behind(stored.records)
    of_leads = describing.lead_answers(SERVED, out_of_fold(), testing)
    assert describing.differences(SERVED, describing.class_scores(table, stored, testing), of_leads) == []


def test_whose_record_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    names = np.array(["100", "201", "202", "419"])
    assert describing.people_behind(names).tolist() == ["100", "201", "201", "419"]
    monkeypatch.delenv("PTBXL_DIR", raising=False)
    with pytest.raises(RecordsError, match="PTBXL_DIR"):
        describing.people_behind(np.array(["100", "ptbxl-00143"]))


def test_scores_of_a_class_from_predictions() -> None:
    probabilities = np.eye(3, dtype=np.float32)[[0, 0, 1, 1]]
    truth = np.array([0, 1, 1, 1])
    people = np.array(["a", "a", "b", "b"])
    assert metrics.class_scores(probabilities, truth, "inter-patient", ["X", "Y", "Z"], people) == {
        "inter-patient/X/sensitivity": 1.0,
        "inter-patient/X/positive_predictivity": 0.5,
        "inter-patient/X/beats": 1.0,
        "inter-patient/X/people": 1.0,
        "inter-patient/Y/sensitivity": 0.6667,
        "inter-patient/Y/positive_predictivity": 1.0,
        "inter-patient/Y/beats": 3.0,
        "inter-patient/Y/people": 2.0,
    }


def test_a_version_is_written_once_more_with_the_same_graph(tmp_path: Path) -> None:
    folder = Path(shutil.copytree(SERVED, tmp_path / "arrhythmia" / VERSION))
    before, graph = json.loads((folder / "metadata.json").read_text()), onnx.load(folder / "model.onnx").graph
    scores = {"inter-patient/PVC/sensitivity": 0.125}
    assert describing.differences(folder, scores) != []
    describing.describe(folder, scores)
    assert describing.differences(folder, scores) == []
    assert onnx.load(folder / "model.onnx").graph.SerializeToString() == graph.SerializeToString()
    after = json.loads((folder / "metadata.json").read_text())
    assert after["sha256"] == hashlib.sha256((folder / "model.onnx").read_bytes()).hexdigest() != before["sha256"]
    assert after["rewritten"]["from_sha256"] == before["sha256"]
    new = {"sha256", "bytes", "rewritten", "scores"}
    assert {key: value for key, value in after.items() if key not in new} == {
        key: value for key, value in before.items() if key not in new
    }
    assert after["scores"] == before["scores"] | scores


def test_what_is_known_of_leads_takes_the_place_of_what_was(tmp_path: Path) -> None:
    folder = Path(shutil.copytree(SERVED, tmp_path / "arrhythmia" / VERSION))
    assert OnnxModel.load(folder).info.knowledge_of("II") is LeadKnowledge.LEARNED
    learned = [{"leads": ["V1"], "learned": True, "confident_answers": []}]
    assert describing.differences(folder, {}, learned) != []
    describing.describe(folder, {}, learned)
    assert describing.differences(folder, {}, learned) == []
    described = OnnxModel.load(folder).info
    assert described.lead_answers == (LeadAnswers(("V1",), True, ()),)
    assert (described.knowledge_of("II"), described.knowledge_of("V1")) == (LeadKnowledge.NONE, LeadKnowledge.LEARNED)


def test_leads_are_told_by_the_predictions_that_decided_the_version() -> None:
    with pytest.raises(describing.DescribingError, match="no stored predictions"):
        describing.lead_answers(SERVED, [], np.array(["100"]))


def test_a_broken_version_is_left_as_it_is(tmp_path: Path) -> None:
    folder = Path(shutil.copytree(SERVED, tmp_path / "arrhythmia" / VERSION))
    (folder / "model.onnx").write_bytes(b"broken")
    with pytest.raises(ModelError):
        describing.describe(folder, {"inter-patient/PVC/sensitivity": 0.125})
    assert (folder / "model.onnx").read_bytes() == b"broken"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"protocol": "beats-10fold"}, "knows the people"),
        ({"name": "another"}, "no scores of another"),
    ],
    ids=["known people", "another run"],
)
def test_a_table_about_something_else_is_refused(
    change: dict[str, str], message: str, table: pd.DataFrame, stored: Predictions
) -> None:
    other = replace(stored, config=stored.config.model_copy(update=change))
    with pytest.raises(describing.DescribingError, match=message):
        describing.class_scores(table, other, other.records)


def test_predictions_for_other_beats_are_refused(table: pd.DataFrame, stored: Predictions) -> None:
    fewer = stored.only(stored.records != "100")
    with pytest.raises(describing.DescribingError, match="counts other beats"):
        describing.class_scores(table, fewer, fewer.records)
