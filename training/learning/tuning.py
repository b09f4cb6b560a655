"""Search for a recipe's settings with Optuna: scored on the validation partition, stopped early when hopeless,
resumable.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import optuna
import pandas as pd

from training import TrainingError
from training.datasets.prepared_data import Dataset
from training.learning import fitting, teaching
from training.learning.fitting import Epoch
from training.recipes.provenance import RunConfig

#: The study's own database, in its folder.
STUDY = "study.sqlite3"
_NAME = "tune"

#: Trials before the median means anything, and epochs before a trial may be stopped.
FIRST_TRIALS = 4
FIRST_EPOCHS = 2

#: Trains a configuration and tells each finished epoch.
Fit = Callable[[RunConfig, Dataset, Path, Callable[[Epoch], None]], Path]


class TuningError(TrainingError):
    """The study can't go on; the message says why."""


@dataclass(frozen=True, slots=True)
class Trial:
    """One finished trial."""

    number: int
    pruned: bool
    score: float | None
    """Best macro-F1 on the validation partition; None if it failed."""
    settings: dict[str, object]


@dataclass(frozen=True, slots=True)
class Best:
    """The best settings so far."""

    config: RunConfig
    score: float
    trials: int
    """Finished ones, pruned ones included."""


def tune(
    config: RunConfig,
    data: Dataset,
    folder: Path,
    trials: int,
    report: Callable[[Trial], None],
    *,
    fit: Fit = fitting.fit,
) -> Best:
    """Try settings until ``trials`` trials are finished, those of earlier calls included.

    A trial's score is the best macro-F1 that any of its epochs reaches on the validation partition; the test partition
    takes no part. A trial whose epochs stay below the median of the others is stopped. A trial that was killed is taken
    up again where it was.

    Args:
        config: the recipe; its seed is that of the search too.
        folder: of the study and its runs.
        report: called with each finished trial.

    Raises:
        TuningError: another process tunes in ``folder``, it holds a study of another recipe, or no trial succeeded.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with _alone(folder):
        study = _study(config, data, folder)
        for killed in study.get_trials(states=[optuna.trial.TrialState.RUNNING]):
            study.tell(killed.number, state=optuna.trial.TrialState.FAIL)
            study.enqueue_trial(killed.params)
        while (finished := len(_finished(study))) < trials:
            # The seed goes on with the study, so that a resumed search does not propose its beginning again.
            study.sampler = optuna.samplers.TPESampler(seed=config.seed + finished, n_startup_trials=FIRST_TRIALS)
            trial = study.ask()
            settings = _suggest(trial)
            try:
                score = _score(config.model_copy(update=settings), data, folder, trial, fit)
            except optuna.TrialPruned:
                study.tell(trial, state=optuna.trial.TrialState.PRUNED)
                report(Trial(trial.number, True, _best_of(trial), settings))
            else:
                study.tell(trial, score)
                report(Trial(trial.number, False, score, settings))
        done = _finished(study)
        if not any(ended.state is optuna.trial.TrialState.COMPLETE for ended in done):
            raise TuningError("No trial came to its end.")
        return Best(config.model_copy(update=study.best_params), study.best_value, len(done))


def table(folder: Path) -> pd.DataFrame:
    """The finished trials of the study in ``folder``, in order: how each ended, its score, its epochs, its settings."""
    study = optuna.load_study(study_name=_NAME, storage=_storage(folder))
    rows = [
        {
            "trial": trial.number,
            "end": trial.state.name.lower(),
            "macro_f1": round(max(trial.intermediate_values.values(), default=float("nan")), 4),
            "epochs": len(trial.intermediate_values),
        }
        | {name: float(f"{value:.4g}") for name, value in trial.params.items()}
        for trial in _finished(study)
    ]
    return pd.DataFrame(rows)


def _suggest(trial: optuna.Trial) -> dict[str, object]:
    """The settings that are searched; see :class:`training.recipes.provenance.RunConfig`."""
    return {
        "learning_rate": trial.suggest_float("learning_rate", 2e-4, 6e-3, log=True),
        "weight_decay": trial.suggest_float("weight_decay", 1e-5, 1e-1, log=True),
        "batch_size": trial.suggest_categorical("batch_size", [32, 64, 128]),
        "beats_per_patient_class_and_lead": trial.suggest_int("beats_per_patient_class_and_lead", 50, 800, log=True),
        "augmented_fraction": trial.suggest_float("augmented_fraction", 0.0, 1.0),
    }


def _score(config: RunConfig, data: Dataset, folder: Path, trial: optuna.Trial, fit: Fit) -> float:
    """Train one trial in a folder named after its settings, so that it is found again after a kill.

    The first generation says it: what the network learns from others, or what stands beside it, is not searched for.
    """
    settings = hashlib.sha256(json.dumps(trial.params, sort_keys=True).encode()).hexdigest()[:12]
    config = teaching.recipe_of(config, 1).model_copy(update={"name": f"{config.name}.{settings}"})
    run = folder / config.name

    def watch(line: Epoch) -> None:
        trial.report(line.validation_macro_f1, line.epoch)
        if line.epoch < config.epochs and trial.should_prune():
            raise optuna.TrialPruned

    for line in fitting.read_history(run):
        trial.report(line.validation_macro_f1, line.epoch)
    fit(config, data, run, watch)
    return max(line.validation_macro_f1 for line in fitting.read_history(run))


def _study(config: RunConfig, data: Dataset, folder: Path) -> optuna.Study:
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    study = optuna.create_study(
        study_name=_NAME,
        storage=_storage(folder),
        direction="maximize",
        pruner=optuna.pruners.MedianPruner(n_startup_trials=FIRST_TRIALS, n_warmup_steps=FIRST_EPOCHS),
        load_if_exists=True,
    )
    recipe = {"recipe": config.model_dump_json(), "data": data.digest}
    known = dict(study.user_attrs)
    # Compared as recipes: a study of an earlier version names some fields otherwise.
    if known and (known["data"] != data.digest or RunConfig.model_validate_json(known["recipe"]) != config):
        raise TuningError(f"{folder} holds a study of another recipe or of other data. Choose another folder.")
    for name, value in recipe.items():
        study.set_user_attr(name, value)
    return study


def _storage(folder: Path) -> str:
    return f"sqlite:///{folder / STUDY}"


def _finished(study: optuna.Study) -> list[optuna.trial.FrozenTrial]:
    states = (optuna.trial.TrialState.COMPLETE, optuna.trial.TrialState.PRUNED)
    return study.get_trials(deepcopy=False, states=states)


def _best_of(trial: optuna.Trial) -> float | None:
    values = trial.study.trials[trial.number].intermediate_values.values()
    return max(values, default=None)


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Hold the folder while this process tunes in it; the lock goes with the process."""
    with (folder / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise TuningError(f"Another process tunes in {folder}.") from error
        yield
