"""Many runs of one recipe: which ones, in which order, and never twice."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from training.databases.divisions import CARRIERS
from training.datasets.prepared_data import Dataset
from training.datasets.splits import FOLDS, SplitError, divide, validator_of
from training.learning import cross_validation, fitting, networks, predictions
from training.learning.predictions import Predictions
from training.learning.run import BEST, RunError
from training.recipes import recipe_files
from training.recipes.provenance import RunConfig

RECIPE = RunConfig(name="tiny", epochs=1, batch_size=32, beats_per_patient_class_and_lead=5, augmented_fraction=0)
START = RECIPE.model_copy(update={"name": "tiny.start"})

_ALL = cross_validation.runs_of(RECIPE.model_copy(update={"learning_rate": 1e-12, "weight_decay": 0.0}), start=START)
CHOSEN = [run for run in _ALL if run.name.endswith((".half-0", ".fold-0"))]


def _rows(data: Dataset, config: RunConfig) -> tuple[set[int], set[int]]:
    """Beats that a run learned from (its validation chooses its weights), and beats that it is scored on."""
    partitions = divide(data, config)
    return {*partitions.train.tolist(), *partitions.validation.tolist()}, set(partitions.test.tolist())


def _mean_of(networks: Sequence[Predictions]) -> Any:
    """About the mean of what networks predict, as stored files round it."""
    return pytest.approx(np.mean([network.probabilities for network in networks], axis=0), abs=1e-3)


def test_ten_folds_are_ten_runs_that_differ_in_nothing_else() -> None:
    runs = cross_validation.runs_of(RECIPE)
    assert [run.name for run in runs] == [f"tiny.fold-{fold}" for fold in range(FOLDS)]
    assert [run.fold for run in runs] == list(range(FOLDS))
    assert {run.model_copy(update={"name": "tiny", "fold": 0}) for run in runs} == {RECIPE}


def test_a_start_comes_before_the_folds_that_start_from_it() -> None:
    runs = cross_validation.runs_of(RECIPE, start=START)
    assert len(runs) == FOLDS + 2
    for number, run in enumerate(runs):
        assert not run.start_from or run.start_from in [earlier.name for earlier in runs[:number]]


def test_the_half_that_a_fold_starts_from_has_seen_none_of_its_test_or_validation_beats(data: Dataset) -> None:
    runs = {run.name: run for run in cross_validation.runs_of(RECIPE, start=START)}
    folds = [run for run in runs.values() if run.protocol == "beats-10fold"]
    assert len(folds) == FOLDS
    for fold in folds:
        learned, _ = _rows(data, runs[fold.start_from])
        held_back = {*divide(data, fold).test.tolist(), *divide(data, fold).validation.tolist()}
        beats = data.table[["record", "sample"]].apply(tuple, axis=1)
        assert not set(beats.iloc[sorted(learned)]) & set(beats.iloc[sorted(held_back)])


def test_leaving_one_out_gives_one_run_for_each_carrier() -> None:
    runs = cross_validation.runs_of(RECIPE.model_copy(update={"protocol": "leave-one-patient-out"}))
    assert {run.held_out for run in runs} == {person for carriers in CARRIERS.values() for person in carriers}
    assert len({run.name for run in runs}) == len(runs)


@pytest.mark.parametrize("protocol", ["inter-patient", "chronological-70-30", "as-given"])
def test_a_protocol_of_one_run_is_referred_to_train(protocol: str) -> None:
    with pytest.raises(SplitError, match="`train` is its command"):
        cross_validation.runs_of(RECIPE.model_copy(update={"protocol": protocol}))


def test_several_members_are_a_run_of_their_own() -> None:
    recipe = RECIPE.model_copy(update={"protocol": "inter-patient", "members": 2})
    assert cross_validation.runs_of(recipe) == [recipe]


def test_each_fold_of_a_snapshot_ensemble_starts_from_the_same_fold_of_the_run_that_it_names() -> None:
    runs = cross_validation.runs_of(
        RECIPE.model_copy(update={"snapshot_ensemble": True, "start_from": "first.fold-{fold}"})
    )
    assert [run.start_from for run in runs] == [f"first.fold-{fold}" for fold in range(FOLDS)]


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"snapshot_ensemble": True}, "set start_from"),
        ({"members": 2, "member": 2}, "no member 2 of 2"),
        ({"protocol": "people-5fold", "fold": 5}, "folds 0 to 4"),
        ({"members": 2, "protocol": "chronological-70-30"}, "same part"),
        ({"members": 2, "start_from": "first"}, "what it has learned"),
        ({"members": 2, "snapshot_ensemble": True, "start_from": "first.{member}"}, "one run to start from"),
        ({"validation": "out-of-fold", "members": 4}, "only with inter-patient"),
        ({"validation": "out-of-fold", "protocol": "inter-patient", "members": 2}, "4 members"),
        ({"protocol": "inter-patient", "members": 5}, "same parts twice"),
        ({"synthetic_fraction": 0.3}, "set beats_per_class"),
        ({"beats_per_class": -1}, "negative"),
        ({"beats_per_class": {"NORMAL": 0}}, "needs beats"),
        ({"beats_per_class": {"NORMAL": 10, "SVEB": 5}}, "SVEB"),
    ],
)
def test_recipes_that_can_not_be_meant_are_refused(fields: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        RunConfig.model_validate({"name": "run", **fields})


def test_folds_never_start_from_one_run_that_has_seen_their_test_beats() -> None:
    recipe = RECIPE.model_copy(update={"start_from": "first.fold-0"})
    with pytest.raises(SplitError, match=r"write \{fold\}"):
        cross_validation.runs_of(recipe)
    with pytest.raises(SplitError, match="not from halves"):
        cross_validation.runs_of(recipe.model_copy(update={"snapshot_ensemble": True}), start=START)


def test_predictions_of_another_recipe_are_not_taken_for_this_one_s(data: Dataset, tmp_path: Path) -> None:
    cross_validation.run_all([QUICK], data, tmp_path, lambda *_: None)
    with pytest.raises(RunError, match="another configuration"):
        cross_validation.run_all([QUICK.model_copy(update={"epochs": 2})], data, tmp_path, lambda *_: None)


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("runs")


@pytest.fixture(scope="module")
def trained(data: Dataset, runs: Path) -> list[Predictions]:
    """A fold that learns next to nothing, and the half that it starts from."""
    return cross_validation.run_all(CHOSEN, data, runs, lambda *_: None)


def test_every_run_leaves_its_predictions(trained: list[Predictions], runs: Path, data: Dataset) -> None:
    assert [of_member.config for of_member in trained] == CHOSEN
    for of_member in trained:
        assert (runs / of_member.config.name / predictions.FILE).is_file()
        assert len(of_member.samples) == len(divide(data, of_member.config).test)


@pytest.mark.usefixtures("trained")
def test_a_fold_begins_with_the_weights_of_its_start(runs: Path) -> None:
    model = networks.build("residual", height=64, width=96, classes=7)
    heads = []
    for config in CHOSEN:
        model.load_weights(runs / config.name / BEST)
        heads.append(model.get_layer("logits").get_weights()[0])
    assert heads[1] == pytest.approx(heads[0], abs=1e-6)


def test_what_is_finished_is_never_trained_again(
    trained: list[Predictions], data: Dataset, runs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A second process comes along that shares the folder."""

    def refuse(*_: object) -> None:
        raise AssertionError("a finished run was trained again")

    monkeypatch.setattr(fitting, "fit", refuse)
    counts: list[tuple[str, float]] = []
    again = cross_validation.run_all(
        CHOSEN, data, runs, lambda config, _line, epochs: counts.append((config.name, epochs))
    )
    assert counts == [(config.name, 1) for config in CHOSEN]
    for before, after in zip(trained, again, strict=True):
        assert before.probabilities == pytest.approx(after.probabilities, abs=1e-3)
        assert (before.samples == after.samples).all()


