"""One's own analyses, searched, and the same search as a file."""

from __future__ import annotations

from collections.abc import Iterator

from allauth.decorators import rate_limit
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from webportal.analyses import exports, queries, reports
from webportal.analyses.models import Analysis
from webportal.analyses.views.responses import attachment
from webportal.analyses.views.searching import found_by, history_form


@login_required
@require_safe
@never_cache
def history(request: HttpRequest) -> HttpResponse:
    """One's own analyses, searched, filtered and sorted."""
    form = history_form(request, request.GET)
    found, order = found_by(request, form)
    after = order.cursor(request.GET.get("after", ""))
    page = queries.page_of(found, order=order, after=after)
    looking = request.GET.copy()
    looking.pop("after", None)
    context = {
        "page": page,
        "is_first": after is None,
        "form": form,
        "looking": looking.urlencode(),
        "bulk_limit": queries.BULK_LIMIT,
    }
    return render(request, "analyses/history.html", context)


@login_required
@require_safe
@never_cache
def history_csv(request: HttpRequest) -> StreamingHttpResponse:
    """What the history shows for the same search, all of it, as CSV."""
    found, _order = found_by(request, history_form(request, request.GET))
    lines = exports.csv_lines(_rows(request), classes=exports.classes_of(found))
    return attachment(StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8"), "beatlens-history.csv")


@login_required
@require_safe
@never_cache
def history_json(request: HttpRequest) -> StreamingHttpResponse:
    """The same as JSON, with every probability and every reading."""
    lines = exports.json_lines(_rows(request))
    return attachment(StreamingHttpResponse(lines, content_type="application/json"), "beatlens-history.json")


@login_required
@require_safe
@rate_limit(action="report", limit_get=True)  # type: ignore[untyped-decorator]
@never_cache
def history_pdf(request: HttpRequest) -> HttpResponse:
    """The first of what the history shows for the same search, as a list on paper."""
    found, order = found_by(request, history_form(request, request.GET))
    rows = list(order.sorted(found).prefetch_related("upload", "reviews")[: reports.MAX_ROWS + 1])
    pdf = reports.history_report(rows[: reports.MAX_ROWS], is_cut=len(rows) > reports.MAX_ROWS)
    return attachment(HttpResponse(pdf, content_type="application/pdf"), "beatlens-history.pdf")


def _rows(request: HttpRequest) -> Iterator[Analysis]:
    """All that the history shows for the same search, a few at a time."""
    found, order = found_by(request, history_form(request, request.GET))
    rows = order.sorted(found).select_related("upload").prefetch_related("reviews", "tags")
    return rows.iterator(chunk_size=500)
