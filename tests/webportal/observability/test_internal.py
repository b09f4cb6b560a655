"""Health and metrics where machines ask for them."""

from __future__ import annotations

import http.client
import json
import threading
from collections.abc import Callable, Iterator
from functools import partial
from http import HTTPStatus
from pathlib import Path
from typing import Any

import pytest
from django.db import DatabaseError, connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.test import Client

from inference_server.classification import Classification
from inference_server.client import CallFailed, ImageRefused, ServerUnavailable
from tests.webportal.conftest import FarSide, Refusal
from webportal import gunicorn_conf, health
from webportal.analyses import services
from webportal.analyses.jobs import running
from webportal.analyses.models import Analysis
from webportal.analyses.upkeep import sweeper as sweeper_module
from webportal.analyses.upkeep.working import LONGEST_SWEEP, longest_silence
from webportal.observability import metrics
from webportal.observability.internal import AddressUnavailable, Answer, InternalServer, as_json, listen
from webportal.operations import figures, queue_metrics


def sample(name: str, **labels: str) -> float:
    return metrics.REGISTRY.get_sample_value(name, labels) or 0.0


class TestHealth:
    pytestmark = pytest.mark.django_db

    def test_ready(self, far_side: FarSide) -> None:
        assert health.readiness() == {"ready": True, "database": "ok", "media": "ok", "inference_server": "ok"}

    def test_an_absent_inference_server_is_reported_and_is_no_reason_to_be_unready(self, far_side: FarSide) -> None:
        far_side.down()
        assert health.readiness() == {"ready": True, "database": "ok", "media": "ok", "inference_server": "unreachable"}

    def test_a_database_that_is_not_migrated_is_not_ready(self, far_side: FarSide) -> None:
        (newest,) = MigrationLoader(connection).graph.leaf_nodes("analyses")
        MigrationRecorder(connection).record_unapplied(*newest)
        assert health.readiness() == {
            "ready": False,
            "database": "pending migrations",
            "media": "ok",
            "inference_server": "ok",
        }

    def test_none_of_it_is_on_the_public_side(self) -> None:
        for path in ("/healthz", "/readyz", "/metrics"):
            assert Client().get(path).status_code == 404

    def test_a_worker_whose_sweeps_stay_away_is_not_alive(self) -> None:
        statuses = [health.worker_pages(partial(float, age), longest=60)["/healthz"]()[0] for age in (5.0, 61.0)]
        assert statuses == [HTTPStatus.OK, HTTPStatus.SERVICE_UNAVAILABLE]

    def test_a_worker_that_is_told_to_sweep_seldom_is_alive_between_two_sweeps(self) -> None:
        assert longest_silence(2.0) == LONGEST_SWEEP
        assert longest_silence(600.0) == 1800.0

    def test_a_sweep_counts_before_the_cleaning_begins(self, monkeypatch: pytest.MonkeyPatch) -> None:
        sweeper = sweeper_module.Sweeper(interval=0.01)
        sweeper._last_sweep -= 1000
        seen: list[float] = []

        def clean() -> None:
            seen.append(sweeper.seconds_since_sweep())
            sweeper._last_sweep -= 1000  # as if it took long
            sweeper.stop()

        for name in ("sweep", "close_old_connections", "learn_tables", "call_command"):
            monkeypatch.setattr(sweeper_module, name, lambda *_, **__: None)
        monkeypatch.setattr(connection, "close", lambda: None)
        monkeypatch.setattr(services, "empty_trash", clean)
        sweeper.run()
        assert seen[0] < 500
        assert sweeper.seconds_since_sweep() < 500


class TestServer:
    @pytest.fixture
    def server(self) -> Iterator[InternalServer]:
        def broken() -> Answer:
            raise ValueError("the secret reason")

        pages = {
            "/page": lambda: as_json(HTTPStatus.OK, {"answered": threading.current_thread().name}),
            "/broken": broken,
        }
        with InternalServer(listen("127.0.0.1:0"), pages) as server:
            yield server

    def ask(self, server: InternalServer, method: str, path: str) -> tuple[int, bytes]:
        connection = http.client.HTTPConnection(server.address, timeout=10)
        connection.request(method, path)
        response = connection.getresponse()
        answer = response.status, response.read()
        connection.close()
        return answer

    def test_known_paths_are_answered(self, server: InternalServer) -> None:
        status, body = self.ask(server, "GET", "/page?anything")
        assert status == 200
        assert "answered" in json.loads(body)
        assert self.ask(server, "HEAD", "/page") == (200, b"")

    def test_everything_else_is_not(self, server: InternalServer) -> None:
        assert self.ask(server, "GET", "/admin/")[0] == 404
        assert self.ask(server, "POST", "/page")[0] == 501

    def test_a_page_that_fails_says_an_id_and_logs_the_rest(
        self, server: InternalServer, caplog: pytest.LogCaptureFixture
    ) -> None:
        status, body = self.ask(server, "GET", "/broken")
        assert status == 500
        answer = json.loads(body)
        assert list(answer) == ["error_id"]
        assert answer["error_id"] in caplog.text
        assert "the secret reason" in caplog.text
        assert b"secret" not in body

    @pytest.mark.parametrize(("error", "logged"), [(BrokenPipeError(), False), (RuntimeError("ours"), True)])
    def test_a_client_that_went_away_is_the_only_error_without_a_trace(
        self, server: InternalServer, error: Any, logged: bool, caplog: pytest.LogCaptureFixture
    ) -> None:
        try:
            raise error
        except Exception:
            server._server.handle_error(None, None)
        assert bool(caplog.records) is logged

    def test_a_silent_client_keeps_nobody_waiting(self, server: InternalServer) -> None:
        silent = [http.client.HTTPConnection(server.address) for _ in range(20)]
        for connection_ in silent:
            connection_.connect()
        assert self.ask(server, "GET", "/page")[0] == 200
        for connection_ in silent:
            connection_.close()

    @pytest.mark.parametrize("address", ["", "9465", ":9465", "127.0.0.1:", "127.0.0.1:x", "127.0.0.1:99999"])
    def test_what_is_no_address_is_said(self, address: str) -> None:
        with pytest.raises(AddressUnavailable):
            listen(address)


