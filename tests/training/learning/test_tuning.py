"""The search for settings: scored on the validation partition, resumable, hopeless trials stopped."""

from __future__ import annotations

import csv
from collections.abc import Callable
from dataclasses import astuple
from pathlib import Path

import pytest
from typer.testing import CliRunner

from training.__main__ import app
from training.datasets.prepared_data import Dataset
from training.learning import fitting, tuning
from training.learning.fitting import Epoch
from training.learning.run import BEST
from training.learning.tuning import Trial, TuningError
from training.recipes import recipe_files
from training.recipes.provenance import RunConfig

CONFIG = RunConfig(name="search", epochs=4)


def _quality(config: RunConfig) -> float:
    """Best at a learning rate of 0.001."""
    return 1 / (1 + abs(config.learning_rate - 1e-3) * 1000)


class Fits:
    """Learns in no time: the macro-F1 of a run rises towards the quality of its settings."""

    def __init__(self, die_in: int | None = None) -> None:
        self.epochs: list[tuple[str, int]] = []
        self.die_in = die_in

    def __call__(self, config: RunConfig, _data: Dataset, run: Path, report: Callable[[Epoch], None]) -> Path:
        run.mkdir(parents=True, exist_ok=True)
        path = run / "history.csv"
        for epoch in range(len(fitting.read_history(run)), config.epochs):
            if self.die_in is not None and len(self.epochs) == self.die_in:
                raise KeyboardInterrupt
            self.epochs.append((config.name, epoch + 1))
            line = Epoch(epoch + 1, 1.0, 1.0, 0.5, _quality(config) * (epoch + 1) / config.epochs)
            fresh = not path.is_file()
            with path.open("a", newline="") as lines:
                writer = csv.writer(lines)
                if fresh:
                    writer.writerow(Epoch.__slots__)
                writer.writerow(astuple(line))
            report(line)
        return run / BEST


def _tune(data: Dataset, folder: Path, trials: int, fits: Fits) -> tuple[tuning.Best, list[Trial]]:
    reported: list[Trial] = []
    return tuning.tune(CONFIG, data, folder, trials, reported.append, fit=fits), reported


def test_a_trial_is_one_network_whatever_learns_from_it_or_stands_beside_it(data: Dataset, tmp_path: Path) -> None:
    trained: list[tuple[int, int]] = []
    fits = Fits()

    def fit(config: RunConfig, data: Dataset, run: Path, report: Callable[[Epoch], None]) -> Path:
        trained.append((config.generations, config.trees))
        return fits(config, data, run, report)

    recipe = CONFIG.model_copy(update={"generations": 2, "trees": 4})
    best = tuning.tune(recipe, data, tmp_path, 2, lambda _trial: None, fit=fit)
    assert trained == [(1, 0), (1, 0)]
    assert (best.config.generations, best.config.trees) == (2, 4)


def test_the_best_settings_are_found_and_the_rest_of_the_recipe_stays(data: Dataset, tmp_path: Path) -> None:
    best, reported = _tune(data, tmp_path, 24, Fits())
    whole = [trial for trial in reported if not trial.pruned]
    assert best.score == max(trial.score or 0 for trial in whole)
    assert best.score == pytest.approx(_quality(best.config))
    assert best.score > 0.7
    assert (best.config.network, best.config.protocol, best.config.name) == ("residual", "beats-10fold", "search")
    assert best.trials == len(reported) == 24


def test_hopeless_trials_are_stopped_before_their_last_epoch(data: Dataset, tmp_path: Path) -> None:
    fits = Fits()
    _, reported = _tune(data, tmp_path, 24, fits)
    pruned = [trial for trial in reported if trial.pruned]
    assert pruned
    assert len(fits.epochs) < 24 * CONFIG.epochs
    assert min(trial.number for trial in pruned) >= tuning.FIRST_TRIALS


def test_the_table_has_every_finished_trial_as_it_was_told(data: Dataset, tmp_path: Path) -> None:
    _, reported = _tune(data, tmp_path, 12, Fits())
    rows = tuning.table(tmp_path)
    assert rows["trial"].tolist() == [trial.number for trial in reported]
    assert rows["macro_f1"].tolist() == pytest.approx([trial.score for trial in reported], abs=1e-4)
    assert (rows["end"] == "pruned").tolist() == [trial.pruned for trial in reported]
    assert (rows.loc[rows["end"] == "complete", "epochs"] == CONFIG.epochs).all()
    assert rows["learning_rate"].tolist() == pytest.approx(
        [trial.settings["learning_rate"] for trial in reported], rel=1e-3
    )


def test_a_search_repeats_with_its_seed(data: Dataset, tmp_path: Path) -> None:
    _, first = _tune(data, tmp_path / "one", 8, Fits())
    _, again = _tune(data, tmp_path / "two", 8, Fits())
    assert [trial.settings for trial in first] == [trial.settings for trial in again]


def test_finished_trials_are_never_tried_again(data: Dataset, tmp_path: Path) -> None:
    _tune(data, tmp_path, 5, Fits())
    best, reported = _tune(data, tmp_path, 8, Fits())
    assert [trial.number for trial in reported] == [5, 6, 7]
    assert best.trials == 8
    idle = Fits()
    assert _tune(data, tmp_path, 8, idle)[0] == best
    assert idle.epochs == []


def test_a_killed_trial_goes_on_after_its_last_epoch(data: Dataset, tmp_path: Path) -> None:
    """Its settings are tried again, and the epochs that it had finished are not."""
    with pytest.raises(KeyboardInterrupt):
        _tune(data, tmp_path, 3, Fits(die_in=6))
    fits = Fits()
    best, reported = _tune(data, tmp_path, 3, fits)
    assert best.trials == 3
    assert len(reported) == 2
    assert fits.epochs[0][1] == 3  # four of the first trial and two of the second were done
    assert len(fits.epochs) == 2 + 4


def test_a_folder_belongs_to_one_recipe(data: Dataset, tmp_path: Path) -> None:
    _tune(data, tmp_path, 1, Fits())
    other = CONFIG.model_copy(update={"protocol": "inter-patient"})
    with pytest.raises(TuningError, match="another recipe"):
        tuning.tune(other, data, tmp_path, 2, lambda _: None, fit=Fits())


def test_two_processes_do_not_tune_in_one_folder(data: Dataset, tmp_path: Path) -> None:
    class Meddling(Fits):
        def __call__(self, *words: object) -> Path:
            tuning.tune(CONFIG, data, tmp_path, 1, lambda _: None, fit=Fits())
            raise AssertionError("a second search began")

    with pytest.raises(TuningError, match="Another process"):
        tuning.tune(CONFIG, data, tmp_path, 1, lambda _: None, fit=Meddling())


def test_the_command_writes_the_best_recipe(prepared: Path, tmp_path: Path) -> None:
    recipe, out = tmp_path / "recipe.yaml", tmp_path / "best.yaml"
    recipe_files.write(RunConfig(name="tiny", network="course_cnn", epochs=1), recipe)
    words = ["--config", str(recipe), "--data", str(prepared), "--runs", str(tmp_path / "runs"), "--out", str(out)]
    result = CliRunner().invoke(app, ["tune", *words, "--trials", "1"])
    assert result.exit_code == 0, result.output
    found = recipe_files.read_run(out)
    assert found.name == "tiny"
    assert found.learning_rate != RunConfig(name="tiny").learning_rate
    assert (tmp_path / "runs" / "tiny.tune" / tuning.STUDY).is_file()
