"""Batches: their list, and each one's page, where one sees how far it is, finds its files and puts it away."""

from __future__ import annotations

import uuid
from http import HTTPStatus

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from webportal.accounts.current import current_user
from webportal.analyses import access, services
from webportal.analyses.forms import BatchNameForm
from webportal.analyses.history import batches, exports
from webportal.analyses.models import Batch
from webportal.analyses.views.responses import attachment


@login_required
@require_safe
@never_cache
def batch_list(request: HttpRequest) -> HttpResponse:
    """One's own batches, newest first, with how far each is."""
    page = batches.page_of_batches(access.own_batches(current_user(request)), _page(request))
    progress = batches.progress_of([batch.pk for batch in page])
    rows = [(batch, progress[batch.pk]) for batch in page]
    return render(request, "analyses/batch_list.html", {"page": page, "rows": rows})


@login_required
@require_safe
@never_cache
def batch(request: HttpRequest, batch_id: uuid.UUID) -> HttpResponse:
    """One batch."""
    return render(request, "analyses/batch.html", _context(request, access.own_batch(current_user(request), batch_id)))


@login_required
@require_safe
@never_cache
def batch_status(request: HttpRequest, batch_id: uuid.UUID) -> HttpResponse:
    """The part of a batch's page that changes, for a page that refreshes itself."""
    shown = access.own_batch(current_user(request), batch_id)
    return render(request, "analyses/batch_progress.html", _context(request, shown) | {"oob": True})


@login_required
@require_safe
@never_cache
def batch_csv(request: HttpRequest, batch_id: uuid.UUID) -> StreamingHttpResponse:
    """Every file of a batch, also those that were not accepted, with what became of it."""
    shown = access.own_batch(current_user(request), batch_id)
    rows = shown.files.select_related("analysis__upload").prefetch_related("analysis__reviews", "analysis__tags")
    classes = exports.classes_of(batches.analyses_of(shown))
    lines = exports.batch_csv_lines(rows.iterator(chunk_size=500), classes=classes)
    response = StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8")
    return attachment(response, f"beatlens-batch-{shown.pk}.csv")


@login_required
@require_POST
@never_cache
def rename(request: HttpRequest, batch_id: uuid.UUID) -> HttpResponse:
    """Give a batch another name."""
    renamed = access.own_batch(current_user(request), batch_id)
    form = BatchNameForm(request.POST)
    if not form.is_valid():
        context = _context(request, renamed) | {"name_form": form}
        return render(request, "analyses/batch.html", context, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    services.rename_batch(actor=current_user(request), batch=renamed, name=form.cleaned_data["name"])
    messages.success(request, _("The batch has its new name."))
    return redirect(renamed)


@login_required
@require_POST
@never_cache
def forget_names(request: HttpRequest, batch_id: uuid.UUID) -> HttpResponse:
    """Remove the names of a batch's files for good."""
    emptied = access.own_batch(current_user(request), batch_id)
    services.forget_file_names(actor=current_user(request), batch=emptied)
    messages.success(request, _("The names of the files are gone."))
    return redirect(emptied)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def delete(request: HttpRequest, batch_id: uuid.UUID) -> HttpResponse:
    """Put a batch in the trash, with the analyses of what was sent with it. Asks first."""
    doomed = access.own_batch(current_user(request), batch_id)
    if request.method != "POST":
        progress = batches.progress_of([doomed.pk])[doomed.pk]
        context = {"batch": doomed, "progress": progress, "days": settings.TRASH_DAYS}
        return render(request, "analyses/confirm_delete_batch.html", context)
    services.trash_batch(actor=current_user(request), batch=doomed)
    messages.success(request, _("The batch is in the trash."))
    return redirect("analyses:batches")


@login_required
@require_POST
@never_cache
def restore(request: HttpRequest, batch_id: uuid.UUID) -> HttpResponse:
    """Take a batch out of the trash, with what went there with it."""
    back = access.own_batch(current_user(request), batch_id)
    services.restore_batch(actor=current_user(request), batch=back)
    messages.success(request, _("The batch is back."))
    return redirect(back)


def _context(request: HttpRequest, shown: Batch) -> dict[str, object]:
    name = request.GET.get("q", "").strip()[:100]
    progress = batches.progress_of([shown.pk])[shown.pk]
    missing = batches.missing_files(shown)
    is_coming = batches.is_being_sent(shown, missing)
    return {
        "batch": shown,
        "progress": progress,
        "missing": missing,
        "is_open": bool(progress.waiting) or is_coming,
        "whole": progress.total + (missing if is_coming else 0),
        "has_names": shown.files.exclude(name="").exists(),
        "page": batches.files_of(shown, name=name, page=_page(request)),
        "q": name,
        "name_form": BatchNameForm(initial={"name": shown.name}),
    }


def _page(request: HttpRequest) -> int:
    text = request.GET.get("page", "")
    return int(text) if text.isdecimal() and len(text) < 6 else 1
