"""Edits are written down once, by whom and when; the answer stays, and the summary beside it follows."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.utils import timezone

from tests.inference_server.exports.made import analysis_of, recording_of, regular, with_ventricular
from tests.inference_server.recordings_of_tests import differences
from tests.webportal.recordings.folders import beats_path
from webportal.accounts.models import User
from webportal.audit.models import Entry
from webportal.recordings import beats_file, corrections, services
from webportal.recordings.editing.edits import EditKind, EditRefused
from webportal.recordings.models import Recording, RecordingAnalysis, RecordingEdit

pytestmark = pytest.mark.django_db

BEATS = with_ventricular(regular(60), 10, 20, 21, 22, 30)
SAID = analysis_of(BEATS, 60)


@pytest.fixture
def analysis(
    keep_recording: Callable[..., Recording], keep_answer: Callable[..., RecordingAnalysis]
) -> RecordingAnalysis:
    return keep_answer(keep_recording(recording_of(BEATS, 60)), SAID)


def rename(actor: User, analysis: RecordingAnalysis, short: str = "NORMAL", **more: Any) -> RecordingEdit:
    payload = {"family": "2", "class": short}
    return services.edit(actor=actor, analysis=analysis, kind=EditKind.RENAME, payload=payload, **more)


def test_an_edit_is_written_down_and_the_summary_follows(owner: User, analysis: RecordingAnalysis) -> None:
    made = rename(owner, analysis)
    analysis.refresh_from_db()
    assert (made.number, made.by, made.kind, made.payload) == (1, owner, "rename", {"family": 2, "class": "NORMAL"})
    assert analysis.summary is not None
    assert analysis.summary["counts"]["PVC"] == 5
    assert analysis.current_summary is not None
    assert analysis.current_summary["counts"]["PVC"] == 0
    assert analysis.current_summary["measures"]["ventricular"]["beats"] == 0
    assert not differences(beats_file.unpack(beats_path(analysis).read_bytes()).analysis, SAID)


def test_the_same_form_sent_twice_edits_once(owner: User, analysis: RecordingAnalysis) -> None:
    form = uuid.uuid4()
    assert rename(owner, analysis, edit_id=form) == rename(owner, analysis, edit_id=form)
    assert analysis.edits.count() == 1


def test_taking_the_only_edit_back_leaves_what_the_model_said(owner: User, analysis: RecordingAnalysis) -> None:
    rename(owner, analysis)
    services.edit(actor=owner, analysis=analysis, kind=EditKind.UNDO, payload={"edit": "1"})
    analysis.refresh_from_db()
    assert analysis.edited_summary is None
    assert not differences(corrections.corrected_answer(analysis).analysis, SAID)
    assert [edit.kind for edit in analysis.edits.order_by("number")] == ["rename", "undo"]
    with pytest.raises(EditRefused) as refused:
        services.edit(actor=owner, analysis=analysis, kind=EditKind.UNDO, payload={"edit": "1"})
    assert refused.value.reason == "EDIT_UNDONE"


def test_what_others_build_on_cant_be_taken_back_before_them(owner: User, analysis: RecordingAnalysis) -> None:
    services.edit(actor=owner, analysis=analysis, kind=EditKind.SPLIT, payload={"family": 2, "beats": ["20", "21"]})
    services.edit(actor=owner, analysis=analysis, kind=EditKind.RENAME, payload={"family": 3, "class": "PAC"})
    with pytest.raises(EditRefused) as refused:
        services.edit(actor=owner, analysis=analysis, kind=EditKind.UNDO, payload={"edit": 1})
    assert refused.value.reason == "EDIT_IN_USE"
    assert analysis.edits.count() == 2


def test_moved_and_merged_beats_get_the_class_of_where_they_go(owner: User, analysis: RecordingAnalysis) -> None:
    move = services.edit(actor=owner, analysis=analysis, kind=EditKind.MOVE, payload={"beats": [3], "into": 2})
    assert move.payload == {"beats": [3], "into": 2, "class": "PVC"}
    merge = services.edit(
        actor=owner, analysis=analysis, kind=EditKind.MERGE, payload={"families": ["1", "2"], "into": 1}
    )
    assert merge.payload == {"families": [2], "into": 1, "class": "NORMAL"}
    assert corrections.edited(analysis).known == {1}


def test_strangers_and_whoever_has_it_in_the_trash_edit_nothing(
    owner: User, other: User, analysis: RecordingAnalysis
) -> None:
    with pytest.raises(PermissionDenied):
        rename(other, analysis)
    analysis.recording.trashed_at = timezone.now()
    with pytest.raises(PermissionDenied):
        rename(owner, analysis)
    assert not analysis.edits.exists()


def test_a_reviewers_edit_is_in_the_audit_log(reviewer: User, analysis: RecordingAnalysis) -> None:
    Recording.objects.filter(pk=analysis.recording_id).update(shared_at=timezone.now())
    analysis.recording.refresh_from_db()
    rename(reviewer, analysis)
    entry = Entry.objects.get(actor=reviewer, action=Entry.Action.CHANGE)
    assert (entry.record, entry.detail) == (str(analysis.recording_id), "edit 1: rename")


def test_an_edit_that_came_between_costs_nothing(
    owner: User, analysis: RecordingAnalysis, monkeypatch: pytest.MonkeyPatch
) -> None:
    edits_of = corrections.edits_of
    came: list[RecordingEdit] = []

    def between(of: RecordingAnalysis) -> Any:
        known = edits_of(of)
        if not came:
            came.append(RecordingEdit.objects.create(analysis=of, number=1, by=owner, kind="rename", payload=RENAMED))
        return known

    monkeypatch.setattr(corrections, "edits_of", between)
    made = services.edit(
        actor=owner, analysis=analysis, kind=EditKind.RECLASSIFY, payload={"beats": [0], "class": "PAC"}
    )
    assert made.number == 2
    analysis.refresh_from_db()
    assert analysis.edited_summary is not None
    assert (analysis.edited_summary["counts"]["PVC"], analysis.edited_summary["counts"]["PAC"]) == (0, 1)


RENAMED = {"family": 2, "class": "NORMAL"}
