"""A sample recording from the strip to the report, without an account. It is public, as the recordings are."""

from __future__ import annotations

import hashlib
import json
from typing import Any, Final

from allauth.decorators import rate_limit
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import get_language
from django.views.decorators.cache import cache_control, never_cache
from django.views.decorators.http import require_safe
from inference_server.exports.report import report
from inference_server.exports.report_pictures import picture_lines
from inference_server.exports.wording import BY_LANGUAGE, ENGLISH

from webportal.analyses.views.responses import attachment
from webportal.recordings import reasons, samples
from webportal.recordings.digitizing.drawing import laid_over
from webportal.recordings.samples import SampleRecording
from webportal.recordings.viewing import beat_tiles, moments, overview, signal_tiles, times
from webportal.recordings.viewing.about import about
from webportal.recordings.viewing.about import episodes as episodes_of
from webportal.recordings.viewing.shown import Shown
from webportal.recordings.views.kept import unless_known
from webportal.trial.sample_recordings import Prepared, prepared

_MEDIA_TYPES: Final = {".jpg": "image/jpeg", ".png": "image/png"}


@require_safe
@rate_limit(action="try", limit_get=True)  # type: ignore[untyped-decorator]
@never_cache
def page(request: HttpRequest, sample: str) -> HttpResponse:
    """The picture where it was one, the viewer, what lasts in words, and the way to the report."""
    chosen = _sample(sample)
    ready = prepared(chosen)
    context: dict[str, Any] = {
        "sample": chosen,
        "answer": ready.seen,
        "is_reading": ready.is_reading,
        "others": [other for other in samples.every() if other != chosen and other.is_picture == chosen.is_picture],
        **_read(sample, ready),
        **_paper(sample, ready),
        **_lasting(ready),
    }
    return render(request, "trial/recording.html", context)


def _read(sample: str, ready: Prepared) -> dict[str, Any]:
    """What the page shows of the signal."""
    if ready.stored is None:
        return {}
    viewer = about(ready.stored, ready.seen, addresses="trial:recording-", key=sample)
    recording = ready.stored.recording
    length = times.length(recording.seconds)
    return {"viewer": viewer, "classes": viewer.get("classes"), "length": length, "leads": recording.leads}


def _paper(sample: str, ready: Prepared) -> dict[str, Any]:
    """What the page shows of the picture that the signal was read from."""
    if ready.page is None:
        return {}
    picture_, overlay_ = (reverse(f"trial:recording-{part}", args=[sample]) for part in ("picture", "overlay"))
    warnings = [reasons.page_warning(warned) for warned in ready.page.reading.warnings]
    return laid_over(ready.page.reading, picture=picture_, overlay=overlay_) | {"warnings": warnings}


def _lasting(ready: Prepared) -> dict[str, Any]:
    """The table of what lasts."""
    if ready.seen is None or ready.stored is None:
        return {}
    names, start = moments.kind_names(), ready.stored.recording.start
    episodes_ = [
        {
            "name": names[one.kind],
            "time": times.clock(one.begin, start),
            "begin": round(one.begin, 3),
            "seconds": one.end - one.begin,
            "beats": one.beats,
        }
        for one in ready.seen.answer.episodes
    ]
    return {"episodes": episodes_}


@require_safe
@cache_control(public=True, max_age=86_400)
def picture(request: HttpRequest, sample: str) -> HttpResponse:
    """The picture of a sample; it is public, as what it was drawn from is."""
    chosen = _sample(sample)
    if not chosen.is_picture:
        raise Http404
    path, *_others = chosen.paths
    return HttpResponse(path.read_bytes(), content_type=_MEDIA_TYPES[path.suffix])


@require_safe
def overlay(request: HttpRequest, sample: str) -> HttpResponse:
    """What was read of it, as a transparent picture to lay over it."""
    page_ = prepared(_sample(sample)).page
    if page_ is None:
        raise Http404
    return unless_known(request, hashlib.sha256(page_.overlay).hexdigest(), lambda: page_.overlay, "image/png")


@require_safe
def signal(request: HttpRequest, sample: str, factor: int, tile: int) -> HttpResponse:
    """A tile of the signal."""
    stored = prepared(_sample(sample)).stored
    if stored is None:
        raise Http404
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
    chosen, ready = _sample(sample), prepared(_sample(sample))
    if ready.stored is None or ready.seen is None:
        raise Http404
    words = BY_LANGUAGE.get(get_language() or "", ENGLISH)
    lines = [] if ready.page is None else [*picture_lines(ready.page.reading.calibration, words)]
    name = f"{sample} ({chosen.database}, {chosen.record})"
    pdf = report(ready.seen.answer, ready.stored.recording, name, words=words, picture=lines)
    return attachment(HttpResponse(pdf, content_type="application/pdf"), f"beatlens-{sample}.pdf")


def _sample(key: str) -> SampleRecording:
    sample = samples.find(key) if settings.TRIAL_ENABLED else None
    if sample is None:
        raise Http404
    return sample


def _seen(sample: str) -> Shown:
    seen = prepared(_sample(sample)).seen
    if seen is None:
        raise Http404
    return seen
