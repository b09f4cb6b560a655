from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import wfdb

from ecg.classes import CLASS_SETS
from training.databases import divisions as division
from training.databases.marked.mitdb import patient_of
from training.datasets import splits
from training.datasets.prepared_data import Dataset
from training.datasets.splits import Split, SplitError, divide, split
from training.recipes.provenance import RunConfig


def _beats(data: Dataset, rows: np.ndarray) -> set[tuple[str, int]]:
    return set(data.table.iloc[rows][["record", "sample"]].itertuples(index=False, name=None))


def _patients(records: Sequence[str]) -> set[str]:
    return {patient_of(record) for record in records}


@pytest.fixture(scope="module")
def labels(data: Dataset) -> np.ndarray:
    return data.labels(CLASS_SETS["seven"])


@pytest.fixture(scope="module")
def folded(data: Dataset, labels: np.ndarray) -> list[Split]:
    return [split(data.table, labels, "beats-10fold", fold=fold, seed=1) for fold in range(splits.FOLDS)]


def test_no_person_is_in_two_partitions_of_inter_patient() -> None:
    train, test = _patients(division.TRAINING_RECORDS), _patients(division.TEST_RECORDS)
    assert not train & test
    known = {*division.TRAINING_RECORDS, *division.FIBRILLATION_TRAINING_RECORDS, *division.VALIDATION_RECORDS}
    assert not known & {*division.TEST_RECORDS, *division.FIBRILLATION_TEST_RECORDS}
    assert "201" in test
    assert "201" not in division.TRAINING_RECORDS


def test_inter_patient_uses_every_record_but_the_one_left_out() -> None:
    assert len({*division.TRAINING_RECORDS, *division.TEST_RECORDS, *division.LEFT_OUT_RECORDS}) == 48


def test_inter_patient_divides_by_record(data: Dataset, labels: np.ndarray) -> None:
    partitions = split(data.table, labels, "inter-patient")
    records = data.table["record"].to_numpy(dtype=str)
    assert set(records[partitions.train]) == {"101"}
    assert set(records[partitions.validation]) == {"112"}
    assert set(records[partitions.test]) == {"100"}


def test_networks_of_an_ensemble_validate_on_different_people_and_never_test_others() -> None:
    groups = [set(group) for group in division.VALIDATION_GROUPS]
    assert len(set.union(*groups)) == sum(map(len, groups))
    assert set.union(*groups) <= {
        *division.TRAINING_RECORDS,
        *division.FIBRILLATION_TRAINING_RECORDS,
        *division.VALIDATION_RECORDS,
    }
    table = _table_of(division.TRAINING_RECORDS, division.TEST_RECORDS)
    for member, group in enumerate(groups):
        partitions = split(table, np.zeros(len(table), dtype=np.int64), "inter-patient", member=member)
        assert set(table["record"].iloc[partitions.validation]) == group & set(division.TRAINING_RECORDS)
        assert set(table["record"].iloc[partitions.test]) == set(division.TEST_RECORDS)
        assert set(table["record"].iloc[partitions.train]) == set(division.TRAINING_RECORDS) - group


def test_recordings_edited_from_those_of_validating_people_take_no_part() -> None:
    table = _table_of(division.TRAINING_RECORDS, division.TEST_RECORDS)
    edited = table[table["record"].isin(division.TRAINING_RECORDS)].assign(
        record=lambda rows: "early0-" + rows["record"], partition="train"
    )
    table = pd.concat([table, edited], ignore_index=True)
    partitions = split(table, np.zeros(len(table), dtype=np.int64), "inter-patient", member=2)
    group = set(division.VALIDATION_GROUPS[2])
    assert not set(table["patient"].iloc[partitions.train]) & group
    assert not table["record"].iloc[partitions.validation].str.startswith("early").any()
    assert table["record"].iloc[partitions.train].str.startswith("early").any()


def _table_of(*records: Sequence[str]) -> pd.DataFrame:
    """One beat in one lead of each record."""
    names = [name for some in records for name in some]
    return pd.DataFrame(
        {"record": names, "patient": [patient_of(name) for name in names], "sample": 0, "symbol": "N"}
    ).assign(lead="MLII", primary=True, partition="")


def test_members_of_a_fold_test_the_same_beats_and_validate_on_others(data: Dataset, labels: np.ndarray) -> None:
    members = [split(data.table, labels, "beats-10fold", fold=3, seed=1, member=member) for member in range(4)]
    validated: set[int] = set()
    for partitions in members:
        assert (partitions.test == members[0].test).all()
        assert not validated & set(partitions.validation.tolist())
        validated |= set(partitions.validation.tolist())


