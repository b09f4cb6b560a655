"""Sample recordings: what people can try is read without a question, shown without an account, and seeded once."""

from __future__ import annotations

import re
import tempfile
import threading
from collections.abc import Iterator
from dataclasses import replace
from io import StringIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse
from pytest_django.fixtures import Settings

from ecg.formats import open_recording
from inference_server.classification.page_messages import Digitized
from inference_server.client import ServerUnavailable
from tests.inference_server.exports.made import analysis_of, regular
from tests.inference_server.server_process import ServerProcess
from tests.webportal.page_checks import check_page
from tests.webportal.recordings.conftest import (
    DigitizingServer,
    portal_with_recordings,
    recording_server,
    strip_found,
    strip_picture,
)
from webportal.accounts.models import User
from webportal.recordings import samples
from webportal.recordings.digitizing.answers import PageAnswers
from webportal.recordings.models import Recording
from webportal.recordings.viewing.shown import Shown
from webportal.trial import sample_recordings

__all__ = ["portal_with_recordings", "recording_server", "strip_found", "strip_picture"]  # fixtures

pytestmark = [pytest.mark.django_db]

KEYS = [sample.key for sample in samples.recordings()]
PICTURES = [sample.key for sample in samples.pictures()]


@pytest.fixture(autouse=True)
def _nothing_known() -> Iterator[None]:
    """Neither by what other tests opened before, nor afterwards."""
    kept = (
        sample_recordings._answers,
        sample_recordings._failed_at,
        sample_recordings._pages,
        sample_recordings._underway,
    )
    for known in kept:
        known.clear()
    yield
    for known in kept:
        known.clear()


def page_of(key: str) -> str:
    return reverse("trial:recording", args=[key])


@pytest.mark.parametrize("key", KEYS)
def test_each_is_read_without_a_question_or_warning(key: str) -> None:
    sample = samples.find(key)
    assert sample is not None
    recording = open_recording(sample.paths)
    assert 120 <= recording.seconds <= 300
    assert recording.rate == 360
    assert recording.warnings == ()


def test_they_are_few_and_small() -> None:
    assert (len(KEYS), len(PICTURES)) == (4, 5)
    assert sum(path.stat().st_size for sample in samples.every() for path in sample.paths) < 1_500_000


def test_without_a_server_the_strip_is_there_and_the_page_says_so(client: Client) -> None:
    response = client.get(page_of("normal"))
    assert response.status_code == 200
    assert "The analysis service is unavailable" in response.content.decode()
    tile = client.get(reverse("trial:recording-signal", args=["normal", 1, 0]))
    assert tile.content[:4] == b"BLS1"
    for name, args in (("beats", ["normal", 0]), ("overview", ["normal"]), ("report", ["normal"])):
        assert client.get(reverse(f"trial:recording-{name}", args=args)).status_code == 404


def test_from_start_to_report(
    portal_with_recordings: ServerProcess, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sample_recordings, "_PATIENCE_SECONDS", 60.0)  # tests run on busy machines
    page = client.get(page_of("couplets-and-runs")).content.decode()
    assert "Ventricular run" in page
    for name, args in (("beats", [0]), ("overview", []), ("episodes", [])):
        address = reverse(f"trial:recording-{name}", args=["couplets-and-runs", *args])
        response = client.get(address)
        assert response.status_code == 200
        assert client.get(address, headers={"If-None-Match": response["ETag"]}).status_code == 304
    paper = client.get(reverse("trial:recording-report", args=["couplets-and-runs"]))
    assert paper.content.startswith(b"%PDF")
    assert Recording.objects.count() == 0


