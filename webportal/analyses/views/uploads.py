"""Send pictures. One leads to its result page; several, or a zip file, are a batch, which has a page of its own."""

from __future__ import annotations

import math
from http import HTTPStatus

from allauth.decorators import rate_limit
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.crypto import constant_time_compare
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST
from ecg.pictures.kinds import BEGINNING_BYTES

from webportal import errors
from webportal.accounts.current import current_user, mark_of
from webportal.analyses import once, reasons
from webportal.analyses.forms import UploadForm
from webportal.analyses.history import batches
from webportal.analyses.intake.batches import add_file, begin_batch, drop_batch
from webportal.analyses.intake.candidates import Candidate
from webportal.analyses.intake.sniffing import reason_against
from webportal.analyses.intake.taking import Wishes, take
from webportal.analyses.jobs import running
from webportal.analyses.models import Batch, BatchFile
from webportal.disk import DiskFull
from webportal.refusal import Refused


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@rate_limit(action="upload")  # type: ignore[untyped-decorator]
@never_cache
def predict(request: HttpRequest) -> HttpResponse:
    """The form, and what it sends: by itself all its files at once, by script one by one."""
    if request.method != "POST":
        return _upload_page(request, UploadForm())
    if not _is_senders(request):
        return render(request, "analyses/other_account.html", status=HTTPStatus.CONFLICT)
    form = UploadForm(request.POST, request.FILES)
    if not form.is_valid():
        return _refused(request, form)
    candidates: list[Candidate] = form.cleaned_data["picture"]
    in_parts = "part" in request.POST
    chosen = {name: form.cleaned_data[name] for name in ("label", "lead", "keep_original", "keep_names")}
    wishes = Wishes(**chosen, comes_again=in_parts)
    if in_parts:
        return _part(request, form, candidates, wishes)
    if len(candidates) == 1 and (candidates[0].reason or not candidates[0].is_archive):
        return _single(request, form, candidates[0], wishes)
    return _several(request, form, candidates, wishes)


@login_required
@require_POST
@never_cache
def what_is_wrong(request: HttpRequest) -> HttpResponse:
    """Why a file with these first bytes (the body) would not be taken, for the page to say before it is sent.

    Answers ``{"problem": sentence}``, empty when nothing is wrong with its kind.
    """
    beginning = request.read(BEGINNING_BYTES)
    reason = reason_against(beginning) if beginning else ""
    return JsonResponse({"problem": str(reasons.explain(reason)) if reason else ""})


def _is_senders(request: HttpRequest) -> bool:
    """Whether who sends the form is who opened it; somebody else may have logged in since, in another tab."""
    mark = request.POST.get("sender")
    return mark is None or constant_time_compare(mark, mark_of(current_user(request)))


def _single(request: HttpRequest, form: UploadForm, candidate: Candidate, wishes: Wishes) -> HttpResponse:
    """One picture: its result, or why it is not accepted."""
    reason = candidate.reason
    if not reason:
        try:
            taken = take(
                owner=current_user(request),
                form_id=once.id_in(request),
                place=0,
                entry=0,
                name=candidate.name,
                data=candidate.file.read(),
                wishes=wishes,
            )
        except Refused as refusal:
            return _not_now(request, form, refusal)
        if taken.analysis is not None:
            if taken.is_repeated:
                messages.info(request, _("You sent this very picture before. Here is what came of it."))
            else:
                running.try_all_at_once([taken.analysis])
            address = taken.analysis.get_absolute_url()
            return JsonResponse({"address": address}) if _is_script(request) else redirect(address)
        reason = taken.reason
    return _explained(request, form, reason)


def _not_now(request: HttpRequest, form: UploadForm, refusal: Refused) -> HttpResponse:
    """Why a picture with which nothing is wrong can't be taken now."""
    if isinstance(refusal, DiskFull):
        return errors.storage_full(request, refusal)
    return _with_patience(_explained(request, form, refusal.reason), refusal)