_fit = fitting.fit
QUICK = RECIPE.model_copy(update={"learning_rate": 1e-12, "weight_decay": 0.0})


def _member(runs: Path, name: str) -> RunConfig:
    return recipe_files.read_run(runs / name / "config.yaml")


def test_members_lie_in_the_run_s_folder_and_predict_their_mean(data: Dataset, tmp_path: Path) -> None:
    recipe = QUICK.model_copy(update={"name": "pair", "members": 2})
    counts: list[float] = []
    (ensemble,) = cross_validation.run_all(
        [recipe], data, tmp_path, lambda _config, _line, epochs: counts.append(epochs)
    )
    members = [predictions.load(tmp_path / "pair" / f"member-{member}" / predictions.FILE) for member in (0, 1)]
    assert [_member(tmp_path, f"pair/member-{member}").member for member in (0, 1)] == [0, 1]
    assert not np.array_equal(members[0].probabilities, members[1].probabilities)
    partitions = [divide(data, of_member.config).validation.tolist() for of_member in members]
    assert not set(partitions[0]) & set(partitions[1])
    assert ensemble.probabilities == _mean_of(members)
    assert ensemble.config == recipe
    assert predictions.load(tmp_path / "pair" / predictions.FILE).config == recipe
    assert counts == sorted(counts)
    assert counts[-1] == 2


