from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnxruntime
import pytest

from ecg.classes import CLASS_SETS
from inference_server.classification import ConfidentAnswers, LeadAnswers
from inference_server.models.onnx_model import OnnxModel
from tests.training.out_of_fold import Row, fold_of
from training.datasets.prepared_data import Dataset
from training.evaluation import served_model
from training.export import exporting, served_heads
from training.learning import fitting, networks
from training.learning.run import RunError
from training.recipes.provenance import RunConfig

CONFIG = RunConfig(name="tiny", epochs=2, batch_size=16, beats_per_patient_class_and_lead=20)


@pytest.fixture(scope="module")
def run(data: Dataset, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("run")
    fitting.fit(CONFIG, data, folder, lambda line: None)
    return folder


@pytest.fixture(scope="module")
def exported(data: Dataset, run: Path, tmp_path_factory: pytest.TempPathFactory) -> exporting.Exported:
    repository = tmp_path_factory.mktemp("models")
    return exporting.export(run, data, repository, name="arrhythmia", version="3", scores_from=[])


def test_the_server_loads_what_training_exports(exported: exporting.Exported) -> None:
    model = OnnxModel.load(exported.model.parent)
    assert [beat_class.short for beat_class in model.info.classes] == [
        beat_class.short for beat_class in CLASS_SETS["seven"]
    ]
    assert model.info.version == "3"
    assert "ODC Attribution License" in model.info.licence_notice
    assert "beats-10fold/accuracy" in model.info.scores


def test_the_file_tells_what_it_predicts_for_beats_like_its_own(exported: exporting.Exported) -> None:
    profile = json.loads(exported.model.with_name("metadata.json").read_text())["profile"]
    assert set(profile["class_shares"]) == {beat_class.short for beat_class in CLASS_SETS["seven"]}
    assert sum(profile["class_shares"].values()) == pytest.approx(1, abs=0.001)
    assert 0 < profile["mean_confidence"] <= 1


def test_the_file_is_small_and_agrees_with_keras(exported: exporting.Exported) -> None:
    assert exported.bytes <= 1_500_000
    assert exported.parity <= exporting.PARITY_TOLERANCE


def test_probabilities_are_probabilities_and_maps_keep_time(exported: exporting.Exported, data: Dataset) -> None:
    session = onnxruntime.InferenceSession(exported.model)
    probabilities, ood_scores, maps = session.run(
        ["probabilities", "distance", "activation_maps"], {"pixels": data.pixels[0][:5]}
    )
    assert probabilities.sum(axis=1) == pytest.approx(np.ones(5), abs=1e-5)
    assert ood_scores.shape == (5,)
    assert maps.shape[0] == 5
    assert maps.shape[2] >= 12
    assert maps.shape[3] == 7


def test_a_model_may_be_calibrated_as_one_that_does_not_know_the_people(
    data: Dataset, run: Path, exported: exporting.Exported, tmp_path: Path
) -> None:
    other = json.loads(exported.model.with_name("metadata.json").read_text())
    other |= {"temperature": 3.0, "bias": [0.0] * 7, "training_run": "companion"}
    other["configuration"]["protocol"] = "inter-patient"
    other["decision"] |= {"min_probability": dict.fromkeys(other["decision"]["min_probability"], 0.25)}
    other["decision"] |= {"min_confidence": dict.fromkeys(other["decision"]["min_probability"], 0.75)}
    other["decision"]["max_distance"] = 1e5
    metadata_file = tmp_path / "metadata.json"
    metadata_file.write_text(json.dumps(other))
    exported_as_other = exporting.export(
        run, data, tmp_path, name="arrhythmia", version="3", scores_from=[], decide_as=metadata_file
    )
    metadata = json.loads(exported_as_other.model.with_name("metadata.json").read_text())
    own = json.loads(exported.model.with_name("metadata.json").read_text())
    assert exported_as_other.temperature == 3.0
    assert (metadata["calibrated_on"], own["calibrated_on"]) == ("companion", "tiny")
    assert set(metadata["decision"]["min_probability"].values()) == {0.25}
    assert set(metadata["decision"]["min_confidence"].values()) == {0.75}
    assert metadata["decision"]["max_distance"] == own["decision"]["max_distance"]
    assert OnnxModel.load(exported_as_other.model.parent).thresholds.min_confidence == (0.75,) * 7


def test_thresholds_and_groups_may_come_from_people_whom_nobody_knew(data: Dataset, run: Path, tmp_path: Path) -> None:
    folds = [
        replace(
            fold_of(
                [
                    Row(f"mitdb-{fold}{number}", short, short, 2, 0.8, lead)
                    for short, lead in (("PVC", "II"), ("NORMAL", "V1"))
                    for number in range(30)
                ],
                fold,
            ),
            temperature=1.5,
        )
        for fold in (0, 1)
    ]
    exported = exporting.export(run, data, tmp_path, name="arrhythmia", version="3", scores_from=[], out_of_fold=folds)
    model = OnnxModel.load(exported.model.parent)
    shorts = [beat_class.short for beat_class in model.info.classes]
    assert (shorts.index("NORMAL"), shorts.index("PAC")) in model.thresholds.groups
    assert 0.8 < model.thresholds.min_confidence[shorts.index("PVC")] < 1  # calibrated: all of them were right
    assert model.info.scores["people-5fold/PVC/right"] == 1
    assert model.info.scores["people-5fold/PVC/asked"] == 60
    assert ConfidentAnswers(("PVC",), 60, 120, 1.0, 1.0) in model.info.confident_answers
    assert model.info.answers_in("MLII") == LeadAnswers(("II",), True, model.info.confident_answers)
    assert model.info.answers_in("V1") == LeadAnswers(
        ("V1",), False, (ConfidentAnswers(("NORMAL", "PAC"), 60, 120, 1.0, 1.0),)
    )
    in_first_chest = model.thresholds_in("V1").min_confidence
    assert in_first_chest[shorts.index("NORMAL")] < 1 < in_first_chest[shorts.index("PVC")]  # of which there were none
    six = [replace(fold, config=fold.config.model_copy(update={"class_set": "six"})) for fold in folds]
    with pytest.raises(exporting.ExportError, match="not of the classes"):
        exporting.export(run, data, tmp_path, name="arrhythmia", version="4", scores_from=[], out_of_fold=six)


@pytest.mark.parametrize(
    "content", ["nothing", "[]", json.dumps({"classes": [{"short": "PVC"}], "decision": {}}), '{"classes": []}']
)
def test_what_can_not_tell_how_to_decide_is_refused(data: Dataset, run: Path, tmp_path: Path, content: str) -> None:
    metadata_file = tmp_path / "metadata.json"
    metadata_file.write_text(content)
    with pytest.raises(exporting.ExportError, match=r"metadata\.json"):
        exporting.export(run, data, tmp_path, name="arrhythmia", version="3", scores_from=[], decide_as=metadata_file)
    assert not (tmp_path / "arrhythmia").exists()


def test_a_model_is_not_calibrated_as_one_that_knows_its_people(
    data: Dataset, run: Path, exported: exporting.Exported, tmp_path: Path
) -> None:
    metadata_file = exported.model.with_name("metadata.json")
    with pytest.raises(exporting.ExportError, match="knows the people"):
        exporting.export(run, data, tmp_path, name="arrhythmia", version="3", scores_from=[], decide_as=metadata_file)
    assert not (tmp_path / "arrhythmia").exists()


def test_the_ood_score_is_measured_on_roots_of_features_and_on_the_ink() -> None:
    paper = np.full((2, 64, 96, 1), 255, np.uint8)
    paper[1, 30:33] = 0
    described = served_heads.description(np.array([[0.25, 0.0], [4.0, -1.0]], np.float32), paper).numpy()
    assert described[:, :2].tolist() == [[0.5, 0.0], [2.0, 0.0]]
    assert np.array_equal(described[:, 2:], served_heads.ink_statistics(paper).numpy())


def test_ink_statistics_tell_a_line_from_a_blot() -> None:
    paper = np.full((3, 64, 96, 1), 255, dtype=np.uint8)
    paper[1, 32] = 0  # one line from left to right
    paper[2, :, :48] = 0  # half the picture
    none, line, blot = served_heads.ink_statistics(paper).numpy()[:, :6]
    assert none == pytest.approx(np.zeros(6), abs=1e-5)
    assert line == pytest.approx([1 / 64, 0, 2 / 63, 1 / 64, 0, 1 / 64], abs=1e-5)
    assert blot == pytest.approx([0.5, 1 / 95, 0, 0.5, 0.5, 1], abs=1e-5)


def test_ink_statistics_tell_one_line_from_two_and_a_deflection_from_waves() -> None:
    paper = np.full((4, 64, 96, 1), 255, dtype=np.uint8)
    columns = np.arange(96)
    waves = np.rint(32 + 20 * np.sin(columns / 96 * 2 * np.pi * 4)).astype(int)
    deflection = np.rint(40 - 30 * np.exp(-0.5 * ((columns - 48) / 3) ** 2)).astype(int)
    paper[0, 32] = 0
    paper[1, [12, 52]] = 0
    paper[2, waves, columns] = 0
    paper[3, deflection, columns] = 0
    single, double, wavy, beat = served_heads.ink_statistics(paper).numpy()[:, 6:]
    assert single == pytest.approx([0, 0, np.log(0.5), 0], abs=1e-4)
    assert double == pytest.approx([20 / 63, 0, np.log(0.5), 0], abs=1e-4)
    assert wavy[:2] == pytest.approx([0, 20 / 63 / np.sqrt(2)], abs=5e-3)
    assert wavy[2] == pytest.approx(np.log(1.5 + 0.5), abs=0.05)  # a sine's kurtosis
    assert beat[2] > np.log(6)
    assert wavy[3] > 2 * beat[3] > 0


def test_blank_paper_is_no_beat(exported: exporting.Exported) -> None:
    subject = served_model.Subject.load(exported.model.parent)
    paper = np.full((2, 64, 96, 1), 255, dtype=np.uint8)
    assert list(subject.predict(paper).verdicts) == ["NOT_A_BEAT"] * 2


def test_beats_whose_trace_lies_beside_the_paper_do_not_make_everything_a_beat(
    data: Dataset, run: Path, tmp_path: Path
) -> None:
    pixels = data.pixels.copy()
    pixels[1, ::20] = 255
    drawn = replace(data, pixels=pixels)
    written = exporting.export(run, drawn, tmp_path, name="arrhythmia", version="3", scores_from=[])
    metadata = json.loads(written.model.with_name("metadata.json").read_text())
    assert metadata["decision"]["max_distance"] < 1e6


def test_activation_maps_add_up_to_the_logits(exported: exporting.Exported, data: Dataset) -> None:
    session = onnxruntime.InferenceSession(exported.model)
    probabilities, maps = session.run(["probabilities", "activation_maps"], {"pixels": data.pixels[0][:5]})
    evidence = maps.mean(axis=(1, 2))
    gap = np.log(probabilities) - evidence  # the bias and the normaliser are all that is left
    assert np.ptp(gap - gap[:, :1], axis=0) == pytest.approx(np.zeros(7), abs=1e-3)


def test_metadata_can_be_read_by_people_and_names_its_run(exported: exporting.Exported, data: Dataset) -> None:
    metadata = json.loads((exported.model.parent / "metadata.json").read_text())
    assert metadata["training_run"] == "tiny"
    assert metadata["data_digest"] == data.digest
    assert RunConfig.model_validate(metadata["configuration"]) == CONFIG


def test_scores_of_another_export_stand_beside_its_own(run: Path, data: Dataset, tmp_path: Path) -> None:
    other = tmp_path / "metadata.json"
    other.write_text(json.dumps({"scores": {"inter-patient/accuracy": 0.5}}))
    written = exporting.export(run, data, tmp_path, name="arrhythmia", version="1", scores_from=[other])
    scores = OnnxModel.load(written.model.parent).info.scores
    assert scores["inter-patient/accuracy"] == 0.5
    assert "beats-10fold/accuracy" in scores


def test_a_run_without_weights_is_refused(data: Dataset, tmp_path: Path) -> None:
    with pytest.raises(RunError, match="training train"):
        exporting.export(tmp_path, data, tmp_path, name="arrhythmia", version="1", scores_from=[])


def test_tables_score_the_served_file_with_baseline_and_verdicts(exported: exporting.Exported, data: Dataset) -> None:
    tables = dict(served_model.tables_of([exported.model.parent], data))
    networks = list(tables["scores"]["network"])
    assert networks == ["residual", "majority baseline"]
    verdicts = tables["verdicts"]
    shares = verdicts[["CONFIDENT", "UNCERTAIN", "NOT_A_BEAT"]].sum(axis=1)
    assert shares.to_numpy() == pytest.approx(np.ones(len(verdicts)), abs=2e-4)
    assert "no beat: text page" in set(verdicts["pictures"])


def test_a_companion_s_beats_are_also_judged_as_the_served_model_would(
    exported: exporting.Exported, run: Path, data: Dataset, tmp_path: Path
) -> None:
    strict = json.loads(exported.model.with_name("metadata.json").read_text())
    # No class is ever plausible, so every set is the top class alone and holds the true one as often as that is right.
    strict["configuration"]["protocol"] = "inter-patient"
    strict["decision"]["min_probability"] = dict.fromkeys(strict["decision"]["min_probability"], 2.0)
    metadata_file = tmp_path / "metadata.json"
    metadata_file.write_text(json.dumps(strict))
    served = exporting.export(
        run, data, tmp_path, name="arrhythmia", version="4", scores_from=[], decide_as=metadata_file
    )
    tables = dict(served_model.tables_of([served.model.parent, exported.model.parent], data))
    scores, verdicts = tables["scores"], tables["verdicts"]
    rows = verdicts[verdicts["pictures"].str.startswith("test beats")]
    assert list(rows["pictures"].str.removeprefix("test beats")) == ["", "", ", thresholds of the served model"]
    own, as_served = rows.iloc[1], rows.iloc[2]
    assert as_served["CONFIDENT"] == 0
    assert as_served["NOT_A_BEAT"] == own["NOT_A_BEAT"]
    assert as_served["set_coverage"] == scores["accuracy"].iloc[2] < own["set_coverage"]


def test_a_stored_table_is_reprinted_or_the_difference_is_named(
    exported: exporting.Exported, data: Dataset, tmp_path: Path
) -> None:
    table = dict(served_model.tables_of([exported.model.parent], data))["scores"]
    stored = tmp_path / "scores.csv"
    table.to_csv(stored, index=False)
    assert served_model.differences(table, stored) == []
    changed = table.copy()
    changed.loc[0, "accuracy"] -= 0.5
    assert len(served_model.differences(changed, stored)) == 1


@pytest.mark.parametrize("name", sorted(set(networks.NETWORKS) - {"residual"}))
def test_a_network_that_cant_tell_where_it_looked_is_refused(name: str, data: Dataset, tmp_path: Path) -> None:
    config = RunConfig.model_validate(CONFIG.model_dump() | {"network": name, "epochs": 1})
    fitting.fit(config, data, tmp_path / "run", lambda line: None)
    with pytest.raises(exporting.ExportError, match="no global average pooling"):
        exporting.export(tmp_path / "run", data, tmp_path / "models", name="arrhythmia", version="1", scores_from=[])
    assert not (tmp_path / "models").exists()
