"""Many runs of one recipe: its folds, each carrier of a rare class held out in turn, or an ensemble of
several networks. No run is trained twice.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import replace
from pathlib import Path

from training.databases.divisions import CARRIERS, OUT_OF_FOLD_GROUPS
from training.datasets.prepared_data import Dataset
from training.datasets.splits import HALF, SplitError, validator_of
from training.learning import fitting, predictions
from training.learning.fitting import Epoch
from training.learning.predictions import Predictions
from training.learning.run import CONFIG, RunError
from training.recipes import recipe_files
from training.recipes.protocols import BEATS_10FOLD, BEATS_HALF, Parts
from training.recipes.provenance import RunConfig

#: What a run's partitions depend on, beside the data.
_PARTITIONED_BY = ("protocol", "fold", "held_out", "class_set", "seed", "member", "validation")

#: What stands before the fold in the name of a cross-fold ensemble: stored files are called so.
_CROSS_FOLD = "-neighbours"

#: Told the run, its newest epoch if it ended one just now, and its finished epochs with the current one's fraction;
#: epochs of all its members count.
Report = Callable[[RunConfig, Epoch | None, float], None]


def runs_of(config: RunConfig, *, start: RunConfig | None = None) -> list[RunConfig]:
    """The runs that a recipe stands for, in order of dependence.

    ``beats-10fold`` gives its ten folds, ``people-5fold`` its five. With ``start``, a longer run on each half of the
    folds of ``beats-10fold`` comes first, and each fold starts from the half that it does not lie in: that run has seen
    neither its test nor its validation beats.
    ``leave-one-patient-out`` gives one run for each carrier of a rare class. A recipe of several ``members`` is a
    run of its own.

    Raises:
        SplitError: the protocol has a single run of a single network, or the runs would start where they must not.
    """
    if config.divided_by.parts is Parts.FOLDS:
        if config.snapshot_ensemble and start is not None:
            raise SplitError(
                f"{config.name} is a snapshot ensemble: it starts from whole runs of the same folds, not from halves."
            )
        if start is not None and config.protocol != BEATS_10FOLD.name:
            raise SplitError(f"Only {BEATS_10FOLD.name} has halves that its folds could start from.")
        if config.start_from and start is None and "{fold}" not in config.start_from:
            raise SplitError(
                f"Every fold of {config.name} would start from the same run; write {{fold}} in start_from."
            )
        halves = []
        if start is not None:
            halves = [_named(start, f"half-{half}", protocol=BEATS_HALF.name, fold=half) for half in (0, 1)]
        folds = [
            _named(
                config,
                f"fold-{fold}",
                fold=fold,
                start_from=halves[fold // HALF].name if halves else config.start_from.replace("{fold}", str(fold)),
            )
            for fold in range(config.divided_by.folds)
        ]
        return halves + folds
    if config.divided_by.parts is Parts.PEOPLE:
        people = sorted({person for carriers in CARRIERS.values() for person in carriers})
        return [_named(config, f"without-{person}", held_out=person) for person in people]
    if config.members > 1:
        return [config]
    raise SplitError(f"{config.protocol} is one run; `train` is its command.")


def run_all(
    configs: list[RunConfig],
    data: Dataset,
    runs: Path,
    report: Report,
) -> list[Predictions]:
    """Train and score what is not yet there. The members of a run lie in folders in its own.

    Returns:
        Predictions of every run for its test partition; where it has several members, the mean of theirs.

    Raises:
        RunError: a folder of ``runs`` holds another run, or a member would start from one with other partitions.
    """
    of_runs = []
    for config in configs:
        run = runs / config.name
        if (run / predictions.FILE).is_file():
            of_runs.append(_stored(config, run))
        elif config.members == 1 and not config.snapshot_ensemble:
            of_runs.append(_run(config, data, run, runs / config.start_from, report))
        else:
            of_runs.append(_together(config, data, runs, report))
            of_runs[-1].save(run / predictions.FILE)
        report(config, None, config.epochs_of_all * config.members)
    return of_runs


def require_members(config: RunConfig, members: Collection[int]) -> None:
    """Raise :class:`SplitError` where a run has no such members, or each goes on from the one before it."""
    if config.snapshot_ensemble or not set(members) <= set(range(config.members)) or config.members == 1:
        raise SplitError(f"{config.name} has no members {', '.join(map(str, sorted(members)))} that stand alone.")


def run_members(config: RunConfig, members: Collection[int], data: Dataset, runs: Path, report: Report) -> None:
    """Train and score some of a run's members, so that several processes can share them.

    Raises:
        SplitError: they can't be trained by themselves (:func:`require_members`).
        RunError: as for :func:`run_all`.
    """
    require_members(config, members)
    for member in sorted(members):
        _run_member(config, member, data, runs, report)


def _stored(config: RunConfig, run: Path) -> Predictions:
    stored = predictions.load(run / predictions.FILE)
    if stored.config != config:
        raise RunError(f"{run} holds predictions of another configuration. Choose another folder or delete it.")
    return stored


def validate(config: RunConfig, data: Dataset, runs: Path) -> Predictions:
    """Predictions of a finished run for its validation partition; of a snapshot ensemble, the mean over its members and
    its start.

    Out-of-fold, the predictions of all members for the people whom they do not know; where two do not, their mean.

    Raises:
        PredictionsError: its members validate on different parts.
        RunError: a part is not trained, or not on ``data``.
    """
    by_part = [predictions.predict_partition(part, data, "validation") for part in _parts(config, runs)]
    if config.out_of_fold:
        quarters = [
            predictions.averaged(by_part[quarter :: len(OUT_OF_FOLD_GROUPS)])
            for quarter in range(len(OUT_OF_FOLD_GROUPS))
        ]
        validated = predictions.joined(quarters)
    else:
        validated = predictions.averaged(by_part)
    return replace(validated, config=config)


def require_cross_fold_ensemble(config: RunConfig) -> None:
    """Raise :class:`SplitError` where no other fold's networks may predict as well (:func:`cross_fold_ensemble`)."""
    if config.protocol != BEATS_10FOLD.name or (config.members > 1 and not config.snapshot_ensemble):
        raise SplitError(f"In {config.name} no other fold's networks validate all together on what it tests.")
    if config.keep != "last":
        raise SplitError(f"The weights of {config.name} are chosen by validation: another fold's would know the beats.")


