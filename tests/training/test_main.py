from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import cast

import click
import numpy as np
import pandas as pd
import pytest
from typer.main import get_command
from typer.testing import CliRunner

from training.__main__ import app
from training.datasets import prepared_data
from training.datasets.prepared_data import Dataset
from training.evaluation import tables
from training.evaluation.samples import EXAMPLE_RECORDS
from training.learning.predictions import Predictions
from training.learning.run import Run, RunError
from training.recipes.provenance import RunConfig

run = CliRunner()
COMMANDS = cast(click.Group, get_command(app))


@pytest.mark.parametrize("command", sorted(COMMANDS.commands))
def test_every_command_explains_itself(command: str) -> None:
    result = run.invoke(app, [command, "--help"])
    assert result.exit_code == 0
    assert "--help" in result.output


def test_without_recordings_prepare_says_what_to_set(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("MITDB_DIR", raising=False)
    result = run.invoke(app, ["prepare", "--data", str(tmp_path)])
    assert result.exit_code == 1
    assert "MITDB_DIR" in result.output


@pytest.mark.parametrize("other", [["--representation", "context"], ["--variants", "0"]])
def test_prepare_refuses_to_turn_what_shows_no_augmented_single_beats(
    recordings: Path, tmp_path: Path, other: list[str]
) -> None:
    result = run.invoke(
        app, ["prepare", "--records", str(recordings), "--data", str(tmp_path), "--lead-rotation", *other]
    )
    assert result.exit_code == 1
    assert "augmented pictures of single beats" in result.output
    assert not (tmp_path / "config.json").exists()


def test_an_unknown_record_is_named(recordings: Path, tmp_path: Path) -> None:
    result = run.invoke(app, ["prepare", "--records", str(recordings), "--data", str(tmp_path), "--only", "100,999"])
    assert result.exit_code == 1
    assert "999" in result.output


def test_from_recordings_to_a_served_model_with_its_card(
    recordings: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The whole way by commands alone, twice over: the served model and its companion for new people."""
    data, runs, models, results = (str(tmp_path / name) for name in ("data", "runs", "models", "results"))

    def command(*words: str) -> str:
        result = run.invoke(app, list(words), catch_exceptions=False)
        assert result.exit_code == 0, result.output
        return result.output

    command("prepare", "--records", str(recordings), "--data", data, "--variants", "1", "--workers", "1")
    for name, protocol in (("one", "beats-10fold"), ("two", "inter-patient")):
        config = tmp_path / f"{name}.yaml"
        config.write_text(f"name: {name}\nprotocol: {protocol}\nepochs: 1\nbatch_size: 16\n")
        command("train", "--config", str(config), "--data", data, "--runs", runs)
    companion = Path(models) / "arrhythmia-inter-patient" / "1" / "metadata.json"
    common = ["--data", data, "--models", models]
    command("export", f"{runs}/two", "--name", "arrhythmia-inter-patient", *common)
    command("export", f"{runs}/one", "--scores-from", str(companion), *common)
    stored = command("evaluate", "--results", results, "--write", *common)
    card = (Path(models) / "MODEL_CARD.md").read_text()
    with (Path(results) / "arrhythmia-1.scores.csv").open() as lines:
        rows = list(csv.DictReader(lines))
    for row in rows:
        assert f"{float(row['accuracy']):.4f}" in card
    assert {row["protocol"] for row in rows} == {"beats-10fold", "inter-patient"}
    assert {row["class_set"] for row in rows} == {"seven", "aami"}
    text = " ".join(card.split())
    assert "not a medical device" in text.lower()
    assert "ODC Attribution License" in text
    assert "robustness" not in text  # without its table, the card has no figure of it

    _styles_are_held_against_a_stored_table(tmp_path / "styles.csv", common)

    again = command("evaluate", "--results", results, *common)
    assert "every figure reprinted" in again
    assert stored.split("wrote")[0].split("# scores")[1] in again

    wrong = Path(results) / "arrhythmia-1.scores.csv"
    wrong.write_text(wrong.read_text().replace("majority baseline", "clever baseline"))
    result = run.invoke(app, ["evaluate", "--results", results, *common])
    assert result.exit_code == 1
    assert "clever baseline stored, majority baseline now" in result.output

    monkeypatch.setattr("training.evaluation.samples.EXAMPLE_RECORDS", dict.fromkeys(EXAMPLE_RECORDS, "100"))
    samples, examples, references = tmp_path / "samples", tmp_path / "examples", str(tmp_path / "references")
    folders = ["--samples", str(samples), "--examples", str(examples), "--references", references]
    command("pictures", "--records", str(recordings), *folders, *common)
    shorts = [
        beat_class["short"]
        for beat_class in json.loads((Path(models) / "arrhythmia/1/metadata.json").read_text())["classes"]
    ]
    assert sorted(path.name for path in samples.iterdir()) == sorted(shorts)
    assert sorted(path.stem for path in examples.iterdir()) == sorted(shorts)

    (Path(models) / "MODEL_CARD.md").write_text("another card")
    wrong.write_text(wrong.read_text().replace("clever baseline", "majority baseline"))
    assert run.invoke(app, ["evaluate", "--results", results, *common]).exit_code == 1


def _styles_are_held_against_a_stored_table(table: Path, common: list[str]) -> None:
    words = ["robustness", "--beats", "4", *common]
    assert run.invoke(app, [*words, "--out", str(table)]).exit_code == 0
    again = run.invoke(app, [*words, "--check", str(table)])
    assert (again.exit_code, "every figure reprinted" in again.output) == (0, True)
    table.write_text(table.read_text().replace("plain,", "pale,", 1))
    wrong = run.invoke(app, [*words, "--check", str(table)])
    assert (wrong.exit_code, "pale stored, plain now" in wrong.output) == (1, True)


def test_a_model_is_not_scored_on_other_data_than_its_own(
    recordings: Path, data: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    part = tmp_path / "part"
    result = run.invoke(
        app, ["prepare", "--records", str(recordings), "--data", str(part), "--variants", "0", "--only", "100,112"]
    )
    assert result.exit_code == 0, result.output
    other = prepared_data.load(part)
    assert other.digest != data.digest
    config = RunConfig(name="run", protocol="inter-patient")
    Run.claim(tmp_path / "run", config, data)
    with pytest.raises(RunError, match="not trained on this data"):
        Run.claim(tmp_path / "run", config, other)


def test_the_default_folder_is_kept_for_all_the_records(recordings: Path) -> None:
    result = run.invoke(app, ["prepare", "--records", str(recordings), "--only", "100"])
    assert result.exit_code == 1
    assert "--data" in result.output


def _stored(folder: Path, *, shares: bool) -> Path:
    """Predictions of one fold: premature atrial beats are thought a little less probable than normal ones."""
    symbols = np.array(list("NNNNNNNNAA"))
    probabilities = np.full((10, 7), 0.02, dtype=np.float32)
    probabilities[:, 0], probabilities[:, 3] = 0.5, 0.4
    probabilities[:8, 3] = 0.02
    probabilities[:8, 0] = 0.88
    config = RunConfig(name="recipe.fold-1", fold=1)
    known = np.array([0.8, 0.01, 0.01, 0.1, 0.06, 0.01, 0.01]) if shares else None
    of_run = Predictions(config, np.array(["100"] * 10), np.arange(10), symbols, probabilities, 0, known)
    folder.mkdir(parents=True, exist_ok=True)
    of_run.save(folder / f"{config.name}.npz")
    return folder


def test_compare_prints_writes_and_checks_a_table(tmp_path: Path) -> None:
    folder, table = _stored(tmp_path / "stored", shares=False), tmp_path / "table.csv"
    printed = run.invoke(app, ["compare", str(folder), "--class-sets", "six", "--out", str(table)])
    assert printed.exit_code == 0
    rows = pd.read_csv(table)
    assert list(rows["class_set"].unique()) == ["seven", "six"]
    assert rows["accuracy"].iloc[0] == 0.8
    assert "recipe,fold 1,10,1,0.8" in printed.output
    words = ["compare", str(folder), "--class-sets", "six", "--check", str(table)]
    assert run.invoke(app, words).exit_code == 0
    table.write_text(table.read_text().replace("0.8,", "0.1,", 1))
    wrong = run.invoke(app, words)
    assert wrong.exit_code == 1
    assert "accuracy" in wrong.output


def test_compare_can_decide_towards_equal_sensitivity(tmp_path: Path) -> None:
    folder, table = _stored(tmp_path / "stored", shares=True), tmp_path / "table.csv"
    assert run.invoke(app, ["compare", str(folder), "--prior-correction", "0.5", "--out", str(table)]).exit_code == 0
    row = pd.read_csv(table).iloc[0]
    assert (row["recipe"], row["accuracy"], row["PAC_Se"]) == ("recipe prior correction 0.5", 1.0, 1.0)


def test_compare_says_when_there_are_no_shares_to_decide_by(tmp_path: Path) -> None:
    result = run.invoke(app, ["compare", str(_stored(tmp_path, shares=False)), "--balance", "0.5"])
    assert result.exit_code == 1
    assert "shares" in result.output


def test_average_stores_the_mean_of_recipes(tmp_path: Path) -> None:
    stored = _stored(tmp_path / "stored", shares=True) / "recipe.fold-1.npz"
    first = run.invoke(app, ["average", str(stored), str(stored), "--name", "both", "--out", str(tmp_path / "out")])
    assert first.exit_code == 0
    printed = run.invoke(app, ["compare", str(tmp_path / "out" / "both.npz")])
    assert ",2 x residual,mitdb,both,fold 1,10,1,0.8" in printed.output


@pytest.mark.parametrize(("count", "name"), [(1, "both"), (2, "../both"), (2, "both\n")])
def test_average_asks_for_two_recipes_and_a_name_that_is_one(tmp_path: Path, count: int, name: str) -> None:
    stored = str(_stored(tmp_path / "stored", shares=True) / "recipe.fold-1.npz")
    result = run.invoke(app, ["average", *[stored] * count, "--name", name, "--out", str(tmp_path / "out")])
    assert result.exit_code == 2
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("command", ["train", "tune"])
def test_several_networks_are_referred_to_crossval(command: str, tmp_path: Path) -> None:
    config = tmp_path / "pair.yaml"
    config.write_text("name: pair\nmembers: 2\n")
    result = run.invoke(app, [command, "--config", str(config), "--runs", str(tmp_path)])
    assert result.exit_code == 1
    assert "crossval" in result.output


def test_crossval_asks_the_other_fold_once_they_are_trained(prepared: Path, tmp_path: Path) -> None:
    config = tmp_path / "tiny.yaml"
    settings = "epochs: 1, batch_size: 32, beats_per_patient_class_and_lead: 5, augmented_fraction: 0, keep: last"
    config.write_text(f"{{name: tiny, {settings}}}")
    words = ["crossval", "--config", str(config), "--data", str(prepared), "--runs", str(tmp_path), "--only"]
    alone = run.invoke(app, [*words, "fold-1", "--cross-fold-ensemble"])
    assert alone.exit_code == 1
    assert "tiny.fold-0 holds no trained weights" in " ".join(alone.output.split())
    both = run.invoke(app, [*words, "fold-0"])
    assert both.exit_code == 0
    assert ",tiny,fold 0," in both.output
    result = run.invoke(app, [*words, "fold-1", "--cross-fold-ensemble"])
    assert result.exit_code == 0
    assert ",2 x residual,mitdb,tiny-neighbours,fold 1," in result.output


def test_crossval_trains_some_members_of_a_run_and_leaves_the_rest_to_others(prepared: Path, tmp_path: Path) -> None:
    config = tmp_path / "pair.yaml"
    settings = "epochs: 1, batch_size: 32, beats_per_patient_class_and_lead: 5, augmented_fraction: 0"
    config.write_text(f"{{name: pair, protocol: inter-patient, members: 2, {settings}}}")
    words = ["crossval", "--config", str(config), "--data", str(prepared), "--runs", str(tmp_path), "--only"]
    assert run.invoke(app, [*words, "member-1"]).exit_code == 0
    assert [folder.name for folder in (tmp_path / "pair").iterdir()] == ["member-1"]
    # Refused before any data are loaded: these are none.
    words[words.index(str(prepared))] = str(tmp_path / "missing")
    for parts in ("member-2", "member-0,fold-1", "member-x"):
        refused = run.invoke(app, [*words, parts])
        assert refused.exit_code == 1
        assert "pair has no" in " ".join(refused.output.split())


def test_crossval_refuses_the_other_fold_before_it_trains(prepared: Path, tmp_path: Path) -> None:
    config = tmp_path / "tiny.yaml"
    config.write_text("{name: tiny, epochs: 1}")
    words = ["crossval", "--config", str(config), "--data", str(prepared), "--runs", str(tmp_path / "runs")]
    result = run.invoke(app, [*words, "--neighbours"])
    assert result.exit_code == 1
    assert "chosen by validation" in " ".join(result.output.split())
    assert not (tmp_path / "runs").exists()


@pytest.mark.parametrize(
    ("field", "command"),
    [
        ("prior_correction: 0.4", "compare --prior-correction"),
        ("cross_fold_networks: 1", "crossval --cross-fold-ensemble"),
        ("other_networks: 8", "`average`"),
        ("members: 2\nprotocol: inter-patient\nmember: 1", "crossval --only member-1"),
        ("balance: 0.4", "compare --prior-correction"),
        ("neighbours: 1", "crossval --cross-fold-ensemble"),
        ("others: 8", "`average`"),
    ],
)
def test_a_recipe_can_not_say_how_its_predictions_are_put_together(tmp_path: Path, field: str, command: str) -> None:
    config = tmp_path / "run.yaml"
    config.write_text(f"name: run\n{field}\n")
    result = run.invoke(app, ["train", "--config", str(config), "--runs", str(tmp_path)])
    assert result.exit_code == 1
    assert command in " ".join(result.output.split())


@pytest.mark.parametrize(
    ("recipe", "message"),
    [
        ("name: recipe\n", "recipe.fold-0"),
        ("name: recipe\nprotocol: inter-patient\nmembers: 2\nclass_set: aami\n", "by person"),
    ],
    ids=["a run that is not trained yet", "shares of other people"],
)
def test_prior_correction_says_what_it_can_not_work_with(
    prepared: Path, tmp_path: Path, recipe: str, message: str
) -> None:
    config = tmp_path / "recipe.yaml"
    config.write_text(recipe)
    result = run.invoke(
        app, ["prior-correction", "--config", str(config), "--data", str(prepared), "--runs", str(tmp_path)]
    )
    assert result.exit_code == 1
    assert message in " ".join(result.output.split())


def test_stored_validation_predictions_are_corrected_without_their_runs_under_the_former_name_too(
    prepared: Path, tmp_path: Path
) -> None:
    common = ["--data", str(prepared), "--runs", str(tmp_path / "runs")]
    quick = "protocol: chronological-70-30\nepochs: 1\nbeats_per_patient_class_and_lead: 6\naugmented_fraction: 0\n"
    recipes = {"first": quick, "chain": f"{quick}members: 2\nchained: true\nstart_from: first\n"}
    for (name, fields), command in zip(recipes.items(), ("train", "crossval"), strict=True):
        (tmp_path / f"{name}.yaml").write_text(f"name: {name}\n{fields}")
        assert run.invoke(app, [command, "--config", str(tmp_path / f"{name}.yaml"), *common]).exit_code == 0
    stored, table = tmp_path / "stored" / "chain.npz", tmp_path / "table.csv"
    first = run.invoke(
        app, ["prior-correction", "--config", str(tmp_path / "chain.yaml"), "--store", str(stored), *common]
    )
    assert first.exit_code == 0
    again = run.invoke(app, ["balance", str(stored), "--out", str(table)])
    assert again.exit_code == 0
    rows = pd.read_csv(table)
    assert list(rows["prior_correction"]) == list(tables.PRIOR_CORRECTION_POWERS)
    assert table.read_text().strip() in first.stdout


def test_prior_correction_takes_a_recipe_or_stored_predictions_and_not_both(tmp_path: Path) -> None:
    (tmp_path / "recipe.yaml").write_text("name: recipe\n")
    for words in ([], [str(tmp_path / "stored.npz"), "--config", str(tmp_path / "recipe.yaml")]):
        result = run.invoke(app, ["prior-correction", *words])
        assert result.exit_code == 2
        assert "either a recipe" in " ".join(result.output.split())
