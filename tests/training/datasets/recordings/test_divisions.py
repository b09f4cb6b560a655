"""Who trains and who is asked about."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from inference_server.models.recording_course import Course
from training.databases.divisions import DS1, DS2
from training.databases.mitdb import person_of
from training.datasets.recordings import divisions
from training.datasets.recordings.beat_set import Prepared


def _record(name: str, edit: str = "", database: str = "mitdb") -> Prepared:
    person = person_of(name) if database == "mitdb" else f"{database}-{name}"
    facts = {"database": database, "record": name, "person": person, "group": person, "edit": edit}
    course = Course(np.empty(0, np.float32), np.empty(0, np.bool_), np.empty(0, np.int16))
    none = np.empty(0, np.int64)
    return Prepared(facts, np.empty(0, "<U1"), np.empty(0, np.uint8), none, np.empty((0, 2), np.int64), course)


_NAMES = [*DS1.split(), *DS2.split(), "102", "104", "107", "217"]
_RECORDS = [_record(name, edit) for name in _NAMES for edit in ("", "early0")] + [
    _record(name, database="qtdb") for name in ("sel803", "sele0104")
]


def test_ds2_is_asked_about_by_a_network_that_knows_none_of_its_people() -> None:
    trains, tests = (function(_RECORDS, divisions.DS2) for function in (divisions.trains, divisions.tests))
    asked = {record.record for record, chosen in zip(_RECORDS, tests, strict=True) if chosen}
    assert asked == {*DS2.split(), "104", "217"}
    assert "201" not in {record.record for record, chosen in zip(_RECORDS, trains, strict=True) if chosen}
    assert trains[-2:].all(), "other databases train"


def test_what_is_chosen_for_ds2_is_chosen_without_its_people() -> None:
    for function, division in product((divisions.trains, divisions.tests), divisions.CHOICES):
        chosen = function(_RECORDS, division)
        assert not {record.record for record, own in zip(_RECORDS, chosen, strict=True) if own} & set(DS2.split())


def test_everybody_who_trains_for_ds2_is_asked_about_once_when_it_is_chosen() -> None:
    asked = np.sum([divisions.tests(_RECORDS, division) for division in divisions.CHOICES], axis=0)
    trains = divisions.trains(_RECORDS, divisions.DS2)
    real = np.array([not record.is_edited for record in _RECORDS])
    assert asked.tolist() == (trains & real).astype(int).tolist()


@pytest.mark.parametrize("division", divisions.DIVISIONS)
def test_nobody_is_asked_about_who_trains_and_edits_never_are(division: str) -> None:
    trains, tests = divisions.trains(_RECORDS, division), divisions.tests(_RECORDS, division)
    people = [
        {record.facts["person"] for record, own in zip(_RECORDS, chosen, strict=True) if own}
        for chosen in (trains, tests)
    ]
    assert not people[0] & people[1]
    assert not any(record.is_edited for record, own in zip(_RECORDS, tests, strict=True) if own)


def test_every_real_record_is_asked_about_in_one_fold() -> None:
    asked = np.sum([divisions.tests(_RECORDS, fold) for fold in divisions.FOLDS], axis=0)
    assert asked.tolist() == [0 if record.is_edited else 1 for record in _RECORDS]


def test_an_unknown_division_is_said_so() -> None:
    with pytest.raises(divisions.DivisionError, match="fold-9"):
        divisions.trains(_RECORDS, "fold-9")
