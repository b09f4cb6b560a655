"""Live and ready, for whatever keeps the portal running."""

from __future__ import annotations

from http import HTTPStatus

from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from webportal.inference import client


@require_safe
@never_cache
def healthz(request: HttpRequest) -> JsonResponse:
    """200 while the process answers at all."""
    return JsonResponse({"live": True})


@require_safe
@never_cache
def readyz(request: HttpRequest) -> JsonResponse:
    """200 when the database is reachable and migrated, else 503.

    The inference server is reported and never fails readiness: without it uploads are kept and finished later.
    """
    try:
        executor = MigrationExecutor(connection)
        database = "pending migrations" if executor.migration_plan(executor.loader.graph.leaf_nodes()) else "ok"
    except DatabaseError:
        database = "unreachable"
    inference = "ok" if client().is_serving(timeout=1.0) else "unreachable"
    ready = database == "ok"
    return JsonResponse(
        {"ready": ready, "database": database, "inference_server": inference},
        status=HTTPStatus.OK if ready else HTTPStatus.SERVICE_UNAVAILABLE,
    )
