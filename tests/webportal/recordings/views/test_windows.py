"""Windows of a recording: for those who may see it, kept by their browser only with leave, cheap."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from ecg.recording import Recording
from inference_server.classification.recordings import RecordingAnalysis as Answer
from tests.webportal.recordings.folders import beats_path, folder_of
from webportal.accounts.models import User
from webportal.recordings import models

pytestmark = [pytest.mark.django_db]

BYTES = "application/octet-stream"


@pytest.fixture
def recording(keep_recording: Callable[..., models.Recording]) -> models.Recording:
    values = np.random.default_rng(2).normal(0, 0.2, (2, 40_000)).astype(np.float32)
    return keep_recording(Recording.of_array(values, leads=("II", "V1"), rate=250.0), name="noise")


def signal(recording: models.Recording, factor: int = 1, tile: int = 0) -> str:
    return reverse("recordings:signal", args=[recording.pk, factor, tile])


class TestSignal:
    def test_its_owner_gets_a_tile_without_many_questions(
        self, recording: models.Recording, owner_client: Client
    ) -> None:
        owner_client.get(signal(recording))
        with CaptureQueriesContext(connection) as asked:
            response = owner_client.get(signal(recording, 4, 1))
        assert (response.status_code, response["Content-Type"]) == (200, BYTES)
        assert response.content[:4] == b"BLS1"
        assert len(asked) <= 5

    @pytest.mark.parametrize(("factor", "tile"), [(3, 0), (1, 5), (65_536, 1), (262_144, 0)])
    def test_there_are_no_other_tiles(
        self, factor: int, tile: int, recording: models.Recording, owner_client: Client
    ) -> None:
        assert owner_client.get(signal(recording, factor, tile)).status_code == 404

    def test_nobody_else_gets_it(
        self, recording: models.Recording, other_client: Client, staff_client: Client, reviewer_client: Client
    ) -> None:
        for client in (other_client, staff_client, reviewer_client):
            assert client.get(signal(recording)).status_code == 404
        assert Client().get(signal(recording)).status_code == 302

    def test_a_reviewer_gets_what_is_shared_until_it_is_not(
        self, recording: models.Recording, reviewer_client: Client
    ) -> None:
        models.Recording.objects.filter(pk=recording.pk).update(shared_at=timezone.now())
        response = reviewer_client.get(signal(recording))
        assert response.status_code == 200
        models.Recording.objects.filter(pk=recording.pk).update(shared_at=None)
        again = reviewer_client.get(signal(recording), headers={"If-None-Match": response["ETag"]})
        assert again.status_code == 404

    def test_a_browser_keeps_it_and_asks_each_time(self, recording: models.Recording, owner_client: Client) -> None:
        first = owner_client.get(signal(recording))
        assert first["Cache-Control"] == "private, no-cache"
        again = owner_client.get(signal(recording), headers={"If-None-Match": first["ETag"]})
        assert (again.status_code, again.content) == (304, b"")
        assert owner_client.get(signal(recording, 4))["ETag"] != first["ETag"]

    def test_what_is_not_read_yet_has_none(self, owner: User, owner_client: Client) -> None:
        waiting = models.Recording.objects.create(owner=owner, files=[])
        assert owner_client.get(signal(waiting)).status_code == 404

    def test_a_lost_store_is_not_found_and_the_page_says_so(
        self, recording: models.Recording, owner_client: Client
    ) -> None:
        (folder_of(recording) / "store/signal.bin").unlink()
        assert owner_client.get(signal(recording)).status_code == 404
        page = owner_client.get(recording.get_absolute_url())
        assert page.status_code == 200
        assert "can’t be read any more" in page.content.decode()


class TestAnswer:
    @pytest.fixture
    def analysis(self, said: Answer, analysed: models.RecordingAnalysis) -> models.RecordingAnalysis:
        return analysed

    def test_beats_overview_and_episodes(
        self, analysis: models.RecordingAnalysis, owner_client: Client, other_client: Client
    ) -> None:
        key = analysis.recording_id
        for name, args, begin in (
            ("beats", [key, 0], b"BLB1"),
            ("overview", [key], b"BLO1"),
            ("episodes", [key], b"{"),
        ):
            address = reverse(f"recordings:{name}", args=args)
            owner_client.get(address)
            with CaptureQueriesContext(connection) as asked:
                response = owner_client.get(address)
            assert response.content.startswith(begin)
            assert len(asked) <= 8
            assert owner_client.get(address, headers={"If-None-Match": response["ETag"]}).status_code == 304
            assert other_client.get(address).status_code == 404
        assert owner_client.get(reverse("recordings:beats", args=[key, 1])).status_code == 404

    def test_the_page_is_small_and_asks_little(self, analysis: models.RecordingAnalysis, owner_client: Client) -> None:
        page = analysis.recording.get_absolute_url()
        owner_client.get(page)
        with CaptureQueriesContext(connection) as asked:
            response = owner_client.get(page)
        assert response.status_code == 200
        assert len(asked) <= 15
        assert len(response.content) <= 60_000

    def test_the_tables_say_the_same_in_words(
        self, analysis: models.RecordingAnalysis, owner_client: Client, said: Answer
    ) -> None:
        key = analysis.recording_id
        text = owner_client.get(reverse("recordings:beats-table", args=[key])).content.decode()
        assert text.count("<tr>") == 101
        assert f"of {-(-len(said.beats) // 100)}" in text
        ventricular = owner_client.get(reverse("recordings:beats-table", args=[key]), {"kind": "PVC"}).content.decode()
        assert f"{said.counts()['PVC']} beats" in ventricular
        events = owner_client.get(reverse("recordings:episodes-table", args=[key])).content.decode()
        assert f"{len(said.episodes)} event" in events
        uncertain = owner_client.get(reverse("recordings:beats-table", args=[key]), {"kind": "uncertain", "page": "99"})
        assert uncertain.status_code == 200

    def test_a_damaged_answer_is_said_and_the_signal_still_shown(
        self, analysis: models.RecordingAnalysis, owner_client: Client
    ) -> None:
        beats_path(analysis).write_bytes(b"no answer")
        page = owner_client.get(analysis.recording.get_absolute_url())
        assert "What was said about this recording" in page.content.decode()
        assert 'id="viewer-strip"' in page.content.decode()
        assert owner_client.get(reverse("recordings:beats", args=[analysis.recording_id, 0])).status_code == 404
