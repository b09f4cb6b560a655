"""Fronts whose workers wait."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from benchmarks.processes.programs import BeatlensServer, Program, usage
from benchmarks.serving.fronts import measure
from benchmarks.serving.load import available
from benchmarks.serving.quota import NoQuota, share
from benchmarks.serving.waiting.worker import WAIT
from inference_server.client import ArrhythmiaClient
from tests.inference_server.pictures import picture
from tests.inference_server.tiny_models import write_model


def test_workers_wait_and_answer_as_they_did_the_first_time(tmp_path: Path) -> None:
    write_model(tmp_path / "models")
    with (
        BeatlensServer(
            tmp_path / "log",
            program=("-m", "benchmarks.serving.waiting.server"),
            environment={WAIT: "0.2"},
            models=tmp_path / "models",
            workers=2,
            fronts=2,
        ) as server,
        ArrhythmiaClient(server.address, timeout=30) as client,
    ):
        server.wait_for_fronts(2)
        first = client.classify(picture(1))
        assert client.classify(picture(2)) == first


@pytest.mark.skipif(not available(), reason="needs h2load (Debian: nghttp2-client)")
def test_calls_a_second_are_measured(tmp_path: Path) -> None:
    write_model(tmp_path)
    assert measure(tmp_path, picture(), fronts=1, cpus=0, wait=0.001, seconds=0.5, callers=4) > 0


def test_a_share_of_a_cpu_is_all_that_a_process_gets() -> None:
    with Program("-c", "print(1, flush=True)\nwhile True: pass") as busy:
        busy.read()
        try:
            with share(busy.pid, 0.1, "test"):
                before = usage(busy.pid).cpu_seconds
                time.sleep(2)
                assert 0 < usage(busy.pid).cpu_seconds - before < 0.5
        except NoQuota as error:
            pytest.skip(str(error))