def test_the_two_leads_of_a_beat_never_part(data: Dataset, folded: list[Split]) -> None:
    for partitions in folded:
        train, validation, test = (
            _beats(data, rows) for rows in (partitions.train, partitions.validation, partitions.test)
        )
        assert not train & test
        assert not train & validation
        assert not validation & test


def test_ten_folds_test_every_beat_exactly_once(data: Dataset, labels: np.ndarray, folded: list[Split]) -> None:
    tested = np.concatenate([partitions.test for partitions in folded])
    primary = data.table["primary"].to_numpy(dtype=bool)
    assert sorted(tested) == list(np.flatnonzero((labels >= 0) & primary))


def test_folds_are_stratified(labels: np.ndarray, folded: list[Split]) -> None:
    for partitions in folded:
        counts = np.bincount(labels[partitions.test], minlength=7)
        assert counts.max() - counts.min() <= 1


def test_only_primary_leads_are_scored_and_all_leads_train(data: Dataset, folded: list[Split]) -> None:
    primary = data.table["primary"].to_numpy(dtype=bool)
    partitions = folded[0]
    assert primary[partitions.test].all()
    assert primary[partitions.validation].all()
    assert 0 < primary[partitions.train].sum() < len(partitions.train)


def test_a_seed_gives_the_same_division_again(data: Dataset, labels: np.ndarray, folded: list[Split]) -> None:
    again = split(data.table, labels, "beats-10fold", fold=0, seed=1)
    other = split(data.table, labels, "beats-10fold", fold=0, seed=2)
    assert (again.test == folded[0].test).all()
    assert not np.array_equal(other.test, folded[0].test)


def test_unlabelled_beats_take_no_part(labels: np.ndarray, folded: list[Split]) -> None:
    for rows in (folded[0].train, folded[0].validation, folded[0].test):
        assert (labels[rows] >= 0).all()


@pytest.mark.parametrize(
    ("protocol", "fold", "sentence"),
    [("by-moon", 0, "no protocol"), ("beats-10fold", 10, "Fold 10"), ("as-given", 0, "class folders")],
)
def test_what_does_not_fit_is_said(data: Dataset, labels: np.ndarray, protocol: str, fold: int, sentence: str) -> None:
    with pytest.raises(SplitError, match=sentence):
        split(data.table, labels, protocol, fold=fold)


def test_a_partition_without_beats_is_an_error(data: Dataset, labels: np.ndarray) -> None:
    table: pd.DataFrame = data.table.assign(record="101")
    with pytest.raises(SplitError, match="has no beats"):
        split(table, labels, "inter-patient")


MITDB_RECORDS = [*division.DS1.split(), *division.DS2.split(), "102", "104", "107", "217"]
VFDB_RECORDS = [*division.FIBRILLATION_TRAINING_RECORDS, *division.FIBRILLATION_TEST_RECORDS, "429"]


@pytest.fixture(scope="module")
def everyone() -> pd.DataFrame:
    """Beats of each class in two leads, of every person of all three databases; some of PTB-XL's have two records."""
    people = [(record, patient_of(record), "") for record in MITDB_RECORDS]
    people += [(record, f"vfdb-{record}", "") for record in VFDB_RECORDS]
    partitions = {1: "train", 2: "train", 8: "validation", 9: "test", 10: "test"}
    people += [(f"ptbxl-{fold:05d}", f"ptbxl-{900 + fold // 3}", partition) for fold, partition in partitions.items()]
    rows = [
        (patient, record, 500 * beat, symbol, lead, lead == "a", partition)
        for record, patient, partition in people
        for beat, symbol in enumerate("NLRAV!/" * 2)
        for lead in "ab"
    ]
    columns = ["patient", "record", "sample", "symbol", "lead", "primary", "partition"]
    return pd.DataFrame(rows, columns=columns)


def _labels_of(table: pd.DataFrame) -> np.ndarray:
    index = {beat_class.symbol: number for number, beat_class in enumerate(CLASS_SETS["seven"])}
    return table["symbol"].map(lambda symbol: index.get(symbol, -1)).to_numpy(dtype=np.int64)


def _people(table: pd.DataFrame, partitions: Split) -> list[set[str]]:
    return [set(table["patient"].iloc[rows]) for rows in (partitions.train, partitions.validation, partitions.test)]


