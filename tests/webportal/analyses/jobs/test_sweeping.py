"""What was lost comes back: with its worker, with its task, with the inference server."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone
from django_tasks_db.models import DBTaskResult
from pytest_django.fixtures import Settings

from tests.webportal.conftest import FarSide
from webportal.analyses.jobs import leases, running, sweeping
from webportal.analyses.models import Analysis
from webportal.analyses.upkeep import sweeper

pytestmark = pytest.mark.django_db


def run(analysis: Analysis) -> Analysis:
    running.run(analysis_id=analysis.pk, timeout=2.0)
    analysis.refresh_from_db()
    return analysis


def make_due(analysis: Analysis) -> None:
    Analysis.objects.filter(pk=analysis.pk).update(next_attempt_at=timezone.now())


class TestSweeping:
    def test_what_a_dead_worker_held_is_put_back_with_a_task(self, upload: Callable[..., Analysis]) -> None:
        analysis = upload()
        leases.claim(analysis_id=analysis.pk)
        assert sweeping.put_back_expired() == 0  # still held

        Analysis.objects.filter(pk=analysis.pk).update(lease_expires_at=timezone.now() - timedelta(seconds=1))
        assert sweeping.put_back_expired() == 1

        analysis.refresh_from_db()
        assert (analysis.state, analysis.failures) == (Analysis.State.QUEUED, 1)
        assert DBTaskResult.objects.filter(pk=str(analysis.task_id), status="READY").exists()

    def test_an_analysis_that_kills_its_workers_fails_in_the_end(
        self, upload: Callable[..., Analysis], settings: Settings
    ) -> None:
        settings.ANALYSIS_MAX_FAILURES = 2
        analysis = upload()
        for _ in range(2):
            make_due(analysis)
            leases.claim(analysis_id=analysis.pk)
            Analysis.objects.filter(pk=analysis.pk).update(lease_expires_at=timezone.now() - timedelta(seconds=1))
            sweeping.put_back_expired()
        analysis.refresh_from_db()
        assert analysis.state == Analysis.State.FAILED
        assert analysis.error_id

    def test_an_upload_whose_request_died_is_found(self, upload: Callable[..., Analysis]) -> None:
        analysis = upload()
        assert sweeping.enqueue_overdue() == 0  # its request has it in hand

        Analysis.objects.filter(pk=analysis.pk).update(next_attempt_at=timezone.now() - timedelta(minutes=1))
        assert sweeping.enqueue_overdue() == 1
        assert DBTaskResult.objects.count() == 1

    def test_an_analysis_with_a_waiting_task_gets_no_second_one(self, upload: Callable[..., Analysis]) -> None:
        analysis = upload()
        Analysis.objects.filter(pk=analysis.pk).update(next_attempt_at=timezone.now() - timedelta(minutes=1))
        sweeping.enqueue_overdue()
        assert sweeping.enqueue_overdue() == 0
        assert DBTaskResult.objects.count() == 1

    def test_a_task_that_a_dead_worker_took_is_replaced(self, upload: Callable[..., Analysis]) -> None:
        analysis = upload()
        Analysis.objects.filter(pk=analysis.pk).update(next_attempt_at=timezone.now() - timedelta(minutes=1))
        sweeping.enqueue_overdue()
        DBTaskResult.objects.update(status="RUNNING")
        assert sweeping.enqueue_overdue() == 1

    def test_what_waits_for_the_server_is_called_forward_when_it_is_back(
        self, far_side: FarSide, upload: Callable[..., Analysis], settings: Settings
    ) -> None:
        settings.ANALYSIS_BACKOFF_FIRST = 60.0
        far_side.down()
        analysis = run(upload())
        assert sweeping.recall_waiting() == 0

        far_side.up()
        assert sweeping.recall_waiting() == 1
        analysis.refresh_from_db()
        task = DBTaskResult.objects.get(pk=str(analysis.task_id))
        assert analysis.next_attempt_at is not None
        assert max(task.run_after, analysis.next_attempt_at) <= timezone.now()
        assert run(analysis).state == Analysis.State.DONE


def test_sqlite_learns_how_its_tables_are_filled(upload: Callable[..., Analysis]) -> None:
    upload()
    sweeper.learn_tables()
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("SELECT DISTINCT tbl FROM sqlite_stat1")
            assert {"analyses_analysis", "analyses_upload"} <= {name for (name,) in cursor.fetchall()}


def test_a_task_that_was_enqueued_before_the_program_was_renewed_still_runs(
    far_side: FarSide, upload: Callable[..., Analysis]
) -> None:
    analysis = upload()
    running.enqueue(analysis_id=analysis.pk, due=timezone.now())
    DBTaskResult.objects.update(task_path="webportal.analyses.tasks.run_analysis")
    assert DBTaskResult.objects.get().task.call(str(analysis.pk)) is True
    analysis.refresh_from_db()
    assert analysis.state == Analysis.State.DONE
