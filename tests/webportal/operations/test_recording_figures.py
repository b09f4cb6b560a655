"""What waits of whole recordings, on the page for administrators and for Prometheus."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from prometheus_client.parser import text_string_to_metric_families

from tests.webportal.recordings.conftest import keep_recording, made_recording, send
from webportal.operations import queue_metrics, recording_figures
from webportal.recordings.jobs import asking, reading
from webportal.recordings.models import Recording, RecordingAnalysis

__all__ = ["keep_recording", "made_recording", "send"]  # fixtures

pytestmark = pytest.mark.django_db


@pytest.fixture
def some(send: Callable[..., Recording], keep_recording: Callable[..., Recording]) -> None:
    """Two recordings wait to be read, one was refused; two wait to be analysed, one of them for a server."""
    for content in (b"0.1,0.2", b"0.1,0.2", b"\x00\x01\x02\x03" * 100):
        send({"a.csv": content})
    reading.run(recording_id=Recording.objects.order_by("created_at").reverse()[0].pk)
    for _ in range(2):
        asking.ask(recording=keep_recording())
    first = RecordingAnalysis.objects.first()
    assert first is not None
    RecordingAnalysis.objects.filter(pk=first.pk).update(
        reason=RecordingAnalysis.SERVER_UNAVAILABLE, next_attempt_at=timezone.now() + timedelta(minutes=1)
    )
    Recording.objects.filter(state="received").update(next_attempt_at=timezone.now() - timedelta(hours=1))


@pytest.mark.usefixtures("some")
def test_what_waits_is_counted_by_the_work_that_it_waits_for() -> None:
    read, analysed = recording_figures.queues()
    assert (read.work, read.waiting, read.running, read.without_server) == ("reading", 2, 0, 0)
    assert read.overdue_seconds == pytest.approx(3600, abs=60)
    assert (analysed.work, analysed.waiting, analysed.without_server) == ("analysis", 2, 1)
    assert 0 <= analysed.overdue_seconds < 60
    volume = recording_figures.volume(timedelta(days=1))
    assert volume.recordings == {"received": 2, "refused": 1, "read": 2}
    assert volume.reasons == {"RECORDING_UNSUPPORTED_FORMAT": 1}
    assert volume.analyses == {"queued": 2}


@pytest.mark.usefixtures("some")
def test_prometheus_is_told() -> None:
    families = text_string_to_metric_families(queue_metrics.exposition().decode())
    samples = {(one.name, *sorted(one.labels.values())): one.value for family in families for one in family.samples}
    assert samples["beatlens_portal_recordings_waiting", "for_turn", "reading"] == 2
    assert samples["beatlens_portal_recordings_waiting", "analysis", "for_server"] == 1
    assert samples["beatlens_portal_recordings_overdue_seconds", "reading"] > 3500


@pytest.mark.usefixtures("some")
def test_the_page_tells_it(admin_client: Client) -> None:
    page = " ".join(admin_client.get(reverse("operations")).content.decode().split())
    assert "Recordings waiting to be read" in page
    assert "1 of them found no server" in page
    assert "RECORDING_UNSUPPORTED_FORMAT" in page