def cross_fold_ensemble(config: RunConfig, data: Dataset, runs: Path) -> Predictions:
    """Predictions for a finished fold's test beats by all networks that did not learn from them.

    Two folds leave a beat out: one tests on it, another validates on it. So that other fold's networks predict too,
    calibrated on their own test partition, which is neither this fold's nor learned by them. They take part only where
    a run's weights are the last ones: the best ones by the validation partition would have been chosen on the very
    beats that are predicted. What a snapshot ensemble starts from is held to the same.

    Raises:
        SplitError: the protocol has no such other fold, or its weights were chosen by validation.
        RunError: a network is not trained, or not on ``data``, or the folder of the predictions holds another run's.
    """
    require_cross_fold_ensemble(config)
    own_suffix = f".fold-{config.fold}"
    other_suffix = f".fold-{validator_of(config.fold)}"
    other_fold = config.model_copy(
        update={field: getattr(config, field).replace(own_suffix, other_suffix) for field in ("name", "start_from")}
    )
    other_networks = _learned(other_fold, runs)
    if config.snapshot_ensemble and _stores_last(runs / other_fold.start_from):
        other_networks.insert(0, runs / other_fold.start_from)
    named = config.model_copy(
        update={
            "name": config.name.replace(own_suffix, f"{_CROSS_FOLD}{own_suffix}"),
            "cross_fold_networks": len(other_networks),
        }
    )
    folder = runs / named.name
    if (folder / predictions.FILE).is_file():
        return _stored(named, folder)
    by_network = [predictions.predict(part, data) for part in _parts(config, runs)]
    by_network += [
        predictions.predict_partition(part, data, "validation", calibrated_on="test") for part in other_networks
    ]
    ensemble = replace(predictions.averaged(by_network), config=named)
    folder.mkdir(parents=True, exist_ok=True)
    ensemble.save(folder / predictions.FILE)
    return ensemble


def _stores_last(run: Path) -> bool:
    return recipe_files.read_run(run / CONFIG).keep == "last"


def _parts(config: RunConfig, runs: Path) -> list[Path]:
    """Folders of all networks that predict for a run."""
    start = [runs / config.start_from] if config.snapshot_ensemble else []
    return start + _learned(config, runs)


def _learned(config: RunConfig, runs: Path) -> list[Path]:
    """Folders of the networks that a run trains itself."""
    return _members(config, runs) if config.members > 1 or config.snapshot_ensemble else [runs / config.name]


def _members(config: RunConfig, runs: Path) -> list[Path]:
    return [runs / config.name / f"member-{member}" for member in range(config.members)]


def _together(config: RunConfig, data: Dataset, runs: Path, report: Report) -> Predictions:
    """The mean prediction of all members, and of what a snapshot ensemble starts from."""
    if not config.snapshot_ensemble:
        by_member = [_run_member(config, member, data, runs, report) for member in range(config.members)]
        return replace(predictions.averaged(by_member), config=config)
    start = runs / config.start_from
    by_member = [predictions.predict(start, data)]
    for member, folder in enumerate(_members(config, runs)):
        by_member.append(_run(config.model_copy(update={"member": member}), data, folder, start, report))
        start = folder
    return replace(predictions.averaged(by_member), config=config)


def _run_member(config: RunConfig, member: int, data: Dataset, runs: Path, report: Report) -> Predictions:
    """One of several members that validate on different parts, from the same member of another run if it starts."""
    own_config = config.model_copy(update={"member": member})
    start = runs / config.start_from.replace("{member}", str(member))
    if config.start_from:
        _require_same_partitions(own_config, start)
    return _run(own_config, data, _members(config, runs)[member], start, report)


def _require_same_partitions(config: RunConfig, start: Path) -> None:
    """Raise :class:`RunError` where ``start`` may have learned what ``config`` validates or tests on."""
    path = start / CONFIG
    if not path.is_file():
        raise RunError(f"{config.name} starts from {start}, which was not trained yet.")
    other = recipe_files.read_run(path)
    differ = [f"another {name}" for name in _PARTITIONED_BY if getattr(other, name) != getattr(config, name)]
    if differ:
        raise RunError(
            f"{start} has other partitions than member {config.member} of {config.name}: {', '.join(differ)}."
        )


def _run(config: RunConfig, data: Dataset, folder: Path, start: Path, report: Report) -> Predictions:
    if (folder / predictions.FILE).is_file():
        return _stored(config, folder)
    before = config.member * config.epochs_of_all
    fitting.fit(
        config,
        data,
        folder,
        lambda line: report(config, line, before + fitting.finished_epochs(config, folder)),
        lambda epochs: report(config, None, before + epochs),
        start=start,
    )
    return predictions.predict(folder, data)


def _named(config: RunConfig, part: str, **changes: object) -> RunConfig:
    return config.model_copy(update={"name": f"{config.name}.{part}", **changes})