def test_nobody_of_three_databases_is_in_two_partitions_of_inter_patient(everyone: pd.DataFrame) -> None:
    partitions = split(everyone, _labels_of(everyone), "inter-patient")
    train, validation, test = _people(everyone, partitions)
    assert not train & validation
    assert not train & test
    assert not validation & test
    assert "201" in test  # by record 202; his other record takes part nowhere
    assert "201" not in set(
        everyone["record"].iloc[np.concatenate([partitions.train, partitions.validation, partitions.test])]
    )
    assert len(train | validation | test) == everyone["patient"].nunique()


def test_each_person_of_the_training_partition_validates_once_and_synthetic_beats_never(everyone: pd.DataFrame) -> None:
    trains = everyone["record"].isin(division.TRAINING_RECORDS)
    edited = everyone[trains].assign(record=lambda rows: "runs2-" + rows["record"], partition="train")
    learns = everyone["patient"].str.startswith("ptbxl") & (everyone["partition"] == "train")
    rotated = everyone[learns].assign(record=lambda rows: rows["record"].str.replace("ptbxl-", "ptbxl-turned0-"))
    table = pd.concat([everyone, edited, rotated], ignore_index=True)
    synthetic = table["record"].str.contains("runs2|turned").to_numpy()
    members = [split(table, _labels_of(table), "inter-patient", member=number, out_of_fold=True) for number in range(4)]
    validated: list[str] = []
    for partitions in members:
        train, validation, test = _people(table, partitions)
        assert not train & validation
        assert not (train | validation) & test
        assert not synthetic[partitions.validation].any()
        assert not synthetic[partitions.test].any()
        assert train | validation == set(table["patient"]) - test
        validated += validation
    assert len(validated) == len(set(validated))
    assert set(validated) == set(table["patient"]) - test
    for person in ("109", "207", "102", "107", "118", "124"):
        assert person in validated
    assert synthetic[np.concatenate([partitions.train for partitions in members])].any()


def test_simulated_blocks_lie_where_the_beats_do_that_they_come_from(data: Dataset) -> None:
    normal = data.table[data.table["symbol"] == "N"]
    with_block = normal.assign(record=lambda rows: "left0-" + rows["record"], symbol="L", partition="train")
    with_block["sample"] += 9  # the R peak is another one
    far = with_block.assign(record=lambda rows: rows["record"].str.replace("left0", "left1"))
    far["sample"] += 60
    table = pd.concat([data.table, with_block, far], ignore_index=True)
    plain_labels, labels = (_labels_of(part) for part in (data.table, table))
    learned: list[tuple[str, int]] = []
    for fold in range(splits.FOLDS):
        before = split(data.table, plain_labels, "beats-10fold", fold=fold, seed=1)
        partitions = split(table, labels, "beats-10fold", fold=fold, seed=1)
        assert (partitions.test == before.test).all()
        assert (partitions.validation == before.validation).all()
        synthetic = table.iloc[partitions.train[partitions.train >= len(data.table)]]
        assert not synthetic["record"].str.startswith("left1").any()  # of no beat that is known
        origins = set(zip(synthetic["record"].str[6:], synthetic["sample"] - 9, strict=True))
        trained = table.iloc[partitions.train[partitions.train < len(data.table)]]
        assert origins == set(trained.loc[trained["symbol"] == "N", ["record", "sample"]].itertuples(False, None))
        learned += origins
    assert len(set(learned)) == len(set(normal[["record", "sample"]].itertuples(False, None)))


def test_who_validates_does_not_depend_on_synthetic_beats(everyone: pd.DataFrame) -> None:
    learns = everyone["patient"].str.startswith("ptbxl") & (everyone["partition"] == "train")
    with_block = everyone[learns].assign(
        record=lambda rows: rows["record"].str.replace("ptbxl-", "ptbxl-left0-"), symbol="L"
    )
    table = pd.concat([everyone, with_block], ignore_index=True)
    for member in range(4):
        before, after = (
            split(one, _labels_of(one), "inter-patient", member=member, out_of_fold=True) for one in (everyone, table)
        )
        assert (before.validation == after.validation).all()


def test_ptb_xl_s_people_of_each_class_are_divided_evenly_between_those_who_validate() -> None:
    symbols = "N" * 40 + "L" * 8
    table = _table_of([f"ptbxl-{number:05d}" for number in range(48)], division.TEST_RECORDS)
    table["patient"] = [name if name.startswith("ptbxl") else patient_of(name) for name in table["record"]]
    table["symbol"] = [*symbols, *"N" * len(division.TEST_RECORDS)]
    table["partition"] = np.where(table["record"].str.startswith("ptbxl"), "train", "")
    for member in range(4):
        partitions = split(table, _labels_of(table), "inter-patient", member=member, out_of_fold=True)
        counts = table["symbol"].iloc[partitions.validation].value_counts()
        assert (counts["N"], counts["L"]) == (10, 2)


