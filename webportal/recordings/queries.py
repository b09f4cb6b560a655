"""What pages read."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, Final

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from webportal import paging, searching
from webportal.accounts.models import User
from webportal.paging import Cursor, Order, Page
from webportal.recordings.models import Recording, RecordingAnalysis

#: Recordings on one page of a list.
PAGE_SIZE: Final = 24
NEWEST: Final = Order("created_at", True, paging.moment)
#: What was shared first comes first.
SHARED: Final = Order("shared_at", False, paging.moment)
TRASH: Final = Order("trashed_at", True, paging.moment)

#: Rows in states of which there are few, at most.
_FEW: Final = 500

#: What a list doesn't show, and may be long.
_LONG: Final = ("warnings", "questions", "answers", "files")


@dataclass(frozen=True, slots=True)
class Listed:
    """A recording in a list, with the last that was asked about it."""

    recording: Recording
    analysis: RecordingAnalysis | None


def newest_analysis(recording: Recording) -> RecordingAnalysis | None:
    """The last question about a recording, whatever became of it."""
    analysis = RecordingAnalysis.objects.filter(recording=recording).order_by("-created_at", "-id").first()
    if analysis is not None:
        analysis.recording = recording
    return analysis


def newest_answer(recording: Recording) -> RecordingAnalysis | None:
    """The last answer about a recording; None while there is none."""
    answers = RecordingAnalysis.objects.filter(recording=recording, state=RecordingAnalysis.State.DONE)
    answer = answers.order_by("-created_at", "-id").first()
    if answer is not None:
        answer.recording = recording
    return answer


def page_of(recordings: QuerySet[Recording], *, order: Order, after: Cursor | None) -> Page[Recording]:
    """The recordings that follow ``after``. Costs the same on the thousandth page as on the first."""
    return paging.page_of(recordings.defer(*_LONG), order=order, after=after, size=PAGE_SIZE)


def listed(recordings: Sequence[Recording]) -> list[Listed]:
    """Recordings of a page with the last that was asked about each."""
    newest: dict[uuid.UUID, RecordingAnalysis] = {}
    asked = RecordingAnalysis.objects.filter(recording__in=[recording.pk for recording in recordings])
    for analysis in asked.order_by("created_at", "id"):
        newest[analysis.recording_id] = analysis
    return [Listed(recording, newest.get(recording.pk)) for recording in recordings]


def matching(owner: User, recordings: QuerySet[Recording], wanted: dict[str, Any]) -> QuerySet[Recording]:
    """Those of ``owner``'s ``recordings`` that fit the cleaned data of :class:`webportal.recordings.forms.ListForm`."""
    if text := wanted.get("q"):
        by_id = _uuid(text)
        recordings = recordings.filter(Q(pk=by_id) if by_id else _named(owner, text))
    if since := wanted.get("since"):
        recordings = recordings.filter(created_at__gte=_midnight(since))
    if until := wanted.get("until"):
        recordings = recordings.filter(created_at__lt=_midnight(until) + timedelta(days=1))
    return _in_state(owner, recordings, wanted.get("state") or "")


def _named(owner: User, text: str) -> Q:
    keys = searching.keys_of_rare(Recording.objects.filter(owner=owner), "name", text)
    return Q(pk__in=keys) if keys is not None else searching.has_text("name", text)


def _in_state(owner: User, recordings: QuerySet[Recording], state: str) -> QuerySet[Recording]:
    match state:
        case "done":
            answered = RecordingAnalysis.objects.filter(recording=OuterRef("pk"), state=RecordingAnalysis.State.DONE)
            return recordings.filter(Exists(answered), state=Recording.State.READ)
        case "open":
            on_the_way = (Recording.State.RECEIVING, *Recording.OPEN_STATES)
            return recordings.filter(pk__in=_few(owner, on_the_way, RecordingAnalysis.OPEN_STATES))
        case "asking":
            return recordings.filter(state=Recording.State.ASKING)
        case "stopped":
            unread = (Recording.State.REFUSED, Recording.State.FAILED)
            wrong = (RecordingAnalysis.State.REJECTED, RecordingAnalysis.State.FAILED)
            return recordings.filter(pk__in=_few(owner, unread, wrong))
    return recordings


def _few(owner: User, states: Sequence[str], of_analyses: Sequence[str]) -> list[uuid.UUID]:
    """Keys of ``owner``'s newest recordings in these states, and of those asked about in these: each by an index, and
    few, where one condition for both would read all that they have.
    """
    rows = Recording.objects.filter(owner=owner, state__in=states).order_by("-created_at", "-id")
    asked = RecordingAnalysis.objects.filter(owner=owner, state__in=of_analyses).order_by("-created_at", "-id")
    return [*rows.values_list("pk", flat=True)[:_FEW], *asked.values_list("recording_id", flat=True)[:_FEW]]


def _uuid(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text)
    except ValueError:
        return None


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))
