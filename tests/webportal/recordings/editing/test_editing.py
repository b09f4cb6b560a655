"""Edits change classes and families as people mean it; measures follow, and the model's answer stays as it is."""

from __future__ import annotations

import time
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecg.families.family import Family
from inference_server.classification.recordings import RecordingAnalysis, RecordingBeats
from tests.inference_server.exports.made import CLASSES, analysis_of, regular, with_ventricular
from tests.inference_server.recordings_of_tests import differences
from webportal.recordings.editing.corrected import corrected
from webportal.recordings.editing.edits import NOT_A_BEAT, Edit, EditKind, EditRefused, in_force, undone
from webportal.recordings.editing.families import EditedBeats

PVC = CLASSES.index("PVC")


@pytest.fixture
def answer() -> RecordingAnalysis:
    """Two minutes: family 1 is normal, family 2 are ten ventricular beats, a run among them."""
    return analysis_of(with_ventricular(regular(120), 10, 20, 21, 22, 30, 40, 50, 60, 70, 80), 120)


def edit(number: int, kind: EditKind, **payload: object) -> Edit:
    return Edit(number, kind, {name.rstrip("_"): value for name, value in payload.items()})


def members(answer: RecordingAnalysis, number: int, *edits: Edit) -> list[int]:
    return sorted(EditedBeats(answer, edits).family(number).members.tolist())


def test_without_edits_it_is_the_servers_answer(answer: RecordingAnalysis) -> None:
    edited = EditedBeats(answer)
    assert [(family.number, len(family.members)) for family in edited.families()] == [(1, 139), (2, 10)]
    assert not differences(corrected(edited).analysis, answer)


def test_a_family_of_several_kinds_of_beats_is_shown_as_several(answer: RecordingAnalysis) -> None:
    everything = Family(False, np.arange(len(answer.beats)), 5)
    beats = replace(answer.beats, families=np.zeros(len(answer.beats), np.int16))
    one, other = EditedBeats(replace(answer, beats=beats, families=(everything,))).families()
    assert (len(one.members), one.kind, one.typical) == (139, 0, 5)
    assert (len(other.members), other.kind, other.typical) == (10, PVC, 80)


def test_another_class_for_a_family_moves_burden_and_runs(answer: RecordingAnalysis) -> None:
    edited = EditedBeats(answer, [edit(1, EditKind.RENAME, family=2, class_="NORMAL")])
    after = corrected(edited).analysis
    assert (answer.measures.ventricular.beats, after.measures.ventricular.beats) == (10, 0)
    assert after.measures.ventricular.runs == ()
    assert (edited.family(2).kind, edited.family(2).said, edited.family(2).judged) == (0, PVC, 10)
    assert answer.beats.classes[20] == PVC


def test_single_beats_get_a_class_and_stay_in_their_family(answer: RecordingAnalysis) -> None:
    edited = EditedBeats(answer, [edit(1, EditKind.RECLASSIFY, beats=[10, 11], class_="PAC")])
    assert [edited.short(kind) for kind in edited.classes[[10, 11, 12]].tolist()] == ["PAC", "PAC", "NORMAL"]
    assert edited.numbers[[10, 11]].tolist() == [2, 1]
    assert edited.judged.sum() == 2


def test_what_is_no_beat_counts_nowhere_and_can_be_found_again(answer: RecordingAnalysis) -> None:
    edited = EditedBeats(answer, [edit(1, EditKind.RENAME, family=2, class_=NOT_A_BEAT)])
    after = corrected(edited)
    assert len(after.analysis.beats) == len(answer.beats) - 10
    assert after.analysis.measures.beats == answer.measures.beats - 10
    assert len(after.families) == len(after.analysis.families) == 1
    assert after.places[10] == 11
    assert edited.kind_of(2) == NOT_A_BEAT
    assert after.analysis.measures.heart_rate.least is not None
    assert answer.measures.heart_rate.least is not None
    assert after.analysis.measures.heart_rate.least.rate < answer.measures.heart_rate.least.rate


