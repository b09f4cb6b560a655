"""Live, ready and counted, for whatever keeps the portal running: answered on the internal address alone."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from django.contrib.sessions.models import Session
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone

from webportal import disk
from webportal.errors import log_unexpected
from webportal.inference import client
from webportal.observability import metrics
from webportal.observability.internal import Answer, as_json, as_metrics


def readiness() -> dict[str, Any]:
    """Whether the database is reachable, migrated and can be written, and the storage can take pictures, which is being
    ready; and whether the inference server answers.

    The inference server is reported and never fails readiness: without it uploads are stored and finished later.
    """
    database, media = _database(), _media()
    inference = "ok" if client().is_serving(timeout=1.0) else "unreachable"
    return {
        "ready": database == media == "ok",
        "database": database,
        "media": media,
        "inference_server": inference,
    }


def _database() -> str:
    try:
        executor = MigrationExecutor(connection)
        if executor.migration_plan(executor.loader.graph.leaf_nodes()):
            return "pending migrations"
    except DatabaseError as error:
        return "full" if disk.is_full(error) else "unreachable"
    try:
        # What a log-in writes. One that a killed process left goes with the other sessions whose time is over.
        probe = Session(session_key=f"probe{uuid.uuid4().hex[:27]}", session_data="", expire_date=timezone.now())
        probe.save(force_insert=True)
        probe.delete()
    except DatabaseError as error:
        return "full" if disk.is_full(error) else "not writable"
    return "ok"


def _media() -> str:
    try:
        disk.check_room()
        # As large as a block of most disks, so that room is needed. The sweep of files collects what stays behind.
        name = default_storage.save(f"probes/{uuid.uuid4().hex}", ContentFile(b"0" * 4096))
        default_storage.delete(name)
    except Exception as error:  # every storage has its own
        if disk.is_full(error):
            return "full"
        log_unexpected("the probe of the storage", error)
        return "not writable"
    return "ok"


def portal_pages(*, queue_metrics: Callable[[], bytes]) -> dict[str, Callable[[], Answer]]:
    """What a process of the portal answers. ``queue_metrics`` says, in Prometheus' text format, what waits."""
    return {
        "/healthz": lambda: as_json(HTTPStatus.OK, {"live": True}),
        "/readyz": _closing(_ready),
        "/metrics": _closing(lambda: as_metrics(metrics.exposition() + queue_metrics())),
    }


def worker_pages(seconds_since_sweep: Callable[[], float], *, longest: float) -> dict[str, Callable[[], Answer]]:
    """What a worker answers. It lives while its sweeps are not farther apart than ``longest`` seconds."""

    def live() -> Answer:
        lives = seconds_since_sweep() <= longest
        return as_json(HTTPStatus.OK if lives else HTTPStatus.SERVICE_UNAVAILABLE, {"live": lives})

    return {
        "/healthz": live,
        "/readyz": _closing(_ready),
        "/metrics": lambda: as_metrics(metrics.exposition()),
    }


def _closing(answer: Callable[[], Answer]) -> Callable[[], Answer]:
    """The same answer; the database connection of the thread that gives it is closed."""

    def closing() -> Answer:
        try:
            return answer()
        finally:
            connection.close()

    return closing


def _ready() -> Answer:
    report = readiness()
    return as_json(HTTPStatus.OK if report["ready"] else HTTPStatus.SERVICE_UNAVAILABLE, report)
