"""Send pictures, and what became of each."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import Any

from allauth.decorators import rate_limit
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from webportal import errors
from webportal.accounts.current import current_user
from webportal.accounts.models import User
from webportal.analyses import access, archives, pictures, queries, reasons, services
from webportal.analyses.forms import Candidate, UploadForm
from webportal.analyses.models import Analysis
from webportal.disk import DiskFull
from webportal.refusal import Refused


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one sent file."""

    name: str
    analysis: Analysis | None
    explanation: reasons.Explanation | None
    is_repeated: bool = False
    """Whether the very same file was sent before; ``analysis`` is then the earlier one."""
    refusal: Refused | None = None
    """Set when nothing was wrong with the file, but it could not be taken now."""


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@rate_limit(action="upload")  # type: ignore[untyped-decorator]
@never_cache
def predict(request: HttpRequest) -> HttpResponse:
    """Send pictures. One leads to its result page, several to a list of what became of each."""
    if request.method != "POST":
        return _upload_page(request, UploadForm())
    form = UploadForm(request.POST, request.FILES)
    if not form.is_valid():
        return _upload_page(request, form, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    candidates: list[Candidate] = form.cleaned_data["picture"]
    in_parts = "part" in request.POST  # by script, file by file: the answer is a part of the list of outcomes
    words = {name: form.cleaned_data[name] for name in ("label", "keep_original")}
    outcomes = [each for candidate in candidates for each in _outcomes_of(current_user(request), candidate, words)]
    if len(outcomes) == 1 and outcomes[0].explanation and not in_parts:
        return _not_taken(request, form, outcomes[0].explanation, outcomes[0].refusal)
    analyse_at_once([each.analysis for each in outcomes if each.analysis and not each.is_repeated])
    if len(outcomes) == 1 and outcomes[0].analysis and not in_parts:
        if outcomes[0].is_repeated:
            messages.info(request, _("You sent this very picture before. Here is what came of it."))
        return redirect(outcomes[0].analysis)
    template = "analyses/outcome_list.html" if in_parts else "analyses/outcomes.html"
    response = render(request, template, {"outcomes": _refreshed(current_user(request), outcomes)})
    # The script sends the file again when its time has come; of a zip file a part may have been kept.
    return _with_patience(response, outcomes[0].refusal) if in_parts and len(outcomes) == 1 else response


def _not_taken(
    request: HttpRequest, form: UploadForm, explanation: reasons.Explanation, refusal: Refused | None
) -> HttpResponse:
    """The upload page again, saying why the one picture isn't taken."""
    if isinstance(refusal, DiskFull):
        return errors.storage_full(request, refusal)
    form.add_error("picture", f"{explanation.problem} {explanation.remedy}")
    response = _upload_page(request, form, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    return _with_patience(response, refusal)


def _with_patience(response: HttpResponse, refusal: Refused | None) -> HttpResponse:
    """``response``, with the status and the time that a client understands where time alone helps."""
    if refusal is not None and refusal.retry_after is not None:
        response.status_code = HTTPStatus.TOO_MANY_REQUESTS
        response.headers["Retry-After"] = str(math.ceil(refusal.retry_after))
    return response


def _refreshed(user: User, outcomes: list[Outcome]) -> list[Outcome]:
    """The same outcomes with their analyses as they stand now."""
    ids = [each.analysis.pk for each in outcomes if each.analysis]
    now = access.own_analyses(user).select_related("upload").in_bulk(ids)
    return [replace(each, analysis=now.get(each.analysis.pk)) if each.analysis else each for each in outcomes]


def _upload_page(request: HttpRequest, form: UploadForm, status: HTTPStatus = HTTPStatus.OK) -> HttpResponse:
    limits = {
        "max_bytes": settings.PICTURE_MAX_BYTES,
        "max_mib": settings.PICTURE_MAX_BYTES // (1024 * 1024),
        "max_megapixels": settings.PICTURE_MAX_PIXELS // 1_000_000,
        "max_pictures": settings.UPLOAD_MAX_PICTURES,
        "max_archive_bytes": settings.ARCHIVE_MAX_BYTES,
        "max_archive_mib": settings.ARCHIVE_MAX_BYTES // (1024 * 1024),
        "max_entries": settings.ARCHIVE_MAX_ENTRIES,
    }
    return render(request, "analyses/predict.html", {"form": form, "limits": limits}, status=status)


def _outcomes_of(user: User, candidate: Candidate, words: dict[str, Any]) -> Iterator[Outcome]:
    """What becomes of one sent file: one outcome for a picture, one for each entry of a zip file."""
    if candidate.reason:
        yield Outcome(candidate.name, None, reasons.explain(candidate.reason))
    elif candidate.is_archive:
        for entry in archives.entries(candidate.file):
            reason = entry.reason or pictures.reason_against(entry.data)
            if reason:
                yield Outcome(entry.name or candidate.name, None, reasons.explain(reason))
            else:
                yield _keep(user, entry.name, entry.data, words)
    else:
        yield _keep(user, candidate.name, candidate.file.read(), words)


def _keep(user: User, name: str, data: bytes, words: dict[str, Any]) -> Outcome:
    earlier = queries.latest_of_same_file(access.own_analyses(user), data)
    if earlier is not None:
        return Outcome(name, earlier, None, is_repeated=True)
    try:
        return Outcome(name, services.create_upload(owner=user, data=data, **words), None)
    except pictures.Unusable as unusable:
        return Outcome(name, None, reasons.explain(unusable.reason))
    except Refused as refusal:
        return Outcome(name, None, reasons.explain(refusal.reason), refusal=refusal)


def analyse_at_once(analyses: list[Analysis]) -> None:
    """Ask the server for as long as a person likes to wait; what is left then is the worker's."""
    give_up_at = time.monotonic() + settings.INFERENCE_FAST_TIMEOUT
    for analysis in analyses:
        left = give_up_at - time.monotonic()
        if left <= 0:
            break
        services.try_at_once(analysis_id=analysis.pk, deadline=left)
