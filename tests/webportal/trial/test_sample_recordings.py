"""Sample recordings: what people can try is read without a question, shown without an account, and seeded once."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from io import StringIO
from typing import Any

import numpy as np
import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse
from pytest_django.fixtures import Settings

from ecg.formats import open_recording
from tests.inference_server.exports.made import analysis_of, regular
from tests.inference_server.server_process import ServerProcess
from tests.webportal.recordings.conftest import portal_with_recordings, recording_server
from webportal.accounts.models import User
from webportal.recordings import samples
from webportal.recordings.models import Recording
from webportal.recordings.viewing.shown import Shown
from webportal.trial import sample_recordings

__all__ = ["portal_with_recordings", "recording_server"]  # fixtures

pytestmark = [pytest.mark.django_db]

KEYS = [sample.key for sample in samples.every()]


@pytest.fixture(autouse=True)
def _nothing_known() -> Iterator[None]:
    """Neither by what other tests opened before, nor afterwards."""
    for known in (sample_recordings._answers, sample_recordings._failed_at):
        known.clear()
    yield
    for known in (sample_recordings._answers, sample_recordings._failed_at):
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


def test_they_are_four_and_small() -> None:
    assert len(KEYS) == 4
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
    assert all(f'href="{page_of(key)}"' in page for key in KEYS)


@pytest.mark.parametrize("key", ["none", "README"])
def test_there_are_no_others(key: str, client: Client) -> None:
    assert client.get(page_of(key)).status_code == 404
    assert client.get(reverse("trial:recording-signal", args=["normal", 1, 99])).status_code == 404


def test_where_trying_is_off_there_are_none(client: Client, settings: Settings) -> None:
    settings.TRIAL_ENABLED = False
    assert client.get(page_of("normal")).status_code == 404
    assert client.get(reverse("trial:recording-signal", args=["normal", 1, 0])).status_code == 404


def test_a_demo_user_gets_each_once(owner: User) -> None:
    for expected in ("4 of 4", "0 of 4"):
        out = StringIO()
        call_command("seed_recordings", username=owner.username, stdout=out)
        assert re.search(expected, out.getvalue())
    kept = Recording.objects.filter(owner=owner)
    assert {recording.state for recording in kept} == {Recording.State.RECEIVED}
    assert kept.count() == 4
    with pytest.raises(CommandError, match="no user"):
        call_command("seed_recordings", username="nobody")
