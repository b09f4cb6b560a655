"""One page about a recipe, with everything inside it."""

from __future__ import annotations

import base64
import io
import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

from ecg.classes import CLASS_SETS
from training.__main__ import app
from training.datasets.prepared_data import Dataset
from training.evaluation import report
from training.learning import predictions
from training.learning.predictions import Predictions
from training.recipes.provenance import RunConfig

HISTORY = "epoch,loss,validation_loss,validation_accuracy,validation_macro_f1\n1,0.9,0.8,0.7,0.6\n2,0.5,0.6,0.8,0.71\n"


def _stored(data: Dataset, runs: Path, name: str, *, wrong: Sequence[int] = (), **config: object) -> Path:
    """A run's folder with its predictions for the beats of record 100; those numbered ``wrong`` are called PVC."""
    run = RunConfig.model_validate({"name": name, **config})
    table = data.table[(data.table["record"] == "100") & data.table["primary"]]
    truth = predictions.label_indices(table["symbol"].to_numpy(dtype=str), run.class_set)
    predicted = np.where(truth < 0, 0, truth)
    predicted[list(wrong)] = [beat_class.short for beat_class in CLASS_SETS[run.class_set]].index("PVC")
    probabilities = np.where(predicted[:, None] == np.arange(7), 0.94, 0.01).astype(np.float32)
    folder = runs / name
    folder.mkdir(parents=True)
    Predictions(
        run,
        table["record"].to_numpy(dtype=str),
        table["sample"].to_numpy(dtype=np.int64),
        table["symbol"].to_numpy(dtype=str),
        probabilities,
        majority=0,
    ).save(folder / predictions.FILE)
    (folder / "history.csv").write_text(HISTORY)
    return folder


def _page(runs: list[Path], prepared: Path, out: Path) -> str:
    words = [*map(str, runs), "--out", str(out), "--data", str(prepared)]
    result = CliRunner().invoke(app, ["report", *words])
    assert result.exit_code == 0, result.output
    return out.read_text()


@pytest.fixture(scope="module")
def page(data: Dataset, prepared: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("report")
    run = _stored(data, folder / "runs", "new-people", wrong=[0, 8], protocol="inter-patient")
    return _page([run], prepared, folder / "pages" / "report.html")


def test_the_page_needs_nothing_from_elsewhere(page: str) -> None:
    assert not re.findall(r"(?:src|href)=\"(?!data:image/png;base64,)", page)
    assert "<script" not in page
    assert "@import" not in page
    for source in re.findall(r"data:image/png;base64,([^\"]+)", page):
        Image.open(io.BytesIO(base64.b64decode(source))).verify()


def test_the_page_has_every_figure_and_says_it_in_words(page: str) -> None:
    for title in ("Confusion matrix", "ROC", "precision and recall", "Reliability", "Learning curves"):
        assert title in page
    assert all(len(alt) > 20 for alt in re.findall(r"<img [^>]*alt=\"([^\"]*)\"", page))
    assert "not a medical device" in page
    assert "ODC Attribution License" in page
    assert "were never trained on" in page


def test_the_worst_mistakes_are_shown_as_their_beats(page: str, data: Dataset) -> None:
    mistakes = page.partition("Worst mistakes")[2]
    assert mistakes.count("<figure>") == 2
    assert mistakes.count("predicted <b>PVC</b>") == 2
    pictures = re.findall(r"data:image/png;base64,([^\"]+)", mistakes)
    shown = np.asarray(Image.open(io.BytesIO(base64.b64decode(pictures[0]))))
    assert shown.shape == (128, 192)
    assert shown.min() < 150


def test_mistakes_without_prepared_data_are_told_without_pictures(data: Dataset, tmp_path: Path) -> None:
    run = _stored(data, tmp_path / "runs", "alone", wrong=[0])
    mistakes = _page([run], tmp_path / "nothing", tmp_path / "report.html").partition("Worst mistakes")[2]
    assert mistakes.count("predicted <b>PVC</b>") == 1
    assert "<img" not in mistakes


def test_one_odd_record_does_not_fill_the_page(data: Dataset, tmp_path: Path) -> None:
    run = _stored(data, tmp_path / "runs", "odd", wrong=range(0, 80, 8))
    mistakes = _page([run], tmp_path, tmp_path / "report.html").partition("Worst mistakes")[2]
    assert mistakes.count("<figure>") == report.MISTAKES_PER_RECORD


def test_folds_of_one_recipe_are_told_together(data: Dataset, prepared: Path, tmp_path: Path) -> None:
    runs = [_stored(data, tmp_path / "runs", f"recipe.fold-{fold}", fold=fold) for fold in (0, 1)]
    page = _page(runs, prepared, tmp_path / "report.html")
    assert "<h1>recipe</h1>" in page
    assert "2 runs" in page
    assert "a new patient gets less" in page


@pytest.mark.parametrize(
    ("second", "sentence"),
    [({"name": "other", "epochs": 3}, "not parts of one recipe"), (None, "named twice")],
)
def test_runs_that_do_not_belong_together_are_refused(
    second: dict[str, object] | None, sentence: str, data: Dataset, tmp_path: Path
) -> None:
    first = _stored(data, tmp_path / "runs", "one")
    other = first if second is None else _stored(data, tmp_path / "more", **second)  # type: ignore[arg-type]
    result = CliRunner().invoke(app, ["report", str(first), str(other), "--out", str(tmp_path / "report.html")])
    assert result.exit_code == 1
    assert sentence in " ".join(result.output.split())
    assert not (tmp_path / "report.html").exists()


def test_ec57_counts_ectopic_beats_by_record() -> None:
    symbols = np.array(list("NNVVA" + "NV"))
    predicted = np.array([0, 4, 4, 0, 3, 0, 4])  # NORMAL, PVC, PVC, NORMAL, PAC | NORMAL, PVC
    probabilities = np.where(predicted[:, None] == np.arange(7), 0.94, 0.01).astype(np.float32)
    records = np.array(["100"] * 5 + ["101"] * 2)
    table = report.ec57_rows(
        Predictions(RunConfig(name="r"), records, np.arange(7), symbols, probabilities, majority=0)
    ).set_index("record")
    assert table.loc["100", "VEB Se"] == 0.5
    assert table.loc["100", "VEB +P"] == 0.5
    assert table.loc["100", "VEB FPR"] == pytest.approx(1 / 3)
    assert table.loc["100", "SVEB Se"] == 1
    assert table.loc["101", "VEB Se"] == 1
    assert np.isnan(table.loc["101", "SVEB Se"])
    assert table.loc["gross", "VEB Se"] == pytest.approx(2 / 3)
    assert table.loc["average", "VEB Se"] == pytest.approx(0.75)
