"""What the model in the repository promises, computed again from its file and its companion's stored predictions."""

from __future__ import annotations

import io
import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from inference_server.models.decision import decide
from inference_server.models.onnx_model import OnnxModel
from training.evaluation import model_card, ood_pictures, saliency, served_model, tables
from training.evaluation.samples import SAMPLES_PER_CLASS
from training.learning import predictions
from training.learning.predictions import Predictions

ROOT = Path(__file__).resolve().parents[2]
VERSION = str(max(int(folder.name) for folder in (ROOT / "models" / "arrhythmia").glob("[1-9]*")))
SERVED = ROOT / "models" / "arrhythmia" / VERSION
COMPANION = ROOT / "models" / "arrhythmia-inter-patient" / VERSION
RESULTS = ROOT / "results"


@pytest.fixture(scope="module")
def new_people() -> Predictions:
    """What the companion says of people whom it does not know."""
    run = json.loads((COMPANION / "metadata.json").read_text())["training_run"]
    return predictions.load(RESULTS / "predictions" / "inter-patient" / f"{run}.npz")


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


def test_both_decide_alike_about_people_whom_they_do_not_know() -> None:
    served, companion = (json.loads((folder / "metadata.json").read_text()) for folder in (SERVED, COMPANION))
    for entry in ("min_probability", "min_confidence"):
        assert served["decision"][entry] == companion["decision"][entry]
    assert (served["temperature"], served["bias"]) == (companion["temperature"], companion["bias"])


def test_a_new_patient_s_beats_are_classified_as_promised(new_people: Predictions) -> None:
    rows = tables.score_rows([new_people])
    row = rows[(rows["partition"] == "test, all") & (rows["recipe"] == new_people.config.name)].iloc[0]
    assert row["accuracy"] >= 0.81
    assert row["macro_f1"] >= 0.68
    assert row["RBBB_Se"] >= 0.6
    assert OnnxModel.load(SERVED).info.scores["inter-patient/accuracy"] == pytest.approx(row["accuracy"], abs=1e-3)


def test_what_a_new_patient_is_told_confidently_is_right(new_people: Predictions) -> None:
    """By probabilities alone: how unlike a beat a picture is, which makes fewer sure, predictions do not say."""
    thresholds = OnnxModel.load(SERVED).thresholds
    known = new_people.only(new_people.truth >= 0)
    decided = [decide(row, 0.0, thresholds) for row in known.probabilities.tolist()]
    confident = np.array([decision.verdict.value == "CONFIDENT" for decision in decided])
    # Of classes that one picture can't tell apart, each is right.
    right = np.array([truth in decision.prediction_set for decision, truth in zip(decided, known.truth, strict=True)])
    assert right[confident].mean() >= 0.98
    stored = tables.read(RESULTS / f"arrhythmia-{VERSION}.verdicts.csv").set_index("pictures")
    row = stored.loc["test beats, thresholds of the served model"]
    assert right[confident].mean() == pytest.approx(row["confident_accuracy"], abs=0.005)
    assert confident.mean() >= row["CONFIDENT"] >= 0.15


def test_what_is_no_beat_is_refused_as_the_stored_table_says() -> None:
    subject = served_model.Subject.load(SERVED)
    stored = tables.read(RESULTS / f"arrhythmia-{VERSION}.verdicts.csv")
    stored = stored[stored["protocol"] == "beats-10fold"].set_index("pictures")
    for number, (kind, paint) in enumerate(ood_pictures.PAINTERS.items()):
        generator = np.random.default_rng(number)
        files = (_png(paint(generator)) for _ in range(served_model.NONBEAT_PICTURES))
        predicted = subject.predict_files(files)
        refused = float((predicted.verdicts == "NOT_A_BEAT").mean())
        assert refused == pytest.approx(stored.loc[f"no beat: {kind.replace('_', ' ')}", "NOT_A_BEAT"], abs=0.01)
        assert refused >= 0.9


def _png(picture: Image.Image) -> bytes:
    file = io.BytesIO()
    picture.save(file, "PNG", compress_level=1)
    return file.getvalue()


def test_where_the_model_looks_is_what_it_needs() -> None:
    """On the pictures to try, which it was not trained on: too few for an interval, which `saliency` prints."""
    model = OnnxModel.load(SERVED)
    files = sorted((ROOT / "samples").glob("[A-Z]*/*.png"))
    pixels = np.stack([model.input.view(path.read_bytes()).pixels for path in files])
    _, salient, random = saliency.drops(
        pixels,
        lambda shown: model.run(shown).probabilities,
        model.activation_maps,
        np.random.default_rng(1),
    )
    assert salient.mean() > 1.25 * random.mean()


def test_the_card_is_what_the_tables_say() -> None:
    stored = model_card.StoredTables.read(RESULTS, f"arrhythmia-{VERSION}")
    card = model_card.card(stored, SERVED, f"arrhythmia-inter-patient/{VERSION}")
    assert (ROOT / "models" / "MODEL_CARD.md").read_text() == card


def test_every_class_has_its_samples_and_its_example() -> None:
    shorts = [label.short for label in OnnxModel.load(SERVED).info.classes]
    for short in shorts:
        assert len(list((ROOT / "samples" / short).glob("*.png"))) == SAMPLES_PER_CLASS
        assert (ROOT / "webportal" / "pages" / "static" / "pages" / "classes" / f"{short}.png").is_file()
