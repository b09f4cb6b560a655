"""Scores of recordings: beats, burden, an expert's hand, twelve leads."""

from __future__ import annotations

import numpy as np
import pytest

from ecg.ec57.marks import Marks
from inference_server.models.recording_course import Course
from training.datasets.recordings.beat_set import Prepared
from training.datasets.recordings.labelling import CLASSES
from training.evaluation.recordings import beat_scores, burden, expert, twelve_leads
from training.evaluation.recordings.answers import Answered
from training.learning.recordings.runs import key

RATE = 360


def _prepared(
    samples: np.ndarray, database: str = "mitdb", record: str = "100", labels: tuple[str, ...] = ()
) -> Prepared:
    facts = {
        "database": database,
        "record": record,
        "person": f"{database}-{record}",
        "group": f"{database}-{record}",
        "edit": "",
        "labels": list(labels),
        "rate": RATE,
        "samples": int(samples.max(initial=0)) + RATE,
    }
    none = np.empty((0, 2), np.int64)
    count = len(samples)
    course = Course(np.full(count, np.nan, np.float32), np.zeros(count, np.bool_), np.zeros(count, np.int16))
    return Prepared(facts, np.full(len(samples), "N"), np.zeros(len(samples), np.uint8), samples, none, course)


def _answered(reference: str, called: str, record: str = "100") -> Answered:
    """A beat a second; a letter of ``called`` that is a space isn't found."""
    samples = np.arange(1, len(reference) + 1) * RATE
    found = np.array([letter != " " for letter in called])
    symbols = np.array([letter for letter in called if letter != " "])
    return Answered(_prepared(samples[found], record=record), Marks.of(samples, list(reference)), symbols)


def test_ectopic_beats_are_scored_as_ec57_has_it() -> None:
    item = _answered("NNNVVAAF/N", "NNVVNAN" + "VV ")
    row = beat_scores.scores([item], starts=[0.0]).set_index("mapping").loc["de-chazal"]
    assert row["veb_beats"] == 2
    assert row["veb_se"] == 50
    assert row["veb_ppv"] == 50, "what is called ventricular of a fusion or paced beat is no error"
    assert row["sveb_se"] == 50
    assert row["sveb_ppv"] == 100
    assert row["qrs_se"] == 90
    assert row["accuracy"] == pytest.approx(100 * 4 / 7, abs=0.01)


def test_escape_beats_count_as_each_mapping_has_them() -> None:
    table = beat_scores.scores([_answered("Nj", "NN")], starts=[0.0]).set_index("mapping")
    assert table.loc["ec57", "sveb_beats"] == 1
    assert table.loc["de-chazal", "sveb_beats"] == 0


def test_the_beginning_and_a_record_can_be_left_out() -> None:
    long, other = _answered("N" * 301 + "V", "N" * 302), _answered("V", "V", record="232")
    table = beat_scores.scores([long, other], without=["232"])
    chosen = table[table["mapping"] == "ec57"].set_index(["from_s", "without"])
    assert chosen.loc[("0", ""), "veb_f1"] == pytest.approx(66.67)
    assert chosen.loc[("0", "232"), "veb_f1"] == 0
    assert chosen.loc[("300", ""), "veb_beats"] == 1


def test_burden_is_a_share_of_all_beats() -> None:
    table = burden.table([_answered("NNNVNNNNNN", "NNNVVNNNNN"), _answered("NNNN", "NNNN", record="101")])
    assert table["pvc_reference"].tolist() == [10, 0]
    assert table["pvc_error"].tolist() == [10, 0]
    summary = burden.summary(table).set_index("kind")
    assert summary.loc["pvc", "median_error"] == 5
    assert summary.loc["pvc", "of_record"] == "100"


def test_an_expert_corrects_the_families_that_the_model_doubts() -> None:
    item = _answered("NNNNVVAANN", "NNNNNNNNNN")
    families = item.prepared.course.families
    families[:] = [0, 0, 0, 0, 1, 1, 2, 2, 0, 0]
    probabilities = np.zeros((10, len(CLASSES)), np.float32)
    probabilities[:, 0] = np.where(families == 0, 1.0, np.where(families == 1, 0.6, 0.8))
    name = key(item.prepared)
    for most, expected in ((0, "NNNNNNNNNN"), (1, "NNNNVVNNNN"), (2, "NNNNVVAANN")):
        (judged,) = expert.judged([item], {name: probabilities}, most)
        assert "".join(judged.symbols) == expected


def test_a_family_that_is_called_by_two_names_is_shown_as_two() -> None:
    item = _answered("NNNNVV", "NNNNVN")
    probabilities = np.full((6, len(CLASSES)), 0.1, np.float32)
    probabilities[:, 0] = 0.5
    name = key(item.prepared)
    (judged,) = expert.judged([item], {name: probabilities}, 2)
    assert "".join(judged.symbols) == "NNNNVN", "the expert says what most beats of each are"


def test_the_bound_of_a_class_comes_from_other_people() -> None:
    assert twelve_leads.best_bound(
        np.array([0.9, 0.6, 0.5, 0.1]), np.array([True, True, False, False])
    ) == pytest.approx(0.55)
    assert twelve_leads.best_bound(np.array([0.9]), np.array([False])) == np.inf


def test_records_of_twelve_leads_are_called_by_their_beats() -> None:
    records, probabilities = [], {}
    generator = np.random.default_rng(0)
    for number in range(60):
        has_pvc, is_blocked = number % 3 == 0, number % 4 == 0
        labels = (
            *(("PVC",) if has_pvc else ()),
            *(("LBBB",) if is_blocked else ()),
            *(("ECTOPY",) if number == 1 else ()),
        )
        record = _prepared(np.arange(8), "ludb", str(number), labels)
        own = generator.uniform(0, 0.1, (8, len(CLASSES))).astype(np.float32)
        own[0, 4] = 0.9 if has_pvc else 0.05
        own[:, 1] += 0.8 if is_blocked else 0
        records.append(record)
        probabilities[key(record)] = own
    table = twelve_leads.table(records, probabilities).set_index(["class", "database"])
    assert table.loc[("PVC", "all"), "f1"] == 100
    assert table.loc[("PVC", "all"), "records"] == 59, "where extra beats are of an unknown kind, nobody knows"
    assert table.loc[("LBBB", "ludb"), "f1"] == 100