def test_a_part_of_a_family_becomes_one_with_a_number_of_its_own(answer: RecordingAnalysis) -> None:
    split = edit(3, EditKind.SPLIT, family=2, beats=[20, 21, 22])
    assert members(answer, 5, split) == [20, 21, 22]
    assert members(answer, 2, split) == [10, 30, 40, 50, 60, 70, 80]
    after = corrected(EditedBeats(answer, [split])).analysis
    assert after.measures == answer.measures
    assert [len(family.members) for family in after.families] == [139, 7, 3]


def test_merged_families_are_one_of_one_class(answer: RecordingAnalysis) -> None:
    split = edit(1, EditKind.SPLIT, family=2, beats=[20, 21, 22])
    merge = edit(2, EditKind.MERGE, families=[3], into=1, class_="NORMAL")
    edited = EditedBeats(answer, [split, merge])
    assert edited.known == {1, 2}
    assert edited.classes[21] == 0
    assert len(edited.family(1).members) == 142


def test_moved_beats_take_the_class_of_where_they_go(answer: RecordingAnalysis) -> None:
    edited = EditedBeats(answer, [edit(1, EditKind.MOVE, beats=[11, 12], into=2, class_="PVC")])
    assert edited.classes[[11, 12]].tolist() == [PVC, PVC]
    assert edited.numbers[[11, 12]].tolist() == [2, 2]
    assert corrected(edited).analysis.measures.ventricular.beats == 12


def test_an_undo_takes_one_edit_back_and_can_be_undone(answer: RecordingAnalysis) -> None:
    rename = edit(1, EditKind.RENAME, family=2, class_="NORMAL")
    single = edit(2, EditKind.RECLASSIFY, beats=[5], class_="PAC")
    undo, redo = edit(3, EditKind.UNDO, edit=1), edit(4, EditKind.UNDO, edit=3)
    assert in_force([rename, single, undo]) == [single]
    assert (undone([rename, single, undo]), undone([rename, single, undo, redo])) == (frozenset({1}), frozenset({3}))
    assert in_force([rename, single, undo, redo]) == [rename, single]
    taken_back = corrected(EditedBeats(answer, [rename, edit(2, EditKind.UNDO, edit=1)])).analysis
    assert not differences(taken_back, answer)


@pytest.mark.parametrize(
    ("kind", "payload", "reason"),
    [
        (EditKind.RENAME, {"family": 9, "class": "PVC"}, "FAMILY_UNKNOWN"),
        (EditKind.RENAME, {"family": 0, "class": "PVC"}, "FAMILY_UNKNOWN"),
        (EditKind.RENAME, {"family": 1, "class": "WHAT"}, "CLASS_UNKNOWN"),
        (EditKind.RECLASSIFY, {"beats": [9999], "class": "PVC"}, "BEAT_UNKNOWN"),
        (EditKind.RECLASSIFY, {"beats": [-1], "class": "PVC"}, "BEAT_UNKNOWN"),
        (EditKind.RECLASSIFY, {"beats": [], "class": "PVC"}, "NO_BEATS"),
        (EditKind.SPLIT, {"family": 2, "beats": [11]}, "BEAT_OF_OTHER_FAMILY"),
        (EditKind.SPLIT, {"family": 2, "beats": [10, 20, 21, 22, 30, 40, 50, 60, 70, 80]}, "WHOLE_FAMILY"),
        (EditKind.MERGE, {"families": [2], "into": 7, "class": "PVC"}, "FAMILY_UNKNOWN"),
        (EditKind.MERGE, {"families": [2], "into": 2, "class": "PVC"}, "NOTHING_MOVES"),
        (EditKind.MOVE, {"beats": [10], "into": 2, "class": "PVC"}, "NOTHING_MOVES"),
    ],
)
def test_what_cant_be_done_is_refused_with_a_reason(
    answer: RecordingAnalysis, kind: EditKind, payload: dict[str, object], reason: str
) -> None:
    with pytest.raises(EditRefused) as refused:
        EditedBeats(answer, [Edit(1, kind, payload)])
    assert refused.value.reason == reason