def test_another_model_in_service_is_asked_anew(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []
    said = analysis_of(regular(60), 60)

    def answer(_stored: object) -> Shown:
        asked.append(1)
        return Shown(said, said.beats.classes, np.zeros(len(said.beats), np.bool_), "1")

    monkeypatch.setattr(sample_recordings, "_asked", answer)
    served: dict[str, Any] = {"model": None}
    monkeypatch.setattr(sample_recordings, "described", lambda name: served["model"])
    for expected, model in ((1, None), (1, said.model), (2, replace(said.model, digest="1" * 64)), (2, None)):
        served["model"] = model
        assert client.get(page_of("normal")).status_code == 200
        assert len(asked) == expected


def test_an_absent_server_is_not_asked_again_at_once(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def nothing(_stored: object) -> None:
        asked.append(1)

    monkeypatch.setattr(sample_recordings, "_asked", nothing)
    for _ in range(3):
        assert client.get(page_of("normal")).status_code == 200
    assert len(asked) == 1


def test_the_page_to_try_leads_to_each(client: Client) -> None:
    page = client.get(reverse("trial:try")).content.decode()
    assert all(f'href="{page_of(key)}"' in page for key in KEYS + PICTURES)


@pytest.mark.parametrize("key", ["none", "README"])
def test_there_are_no_others(key: str, client: Client) -> None:
    assert client.get(page_of(key)).status_code == 404
    assert client.get(reverse("trial:recording-signal", args=["normal", 1, 99])).status_code == 404


def test_where_trying_is_off_there_are_none(client: Client, settings: Settings) -> None:
    settings.TRIAL_ENABLED = False
    assert client.get(page_of("normal")).status_code == 404
    assert client.get(reverse("trial:recording-signal", args=["normal", 1, 0])).status_code == 404


def test_a_demo_user_gets_each_once(owner: User) -> None:
    for expected in ("9 of 9", "0 of 9"):
        out = StringIO()
        call_command("seed_recordings", username=owner.username, stdout=out)
        assert re.search(expected, out.getvalue())
    kept = Recording.objects.filter(owner=owner)
    assert {recording.state for recording in kept} == {Recording.State.RECEIVED}
    assert kept.count() == 9
    confirmed = [row.files[0]["name"] for row in kept if PageAnswers.of(row).is_confirmed]
    assert set(confirmed) == {"strip-scan.jpg", "strip-photograph.jpg", "strip-screenshot.png", "page-scan.jpg"}
    with pytest.raises(CommandError, match="no user"):
        call_command("seed_recordings", username="nobody")


@pytest.fixture
def far_away(monkeypatch: pytest.MonkeyPatch, strip_found: Digitized) -> DigitizingServer:
    """In the place of the server: reads every picture as the same strip, and says nothing of what is on it."""
    server = DigitizingServer(strip_found)
    monkeypatch.setattr(sample_recordings, "client", lambda: server)
    monkeypatch.setattr(sample_recordings, "_asked", lambda _stored: None)
    folder = Path(tempfile.mkdtemp())
    monkeypatch.setattr(sample_recordings, "_folder", lambda: folder)
    return server


@pytest.mark.parametrize("key", PICTURES)
def test_a_picture_is_shown_beside_what_was_read_of_it(
    key: str, far_away: DigitizingServer, strip_found: Digitized, client: Client
) -> None:
    html = check_page(client.get(page_of(key)))
    assert 'id="viewer-strip"' in html
    assert 'id="places"' in html
    picture = client.get(reverse("trial:recording-picture", args=[key]))
    assert picture.content == far_away.asked[0]
    assert picture["Content-Type"] in ("image/png", "image/jpeg")
    assert client.get(reverse("trial:recording-overlay", args=[key])).content == strip_found.overlay
    client.get(page_of(key))
    assert len(far_away.asked) == 1  # once in the life of a process


def test_while_a_picture_is_read_the_page_says_so_and_comes_anew(
    far_away: DigitizingServer, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sample_recordings, "_PAGE_WAITS_SECONDS", 0.05)
    may_go_on, digitize = threading.Event(), far_away.digitize

    def slowly(*args: Any, **words: Any) -> Digitized:
        assert may_go_on.wait(30)
        return digitize(*args, **words)

    monkeypatch.setattr(far_away, "digitize", slowly)
    for _ in range(2):
        html = check_page(client.get(page_of("strip-scan")))
        assert "The picture is being read." in html
        assert '<meta http-equiv="refresh"' in html
        assert 'id="viewer-strip"' not in html
    assert client.get(reverse("trial:recording-signal", args=["strip-scan", 1, 0])).status_code == 404
    may_go_on.set()
    sample_recordings._underway["strip-scan"].result(30)
    assert 'id="viewer-strip"' in client.get(page_of("strip-scan")).content.decode()
    assert len(far_away.asked) == 1


def test_without_a_server_the_picture_is_shown_alone(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    server = DigitizingServer(ServerUnavailable("away"))
    monkeypatch.setattr(sample_recordings, "client", lambda: server)
    for _ in range(2):
        html = check_page(client.get(page_of("page-scan")))
        assert "The analysis service is unavailable" in html
        assert reverse("trial:recording-picture", args=["page-scan"]) in html
    assert len(server.asked) == 1  # not again at once


def test_who_has_an_account_sends_a_sample_like_a_recording_of_their_own(owner: User, owner_client: Client) -> None:
    html = check_page(owner_client.get(reverse("trial:samples")))
    form_id = re.findall(r'name="form_id" value="([^"]+)"', html)[0]
    for key in ("page-scan", "paced"):
        for _ in range(2):
            sent = owner_client.post(reverse("trial:samples"), {"sample": key, "form_id": form_id})
            assert re.fullmatch(r"/recordings/[0-9a-f-]{36}/", sent["Location"])
    kept = Recording.objects.filter(owner=owner)
    assert {row.state for row in kept} == {Recording.State.RECEIVED}
    assert not any(PageAnswers.of(row).is_confirmed for row in kept)  # they are to look at it
    assert kept.count() == 2
