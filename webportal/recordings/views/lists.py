"""Lists of recordings: one's own, those that others share, and the trash; and what is done with several at once."""

from __future__ import annotations

import uuid
from collections.abc import Iterable

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import urlencode
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from webportal.accounts.current import current_user
from webportal.audit import services as audit
from webportal.paging import Order
from webportal.recordings import access, queries, services
from webportal.recordings.forms import ListForm
from webportal.recordings.models import Recording


@login_required
@require_safe
@never_cache
def recording_list(request: HttpRequest) -> HttpResponse:
    """One's own recordings, searched, newest first."""
    form = ListForm(request.GET)
    form.is_valid()
    user = current_user(request)
    rows = queries.matching(user, access.own_recordings(user), form.cleaned_data)
    looking = urlencode([(name, str(value)) for name, value in request.GET.items() if value and name in form.fields])
    return _list(request, "recordings/list.html", rows, queries.NEWEST, form=form, looking=looking)


@login_required
@require_safe
@never_cache
def shared(request: HttpRequest) -> HttpResponse:
    """What others share with reviewers, the longest waiting first."""
    user = current_user(request)
    if not user.is_reviewer:
        raise PermissionDenied
    response = _list(request, "recordings/shared.html", access.shared_recordings(user), queries.SHARED)
    audit.note_list(actor=user, kind=Recording)
    return response


@login_required
@require_safe
@never_cache
def trash(request: HttpRequest) -> HttpResponse:
    """What one has deleted and can still have back."""
    own = access.own_trash(current_user(request))
    return _list(request, "recordings/trash.html", own, queries.TRASH, days=settings.TRASH_DAYS)


@login_required
@require_POST
@never_cache
def trash_selected(request: HttpRequest) -> HttpResponse:
    """Put the ticked recordings in the trash."""
    count = services.trash_recordings(actor=current_user(request), ids=_ticked(request))
    message = ngettext("%(count)d recording is in the trash.", "%(count)d recordings are in the trash.", count)
    messages.success(request, message % {"count": count})
    return redirect("recordings:list")


@login_required
@require_POST
@never_cache
def share_selected(request: HttpRequest) -> HttpResponse:
    """Let reviewers look at the ticked recordings."""
    count = services.share(actor=current_user(request), ids=_ticked(request))
    message = ngettext(
        "Reviewers can look at %(count)d recording.", "Reviewers can look at %(count)d recordings.", count
    )
    messages.success(request, message % {"count": count})
    return redirect("recordings:list")


@login_required
@require_POST
@never_cache
def restore_all(request: HttpRequest) -> HttpResponse:
    """Take everything out of the trash."""
    count = services.restore_all(actor=current_user(request))
    message = ngettext("%(count)d recording is back in the list.", "%(count)d recordings are back in the list.", count)
    messages.success(request, message % {"count": count})
    return redirect("recordings:list")


def _list(
    request: HttpRequest, template: str, found: QuerySet[Recording], order: Order, **context: object
) -> HttpResponse:
    after = order.cursor(request.GET.get("after", ""))
    page = queries.page_of(found, order=order, after=after)
    context |= {"page": page, "items": queries.listed(page.rows), "is_first": after is None}
    return render(request, template, context)


def _ticked(request: HttpRequest) -> list[uuid.UUID]:
    return list(_ids(request.POST.getlist("id")[: queries.PAGE_SIZE]))


def _ids(texts: Iterable[str]) -> Iterable[uuid.UUID]:
    for text in texts:
        try:
            yield uuid.UUID(text)
        except ValueError:
            continue
