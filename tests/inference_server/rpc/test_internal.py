"""Metrics and probes over HTTP."""

from __future__ import annotations

import asyncio
import socket
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path

import pytest

from inference_server.rpc.internal import InternalServer, turns
from inference_server.rpc.listening import AddressUnavailable
from inference_server.rpc.metrics import Metrics
from tests.inference_server.server_process import running_server


def serving(
    *, live: Callable[[], bool] = lambda: True, ready: Callable[[], bool] = lambda: True, listen: str = "127.0.0.1:0"
) -> InternalServer:
    metrics = Metrics()
    metrics.pictures(32)
    return InternalServer(metrics.registry, listen, live=live, ready=ready)


def status(address: str, path: str) -> int:
    try:
        with urllib.request.urlopen(f"http://{address}{path}", timeout=10) as response:
            return int(response.status)
    except urllib.error.HTTPError as error:
        with error:
            return error.code


def test_metrics_are_served() -> None:
    with serving() as server:
        body = urllib.request.urlopen(f"http://{server.address}/metrics", timeout=10).read().decode()
    assert "beatlens_batch_pictures_sum 32.0" in body


@pytest.mark.parametrize(("state", "code"), [(True, 200), (False, 503)])
def test_probes_say_what_is(state: bool, code: int) -> None:
    with serving(live=lambda: state) as server:
        assert (status(server.address, "/healthz"), status(server.address, "/readyz")) == (code, 200)
    with serving(ready=lambda: state) as server:
        assert (status(server.address, "/healthz"), status(server.address, "/readyz")) == (200, code)


def test_a_taken_port_is_said() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        listen = f"127.0.0.1:{taken.getsockname()[1]}"
        with pytest.raises(AddressUnavailable, match=listen):
            serving(listen=listen)


def test_a_loop_that_is_stuck_or_closed_does_not_turn() -> None:
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    assert turns(loop)
    loop.call_soon_threadsafe(time.sleep, 0.5)
    assert not turns(loop, 0.05)
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    loop.close()
    assert not turns(loop)


def test_a_server_is_ready_once_it_has_a_model(models: Path) -> None:
    with running_server(models, metrics_listen="127.0.0.1:0", workers=1) as process:
        address = process.started["metrics"]
        assert status(address, "/healthz") == 200
        end = time.monotonic() + 30
        while status(address, "/readyz") != 200:
            assert time.monotonic() < end
            time.sleep(0.05)


def test_a_server_without_a_model_lives_and_is_not_ready(tmp_path: Path) -> None:
    with running_server(tmp_path, metrics_listen="127.0.0.1:0", workers=1) as process:
        address = process.started["metrics"]
        assert (status(address, "/healthz"), status(address, "/readyz")) == (200, 503)
