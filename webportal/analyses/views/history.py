"""One's own analyses, searched, and the same search as a file."""

from __future__ import annotations

from collections.abc import Iterator

from allauth.decorators import rate_limit
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from webportal.analyses.history import exports, queries, reports
from webportal.analyses.models import Analysis
from webportal.analyses.views import searching
from webportal.analyses.views.responses import attachment


@login_required
@require_safe
@never_cache
def history(request: HttpRequest) -> HttpResponse:
    """One's own analyses, searched, filtered and sorted."""
    search = searching.search(request, request.GET)
    after = search.order.cursor(request.GET.get("after", ""))
    page = queries.page_of(search.found, order=search.order, after=after)
    context = {
        "page": page,
        "is_first": after is None,
        "form": search.form,
        "looking": search.text,
        "bulk_limit": queries.BULK_LIMIT,
    }
    return render(request, "analyses/history.html", context)


@login_required
@require_safe
@never_cache
def history_csv(request: HttpRequest) -> StreamingHttpResponse:
    """What the history shows for the same search, all of it, as CSV."""
    search = searching.search(request, request.GET)
    lines = exports.csv_lines(_rows(search), classes=exports.classes_of(search.found))
    return attachment(StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8"), "beatlens-history.csv")


@login_required
@require_safe
@never_cache
def history_json(request: HttpRequest) -> StreamingHttpResponse:
    """The same as JSON, with every probability and every reading."""
    lines = exports.json_lines(_rows(searching.search(request, request.GET)))
    return attachment(StreamingHttpResponse(lines, content_type="application/json"), "beatlens-history.json")


@login_required
@require_safe
@rate_limit(action="report", limit_get=True)  # type: ignore[untyped-decorator]
@never_cache
def history_pdf(request: HttpRequest) -> HttpResponse:
    """The first of what the history shows for the same search, as a list on paper."""
    search = searching.search(request, request.GET)
    rows = list(search.order.sorted(search.found).prefetch_related("upload", "reviews")[: reports.MAX_ROWS + 1])
    pdf = reports.history_report(rows[: reports.MAX_ROWS], is_cut=len(rows) > reports.MAX_ROWS)
    return attachment(HttpResponse(pdf, content_type="application/pdf"), "beatlens-history.pdf")


def _rows(search: searching.Search) -> Iterator[Analysis]:
    """All that the history shows for a search, a few at a time."""
    rows = search.order.sorted(search.found).select_related("upload").prefetch_related("reviews", "tags")
    return rows.iterator(chunk_size=500)
