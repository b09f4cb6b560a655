"""A sample recording from the strip to the report, without an account. It is public, as the recordings are."""

from __future__ import annotations

import json
from typing import Any

from allauth.decorators import rate_limit
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from inference_server.exports.report import report

from webportal.analyses.views.responses import attachment
from webportal.recordings import samples
from webportal.recordings.samples import SampleRecording
from webportal.recordings.viewing import beat_tiles, moments, overview, signal_tiles, times
from webportal.recordings.viewing.about import about
from webportal.recordings.viewing.about import episodes as episodes_of
from webportal.recordings.viewing.shown import Shown
from webportal.recordings.views.kept import unless_known
from webportal.trial.sample_recordings import known, prepared


@require_safe
@rate_limit(action="try", limit_get=True)  # type: ignore[untyped-decorator]
@never_cache
def page(request: HttpRequest, sample: str) -> HttpResponse:
    """The viewer, what lasts in words, and the way to the report."""
    chosen = _sample(sample)
    ready = prepared(chosen)
    viewer = about(ready.stored, ready.seen, addresses="trial:recording-", key=sample)
    context: dict[str, Any] = {
        "sample": chosen,
        "viewer": viewer,
        "answer": ready.seen,
        "classes": viewer.get("classes"),
        "length": times.length(ready.stored.recording.seconds),
        "leads": ready.stored.recording.leads,
        "others": [other for other in samples.every() if other.key != sample],
    }
    if ready.seen is not None:
        names = moments.kind_names()
        context["episodes"] = [
            {
                "name": names[one.kind],
                "time": times.clock(one.begin, ready.stored.recording.start),
                "begin": round(one.begin, 3),
                "seconds": one.end - one.begin,
                "beats": one.beats,
            }
            for one in ready.seen.answer.episodes
        ]
    return render(request, "trial/recording.html", context)


@require_safe
def signal(request: HttpRequest, sample: str, factor: int, tile: int) -> HttpResponse:
    """A tile of the signal."""
    stored = known(_sample(sample)).stored
    try:
        return unless_known(
            request, f"{stored.digest[:32]}-{factor}-{tile}", lambda: signal_tiles.tile(stored.signal, factor, tile)
        )
    except ValueError as error:  # no such tile
        raise Http404 from error


@require_safe
def beats(request: HttpRequest, sample: str, hour: int) -> HttpResponse:
    """The beats; there is but one hour."""
    seen = _seen(sample)
    if hour:
        raise Http404
    return unless_known(request, f"{seen.version}-beats", lambda: beat_tiles.beats_of(seen.answer, 0))


@require_safe
def overview_of_all(request: HttpRequest, sample: str) -> HttpResponse:
    """Heart rate, ectopic beats and quality."""
    seen = _seen(sample)
    return unless_known(request, f"{seen.version}-overview", lambda: overview.overview(seen.answer))


@require_safe
def episodes(request: HttpRequest, sample: str) -> HttpResponse:
    """Everything that lasts."""
    seen = _seen(sample)
    content = json.dumps(episodes_of(seen)).encode()
    return unless_known(request, f"{seen.version}-episodes-{get_language()}", lambda: content, "application/json")


@require_safe
@rate_limit(action="try", limit_get=True)  # type: ignore[untyped-decorator]
@never_cache
def paper(request: HttpRequest, sample: str) -> HttpResponse:
    """The report as a PDF."""
    chosen, seen = _sample(sample), _seen(sample)
    recording = known(chosen).stored.recording
    pdf = report(seen.answer, recording, f"{sample} (MIT-BIH Arrhythmia Database, record {chosen.record})")
    return attachment(HttpResponse(pdf, content_type="application/pdf"), f"beatlens-{sample}.pdf")


def _sample(key: str) -> SampleRecording:
    sample = samples.find(key) if settings.TRIAL_ENABLED else None
    if sample is None:
        raise Http404
    return sample


def _seen(sample: str) -> Shown:
    seen = known(_sample(sample)).seen
    if seen is None:
        raise Http404
    return seen