def test_each_member_starts_from_the_same_member_of_the_run_that_it_names(data: Dataset, tmp_path: Path) -> None:
    first = QUICK.model_copy(update={"name": "first", "members": 2, "keep": "last"})
    second = first.model_copy(update={"name": "second", "start_from": "first/member-{member}"})
    cross_validation.run_all([first, second], data, tmp_path, lambda *_: None)
    heads = {}
    model = networks.build("residual", height=64, width=96, classes=7)
    for name in ("first", "second"):
        for member in (0, 1):
            model.load_weights(tmp_path / name / f"member-{member}" / BEST)
            heads[name, member] = model.get_layer("logits").get_weights()[0]
    for member in (0, 1):
        assert heads["second", member] == pytest.approx(heads["first", member], abs=1e-6)
    assert heads["second", 0] != pytest.approx(heads["second", 1], abs=1e-3)


def test_a_member_never_starts_from_a_run_with_other_partitions(data: Dataset, tmp_path: Path) -> None:
    first = QUICK.model_copy(update={"name": "first", "members": 2, "seed": 1})
    cross_validation.run_members(first, [0], data, tmp_path, lambda *_: None)
    second = first.model_copy(update={"name": "second", "start_from": "first/member-{member}", "seed": 2})
    with pytest.raises(RunError, match="other partitions than member 0 of second: another seed"):
        cross_validation.run_all([second], data, tmp_path, lambda *_: None)
    with pytest.raises(RunError, match=r"starts from .*member-1, which was not trained yet"):
        cross_validation.run_members(second, [1], data, tmp_path, lambda *_: None)


def test_processes_can_share_the_members_of_a_run(data: Dataset, tmp_path: Path) -> None:
    recipe = QUICK.model_copy(update={"name": "pair", "members": 2})
    counts: list[float] = []
    for member in (1, 0):
        cross_validation.run_members(
            recipe, [member], data, tmp_path, lambda _config, _line, epochs: counts.append(epochs)
        )
    before = len(counts)
    (ensemble,) = cross_validation.run_all(
        [recipe], data, tmp_path, lambda _config, _line, epochs: counts.append(epochs)
    )
    assert counts[before:] == [2]
    members = [predictions.load(tmp_path / "pair" / f"member-{member}" / predictions.FILE) for member in (0, 1)]
    assert ensemble.probabilities == _mean_of(members)


@pytest.mark.parametrize(
    "changes", [{}, {"members": 2}, {"members": 8, "snapshot_ensemble": True, "start_from": "first"}]
)
def test_members_that_do_not_stand_alone_are_refused(data: Dataset, tmp_path: Path, changes: dict[str, object]) -> None:
    with pytest.raises(SplitError, match="has no members 7 that stand alone"):
        cross_validation.run_members(QUICK.model_copy(update=changes), [7], data, tmp_path, lambda *_: None)


