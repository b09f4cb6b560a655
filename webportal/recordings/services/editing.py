"""What people change in the beats and families of an answer; the answer itself stays as the model gave it."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any, Final

from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction

from webportal.accounts.models import User
from webportal.audit import services as audit
from webportal.audit.models import Entry
from webportal.recordings import access, beats_file, corrections
from webportal.recordings.editing.corrected import corrected
from webportal.recordings.editing.edits import Edit, EditKind, EditRefused, in_force, undone
from webportal.recordings.editing.families import EditedBeats
from webportal.recordings.models import RecordingAnalysis, RecordingEdit

MOST_BEATS: Final = 20_000
"""Beats that one edit names at most."""

#: How often an edit is tried when others edit the same answer at the same time.
_ATTEMPTS: Final = 5


def edit(
    *,
    actor: User,
    analysis: RecordingAnalysis,
    kind: EditKind,
    payload: Mapping[str, Any],
    edit_id: uuid.UUID | None = None,
) -> RecordingEdit:
    """Write down one more edit of a finished analysis; its summary with edits follows.

    Args:
        actor: Who does it.
        analysis: With its recording.
        kind: What is done.
        payload: See :class:`webportal.recordings.editing.edits.EditKind`; of what goes to another family, ``class``
            may be left out: it is that family's.
        edit_id: With it the edit is made once: where there is one of that id, that is the answer.

    Raises:
        PermissionDenied: ``actor`` may not edit it.
        EditRefused: it can't be done; the reason says why.
        webportal.recordings.beats_file.BeatsFileDamaged: the answer's file is.
    """
    if not access.may_edit(actor, analysis.recording):
        raise PermissionDenied
    if not analysis.is_done:
        raise EditRefused("NO_ANSWER", "There is no answer to edit.")
    edit_id = edit_id or uuid.uuid4()
    for attempt in range(_ATTEMPTS):
        if there := _made_before(edit_id, analysis):
            return there
        try:
            return _append(actor, analysis, kind, payload, edit_id)
        except IntegrityError:  # somebody else's edit came between
            if attempt == _ATTEMPTS - 1:
                raise
    raise AssertionError


def _append(
    actor: User, analysis: RecordingAnalysis, kind: EditKind, payload: Mapping[str, Any], edit_id: uuid.UUID
) -> RecordingEdit:
    edits = corrections.edits_of(analysis)
    before = corrections.edited(analysis)
    made = Edit(len(edits) + 1, kind, _complete(kind, payload, before, edits))
    after = _tried(before, [*edits, made])
    is_edited = bool(in_force([*edits, made]))
    summary = beats_file.summary_of(corrected(after).analysis) if is_edited else None
    row = RecordingEdit(
        id=edit_id, analysis=analysis, number=made.number, by=actor, kind=kind.value, payload=dict(made.payload)
    )
    with transaction.atomic():
        row.save(force_insert=True)
        RecordingAnalysis.objects.filter(pk=analysis.pk).update(edited_summary=summary)
        audit.note(
            actor=actor,
            action=Entry.Action.CHANGE,
            record=analysis.recording,
            detail=f"edit {made.number}: {kind.value}",
        )
    analysis.edited_summary = summary
    return row


def _made_before(edit_id: uuid.UUID, analysis: RecordingAnalysis) -> RecordingEdit | None:
    return RecordingEdit.objects.filter(pk=edit_id, analysis=analysis).first()


def _tried(before: EditedBeats, edits: list[Edit]) -> EditedBeats:
    """The beats with all edits, the last of which is new."""
    try:
        return EditedBeats(before.answer, edits)
    except EditRefused as refused:
        if edits[-1].kind is EditKind.UNDO:
            raise EditRefused("EDIT_IN_USE", "Later edits build on it.") from refused
        raise


def _complete(kind: EditKind, payload: Mapping[str, Any], before: EditedBeats, edits: list[Edit]) -> dict[str, Any]:
    """The payload as it is written down: with all that its kind has, and nothing else."""
    match kind:
        case EditKind.RENAME:
            return {"family": int(payload["family"]), "class": str(payload["class"])}
        case EditKind.RECLASSIFY:
            return {"beats": _places(payload), "class": str(payload["class"])}
        case EditKind.SPLIT:
            return {"family": int(payload["family"]), "beats": _places(payload)}
        case EditKind.MERGE:
            into = int(payload["into"])
            families = sorted({int(family) for family in payload["families"]} - {into})
            return {"families": families, "into": into, "class": payload.get("class") or before.kind_of(into)}
        case EditKind.MOVE:
            into = int(payload["into"])
            return {"beats": _places(payload), "into": into, "class": payload.get("class") or before.kind_of(into)}
        case EditKind.UNDO:
            return {"edit": _undoable(int(payload["edit"]), edits)}


def _places(payload: Mapping[str, Any]) -> list[int]:
    places = sorted({int(place) for place in payload["beats"]})
    if len(places) > MOST_BEATS:
        raise EditRefused("TOO_MANY_BEATS", f"{len(places)} beats are named; the limit is {MOST_BEATS}.")
    return places


def _undoable(number: int, edits: list[Edit]) -> int:
    if not 1 <= number <= len(edits):
        raise EditRefused("EDIT_UNKNOWN", f"There is no edit {number}.")
    if number in undone(edits):
        raise EditRefused("EDIT_UNDONE", f"Edit {number} is taken back already.")
    return number
