"""Many runs of one recipe: ten folds, or each carrier of a rare class held out in turn. No run is trained twice."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from training import fitting, predictions
from training.configuration import RunConfig
from training.datasets import Dataset
from training.fitting import Epoch
from training.people import CARRIERS
from training.predictions import Predictions
from training.splits import FOLDS, HALF, SplitError

#: Told the run, its newest epoch if it ended one just now, and its finished epochs with the current one's fraction.
Report = Callable[[RunConfig, Epoch | None, float], None]


def runs_of(config: RunConfig, *, start: RunConfig | None = None) -> list[RunConfig]:
    """The runs that a recipe stands for, in order of dependence.

    ``beats-10fold`` gives its ten folds. With ``start``, a longer run on each half of the folds comes first, and each
    fold starts from the half that it does not lie in: that run has seen neither its test nor its validation beats.
    ``leave-one-patient-out`` gives one run for each carrier of a rare class.

    Raises:
        SplitError: the protocol has a single run.
    """
    if config.protocol == "beats-10fold":
        halves = []
        if start is not None:
            halves = [_named(start, f"half-{half}", protocol="beats-half", fold=half) for half in (0, 1)]
        folds = [
            _named(config, f"fold-{fold}", fold=fold, start_from=halves[fold // HALF].name if halves else "")
            for fold in range(FOLDS)
        ]
        return halves + folds
    if config.protocol == "leave-one-patient-out":
        people = sorted({person for carriers in CARRIERS.values() for person in carriers})
        return [_named(config, f"without-{person}", held_out=person) for person in people]
    raise SplitError(f"{config.protocol} is one run; `train` is its command.")


def run_all(
    configs: list[RunConfig],
    data: Dataset,
    runs: Path,
    report: Report,
) -> list[Predictions]:
    """Train and score what is not yet there.

    Returns:
        Answers of every run to its test side.

    Raises:
        FittingError: a folder of ``runs`` holds another run.
    """
    found = []
    for config in configs:
        run = runs / config.name
        if not (run / predictions.FILE).is_file():
            fitting.fit(config, data, run, *_reports(config, report))
        found.append(predictions.predict(run, data))
        report(config, None, config.epochs)
    return found


def _reports(config: RunConfig, report: Report) -> tuple[Callable[[Epoch], None], Callable[[float], None]]:
    return lambda line: report(config, line, line.epoch), lambda epochs: report(config, None, epochs)


def _named(config: RunConfig, part: str, **changes: object) -> RunConfig:
    return config.model_copy(update={"name": f"{config.name}.{part}", **changes})