@pytest.mark.usefixtures("trained")
def test_a_snapshot_ensemble_goes_on_from_member_to_member_and_its_start_predicts_too(
    runs: Path, data: Dataset, trained: list[Predictions], monkeypatch: pytest.MonkeyPatch
) -> None:
    first = CHOSEN[1]
    recipe = first.model_copy(
        update={"name": "chain", "members": 2, "snapshot_ensemble": True, "start_from": first.name}
    )
    begun: list[Path | None] = []

    def fit(*words: Any, start: Path | None = None, **more: Any) -> Path:
        begun.append(start)
        return _fit(*words, **more, start=start)  # type: ignore[misc] # mypy counts *words as all there are

    monkeypatch.setattr(fitting, "fit", fit)
    (ensemble,) = cross_validation.run_all([recipe], data, runs, lambda *_: None)
    assert begun == [runs / first.name, runs / "chain" / "member-0"]
    members = [predictions.load(runs / "chain" / f"member-{member}" / predictions.FILE) for member in (0, 1)]
    # Next to nothing is learned: the weights that came from the start are still those of all.
    for of_member in (*members, ensemble):
        assert of_member.probabilities == pytest.approx(trained[1].probabilities, abs=0.02)
    for member in (0, 1):
        run = _member(runs, f"chain/member-{member}")
        assert (divide(data, run).validation == divide(data, first).validation).all()
    by_network = [trained[1], *members]
    assert ensemble.probabilities == _mean_of(by_network)


@pytest.mark.usefixtures("trained")
def test_a_run_predicts_its_validation_partition_and_a_snapshot_ensemble_with_its_start(
    runs: Path, data: Dataset
) -> None:
    first = CHOSEN[1]
    alone = cross_validation.validate(first, data, runs)
    rows = divide(data, first).validation
    assert list(alone.samples) == list(data.table["sample"].iloc[rows])
    ensemble_recipe = first.model_copy(update={"name": "next", "snapshot_ensemble": True, "start_from": first.name})
    cross_validation.run_all([ensemble_recipe], data, runs, lambda *_: None)
    member = predictions.predict_partition(runs / "next" / "member-0", data, "validation")
    together = cross_validation.validate(ensemble_recipe, data, runs)
    assert together.config == ensemble_recipe
    assert together.probabilities == pytest.approx((alone.probabilities + member.probabilities) / 2, abs=1e-6)


def test_out_of_fold_each_person_is_predicted_by_the_network_that_does_not_know_them(
    data: Dataset, tmp_path: Path
) -> None:
    person = data.table["record"].to_numpy(dtype=object, copy=True)
    person[person == "101"] = np.array(["101", "108", "116"])[np.arange((person == "101").sum()) % 3]
    people = replace(data, table=data.table.assign(record=person, patient=person), digest="1" * 64)
    recipe = QUICK.model_copy(
        update={"name": "all", "protocol": "inter-patient", "members": 8, "validation": "out-of-fold"}
    )
    cross_validation.run_all([recipe], people, tmp_path, lambda *_: None)
    ensemble = cross_validation.validate(recipe, people, tmp_path)
    assert ensemble.config == recipe
    assert set(ensemble.records) == {"101", "108", "112", "116"}
    members = [tmp_path / "all" / f"member-{member}" for member in range(8)]
    validated = [predictions.predict_partition(member, people, "validation").probabilities for member in members]
    means = [(first + second) / 2 for first, second in zip(validated[:4], validated[4:], strict=True)]
    assert ensemble.probabilities == pytest.approx(np.concatenate(means), abs=1e-6)


def test_another_fold_validates_on_what_a_fold_tests_and_learns_from_neither(data: Dataset) -> None:
    folds = cross_validation.runs_of(RECIPE)
    for fold in folds:
        theirs = divide(data, folds[validator_of(fold.fold)])
        tested = divide(data, fold).test
        assert (theirs.validation == tested).all()
        assert not set(theirs.train) & set(tested)


