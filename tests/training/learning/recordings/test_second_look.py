"""The rule by which a beat is seen beside the others is learnt from whole recordings of which every beat is marked."""

from __future__ import annotations

import numpy as np

from inference_server.models.recording_course import Course, CourseRule, by_course
from training.datasets.recordings.beat_set import Prepared
from training.datasets.recordings.labelling import CLASSES
from training.learning.recordings import second_look
from training.learning.recordings.runs import key

SHORTS = [kind.short for kind in CLASSES]
SHARES = (0.6, 0.05, 0.05, 0.15, 0.1, 0.05)
KINDS = (0, 3, 4)
"""Places of normal, premature and ventricular among the classes; each is a family of its own."""


def recording(number: int, database: str = "qtdb") -> tuple[Prepared, np.ndarray]:
    """Beats of which a fifth is taken for something else than the others of their family."""
    random = np.random.default_rng(number)
    families = random.choice(3, 300, p=[0.8, 0.1, 0.1])
    said = families.copy()
    wrong = random.random(300) < 0.2
    said[wrong] = random.integers(0, 3, int(wrong.sum()))
    probabilities = np.full((300, len(CLASSES)), 0.04, np.float32)
    probabilities[np.arange(300), np.array(KINDS)[said]] = 0.8
    before = np.where(families == 0, 0.8, 0.55).astype(np.float32)
    facts = {"database": database, "record": str(number), "person": f"{database}-{number}", "edit": ""}
    course = Course(before, families == 2, families.astype(np.int16))
    allowed = (1 << np.array(KINDS)[families]).astype(np.uint8)
    return (
        Prepared(facts, np.full(300, "N"), allowed, np.arange(300), np.empty((0, 2), np.int64), course),
        probabilities,
    )


def test_what_a_family_is_outweighs_what_is_said_of_one_beat() -> None:
    known = [recording(number) for number in range(6)]
    rule = second_look.fit([record for record, _ in known], {key(record): said for record, said in known})
    assert rule is not None
    other, said = recording(20)
    plain, seen = (by_course(said, other.course, SHORTS, CourseRule(SHARES, own)) for own in (None, rule))
    truth = np.log2(other.allowed).astype(int)
    wrong = said.argmax(axis=1) != truth
    assert (seen.argmax(axis=1) == truth)[wrong].mean() > (plain.argmax(axis=1) == truth)[wrong].mean() + 0.2
    assert (seen.argmax(axis=1) == truth)[~wrong].mean() > 0.98


def test_recordings_whose_beats_are_not_marked_tell_nothing() -> None:
    known = [recording(number, "ptbxl") for number in range(6)]
    assert second_look.fit([record for record, _ in known], {key(record): said for record, said in known}) is None


def test_without_a_kind_of_beat_there_is_no_rule() -> None:
    record, said = recording(0)
    record.allowed[:] = 1
    assert second_look.fit([record], {key(record): said}) is None