class TestCounting:
    pytestmark = pytest.mark.django_db

    def test_requests_are_told_by_view_never_by_address(
        self, owner_client: Client, upload: Callable[..., Analysis]
    ) -> None:
        address = upload().get_absolute_url()
        labels = {"view": "analyses:result", "method": "GET", "status": "200"}
        before = sample("beatlens_portal_requests_total", **labels)
        owner_client.get(address)
        assert sample("beatlens_portal_requests_total", **labels) == before + 1
        assert address.encode() not in metrics.exposition()

    def test_words_that_a_client_makes_up_are_no_labels(self) -> None:
        Client().generic("EVIL", "/made-up/")
        assert b"EVIL" not in metrics.exposition()
        assert b"made-up" not in metrics.exposition()
        assert sample("beatlens_portal_requests_total", view="none", method="OTHER", status="404") >= 1

    def test_a_refused_picture_is_an_attempt_with_its_reason(
        self, far_side: FarSide, upload: Callable[..., Analysis], drawn: Callable[..., bytes], refusal: type[Refusal]
    ) -> None:
        def refuse(reason: str) -> None:
            def respond(_data: bytes) -> Classification:
                raise refusal(reason)

            far_side.respond = respond
            running.run(analysis_id=upload(drawn(shift=len(reason))).pk, timeout=2.0)

        def attempts(reason: str) -> float:
            return sample("beatlens_portal_attempts_total", outcome="refused", reason=reason)

        before = attempts("IMAGE_CORRUPT"), attempts("OTHER")
        refused = sample("beatlens_portal_analyses_finished_total", state="rejected", verdict="")
        refuse("IMAGE_CORRUPT")
        refuse("IMAGE_OF_TOMORROW")
        assert (attempts("IMAGE_CORRUPT"), attempts("OTHER")) == (before[0] + 1, before[1] + 1)
        assert b"TOMORROW" not in metrics.exposition()
        assert sample("beatlens_portal_analyses_finished_total", state="rejected", verdict="") == refused + 2

    @pytest.mark.parametrize(
        ("error", "outcome"),
        [
            (ImageRefused("no", reason="IMAGE_CORRUPT"), "refused"),
            (ServerUnavailable("gone"), "unavailable"),
            (CallFailed("no", code="NOT_FOUND"), "not_found"),
            (RuntimeError("ours"), "failed"),
        ],
    )
    def test_calls_are_told_by_how_they_ended(self, error: Any, outcome: str) -> None:
        before = sample("beatlens_portal_inference_call_seconds_count", call="test", outcome=outcome)
        with pytest.raises(type(error)), metrics.call("test"):
            raise error
        assert sample("beatlens_portal_inference_call_seconds_count", call="test", outcome=outcome) == before + 1

    @pytest.mark.django_db(transaction=True)
    def test_the_queue_is_read_when_somebody_asks(self, upload: Callable[..., Analysis]) -> None:
        upload()
        status, kind, body = health.portal_pages(queue_metrics=queue_metrics.exposition)["/metrics"]()
        assert status == HTTPStatus.OK
        assert kind.startswith("text/plain")
        assert b'beatlens_portal_queue_analyses{waiting="for_turn"} 1.0' in body
        assert b"beatlens_portal_database_up 1.0" in body

    @pytest.mark.django_db(transaction=True)
    def test_a_database_that_is_away_is_told_and_hides_nothing_else(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def away() -> None:
            raise DatabaseError

        monkeypatch.setattr(figures, "queue", away)
        body = health.portal_pages(queue_metrics=queue_metrics.exposition)["/metrics"]()[2]
        assert b"beatlens_portal_database_up 0.0" in body
        assert b"beatlens_portal_requests_total" in body
        assert b"queue_analyses" not in body


def test_what_ended_processes_had_in_hand_is_forgotten_at_the_start_and_their_counts_are_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PROMETHEUS_MULTIPROC_DIR", str(tmp_path))
    monkeypatch.setenv("BEATLENS_INTERNAL_LISTEN", "")
    ended = 2**22 + 1
    left = {"counter_1.db", f"counter_{ended}.db", f"histogram_{ended}.db", "gauge_livesum_1.db"}
    for name in (*left, f"gauge_livesum_{ended}.db"):
        (tmp_path / name).touch()
    gunicorn_conf.on_starting(None)
    assert {file.name for file in tmp_path.iterdir()} == left