def test_the_other_fold_predicts_too_calibrated_on_beats_of_its_own_test_partition(
    data: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recipe = QUICK.model_copy(update={"keep": "last"})
    folds = [fold for fold in cross_validation.runs_of(recipe) if fold.fold in (1, 2)]
    other_fold, fold = folds
    own = cross_validation.run_all(folds, data, tmp_path, lambda *_: None)[1]
    theirs = predictions.predict_partition(tmp_path / other_fold.name, data, "validation", calibrated_on="test")
    ensemble = cross_validation.cross_fold_ensemble(fold, data, tmp_path)
    assert (ensemble.config.name, ensemble.config.cross_fold_networks) == ("tiny-neighbours.fold-2", 1)
    assert list(ensemble.samples) == list(own.samples)
    assert ensemble.probabilities == pytest.approx((own.probabilities + theirs.probabilities) / 2, abs=1e-3)

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("stored predictions were computed again")

    monkeypatch.setattr(predictions, "predict_partition", refuse)
    again = cross_validation.cross_fold_ensemble(fold, data, tmp_path)
    assert again.probabilities == pytest.approx(ensemble.probabilities, abs=1e-3)


@pytest.mark.usefixtures("trained")
@pytest.mark.parametrize("keep", ["best", "last"])
def test_what_the_other_fold_s_snapshot_ensemble_started_from_predicts_if_its_weights_were_not_chosen(
    runs: Path, data: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, keep: str
) -> None:
    calls: list[tuple[str, str]] = []
    by_network = predictions.load(runs / CHOSEN[1].name / predictions.FILE)

    def note(run: Path, _data: Dataset, partition: str = "test", **_: object) -> Predictions:
        calls.append((run.relative_to(tmp_path).as_posix(), partition))
        return by_network

    monkeypatch.setattr(predictions, "predict_partition", note)
    monkeypatch.setattr(predictions, "predict", note)
    start = QUICK.model_copy(update={"name": "first.fold-9", "fold": 9, "keep": keep})
    (tmp_path / start.name).mkdir()
    recipe_files.write(start, tmp_path / start.name / "config.yaml")
    ensemble_recipe = QUICK.model_copy(
        update={
            "name": "links.fold-5",
            "fold": 5,
            "snapshot_ensemble": True,
            "start_from": "first.fold-5",
            "keep": "last",
        }
    )
    ensemble = cross_validation.cross_fold_ensemble(ensemble_recipe, data, tmp_path)
    assert calls[:2] == [("first.fold-5", "test"), ("links.fold-5/member-0", "test")]
    begun = [("first.fold-9", "validation")] if keep == "last" else []
    assert calls[2:] == [*begun, ("links.fold-9/member-0", "validation")]
    assert ensemble.config.cross_fold_networks == len(calls[2:])


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({}, "chosen by validation"),
        ({"keep": "last", "members": 2}, "no other fold's networks"),
        ({"keep": "last", "protocol": "chronological-70-30"}, "no other fold's networks"),
    ],
    ids=["chosen on the beats that are asked about", "members validate on different parts", "no folds"],
)
def test_another_fold_that_may_not_predict_is_refused(
    data: Dataset, tmp_path: Path, changes: dict[str, object], message: str
) -> None:
    with pytest.raises(SplitError, match=message):
        cross_validation.cross_fold_ensemble(RECIPE.model_copy(update=changes), data, tmp_path)


def test_the_other_fold_must_have_been_trained(data: Dataset, tmp_path: Path) -> None:
    recipe = QUICK.model_copy(update={"keep": "last"})
    fold = cross_validation.runs_of(recipe)[0]
    cross_validation.run_all([fold], data, tmp_path, lambda *_: None)
    with pytest.raises(RunError, match=r"tiny\.fold-4 holds no trained weights"):
        cross_validation.cross_fold_ensemble(fold, data, tmp_path)


def test_a_fold_waits_for_its_start(data: Dataset, tmp_path: Path) -> None:
    with pytest.raises(RunError, match=r"starts from tiny\.start\.half-0"):
        cross_validation.run_all(CHOSEN[1:], data, tmp_path, lambda *_: None)