def test_an_edit_that_builds_on_one_that_is_gone_is_refused(answer: RecordingAnalysis) -> None:
    split = edit(1, EditKind.SPLIT, family=2, beats=[20])
    rename = edit(2, EditKind.RENAME, family=3, class_="PAC")
    EditedBeats(answer, [split, rename])
    with pytest.raises(EditRefused):
        EditedBeats(answer, [split, rename, edit(3, EditKind.UNDO, edit=1)])


_PLACES = st.lists(st.integers(0, 148), min_size=1, max_size=8, unique=True)
_EDITS = st.one_of(
    st.builds(lambda f, c: (EditKind.RENAME, {"family": f, "class": c}), st.integers(1, 6), st.sampled_from(CLASSES)),
    st.builds(lambda b, c: (EditKind.RECLASSIFY, {"beats": b, "class": c}), _PLACES, st.sampled_from(CLASSES)),
    st.builds(lambda f, b: (EditKind.SPLIT, {"family": f, "beats": b}), st.integers(1, 6), _PLACES),
    st.builds(lambda b, f: (EditKind.MOVE, {"beats": b, "into": f, "class": "PVC"}), _PLACES, st.integers(1, 6)),
    st.builds(
        lambda a, b: (EditKind.MERGE, {"families": [a], "into": b, "class": "PAC"}),
        st.integers(1, 6),
        st.integers(1, 6),
    ),
    st.builds(lambda n: (EditKind.UNDO, {"edit": n}), st.integers(1, 6)),
)


@settings(max_examples=60, deadline=None)
@given(st.lists(_EDITS, max_size=8))
def test_whatever_is_edited_every_beat_stays_in_one_family(several: list[tuple[EditKind, dict[str, object]]]) -> None:
    said = analysis_of(with_ventricular(regular(120), 10, 20, 21, 22, 30, 40, 50, 60, 70, 80), 120)
    edits: list[Edit] = []
    for kind, payload in several:
        wanted = Edit(len(edits) + 1, kind, payload)
        try:
            EditedBeats(said, [*edits, wanted])
        except EditRefused:
            continue
        edits.append(wanted)
    edited = EditedBeats(said, edits)
    together = np.concatenate([family.members for family in edited.families()])
    assert sorted(together.tolist()) == list(range(len(said.beats)))
    assert all(family.typical in family.members for family in edited.families())
    after = corrected(edited).analysis
    assert after.counts() == {short: int((edited.classes == place).sum()) for place, short in enumerate(CLASSES)}
    assert all((after.beats.families[family.members] == place).all() for place, family in enumerate(after.families))


def test_the_measures_of_a_day_follow_within_a_second() -> None:
    count, seconds = 100_000, 86_400
    small = analysis_of(with_ventricular(regular(86), 10, 20), 90)
    places = np.arange(count) % len(small.beats)
    columns = {name: getattr(small.beats, name)[places] for name in RecordingBeats.__slots__}
    peaks = np.sort(np.random.default_rng(1).choice(seconds * 360 // 120, count, replace=False)) * 120
    columns |= {"samples": peaks, "peaks": peaks}
    families = [np.flatnonzero(columns["families"] == place) for place in range(2)]
    day = replace(
        small,
        samples=seconds * 360,
        beats=RecordingBeats(**columns),
        families=tuple(Family(False, own, int(own[-1])) for own in families),
        faults=np.zeros((2, seconds), np.uint8),
        atrial=np.zeros((seconds // 30, 7), np.float32),
    )
    took = []
    for _ in range(3):
        begun = time.thread_time()
        after = corrected(EditedBeats(day, [edit(1, EditKind.RENAME, family=2, class_="NORMAL")])).analysis
        took.append(time.thread_time() - begun)
    assert after.measures.ventricular.beats == 0
    assert min(took) < 1
