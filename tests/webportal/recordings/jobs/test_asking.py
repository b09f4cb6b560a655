"""A question about a recording has one answer, whatever happens to the server, to the worker or to the row."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import timezone
from pytest_django.fixtures import Settings

from ecg import store
from ecg.recording import Recording as Signal
from inference_server.classification.recordings import RecordingAnalysis as Answer
from inference_server.client import ArrhythmiaClient, CallFailed, RecordingRefused, ServerUnavailable
from tests.inference_server.recordings_of_tests import differences
from tests.inference_server.server_process import ServerProcess
from tests.webportal.recordings.folders import beats_path, folder_of
from webportal.accounts import quota
from webportal.accounts.models import User
from webportal.observability import metrics
from webportal.recordings import beats_file, checkpoints, services
from webportal.recordings.jobs import asking, lines, sweeping
from webportal.recordings.models import Recording, RecordingAnalysis

pytestmark = pytest.mark.django_db(transaction=True)

State = RecordingAnalysis.State


@pytest.fixture
def asked(read_recording: Recording) -> RecordingAnalysis:
    with transaction.atomic():
        return asking.ask(recording=read_recording)


def saying(monkeypatch: pytest.MonkeyPatch, said: Answer | Exception, meanwhile: Callable[[], object] = bool) -> None:
    """Let the client say this, after something else has happened; the server is there."""

    def analyze(_client: object, recording: Signal, *, progress: Callable[[float], None], **_: Any) -> Answer:
        progress(0.5)
        meanwhile()
        progress(1.0)
        if isinstance(said, Exception):
            raise said
        return said

    monkeypatch.setattr(ArrhythmiaClient, "analyze", analyze)
    monkeypatch.setattr(ArrhythmiaClient, "is_alive", lambda _client, timeout: True)


def test_the_answer_of_a_real_server_is_stored(
    asked: RecordingAnalysis, portal_with_recordings: ServerProcess, said: Answer
) -> None:
    assert asking.run(analysis_id=asked.pk)
    asked.refresh_from_db()
    assert (asked.state, asked.beats, asked.model_version) == (State.DONE, len(said.beats), said.model.version)
    assert asked.done_samples == asked.recording.samples
    with ArrhythmiaClient(portal_with_recordings.address) as client:
        expected = client.analyze(store.open_store(asked.recording.store).recording)
    assert not differences(beats_file.unpack(beats_path(asked).read_bytes()).analysis, expected)
    assert asked.summary is not None
    assert asked.summary["measures"]["beats"] == said.measures.beats
    assert not asking.run(analysis_id=asked.pk)


def test_its_file_counts_towards_the_quota_and_is_given_back(
    asked: RecordingAnalysis, monkeypatch: pytest.MonkeyPatch, said: Answer, owner: User, settings: Settings
) -> None:
    saying(monkeypatch, said)
    before, stored = quota.space_of(owner).used, asked.recording.stored_bytes
    settings.ACCOUNT_QUOTA_BYTES = before + 1  # an answer is kept whether it fits or not
    asking.run(analysis_id=asked.pk)
    asked.refresh_from_db()
    size = beats_path(asked).stat().st_size
    assert size > 1000
    assert quota.space_of(owner).used == before + size
    recording = Recording.objects.get()
    assert recording.stored_bytes == stored + size
    recording.delete()
    assert quota.space_of(owner).used == 0


def test_how_attempts_end_is_counted(
    asked: RecordingAnalysis, monkeypatch: pytest.MonkeyPatch, said: Answer, settings: Settings
) -> None:
    def counted(outcome: str, reason: str = "") -> float:
        labels = {"work": "analysis", "outcome": outcome, "reason": reason}
        return metrics.REGISTRY.get_sample_value("beatlens_portal_recording_attempts_total", labels) or 0.0

    before = [counted("waits", "SERVER_UNAVAILABLE"), counted("lost", "LEASE_EXPIRED"), counted("done")]
    monkeypatch.setattr(ArrhythmiaClient, "is_alive", lambda _client, timeout: False)
    asking.run(analysis_id=asked.pk)
    RecordingAnalysis.objects.update(next_attempt_at=timezone.now())
    assert asking.ASKING.claim(asked.pk)
    RecordingAnalysis.objects.update(lease_expires_at=timezone.now() - timedelta(seconds=1))
    sweeping.sweep()
    saying(monkeypatch, said)
    asking.run(analysis_id=asked.pk)
    after = [counted("waits", "SERVER_UNAVAILABLE"), counted("lost", "LEASE_EXPIRED"), counted("done")]
    assert [now - then for now, then in zip(after, before, strict=True)] == [1, 1, 1]


def test_without_a_server_it_waits_and_is_called_when_the_server_is_back(
    asked: RecordingAnalysis, monkeypatch: pytest.MonkeyPatch, said: Answer
) -> None:
    monkeypatch.setattr(ArrhythmiaClient, "is_alive", lambda _client, timeout: False)
    asking.run(analysis_id=asked.pk)
    asked.refresh_from_db()
    assert (asked.state, asked.reason, asked.failures) == (State.QUEUED, "SERVER_UNAVAILABLE", 0)
    assert sweeping.sweep().recalled == 0
    saying(monkeypatch, said)
    assert sweeping.sweep().recalled == 1
    assert asking.run(analysis_id=asked.pk)
    asked.refresh_from_db()
    assert asked.state == State.DONE


def test_a_server_without_a_model_for_recordings_is_waited_for(
    asked: RecordingAnalysis, monkeypatch: pytest.MonkeyPatch
) -> None:
    saying(monkeypatch, CallFailed("none", code="NOT_FOUND", reason="MODEL_NOT_FOUND"))
    asking.run(analysis_id=asked.pk)
    asked.refresh_from_db()
    assert (asked.state, asked.reason, asked.failures) == (State.QUEUED, "MODEL_NOT_FOUND", 0)


def test_what_the_server_refuses_is_refused(asked: RecordingAnalysis, monkeypatch: pytest.MonkeyPatch) -> None:
    saying(monkeypatch, RecordingRefused("no", reason="RECORDING_TOO_MANY_LEADS"))
    asking.run(analysis_id=asked.pk)
    asked.refresh_from_db()
    assert (asked.state, asked.reason) == (State.REJECTED, "RECORDING_TOO_MANY_LEADS")


def test_a_recording_that_healthy_servers_leave_without_an_answer_fails_at_last(
    asked: RecordingAnalysis, monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    saying(monkeypatch, ServerUnavailable("gone"))
    for _ in range(settings.ANALYSIS_MAX_FAILURES):
        RecordingAnalysis.objects.update(next_attempt_at=timezone.now())
        asking.run(analysis_id=asked.pk)
    asked.refresh_from_db()
    assert asked.state == State.FAILED
    assert asked.error_id


def test_what_is_cancelled_stays_cancelled_and_leaves_nothing(
    asked: RecordingAnalysis, monkeypatch: pytest.MonkeyPatch, said: Answer, owner: User
) -> None:
    monkeypatch.setattr(asking, "_PROGRESS_SECONDS", 0.0)
    saying(monkeypatch, said, lambda: services.cancel(actor=owner, analysis=asked))
    asking.run(analysis_id=asked.pk)
    asked.refresh_from_db()
    assert (asked.state, asked.beats_file) == (State.CANCELLED, "")
    assert not list(folder_of(asked.recording).glob("*.beats"))
    assert not services.cancel(actor=owner, analysis=asked)


def test_progress_is_written_down(asked: RecordingAnalysis, monkeypatch: pytest.MonkeyPatch, said: Answer) -> None:
    seen: list[int] = []
    monkeypatch.setattr(asking, "_PROGRESS_SECONDS", 0.0)
    saying(monkeypatch, said, lambda: seen.extend(RecordingAnalysis.objects.values_list("done_samples", flat=True)))
    asking.run(analysis_id=asked.pk)
    assert asked.recording.samples is not None
    assert seen == [asked.recording.samples // 2]


def test_what_was_done_before_a_worker_was_killed_is_not_done_again(
    asked: RecordingAnalysis, portal_with_recordings: ServerProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    put, stored = checkpoints.Checkpoints.store, []

    def killed(self: checkpoints.Checkpoints, place: int, part: bytes) -> None:
        put(self, place, part)
        stored.append(part)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(checkpoints.Checkpoints, "store", killed)
        with pytest.raises(KeyboardInterrupt):
            asking.run(analysis_id=asked.pk)
    assert checkpoints.Checkpoints(asked).parts() == stored
    RecordingAnalysis.objects.update(lease_expires_at=timezone.now() - timedelta(seconds=1))
    assert sweeping.sweep().expired == 1
    analyze, resumed = ArrhythmiaClient.analyze, []

    def noted(client: ArrhythmiaClient, recording: Signal, **words: Any) -> Answer:
        resumed.append(list(words["resume"]))
        return analyze(client, recording, **words)

    monkeypatch.setattr(ArrhythmiaClient, "analyze", noted)
    assert asking.run(analysis_id=asked.pk)
    asked.refresh_from_db()
    assert resumed == [stored]
    assert asked.state == State.DONE
    with ArrhythmiaClient(portal_with_recordings.address) as client:
        whole = analyze(client, store.open_store(asked.recording.store).recording)
    assert not differences(beats_file.unpack(beats_path(asked).read_bytes()).analysis, whole)
    assert not list(folder_of(asked.recording).glob("*.parts"))


def test_damaged_checkpoints_count_for_nothing(asked: RecordingAnalysis) -> None:
    stored = checkpoints.Checkpoints(asked)
    stored.store(0, b"no such part")
    assert stored.parts() == []


def test_a_worker_that_has_to_end_puts_it_back(
    asked: RecordingAnalysis, monkeypatch: pytest.MonkeyPatch, said: Answer
) -> None:
    saying(monkeypatch, said, lines.stopping.set)
    try:
        asking.run(analysis_id=asked.pk)
    finally:
        lines.stopping.clear()
    asked.refresh_from_db()
    assert (asked.state, asked.failures) == (State.QUEUED, 0)
    saying(monkeypatch, said)
    assert asking.run(analysis_id=asked.pk)


def test_a_lost_worker_is_missed_and_its_answer_comes_too_late(
    asked: RecordingAnalysis, monkeypatch: pytest.MonkeyPatch, said: Answer
) -> None:
    lost = asking.ASKING.claim(asked.pk)
    assert lost is not None
    RecordingAnalysis.objects.update(lease_expires_at=timezone.now() - timedelta(seconds=1))
    assert sweeping.sweep().expired == 1
    saying(monkeypatch, said)
    assert asking.run(analysis_id=asked.pk)
    assert not asking.ASKING.settle(lost, state=State.FAILED, finished_at=timezone.now(), error_id="x")
    asked.refresh_from_db()
    assert (asked.state, asked.failures) == (State.DONE, 1)


def test_a_task_that_was_lost_is_enqueued_again(asked: RecordingAnalysis) -> None:
    RecordingAnalysis.objects.update(task_id=None, next_attempt_at=timezone.now() - timedelta(minutes=1))
    assert sweeping.sweep().overdue == 1
    assert sweeping.sweep().overdue == 0


def test_a_heartbeat_holds_the_lease_for_as_long_as_it_takes(asked: RecordingAnalysis, settings: Settings) -> None:
    settings.RECORDING_LEASE_SECONDS = 0.6
    row = asking.ASKING.claim(asked.pk)
    assert row is not None
    with lines.heartbeat(asking.ASKING, row) as lost:
        assert not lost.wait(1.5)
        assert sweeping.put_back_expired(asking.ASKING) == 0
        RecordingAnalysis.objects.update(
            state=State.CANCELLED, lease_id=None, lease_expires_at=None, finished_at=timezone.now()
        )
        assert lost.wait(1.5)


def test_of_many_claimants_one_gets_it(asked: RecordingAnalysis) -> None:
    got: list[object] = []

    def claim() -> None:
        got.append(asking.ASKING.claim(asked.pk))
        connection.close()

    threads = [threading.Thread(target=claim) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(row is not None for row in got) == 1
