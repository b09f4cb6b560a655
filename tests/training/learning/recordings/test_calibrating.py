"""Scaling and thresholds come from people whom the networks don't know, each counted alike."""

from __future__ import annotations

import numpy as np
import pytest

from inference_server.models.recording_course import Course
from training.datasets.recordings.beat_set import Prepared
from training.datasets.recordings.labelling import CLASSES, CONDUCTED
from training.learning.recordings import calibrating
from training.learning.recordings.runs import key


def _record(number: int, allowed: np.ndarray, edit: str = "") -> Prepared:
    facts = {"database": "qtdb", "record": str(number), "person": f"qtdb-{number}", "edit": edit}
    count = len(allowed)
    none = np.empty((0, 2), np.int64)
    course = Course(np.full(count, np.nan, np.float32), np.zeros(count, np.bool_), np.zeros(count, np.int16))
    return Prepared(facts, np.full(count, "N"), allowed.astype(np.uint8), np.arange(count), none, course)


def _logits(count: int, place: int, height: float = 4.0) -> np.ndarray:
    logits = np.zeros((count, len(CLASSES)), np.float32)
    logits[:, place] = height
    return logits


def test_long_recordings_count_no_more_than_a_thousand_beats_of_a_label() -> None:
    long, short = _record(0, np.full(5000, 1)), _record(1, np.full(3, 8))
    logits = {key(long): _logits(5000, 0), key(short): _logits(3, 3)}
    known = calibrating.known((long, short), logits)
    assert [(known.people == person).sum() for person in ("qtdb-0", "qtdb-1")] == [1000, 3]


def test_what_is_unknown_edited_or_not_asked_about_does_not_count() -> None:
    records = (_record(0, np.array([0, 1, 255])), _record(0, np.array([1]), "early0"), _record(2, np.array([1])))
    known = calibrating.known(records, {key(records[0]): _logits(3, 0)})
    assert known.truth.tolist() == [0]


def test_conducted_beats_are_the_most_probable_conducted_class() -> None:
    record = _record(0, np.array([CONDUCTED, CONDUCTED]))
    logits = np.zeros((2, len(CLASSES)), np.float32)
    logits[0, [2, 4]] = 2, 5
    known = calibrating.known((record,), {key(record): logits})
    assert known.truth.tolist() == [2, 0]


def test_probabilities_are_as_sure_as_they_are_right() -> None:
    generator = np.random.default_rng(0)
    truth = generator.integers(0, 2, 4000)
    logits = np.full((4000, len(CLASSES)), -90, np.float32)
    logits[:, :2] = 0
    logits[np.arange(4000), np.where(generator.random(4000) < 0.8, truth, 1 - truth)] += 9.0  # sure, and often wrong
    records = tuple(_record(number, 1 << truth[number::40]) for number in range(40))
    known = calibrating.known(records, {key(record): logits[number::40] for number, record in enumerate(records)})
    said = calibrating.probabilities(known.logits, calibrating.scaling(known))
    assert said.max(axis=1).mean() == pytest.approx((said.argmax(axis=1) == known.truth).mean(), abs=0.03)


def test_confident_answers_are_right_often_enough() -> None:
    records = tuple(_record(number, np.full(50, 1 if number % 2 else 16)) for number in range(80))
    logits = {key(record): _logits(50, 0 if number % 2 else 4) for number, record in enumerate(records)}
    for number in range(0, 80, 8):
        logits[key(records[number])][:10] = _logits(10, 0, 1.0)
    known = calibrating.known(records, logits)
    scaled = calibrating.scaling(known)
    of_records = {name: calibrating.probabilities(values, scaled) for name, values in logits.items()}
    thresholds = calibrating.thresholds(records, of_records)
    said = calibrating.probabilities(known.logits, scaled)
    confident = said.max(axis=1) >= np.array(thresholds.min_confidence)[said.argmax(axis=1)]
    assert 0 < confident.mean() < 1
    assert (said.argmax(axis=1) == known.truth)[confident].mean() >= 0.98


def test_a_fold_is_calibrated_by_the_others() -> None:
    records = tuple(_record(number, np.tile([1, 16], 40)) for number in range(4))
    right = np.concatenate([_logits(1, 0), _logits(1, 4)] * 40)
    wrong = right[::-1]
    folds = {
        "fold-0": {key(records[0]): right, key(records[1]): right},
        "fold-1": {key(records[2]): wrong, key(records[3]): wrong},
    }
    said = calibrating.cross_fitted(records, folds)
    assert said[key(records[0])].max(axis=1).mean() < said[key(records[2])].max(axis=1).mean()


def test_a_recording_is_answered_by_its_own_shares_of_the_classes() -> None:
    records = tuple(_record(number, np.repeat([1, 8], [60, 4])) for number in range(20))
    logits = {key(record): np.concatenate([_logits(60, 0, 2.0), _logits(4, 3, 2.0)]) for record in records}
    calibration = calibrating.Calibration.of(records, logits)
    assert sum(calibration.course.shares) == pytest.approx(1)
    long, short = _record(30, np.full(901, 8)), _record(31, np.full(1, 8))
    doubtful = np.zeros((1, len(CLASSES)), np.float32)
    many = {key(long): np.concatenate([_logits(900, 3, 3.0), doubtful]), key(short): doubtful}
    said = calibration.of_recordings((long, short), many)
    assert said[key(long)][-1, 3] > said[key(short)][0, 3] + 0.2