@pytest.mark.parametrize("person", sorted({person for people in division.CARRIERS.values() for person in people}))
def test_the_held_out_person_is_nowhere_else(everyone: pd.DataFrame, person: str) -> None:
    partitions = split(everyone, _labels_of(everyone), "leave-one-patient-out", held_out=person)
    train, validation, test = _people(everyone, partitions)
    assert test == {person}
    assert person not in train | validation
    assert not train & validation


@pytest.mark.parametrize("person", ["109", "111"])
def test_synthetic_beats_of_the_held_out_and_of_those_who_validate_take_no_part(
    everyone: pd.DataFrame, person: str
) -> None:
    trains = everyone["record"].isin(division.TRAINING_RECORDS)
    edited = everyone[trains].assign(record=lambda rows: "runs2-" + rows["record"], partition="train")
    table = pd.concat([everyone, edited], ignore_index=True)
    partitions = split(table, _labels_of(table), "leave-one-patient-out", held_out=person)
    synthetic = table["record"].str.startswith("runs2").to_numpy()
    assert not synthetic[np.concatenate([partitions.validation, partitions.test])].any()
    learned = set(table["patient"].iloc[partitions.train[synthetic[partitions.train]]])
    assert learned == set(edited["patient"]) - {person, *division.VALIDATION_RECORDS}


def test_holding_out_a_man_of_two_records_holds_out_both(everyone: pd.DataFrame) -> None:
    partitions = split(everyone, _labels_of(everyone), "leave-one-patient-out", held_out="201")
    assert set(everyone["record"].iloc[partitions.test]) == {"201", "202"}
    assert not {"201", "202"} & set(everyone["record"].iloc[np.concatenate([partitions.train, partitions.validation])])


def test_a_person_who_is_not_there_can_not_be_held_out(everyone: pd.DataFrame) -> None:
    with pytest.raises(SplitError, match="no person '999'"):
        split(everyone, _labels_of(everyone), "leave-one-patient-out", held_out="999")


def test_every_carrier_has_beats_of_the_class_in_real_recordings(mitdb: Path) -> None:
    for short, people in division.CARRIERS.items():
        symbol = next(beat_class.symbol for beat_class in CLASS_SETS["seven"] if beat_class.short == short)
        for person in people:
            assert symbol in wfdb.rdann(str(mitdb / person), "atr").symbol


def test_a_half_has_seen_nothing_of_the_other_half_s_folds(data: Dataset, labels: np.ndarray) -> None:
    for half in (0, 1):
        partitions = split(data.table, labels, "beats-half", fold=half, seed=1)
        learned = _beats(data, partitions.train) | _beats(data, partitions.validation)
        for fold in range(half * splits.HALF, (half + 1) * splits.HALF):
            own = split(data.table, labels, "beats-10fold", fold=fold, seed=1)
            assert not learned & (_beats(data, own.test) | _beats(data, own.validation))


def test_there_is_no_third_half(data: Dataset, labels: np.ndarray) -> None:
    with pytest.raises(SplitError, match="Half 2"):
        split(data.table, labels, "beats-half", fold=2)


def test_chronological_tests_the_end_of_each_class_in_each_record(data: Dataset, labels: np.ndarray) -> None:
    partitions = split(data.table, labels, "chronological-70-30")
    table = data.table.assign(partition="none")
    for name in ("train", "validation", "test"):
        table.loc[getattr(partitions, name), "partition"] = name
    for _, group in table[(table["partition"] != "none") & table["primary"]].groupby(["record", "symbol"]):
        ordered = group.sort_values("sample")["partition"].tolist()
        assert ordered == sorted(ordered, key=["train", "validation", "test"].index)
        assert ordered.count("test") == pytest.approx(0.3 * len(ordered), abs=1)
    assert not _beats(data, partitions.train) & (_beats(data, partitions.validation) | _beats(data, partitions.test))


def test_a_run_on_primary_leads_alone_trains_on_those(data: Dataset) -> None:
    both = divide(data, RunConfig(name="both"))
    primary_only = divide(data, RunConfig(name="one", leads="primary"))
    primary = data.table["primary"].to_numpy(dtype=bool)
    assert primary[primary_only.train].all()
    assert set(primary_only.train) < set(both.train)
    assert (primary_only.test == both.test).all()
