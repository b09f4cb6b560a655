"""The pages of recordings in a real browser: no accessibility or console complaint, light and dark, wide and narrow."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Browser
from pytest_django.fixtures import Settings
from pytest_django.live_server_helper import LiveServer

from ecg.recording import Recording as Signal
from tests.webportal.recordings.conftest import table_of
from tests.webportal.test_accessibility import LOOKS, Visit
from webportal.accounts.models import User
from webportal.recordings import services
from webportal.recordings.jobs import reading
from webportal.recordings.models import Recording

pytestmark = [pytest.mark.django_db(transaction=True)]


@pytest.fixture
def urls(
    send: Callable[..., Recording], keep_recording: Callable[..., Recording], made_recording: Signal, owner: User
) -> list[str]:
    """Every state of a recording that is not analysed, and the lists."""
    asking = send({"a.csv": table_of(made_recording, rate=False, unit="")}, name="asks")
    reading.run(recording_id=asking.pk)
    refused = send({"a.pdf": b"%PDF-1.7"})
    reading.run(recording_id=refused.pk)
    received = send({"a.csv": b"1,2"}, name="waits")
    receiving = Recording.objects.create(owner=owner, files=[{"name": "a.edf", "bytes": 10, "sha256": ""}])
    failed = Recording.objects.create(owner=owner, state="failed", error_id="0123456789ab", finished_at=timezone.now())
    read, trashed = keep_recording(name="read"), keep_recording(name="thrown away")
    services.ask_again(actor=owner, recording=read)
    services.trash_recordings(actor=owner, ids=[trashed.pk])
    rows = (asking, refused, received, receiving, failed, read, trashed)
    return [
        *(reverse(f"recordings:{name}") for name in ("list", "upload", "trash")),
        reverse("recordings:list") + "?q=nothing",
        *(row.get_absolute_url() for row in rows),
        reverse("recordings:delete", args=[read.pk]),
        reverse("recordings:delete", args=[trashed.pk]),
    ]


@LOOKS
def test_no_page_of_recordings_shuts_anybody_out(
    scheme: Literal["light", "dark"],
    width: Any,
    chromium: Browser,
    live_server: LiveServer,
    urls: list[str],
    owner_client: Client,
    settings: Settings,
) -> None:
    settings.ALLOWED_HOSTS = ["*"]
    with Visit(chromium, live_server.url, scheme, width) as visit:
        visit.log_in(owner_client)
        visit.look_at(*urls)
    assert visit.complaints == []
