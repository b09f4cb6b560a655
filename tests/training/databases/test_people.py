"""Nobody is in two folds, whoever comes later, and carriers of rare classes are in all."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from training.databases import people
from training.databases.database import Entry, RecordsError
from training.databases.labels import RARE, Label
from training.databases.registry import DATABASES


def _entry(person: str, *labels: Label, group: str = "", database: str = "one", record: int = 0) -> Entry:
    return Entry(database, f"{person}-{record}", person, Path(person), group=group, labels=frozenset(labels))


def _crowd() -> list[Entry]:
    """Three databases; every tenth person carries a block, every fourth extra beats, some have two records."""
    entries = []
    for database, count in (("one", 47), ("two", 150), ("three", 90)):
        for number in range(count):
            labels = [Label.NORMAL]
            labels += [Label.LBBB] if number % 10 == 0 else []
            labels += [Label.PVC] if number % 4 == 1 else []
            records = range(1 + (number % 7 == 0))
            entries += [_entry(f"{database}-{number}", *labels, database=database, record=record) for record in records]
    return entries


def test_every_group_has_one_fold_and_carriers_are_spread_evenly() -> None:
    entries = _crowd()
    folds = people.divided(entries, {})
    assert folds.keys() == {entry.group for entry in entries}
    for label in (Label.LBBB, Label.PVC):
        carriers = {entry.group for entry in entries if label in entry.labels}
        counts = [sum(folds[group] == fold for group in carriers) for fold in range(people.FOLDS)]
        assert max(counts) - min(counts) <= 2
    for database in ("one", "two", "three"):
        own = {entry.group for entry in entries if entry.database == database}
        counts = [sum(folds[group] == fold for group in own) for fold in range(people.FOLDS)]
        assert max(counts) - min(counts) <= max(3, len(own) // 20)


def test_the_order_of_records_decides_nothing() -> None:
    entries = _crowd()
    shuffled = entries.copy()
    random.Random(5).shuffle(shuffled)  # noqa: S311 - an order, no secret
    assert people.divided(entries, {}) == people.divided(shuffled, {})


def test_neither_a_new_database_nor_a_missing_one_moves_anybody() -> None:
    entries = _crowd()
    before = people.divided(entries[:120], {})
    after = people.divided(entries, before)
    assert all(after[group] == fold for group, fold in before.items())
    assert people.divided(entries[60:], after).items() <= after.items()


def test_people_whom_nobody_can_tell_apart_are_in_one_fold() -> None:
    entries = [_entry(f"one-{number}", Label.AF, group="unknown") for number in range(20)]
    assert len(people.divided(entries, {})) == 1


def test_nobody_is_divided_where_nobody_is() -> None:
    assert people.divided([], {}) == {}


def test_who_stands_in_no_table_has_the_fold_of_the_name() -> None:
    folds = [people.fold_of(f"somebody-{number}", {}) for number in range(200)]
    assert set(folds) == set(range(people.FOLDS))
    assert folds == [people.fold_of(f"somebody-{number}", {}) for number in range(200)]
    assert people.fold_of("somebody-1", {"somebody-1": 3}) == 3


@pytest.mark.parametrize("text", ["group,fold\na,five\n", "name,number\na,1\n", "group,fold\na,5\n"])
def test_a_damaged_table_is_refused(text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "folds.csv"
    path.write_text(text)
    monkeypatch.setattr(people, "_TABLE", path)
    with pytest.raises(RecordsError, match=r"folds\.csv"):
        people.stored_folds()


def test_a_stored_table_is_read_as_it_was_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(people, "_TABLE", tmp_path / "folds.csv")
    people.store_folds({"b": 4, "a": 0})
    assert (tmp_path / "folds.csv").read_text() == "group,fold\na,0\nb,4\n"
    assert people.stored_folds() == {"a": 0, "b": 4}


def test_the_committed_folds_have_carriers_of_fibrillation_everywhere() -> None:
    """Eight people of one database and one of another carry it."""
    carriers = [
        *(f"vfdb-{record}" for record in ("418", "419", "422", "424", "426", "429", "430", "609")),
        "mitdb-207",
    ]
    folds = people.stored_folds()
    assert {folds[person] for person in carriers} == set(range(people.FOLDS))


def _real_entries() -> list[Entry]:
    entries = [entry for database in DATABASES.values() if database.is_set for entry in database.entries()]
    if not entries:
        pytest.skip("needs a database: set MITDB_DIR or another one's setting to its folder")
    return entries


def test_no_real_person_is_in_two_folds_and_everybody_stands_in_the_table() -> None:
    entries, folds = _real_entries(), people.stored_folds()
    assert {entry.group for entry in entries} <= folds.keys()
    of_person: dict[str, set[int]] = {}
    for entry in entries:
        of_person.setdefault(entry.person, set()).add(people.fold_of(entry.group, folds))
    assert all(len(of_one) == 1 for of_one in of_person.values())


def test_every_fold_asks_about_real_carriers_of_every_rare_class() -> None:
    if not all(database.is_set for database in DATABASES.values()):
        pytest.skip("needs all databases: set each one's setting to its folder")
    by_label = people.carriers(_real_entries())
    assert all(by_label[label][fold] for label in RARE for fold in range(people.FOLDS))
