"""A picture of a strip or page is read by the server, checked by its owner, and then a recording like any other."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest
from django.utils import timezone
from PIL import Image
from pytest_django.fixtures import Settings

from ecg.pictures.pages.result import Kind, PageReading, Reason
from ecg.store import open_store
from inference_server.classification.page_messages import Digitized
from inference_server.client import ImageRefused, ServerUnavailable
from tests.inference_server.server_process import ServerProcess
from tests.webportal.recordings.conftest import digitizing_server
from tests.webportal.recordings.folders import folder_of
from webportal.accounts import quota
from webportal.accounts.models import User
from webportal.recordings import services
from webportal.recordings.digitizing.stored import StoredPage
from webportal.recordings.jobs import reading, sweeping
from webportal.recordings.models import Recording, RecordingAnalysis

pytestmark = pytest.mark.django_db(transaction=True)

Send = Callable[..., Recording]


def nothing(kind: Kind = Kind.NONE, reason: Reason | None = Reason.NO_ECG) -> Digitized:
    """A picture of which nothing was read."""
    return Digitized(PageReading(kind, (100, 80), reason), b"")


def due(row: Recording) -> Recording:
    """The row as it is now, to be taken at once."""
    Recording.objects.filter(pk=row.pk, next_attempt_at__isnull=False).update(
        next_attempt_at=timezone.now() - timedelta(seconds=1)
    )
    row.refresh_from_db()
    return row


def test_a_strip_read_by_a_real_server_becomes_a_recording_once_its_owner_confirms(
    send: Send, strip_picture: bytes, portal_with_recordings: ServerProcess, owner: User
) -> None:
    row = send({"photo.png": strip_picture}, name="night")
    assert reading.run(recording_id=row.pk)
    row.refresh_from_db()
    assert (row.state, row.reason) == ("asking", "PAGE_UNCHECKED")
    assert [question["about"] for question in row.questions] == ["page"]
    assert row.stored_bytes == StoredPage(row).bytes == quota.space_of(owner).used
    assert not (folder_of(row) / "store").exists()

    assert services.confirm_page(actor=owner, recording=row)
    assert reading.run(recording_id=row.pk)
    row.refresh_from_db()
    assert (row.state, row.kind, row.leads, row.rate) == ("read", "picture", ["II"], 500.0)
    assert row.seconds == pytest.approx(8, abs=0.3)
    stored = open_store(row.store, verify=True)
    values = stored.recording.read(0, stored.recording.samples)
    assert np.nanmax(values) == pytest.approx(1.0, abs=0.15)  # millivolts, as it was drawn
    assert row.stored_bytes == StoredPage(row).bytes + stored.bytes == quota.space_of(owner).used
    assert RecordingAnalysis.objects.filter(recording=row).count() == 1


def test_the_owner_names_the_leads(unchecked: Recording, owner: User) -> None:
    assert services.confirm_page(actor=owner, recording=unchecked, names=("V1",))
    reading.run(recording_id=unchecked.pk)
    unchecked.refresh_from_db()
    assert unchecked.leads == ["V1"]


def test_confirming_asks_the_server_nothing_more_and_happens_once(
    unchecked: Recording, owner: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = digitizing_server(monkeypatch, AssertionError())
    assert services.confirm_page(actor=owner, recording=unchecked)
    unchecked.refresh_from_db()
    assert not services.confirm_page(actor=owner, recording=unchecked)
    reading.run(recording_id=unchecked.pk)
    unchecked.refresh_from_db()
    assert (unchecked.state, server.asked) == ("read", [])


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        (nothing(), "PAGE_NO_ECG"),
        (nothing(reason=Reason.BLANK), "PAGE_BLANK"),
        (nothing(Kind.BEAT, None), "PICTURE_ONE_BEAT"),
        (nothing(Kind.STRIP, None), "PAGE_NO_TRACE"),
        (ImageRefused("damaged", reason="IMAGE_CORRUPT"), "IMAGE_CORRUPT"),
    ],
)
def test_what_nothing_is_read_of_is_refused_with_a_reason(
    send: Send, strip_picture: bytes, monkeypatch: pytest.MonkeyPatch, said: Digitized | Exception, reason: str
) -> None:
    digitizing_server(monkeypatch, said)
    row = send({"photo.png": strip_picture})
    reading.run(recording_id=row.pk)
    row.refresh_from_db()
    assert (row.state, row.reason) == ("refused", reason)


def test_a_picture_waits_for_a_server_that_is_away_and_goes_on_when_it_is_back(
    send: Send, strip_picture: bytes, strip_found: Digitized, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = digitizing_server(monkeypatch, strip_found, is_alive=False)
    row = send({"photo.png": strip_picture})
    reading.run(recording_id=row.pk)
    row.refresh_from_db()
    assert (row.state, row.reason, row.failures) == ("received", "SERVER_UNAVAILABLE", 0)

    server.alive = True
    monkeypatch.setattr(sweeping, "client", lambda: server)
    assert sweeping.sweep().recalled == 1
    reading.run(recording_id=row.pk)
    row.refresh_from_db()
    assert row.state == "asking"


def test_a_server_that_is_there_and_never_answers_is_not_asked_for_ever(
    send: Send, strip_picture: bytes, monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    digitizing_server(monkeypatch, ServerUnavailable("late"))
    row = send({"photo.png": strip_picture})
    for _ in range(settings.ANALYSIS_MAX_FAILURES):
        reading.run(recording_id=due(row).pk)
    row.refresh_from_db()
    assert row.state == "failed"
    assert row.error_id


def test_what_a_camera_wrote_into_the_file_is_not_stored(
    send: Send, strip_picture: bytes, strip_found: Digitized, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = digitizing_server(monkeypatch, strip_found)
    photograph, exif = io.BytesIO(), Image.Exif()
    exif[0x010F], exif[0x0112] = "Zzyzx cameras", 6
    Image.open(io.BytesIO(strip_picture)).save(photograph, "JPEG", exif=exif)
    row = send({"photo.jpg": photograph.getvalue()})
    reading.run(recording_id=row.pk)
    row.refresh_from_db()
    kept = StoredPage(row).picture
    assert b"Zzyzx" not in kept
    assert server.asked == [kept]
    with Image.open(io.BytesIO(kept)) as upright:
        assert upright.height > upright.width


def test_an_account_without_room_for_the_picture_is_told_so(
    send: Send, strip_picture: bytes, strip_found: Digitized, monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    digitizing_server(monkeypatch, replace(strip_found, overlay=bytes(200_000)))
    settings.ACCOUNT_QUOTA_BYTES = len(strip_picture) + 100_000
    row = send({"photo.png": strip_picture})
    reading.run(recording_id=row.pk)
    row.refresh_from_db()
    assert (row.state, row.reason) == ("refused", "ACCOUNT_QUOTA_REACHED")
    assert not row.stored.names("page")