def _with_patience(response: HttpResponse, refusal: Refused) -> HttpResponse:
    """``response``, with the status and the time that a client understands where time alone helps."""
    if refusal.retry_after is not None:
        response.status_code = HTTPStatus.TOO_MANY_REQUESTS
        response.headers["Retry-After"] = str(math.ceil(refusal.retry_after))
    return response


def _explained(request: HttpRequest, form: UploadForm, reason: str) -> HttpResponse:
    form.add_error("picture", str(reasons.explain(reason)))
    return _refused(request, form)


def _refused(request: HttpRequest, form: UploadForm) -> HttpResponse:
    """The page with what is wrong; for the script that alone."""
    if not _is_script(request):
        return _upload_page(request, form, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    problem = next(iter(form.errors.values()))[0]
    return HttpResponse(problem, "text/plain; charset=utf-8", HTTPStatus.UNPROCESSABLE_ENTITY)


def _is_script(request: HttpRequest) -> bool:
    """Whether the page's script sends the form, and shows the answer in its own way."""
    return request.headers.get("X-Requested-With") == "XMLHttpRequest"


def _several(request: HttpRequest, form: UploadForm, candidates: list[Candidate], wishes: Wishes) -> HttpResponse:
    """Several files, or a zip file, that come in one request: the page of their batch."""
    batch = _batch(request, wishes, expected=len(candidates))
    files: list[BatchFile] = []
    for place, candidate in enumerate(candidates):
        files += add_file(batch=batch, place=place, candidate=candidate, wishes=wishes)
    if len(files) == 1 and files[0].reason:  # nothing worth a page of its own
        drop_batch(batch=batch)
        return _explained(request, form, files[0].reason)
    running.try_all_at_once([file.analysis for file in files if file.analysis and file.analysis.is_open])
    return redirect(files[0].analysis if len(files) == 1 and files[0].analysis else batch)


def _part(request: HttpRequest, form: UploadForm, candidates: list[Candidate], wishes: Wishes) -> HttpResponse:
    """One file of several that a script sends: what became of it, as a part of a page."""
    batch = _batch(request, wishes, expected=form.cleaned_data["expected"] or 0)
    try:
        place = form.cleaned_data["place"] or 0
        files = list(add_file(batch=batch, place=place, candidate=candidates[0], wishes=wishes))
    except DiskFull as full:
        return errors.storage_full(request, full)
    except Refused as refusal:
        # What was stored of a zip file stays: the script sends it again when its time has come, and it goes on there.
        return _with_patience(HttpResponse(content_type="text/plain; charset=utf-8"), refusal)
    running.try_all_at_once([file.analysis for file in files if file.analysis and file.analysis.is_open])
    return render(request, "analyses/batch_files.html", {"files": batches.as_they_stand(files)})


def _batch(request: HttpRequest, wishes: Wishes, *, expected: int) -> Batch:
    user = current_user(request)
    try:
        return begin_batch(owner=user, batch_id=once.id_in(request), name=wishes.label, expected=expected)
    except PermissionDenied as error:
        raise Http404 from error


def _upload_page(request: HttpRequest, form: UploadForm, status: HTTPStatus = HTTPStatus.OK) -> HttpResponse:
    limits = {
        "max_bytes": settings.PICTURE_MAX_BYTES,
        "max_mib": settings.PICTURE_MAX_BYTES // (1024 * 1024),
        "max_megapixels": settings.PICTURE_MAX_PIXELS // 1_000_000,
        "max_pictures": settings.UPLOAD_MAX_PICTURES,
        "max_archive_bytes": settings.ARCHIVE_MAX_BYTES,
        "max_archive_mib": settings.ARCHIVE_MAX_BYTES // (1024 * 1024),
        "max_entries": settings.ARCHIVE_MAX_ENTRIES,
        "max_together_mib": settings.REQUEST_MAX_BYTES // (1024 * 1024),
    }
    new_id = once.new_id()
    context = {
        "form": form,
        "limits": limits,
        "form_id": new_id,
        "batch_address": reverse("analyses:batch", args=[new_id]),
        "sender": mark_of(current_user(request)),
    }
    return render(request, "analyses/predict.html", context, status=status)
