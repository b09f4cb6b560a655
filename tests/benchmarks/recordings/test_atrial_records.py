"""Records of twelve leads as a whole: atrial fibrillation by a fit of other people."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from benchmarks.recordings import atrial_records
from benchmarks.recordings.atrial_records import AtrialRecords
from ecg.features.atrial import ATRIAL
from ecg.rhythm.atrial_fibrillation import NUMBERS
from training.databases.database import Entry
from training.databases.labels import Label

COUNT = len(NUMBERS) + len(ATRIAL)


def measured() -> AtrialRecords:
    """80 records told by their first number, a flutter that looks like fibrillation, one with too few beats."""
    generator = np.random.default_rng(0)
    made = AtrialRecords()
    for number in range(82):
        label = Label.AFL if number == 80 else Label.AF if number % 2 or number == 81 else Label.NORMAL
        numbers = generator.normal(0, 0.1, COUNT)
        numbers[0] += 0 if label is Label.NORMAL else 5
        made.numbers.append(np.full(COUNT, np.nan) if number == 81 else numbers)
        made.fibrillates.append(label is Label.AF)
        made.flutters.append(label is Label.AFL)
        made.entries.append(Entry("ludb", str(number), f"made-{number}", Path("1.hea"), labels=frozenset({label})))
    return made


def test_each_person_is_told_by_a_fit_of_the_others_and_what_is_unknown_is_not_called_so() -> None:
    called = atrial_records.by_person(measured(), slice(None))
    assert called[:80].tolist() == [False, True] * 40
    assert not called[81]


def test_flutter_stands_apart_and_a_record_with_too_few_beats_is_missed() -> None:
    table = [row for row in atrial_records.rows(measured()) if row[1] == "intervals and P waves, by person"]
    of_all = next(row for row in table if row[0] == "all")
    assert of_all[2:4] == [81, 41]
    assert of_all[4:6] == [100 * 40 / 41, 100.0]
    assert next(row for row in table if row[0] == "flutter, called so")[2:4] == [1, 1]
