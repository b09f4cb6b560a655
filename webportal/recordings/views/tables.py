"""Beats and events in words: the same that the strip draws."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from django.contrib.auth.decorators import login_required
from django.core.paginator import Page, Paginator
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from inference_server.classification.recordings import EpisodeKind
from inference_server.exports.counting import known_intervals
from numpy.typing import NDArray

from webportal.accounts.current import current_user
from webportal.pages.catalogue import translated
from webportal.recordings import access
from webportal.recordings.beats_file import BeatsFileDamaged
from webportal.recordings.models import RecordingAnalysis
from webportal.recordings.viewing import moments
from webportal.recordings.viewing.letters import letter_of
from webportal.recordings.viewing.shown import Shown, shown
from webportal.recordings.viewing.times import clock

PAGE_SIZE = 100


@dataclass(frozen=True, slots=True)
class BeatRow:
    """A beat as the table has it."""

    number: int
    time: str
    seconds: float
    letter: str
    name: str
    own: str
    """What the model called it, where a person calls it otherwise."""
    is_judged: bool
    is_certain: bool
    fibrillates: bool
    percent: int
    interval: int | None
    """Milliseconds from the beat before, where that is an RR interval."""
    family: int | None


@dataclass(frozen=True, slots=True)
class EpisodeRow:
    """Something that lasts as the table has it."""

    name: str
    time: str
    begin: float
    seconds: float
    beats: int | None
    rate: float | None


@login_required
@require_safe
@never_cache
def beats_page(request: HttpRequest, recording_id: uuid.UUID) -> HttpResponse:
    """All beats, or those of one class, or the uncertain ones, a page at a time."""
    analysis, seen = _read(request, recording_id)
    kind = request.GET.get("kind", "")
    page = _page(request, _places(seen, kind))
    rows = _beat_rows(analysis, seen, np.fromiter(page.object_list, np.int64))
    kinds = [(kind.short, translated(kind.name) or kind.short) for kind in seen.answer.model.classes]
    context = {"recording": analysis.recording, "page": page, "rows": rows, "kinds": kinds, "kind": kind}
    return render(request, "recordings/beats_table.html", context | {"query": _query(kind=kind)})


@login_required
@require_safe
@never_cache
def episodes_page(request: HttpRequest, recording_id: uuid.UUID) -> HttpResponse:
    """Everything that lasts, or what is of one kind, a page at a time."""
    analysis, seen = _read(request, recording_id)
    kind, names = request.GET.get("kind", ""), moments.kind_names()
    there = {episode.kind for episode in seen.answer.episodes}
    chosen = [episode for episode in seen.answer.episodes if not kind or episode.kind == kind]
    page = _page(request, chosen)
    start = analysis.recording.started
    rows = [
        EpisodeRow(
            names[row.kind], clock(row.begin, start), round(row.begin, 3), row.end - row.begin, row.beats, row.rate
        )
        for row in page.object_list
    ]
    kinds = [(kind.value, names[kind]) for kind in EpisodeKind if kind in there]
    context = {"recording": analysis.recording, "page": page, "rows": rows, "kinds": kinds, "kind": kind}
    return render(request, "recordings/episodes_table.html", context | {"query": _query(kind=kind)})


def _read(request: HttpRequest, recording_id: uuid.UUID) -> tuple[RecordingAnalysis, Shown]:
    analysis = access.readable_analysis(current_user(request), recording_id)
    try:
        return analysis, shown(analysis)
    except (BeatsFileDamaged, FileNotFoundError) as error:
        raise Http404 from error


def _page(request: HttpRequest, items: Sequence[object] | NDArray[np.int64]) -> Page[Any]:
    return Paginator(items, PAGE_SIZE).get_page(request.GET.get("page"))


def _query(**chosen: str) -> str:
    query = QueryDict(mutable=True)
    query.update({name: value for name, value in chosen.items() if value})
    return query.urlencode()


def _places(seen: Shown, kind: str) -> NDArray[np.int64]:
    """Places of the beats of a kind, in order of time; of all for a kind that there isn't."""
    beats = seen.answer.beats
    shorts = [kind.short for kind in seen.answer.model.classes]
    if kind == "uncertain":
        return np.flatnonzero(~beats.confident)
    if kind in shorts:
        return np.flatnonzero(beats.classes == shorts.index(kind))
    return np.arange(len(beats))


def _beat_rows(analysis: RecordingAnalysis, seen: Shown, places: NDArray[np.int64]) -> list[BeatRow]:
    beats, classes = seen.answer.beats, seen.answer.model.classes
    intervals = known_intervals(seen.answer)
    start = analysis.recording.started
    rows = []
    for place in places.tolist():
        kind, seconds = int(beats.classes[place]), float(beats.samples[place] / seen.answer.rate)
        rows.append(
            BeatRow(
                number=place + 1,
                time=clock(seconds, start),
                seconds=round(seconds, 3),
                letter=letter_of(classes[kind].short),
                name=translated(classes[kind].name) or classes[kind].short,
                own=translated(classes[own].name) or classes[own].short
                if (own := int(seen.own[place])) != kind
                else "",
                is_judged=bool(seen.judged[place]),
                is_certain=bool(beats.confident[place]),
                fibrillates=bool(beats.fibrillates[place]),
                percent=round(100 * float(beats.probabilities[place, kind])),
                interval=round(1000 * intervals[place]) if np.isfinite(intervals[place]) else None,
                family=int(beats.families[place]) + 1 if beats.families[place] >= 0 else None,
            )
        )
    return rows
