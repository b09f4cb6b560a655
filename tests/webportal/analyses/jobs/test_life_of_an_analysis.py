"""What is promised about an analysis from the moment a picture is accepted."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.utils import timezone
from django_tasks_db.models import DBTaskResult
from pytest_django.fixtures import Settings

from inference_server.classification import Classification, Verdict
from tests.webportal.analyses.claims import claimed
from tests.webportal.conftest import FarSide, Refusal
from webportal.accounts.models import User
from webportal.analyses import services
from webportal.analyses.jobs import leases, running, sweeping
from webportal.analyses.jobs.outcomes import fields_of
from webportal.analyses.models import Analysis

pytestmark = pytest.mark.django_db


def run(analysis: Analysis) -> Analysis:
    running.run(analysis_id=analysis.pk, timeout=2.0)
    analysis.refresh_from_db()
    return analysis


def make_due(analysis: Analysis) -> None:
    Analysis.objects.filter(pk=analysis.pk).update(next_attempt_at=timezone.now())


class TestAskingTheServer:
    def test_an_answer_is_stored_in_full(
        self, far_side: FarSide, upload: Callable[..., Analysis], answered: Callable[..., Classification]
    ) -> None:
        far_side.respond = lambda _data: answered(
            "PACED", probability=0.75, verdict=Verdict.UNCERTAIN, plausible=("PACED", "PVC")
        )

        analysis = run(upload())

        assert analysis.state == Analysis.State.DONE
        assert (analysis.class_short, analysis.class_name) == ("PACED", "Paced")
        assert analysis.probability == pytest.approx(0.75)
        assert [entry["short"] for entry in analysis.probabilities] == ["NORMAL", "PVC", "PACED", "ESCAPE"]
        assert [entry["short"] for entry in analysis.prediction_set] == ["PACED", "PVC"]
        assert analysis.verdict == "UNCERTAIN"
        assert (analysis.model_name, analysis.model_version) == ("arrhythmia", "7")
        assert analysis.attempts == 1
        assert analysis.finished_at is not None

    def test_the_server_gets_the_picture_as_stored(self, far_side: FarSide, upload: Callable[..., Analysis]) -> None:
        analysis = run(upload())
        with analysis.upload.picture.open("rb") as file:
            assert far_side.calls == [file.read()]

    def test_a_refused_picture_is_rejected_with_the_reason_and_not_tried_again(
        self, far_side: FarSide, upload: Callable[..., Analysis], refusal: type[Refusal]
    ) -> None:
        def refuse(data: bytes) -> Classification:
            raise refusal("IMAGE_TRUNCATED")

        far_side.respond = refuse
        analysis = run(upload())

        assert analysis.state == Analysis.State.REJECTED
        assert analysis.reason == "IMAGE_TRUNCATED"
        assert not running.run(analysis_id=analysis.pk, timeout=1.0)
        assert len(far_side.calls) == 1

    def test_without_a_server_the_analysis_waits_with_a_task_beside_it(
        self, far_side: FarSide, upload: Callable[..., Analysis]
    ) -> None:
        far_side.down()
        analysis = run(upload())

        assert analysis.state == Analysis.State.QUEUED
        assert analysis.waits_for_server
        assert analysis.failures == 0
        task = DBTaskResult.objects.get(pk=str(analysis.task_id))
        assert task.run_after == analysis.next_attempt_at
        assert task.args_kwargs["args"] == [str(analysis.pk)]

    def test_waiting_for_the_server_never_becomes_a_failure(
        self, far_side: FarSide, upload: Callable[..., Analysis], settings: Settings
    ) -> None:
        far_side.down()
        settings.ANALYSIS_MAX_FAILURES = 2
        analysis = upload()
        for _ in range(3):
            make_due(analysis)
            running.run(analysis_id=analysis.pk, timeout=0.2)
        analysis.refresh_from_db()
        assert analysis.state == Analysis.State.QUEUED
        assert analysis.attempts == 3

    def test_a_picture_that_makes_healthy_servers_fall_silent_fails_in_the_end(
        self, far_side: FarSide, upload: Callable[..., Analysis], settings: Settings
    ) -> None:
        settings.ANALYSIS_MAX_FAILURES = 2
        far_side.crash = True  # its health is good, and each call ends without an answer
        analysis = upload()
        for _ in range(2):
            make_due(analysis)
            running.run(analysis_id=analysis.pk, timeout=0.3, from_queue=True)
        analysis.refresh_from_db()
        assert analysis.state == Analysis.State.FAILED
        assert analysis.error_id

    def test_a_server_that_is_known_to_be_away_is_not_called(
        self, far_side: FarSide, upload: Callable[..., Analysis]
    ) -> None:
        far_side.down()
        analysis = upload()
        running.run(analysis_id=analysis.pk, timeout=2.0, from_queue=True)
        analysis.refresh_from_db()
        assert analysis.waits_for_server
        assert analysis.failures == 0

    def test_an_unexpected_error_is_retried_a_bounded_number_of_times(
        self,
        far_side: FarSide,
        upload: Callable[..., Analysis],
        settings: Settings,
        caplog: pytest.LogCaptureFixture,
    ) -> None:
        def break_down(data: bytes) -> Classification:
            raise RuntimeError("secret detail")

        far_side.respond = break_down
        settings.ANALYSIS_MAX_FAILURES = 3
        analysis = upload()
        for attempt in (1, 2):
            analysis = run(analysis)
            assert (analysis.state, analysis.failures) == (Analysis.State.QUEUED, attempt)
            make_due(analysis)
        analysis = run(analysis)

        assert analysis.state == Analysis.State.FAILED
        assert analysis.error_id
        assert analysis.error_id in caplog.text
        assert len(far_side.calls) == 3

    def test_a_lost_file_fails_with_an_id_instead_of_waiting_for_ever(
        self, far_side: FarSide, upload: Callable[..., Analysis], settings: Settings
    ) -> None:
        settings.ANALYSIS_MAX_FAILURES = 1
        analysis = upload()
        analysis.upload.picture.storage.delete(str(analysis.upload.picture.name))

        analysis = run(analysis)

        assert analysis.state == Analysis.State.FAILED
        assert analysis.error_id


class TestClaims:
    def test_only_one_claim_succeeds(self, upload: Callable[..., Analysis]) -> None:
        analysis = upload()
        assert leases.claim(analysis_id=analysis.pk) is not None
        assert leases.claim(analysis_id=analysis.pk) is None

    def test_an_analysis_that_is_not_due_is_left_alone(self, upload: Callable[..., Analysis]) -> None:
        analysis = upload()
        Analysis.objects.filter(pk=analysis.pk).update(next_attempt_at=timezone.now() + timedelta(minutes=1))
        assert leases.claim(analysis_id=analysis.pk) is None

    def test_a_finished_or_unknown_analysis_is_left_alone(
        self, far_side: FarSide, upload: Callable[..., Analysis]
    ) -> None:
        analysis = run(upload())
        assert not running.run(analysis_id=analysis.pk, timeout=1.0)
        assert not running.run(analysis_id=uuid.uuid4(), timeout=1.0)
        assert len(far_side.calls) == 1

    def test_a_claimant_that_lost_its_lease_cannot_store_its_answer(
        self, upload: Callable[..., Analysis], answered: Callable[..., Classification]
    ) -> None:
        held = claimed(upload())
        # Its lease runs out, the sweep puts the analysis back, and somebody else takes it.
        Analysis.objects.update(lease_expires_at=timezone.now() - timedelta(seconds=1))
        sweeping.put_back_expired()
        second = claimed(held)

        leases.settle(held, **fields_of(answered("PACED")))

        second.refresh_from_db()
        assert second.state == Analysis.State.RUNNING
        assert second.class_short == ""


@pytest.mark.django_db(transaction=True)
def test_many_claimants_at_once_ask_the_server_exactly_once(far_side: FarSide, upload: Callable[..., Analysis]) -> None:
    analysis = upload()
    start = threading.Barrier(6)

    def claimant() -> None:
        start.wait()
        running.run(analysis_id=analysis.pk, timeout=2.0)
        connection.close()

    threads = [threading.Thread(target=claimant) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    analysis.refresh_from_db()
    assert analysis.state == Analysis.State.DONE
    assert analysis.attempts == 1
    assert len(far_side.calls) == 1


class TestBackoff:
    def test_it_doubles_with_jitter_and_is_bounded(self, settings: Settings) -> None:
        settings.ANALYSIS_BACKOFF_FIRST, settings.ANALYSIS_BACKOFF_LONGEST = 2.0, 60.0
        for attempt, ceiling in ((1, 2), (2, 4), (3, 8), (6, 60), (1000, 60)):
            waits = [running.backoff(attempt) for _ in range(50)]
            assert all(ceiling / 2 <= wait <= ceiling for wait in waits)
            assert len(set(waits)) > 1


class TestRequeueing:
    def failed(self, analysis: Analysis) -> Analysis:
        Analysis.objects.filter(pk=analysis.pk).update(
            state="failed", finished_at=timezone.now(), failures=5, error_id="abc", next_attempt_at=None
        )
        return analysis

    def test_a_failed_analysis_gets_a_fresh_set_of_attempts(
        self, far_side: FarSide, staff: User, upload: Callable[..., Analysis]
    ) -> None:
        analysis = self.failed(upload())
        assert services.requeue_failed(actor=staff, analysis=analysis)
        analysis = run(analysis)
        assert analysis.state == Analysis.State.DONE
        assert analysis.failures == 0

    def test_a_result_is_never_thrown_away(
        self, far_side: FarSide, staff: User, upload: Callable[..., Analysis]
    ) -> None:
        analysis = run(upload())
        assert not services.requeue_failed(actor=staff, analysis=analysis)
        analysis.refresh_from_db()
        assert analysis.state == Analysis.State.DONE

    def test_only_administrators_may(self, owner: User, upload: Callable[..., Analysis]) -> None:
        with pytest.raises(PermissionDenied):
            services.requeue_failed(actor=owner, analysis=self.failed(upload()))
