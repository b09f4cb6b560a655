"""Tables of many analyses for other programs, as they come from the database."""

from __future__ import annotations

import uuid
from collections.abc import Iterator

from django.http import HttpRequest, StreamingHttpResponse
from ninja import Query, Router

from webportal.accounts.current import current_user
from webportal.analyses import access
from webportal.analyses.history import batches, exports, queries
from webportal.analyses.models import Analysis
from webportal.analyses.views.responses import attachment
from webportal.api import authentication as auth
from webportal.api.calls import searching
from webportal.api.openapi import answers_with
from webportal.api.schemas.analyses import Wanted

router = Router(tags=["exports"])


@router.get("/exports/analyses.csv", auth=auth.READ, url_name="analyses-csv", openapi_extra=answers_with("text/csv"))
def export_csv(request: HttpRequest, wanted: Query[Wanted]) -> StreamingHttpResponse:
    """All that a search finds, as CSV."""
    classes = exports.classes_of(searching.found(current_user(request), wanted))
    lines = exports.csv_lines(_rows(request, wanted), classes=classes)
    response = StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8")
    return attachment(response, "beatlens-history.csv")


@router.get(
    "/exports/analyses.json", auth=auth.READ, url_name="analyses-json", openapi_extra=answers_with("application/json")
)
def export_json(request: HttpRequest, wanted: Query[Wanted]) -> StreamingHttpResponse:
    """The same as JSON, with every probability and every reading."""
    lines = exports.json_lines(_rows(request, wanted))
    return attachment(StreamingHttpResponse(lines, content_type="application/json"), "beatlens-history.json")


@router.get(
    "/batches/{uuid:batch_id}/files.csv", auth=auth.READ, url_name="batch-csv", openapi_extra=answers_with("text/csv")
)
def export_batch(request: HttpRequest, batch_id: uuid.UUID) -> StreamingHttpResponse:
    """Every file of a batch, also those that were not accepted, with what became of it."""
    batch = access.own_batch(current_user(request), batch_id)
    rows = batch.files.select_related("analysis__upload").prefetch_related("analysis__reviews", "analysis__tags")
    classes = exports.classes_of(batches.analyses_of(batch))
    lines = exports.batch_csv_lines(rows.iterator(chunk_size=500), classes=classes)
    response = StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8")
    return attachment(response, f"beatlens-batch-{batch.pk}.csv")


def _rows(request: HttpRequest, wanted: Wanted) -> Iterator[Analysis]:
    order = queries.ORDERS[wanted.sort]
    rows = order.sorted(searching.found(current_user(request), wanted)).select_related("upload")
    return rows.prefetch_related("reviews", "tags").iterator(chunk_size=500)
