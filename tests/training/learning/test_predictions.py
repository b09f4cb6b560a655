"""Stored predictions: what they are, and that they come back."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from ecg.classes import CLASS_SETS
from tests.training.out_of_fold import Row, fold_of
from training.datasets.prepared_data import Dataset
from training.datasets.splits import divide
from training.learning import fitting, predictions
from training.learning.predictions import Predictions, PredictionsError
from training.learning.run import BEST, RunError
from training.recipes.provenance import RunConfig

CONFIG = RunConfig(
    name="tiny",
    protocol="inter-patient",
    epochs=1,
    batch_size=32,
    beats_per_patient_class_and_lead=6,
    augmented_fraction=0,
)


@pytest.fixture(scope="module")
def run(data: Dataset, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("runs") / CONFIG.name
    fitting.fit(CONFIG, data, folder, lambda _line: None)
    return folder


@pytest.fixture(scope="module")
def stored(run: Path, data: Dataset) -> Predictions:
    return predictions.predict(run, data)


def _sure(symbols: str, class_set: str = "seven") -> Predictions:
    """Predictions that are sure of the truth; of beats outside the class set they are unsure."""
    truth = predictions.label_indices(np.array(list(symbols)), class_set)
    count = len(CLASS_SETS[class_set])
    probabilities = np.where(truth[:, None] == np.arange(count), 0.9, 0.1 / (count - 1)).astype(np.float32)
    config = CONFIG.model_copy(update={"class_set": class_set})
    records = np.array(["100"] * len(symbols))
    return Predictions(config, records, np.arange(len(symbols)), np.array(list(symbols)), probabilities, majority=0)


def test_every_test_beat_is_predicted_and_so_are_the_test_people_s_other_beats(
    stored: Predictions, data: Dataset
) -> None:
    assert set(stored.records) == {"100"}
    assert (stored.truth >= 0).sum() == len(divide(data, CONFIG).test)
    assert set(stored.symbols[stored.truth < 0]) == {"F"}
    assert stored.probabilities.sum(axis=1) == pytest.approx(np.ones(len(stored.truth)), abs=1e-3)


def test_shuffled_protocols_predict_their_test_beats_only(data: Dataset) -> None:
    config = CONFIG.model_copy(update={"protocol": "beats-10fold"})
    partitions = divide(data, config)
    assert (predictions.tested_rows(data, partitions, config) == partitions.test).all()


def test_what_is_stored_is_read_instead_of_computed_again(run: Path, stored: Predictions, data: Dataset) -> None:
    nothing = Dataset(data.table, data.windows, data.pixels[:, :0], data.digest)
    again = predictions.predict(run, nothing)
    assert again.config == stored.config
    assert (again.records == stored.records).all()
    assert (again.samples == stored.samples).all()
    assert (again.symbols == stored.symbols).all()
    assert again.probabilities == pytest.approx(stored.probabilities, abs=5e-4)


def test_a_run_without_weights_and_other_data_are_refused(run: Path, data: Dataset, tmp_path: Path) -> None:
    with pytest.raises(RunError, match="no trained weights"):
        predictions.predict(tmp_path, data)
    for name in (BEST, "config.yaml", "data.json"):
        (tmp_path / name).write_bytes((run / name).read_bytes())
    with pytest.raises(RunError, match="not trained on this data set"):
        predictions.predict(tmp_path, replace(data, digest="another"))


@pytest.mark.parametrize("content", [None, b"", b"not an archive", b"PK\x03\x04 cut off"])
def test_a_file_without_predictions_is_named(content: bytes | None, tmp_path: Path) -> None:
    path = tmp_path / predictions.FILE
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(PredictionsError, match=predictions.FILE):
        predictions.load(path)


def test_an_archive_of_something_else_is_named(tmp_path: Path) -> None:
    np.savez(tmp_path / predictions.FILE, pixels=np.zeros(3))
    with pytest.raises(PredictionsError, match="holds no predictions"):
        predictions.load(tmp_path / predictions.FILE)


def test_probabilities_are_stored_in_half_precision_and_samples_exactly(tmp_path: Path) -> None:
    probabilities = np.array([[0.7, 0.29996, 0.00004, 0, 0, 0, 0], [1, 0, 0, 0, 0, 0, 0]], np.float32)
    written = replace(_sure("NL"), probabilities=probabilities, samples=np.array([650_000, 12]))
    written.save(tmp_path / predictions.FILE)
    read = predictions.load(tmp_path / predictions.FILE)
    assert read.samples.tolist() == [650_000, 12]
    assert (read.probabilities == (np.round(probabilities / predictions.STEP) * predictions.STEP).astype("f2")).all()
    assert read.probabilities.flags.c_contiguous


def test_what_version_0_5_stored_is_read(tmp_path: Path) -> None:
    sure = _sure("NLV")
    np.savez(
        tmp_path / predictions.FILE,
        config=np.array(sure.config.model_dump_json()),
        records=sure.records,
        samples=sure.samples.astype(np.int32),
        symbols=sure.symbols,
        probabilities=sure.probabilities.astype(np.float16),
        majority=np.array(sure.majority),
    )
    read = predictions.load(tmp_path / predictions.FILE)
    assert (read.samples == sure.samples).all()
    assert (read.probabilities == sure.probabilities.astype(np.float16)).all()


def test_an_ensemble_predicts_the_mean_of_their_probabilities() -> None:
    first = _sure("NL")
    second = replace(first, probabilities=first.probabilities[::-1])
    mean = predictions.averaged([first, second])
    assert mean.probabilities == pytest.approx((first.probabilities + second.probabilities) / 2)
    assert mean.probabilities.dtype == np.float32
    assert mean.probabilities.sum(axis=1) == pytest.approx([1, 1])


def _recipe(name: str, probabilities: list[float], **changes: object) -> Predictions:
    first = _sure("N")
    config = first.config.model_copy(update={"name": name, **changes})
    return replace(first, config=config, probabilities=np.array([probabilities], np.float32), shares=np.full(7, 1 / 7))


def test_recipes_are_averaged_each_network_counting_alike() -> None:
    pair = _recipe("pair", [0.4, 0.6, 0, 0, 0, 0, 0], members=2)
    six = _recipe("six", [0.8, 0.2, 0, 0, 0, 0, 0], members=4, snapshot_ensemble=True, cross_fold_networks=1)
    mean = predictions.across_recipes([pair, six], "both")
    assert mean.probabilities[0, :2] == pytest.approx([0.7, 0.3])
    assert mean.probabilities.dtype == np.float32
    assert (mean.config.name, mean.config.other_networks, mean.config.networks) == ("both", 6, 8)
    assert mean.config.model_copy(update={"name": "pair", "other_networks": 0}) == pair.config
    again = predictions.across_recipes([mean, _recipe("one", [0.7, 0.3, 0, 0, 0, 0, 0])], "all")
    assert (again.config.other_networks, again.config.networks) == (7, 9)


@pytest.mark.parametrize(
    ("second", "message"),
    [
        ({"validation": "out-of-fold", "members": 4}, "do not predict the same\\."),
        ({"protocol": "leave-one-patient-out"}, "do not predict the same\\."),
        ({"prior_correction": 0.5}, "Average first, then correct"),
    ],
)
def test_recipes_that_predict_something_else_are_not_averaged(second: dict[str, object], message: str) -> None:
    probabilities = [1.0, 0, 0, 0, 0, 0, 0]
    with pytest.raises(PredictionsError, match=message):
        predictions.across_recipes([_recipe("one", probabilities), _recipe("other", probabilities, **second)], "both")


def test_recipes_that_learned_from_other_people_are_not_averaged() -> None:
    first = _recipe("one", [1.0, 0, 0, 0, 0, 0, 0])
    for shares in (None, np.array([0.4, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1])):
        with pytest.raises(PredictionsError, match="same people"):
            predictions.across_recipes([first, replace(first, shares=shares)], "both")
    with pytest.raises(PredictionsError, match="did not predict the same beats"):
        predictions.across_recipes([first, replace(first, samples=first.samples + 1)], "both")


def test_nobody_carries_a_simulated_block(data: Dataset, tmp_path: Path) -> None:
    table = data.table.copy()
    theirs = (table["record"] == "101") & (table["symbol"] == "L")
    table.loc[theirs, "record"] = "left0-101"
    table.loc[theirs, "partition"] = "train"
    with_blocks = replace(data, table=table, digest="2" * 64)
    fitting.fit(CONFIG, with_blocks, tmp_path / CONFIG.name, lambda _line: None)
    shares = predictions.predict(tmp_path / CONFIG.name, with_blocks).shares
    # Two people of the training partition, who have every class between them, and one of them this one.
    assert shares == pytest.approx(np.array([2, 1, 2, 2, 2, 2, 2]) / 13)


def test_whose_beats_are_predicted_in_which_lead_comes_back(tmp_path: Path) -> None:
    folds = [
        fold_of([Row(f"mitdb-{fold}", "PVC", "PVC", lead="MLII"), Row(f"ludb-{fold}", "VF", "VF", lead="V1")], fold)
        for fold in range(2)
    ]
    joined = predictions.joined(folds)
    joined.save(tmp_path / "joined.npz")
    for predicted in (joined, predictions.load(tmp_path / "joined.npz")):
        assert predicted.whose is not None
        assert predicted.whose.people.tolist() == ["mitdb-0", "ludb-0", "mitdb-1", "ludb-1"]
        assert predicted.whose.databases.tolist() == ["mitdb", "ludb"] * 2
        chosen = predicted.only(predicted.whose.leads == "V1").whose
        assert chosen is not None
        assert chosen.people.tolist() == ["ludb-0", "ludb-1"]
    assert predictions.joined([folds[0], replace(folds[1], whose=None)]).whose is None


def test_prior_correction_weighs_rare_classes_up() -> None:
    first = _shuffled("NL")
    shares = np.array([0.8, 0.05, 0.05, 0.025, 0.025, 0.025, 0.025])
    unsure = np.tile([0.6, 0.3, 0.02, 0.02, 0.02, 0.02, 0.02], (2, 1)).astype(np.float32)
    first = replace(first, probabilities=unsure, shares=shares)
    assert (first.prior_corrected(0).probabilities.argmax(axis=1) == 0).all()
    assert first.prior_corrected(1).probabilities[0] == pytest.approx(
        unsure[0] / shares / (unsure[0] / shares).sum(), rel=1e-5
    )
    half = first.prior_corrected(0.5)
    assert (half.probabilities.argmax(axis=1) == 1).all()
    assert half.config.prior_correction == 0.5


def _shuffled(symbols: str) -> Predictions:
    sure = _sure(symbols)
    return replace(sure, config=sure.config.model_copy(update={"protocol": "beats-10fold"}))


def test_a_class_without_training_beats_does_not_spoil_the_prior_correction() -> None:
    first = replace(_shuffled("NL"), shares=np.array([0.9, 0.1, 0, 0, 0, 0, 0]))
    assert first.prior_corrected(0.5).probabilities.sum(axis=1) == pytest.approx([1, 1])


def test_prior_correction_needs_the_shares_of_the_training_partition(stored: Predictions, data: Dataset) -> None:
    with pytest.raises(PredictionsError, match="shares"):
        _shuffled("NL").prior_corrected(0.5)
    known = replace(_shuffled("NL"), shares=np.full(7, 1 / 7)).prior_corrected(0.5)
    with pytest.raises(PredictionsError, match="nothing more"):
        known.prior_corrected(0.5)  # weighed already
    with pytest.raises(PredictionsError, match="nothing more"):
        stored.prior_corrected(0.5)  # other people than those who trained
    # By person, those count who carry a class: two people, both of whom have every class.
    assert stored.shares == pytest.approx(np.full(7, 1 / 7))
    out_of_fold = stored.config.model_copy(update={"validation": "out-of-fold"})
    assert replace(stored, config=out_of_fold).prior_corrected(0.5).config.prior_correction == 0.5
    narrow = replace(_sure("NL/"), shares=np.array([0.4, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1])).within("six")
    assert narrow.shares == pytest.approx(np.array([4, 1, 1, 1, 1, 1]) / 9)


def test_networks_that_predicted_other_beats_have_no_mean() -> None:
    first = _sure("NL")
    with pytest.raises(PredictionsError, match="same beats"):
        predictions.averaged([first, replace(first, samples=first.samples + 1)])


def test_aami_s_classes_take_all_their_symbols() -> None:
    assert predictions.label_indices(np.array(list("NLRejAaJSVEF/f!")), "aami").tolist() == [
        *[0] * 5,
        *[1] * 4,
        *[2] * 2,
        *[-1] * 4,
    ]


def test_a_smaller_class_set_leaves_out_its_beats_and_adds_up_to_one() -> None:
    eight = _sure("NLRAV!/EF", "eight")
    seven = eight.within("seven")
    assert "".join(seven.symbols) == "NLRAV!/F"
    assert seven.probabilities.shape == (8, 7)
    assert seven.probabilities.sum(axis=1) == pytest.approx(np.ones(8))
    assert seven.config.class_set == "seven"
    known = seven.truth >= 0
    assert (seven.probabilities.argmax(axis=1) == seven.truth)[known].all()
    assert "".join(eight.within("six").symbols) == "NLRAV!F"


def test_the_majority_baseline_is_stored(stored: Predictions, data: Dataset) -> None:
    labels = data.labels(CLASS_SETS["seven"])
    counts = np.bincount(labels[divide(data, CONFIG).train])
    assert counts[stored.majority] == counts.max()


def test_a_class_set_that_the_run_does_not_know_is_refused() -> None:
    with pytest.raises(ValueError, match="eight is not part of seven"):
        _sure("NL").within("eight")
