"""The report of a recording, as a page and on paper, and the files that people take along."""

from __future__ import annotations

import uuid

from allauth.decorators import rate_limit
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from ecg.recording_errors import RecordingError

from webportal.accounts.current import current_user
from webportal.analyses.views.responses import attachment
from webportal.audit import services as audit
from webportal.audit.models import Entry
from webportal.recordings import access
from webportal.recordings.beats_file import BeatsFileDamaged
from webportal.recordings.models import RecordingAnalysis
from webportal.recordings.reporting import FILES, Report


@login_required
@require_safe
@never_cache
def page(request: HttpRequest, recording_id: uuid.UUID) -> HttpResponse:
    """The report to read."""
    user = current_user(request)
    analysis = access.readable_analysis(user, recording_id)
    report = _report(request, analysis)
    context = {
        "recording": analysis.recording,
        "analysis": analysis,
        "is_owner": analysis.owner_id == user.pk,
        "report": report,
        "files": FILES,
        "strips": list(report.strips()),
    }
    return render(request, "recordings/report.html", context)


@login_required
@require_safe
@rate_limit(action="report", limit_get=True)  # type: ignore[untyped-decorator]
@never_cache
def paper(request: HttpRequest, recording_id: uuid.UUID) -> HttpResponse:
    """The report as a PDF."""
    analysis = _to_take_along(request, recording_id)
    pdf = _report(request, analysis).pdf()
    return attachment(HttpResponse(pdf, content_type="application/pdf"), f"beatlens-{recording_id}.pdf")


@login_required
@require_safe
@rate_limit(action="report", limit_get=True)  # type: ignore[untyped-decorator]
@never_cache
def export(request: HttpRequest, recording_id: uuid.UUID, name: str) -> HttpResponse:
    """What is said of it as a file for programs, with corrections."""
    if name not in FILES:
        raise Http404
    analysis = _to_take_along(request, recording_id)
    content = _report(request, analysis).file(name)
    return attachment(HttpResponse(content, content_type=FILES[name]), f"beatlens-{recording_id}-{name}")


def _to_take_along(request: HttpRequest, recording_id: uuid.UUID) -> RecordingAnalysis:
    user = current_user(request)
    analysis = access.readable_analysis(user, recording_id, is_part=True)
    audit.note(actor=user, action=Entry.Action.DOWNLOAD, record=analysis.recording)
    return analysis


def _report(request: HttpRequest, analysis: RecordingAnalysis) -> Report:
    try:
        return Report(analysis, current_user(request))
    except (BeatsFileDamaged, FileNotFoundError, RecordingError) as error:
        raise Http404 from error
