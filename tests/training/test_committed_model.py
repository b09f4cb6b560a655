"""What the model in the repository promises."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

from inference_server.models.onnx_model import OnnxModel
from training.evaluation import model_card
from training.evaluation.samples import SAMPLES_PER_CLASS

ROOT = Path(__file__).resolve().parents[2]
VERSION = str(max(int(folder.name) for folder in (ROOT / "models" / "arrhythmia").glob("[1-9]*")))
SERVED = ROOT / "models" / "arrhythmia" / VERSION
COMPANION = ROOT / "models" / "arrhythmia-inter-patient" / VERSION
RESULTS = ROOT / "docs" / "results"


@pytest.fixture(scope="module")
def scores() -> pd.DataFrame:
    return pd.read_csv(RESULTS / f"arrhythmia-{VERSION}.scores.csv")


@pytest.fixture(scope="module")
def verdicts() -> pd.DataFrame:
    return pd.read_csv(RESULTS / f"arrhythmia-{VERSION}.verdicts.csv")


@pytest.mark.parametrize("folder", [SERVED, COMPANION], ids=["served", "companion"])
def test_it_loads_is_small_and_agrees_with_keras(folder: Path) -> None:
    model = OnnxModel.load(folder)
    metadata = json.loads((folder / "metadata.json").read_text())
    assert (folder / "model.onnx").stat().st_size <= 1_500_000
    assert metadata["parity"]["max_probability_difference"] <= 1e-5
    assert metadata["parity"]["pictures"] == 500
    assert len(model.info.classes) == 7
    assert "ODC Attribution License" in model.info.licence_notice


def test_both_are_of_the_same_recipe_and_the_same_beats() -> None:
    served, companion = (json.loads((folder / "metadata.json").read_text()) for folder in (SERVED, COMPANION))
    assert served["data_digest"] == companion["data_digest"]
    same = {"name", "protocol", "start_from"}
    assert {key: value for key, value in served["configuration"].items() if key not in same} == {
        key: value for key, value in companion["configuration"].items() if key not in same
    }


def test_a_held_out_tenth_of_the_beats_is_classified_as_promised(scores: pd.DataFrame) -> None:
    row = scores[(scores["protocol"] == "beats-10fold") & (scores["network"] == "residual")].iloc[0]
    assert row["accuracy"] >= 0.983
    assert row["macro_f1"] >= 0.96
    assert row["n"] > 10_000


def test_the_scores_for_new_patients_stand_beside_it(scores: pd.DataFrame) -> None:
    info = OnnxModel.load(SERVED).info
    assert {"beats-10fold/accuracy", "inter-patient/accuracy"} <= set(info.scores)
    rows = scores[(scores["protocol"] == "inter-patient") & (scores["class_set"] == "seven")]
    row = rows[rows["network"] == "residual"].iloc[-1]
    assert info.scores["inter-patient/accuracy"] == pytest.approx(row["accuracy"], abs=1e-3)


def test_a_new_patient_s_beats_are_classified_as_promised(scores: pd.DataFrame) -> None:
    rows = scores[(scores["protocol"] == "inter-patient") & (scores["class_set"] == "seven")]
    row = rows[(rows["network"] == "residual") & (rows["side"] == "test, all")].iloc[0]
    assert row["accuracy"] >= 0.81
    assert row["macro_f1"] >= 0.68
    assert row["RBBB_Se"] >= 0.6


def test_no_drawing_of_the_same_beats_costs_more_than_two_points() -> None:
    styles = pd.read_csv(RESULTS / f"arrhythmia-{VERSION}.robustness.csv")
    assert len(styles) >= 13
    assert styles["lost_points"].max() <= 2


def test_what_is_no_beat_is_told_from_held_out_beats(verdicts: pd.DataFrame) -> None:
    served = verdicts[verdicts["protocol"] == "beats-10fold"]
    strange = served[served["pictures"].str.startswith("no beat: ")]
    assert len(strange) == 7
    assert strange["auroc"].min() >= 0.99
    assert served.set_index("pictures").loc["test beats", "NOT_A_BEAT"] <= 0.01


def test_where_the_model_looks_is_what_it_needs() -> None:
    row = pd.read_csv(RESULTS / f"arrhythmia-{VERSION}.saliency.csv").set_index("answer").loc["all"]
    assert row["difference_low"] > 0


def test_what_a_new_patient_is_told_confidently_is_right(verdicts: pd.DataFrame) -> None:
    row = verdicts.set_index("pictures").loc["test beats, thresholds of the served model"]
    assert row["confident_accuracy"] >= 0.98
    assert row["CONFIDENT"] >= 0.15
    metadata = json.loads((SERVED / "metadata.json").read_text())
    companion = json.loads((COMPANION / "metadata.json").read_text())
    for entry in ("min_probability", "min_confidence"):
        assert metadata["decision"][entry] == companion["decision"][entry]
    assert (metadata["temperature"], metadata["bias"]) == (companion["temperature"], companion["bias"])


def test_the_card_is_what_the_tables_say(scores: pd.DataFrame, verdicts: pd.DataFrame) -> None:
    drawn = RESULTS / f"arrhythmia-{VERSION}.robustness.csv"
    styles = pd.read_csv(drawn) if drawn.is_file() else None
    card = model_card.card(scores, verdicts, styles, SERVED, f"arrhythmia-inter-patient/{VERSION}")
    assert (ROOT / "models" / "MODEL_CARD.md").read_text() == card


def test_every_class_has_its_samples_and_its_example() -> None:
    shorts = [one.short for one in OnnxModel.load(SERVED).info.classes]
    for short in shorts:
        assert len(list((ROOT / "samples" / short).glob("*.png"))) == SAMPLES_PER_CLASS
        assert (ROOT / "webportal" / "pages" / "static" / "pages" / "classes" / f"{short}.png").is_file()
