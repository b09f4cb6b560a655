"""A server with several fronts as its users have it: processes of its own."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc

from benchmarks.processes.programs import children
from inference_server.client import ArrhythmiaClient
from inference_server.generated.ecg.v1 import arrhythmia_pb2 as pb
from inference_server.generated.inference import open_inference_pb2, open_inference_pb2_grpc
from inference_server.runtime.tokens import Scope, TokenStore
from tests.inference_server.environment import bare
from tests.inference_server.pictures import picture
from tests.inference_server.rpc.calling import NOT_SERVING, SERVICE, SERVING, classify, metric, stub
from tests.inference_server.server_process import ServerProcess, running_server
from tests.inference_server.tiny_models import CLASSES, write_model

#: Connections of which it is as good as certain that each front gets one.
CONNECTIONS = 12


@contextmanager
def fronts(models: Path, number: int = 2, **settings: object) -> Iterator[ServerProcess]:
    settings = {"workers": number, "metrics_listen": "127.0.0.1:0", "reload_seconds": 0.2} | settings
    with running_server(models, fronts=number, **settings) as process:
        process.wait_for("serving")
        wait_until(lambda: metric(process, "beatlens_fronts") == number)
        yield process


@contextmanager
def connections(address: str, number: int = CONNECTIONS) -> Iterator[list[grpc.Channel]]:
    """Channels with a connection each."""
    with ExitStack() as stack:
        options = (("grpc.use_local_subchannel_pool", 1),)
        yield [stack.enter_context(grpc.insecure_channel(address, options=options)) for _ in range(number)]


def wait_until(true: Callable[[], bool], seconds: float = 30) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end
        time.sleep(0.02)


def versions(channels: list[grpc.Channel]) -> set[str]:
    return {classify(channel, picture()).classification.model_version for channel in channels}


def gone(pids: list[int]) -> bool:
    return not any(Path(f"/proc/{pid}").exists() for pid in pids)


def test_connections_are_shared_out_and_metrics_are_one_server_s(models: Path) -> None:
    with fronts(models) as process, connections(process.address) as channels:
        for channel in channels:
            classify(channel, picture(2))
        answered_by = {entry["front"] for entry in process.logs if entry["event"] == "call"}
        assert answered_by == {0, 1}
        assert metric(process, "beatlens_classifications_total") == CONNECTIONS
        assert metric(process, "beatlens_workers") == 2
        assert metric(process, "beatlens_model_in_service") == 1
        assert all("/uvloop/" in Path(f"/proc/{pid}/maps").read_text() for pid in children(process.process.pid))
        for path in ("healthz", "readyz"):
            assert urllib.request.urlopen(f"http://{process.started['metrics']}/{path}", timeout=10).status == 200


def test_killed_fronts_are_replaced_under_load_and_no_answer_is_lost(models: Path) -> None:
    with (
        fronts(models) as process,
        ExitStack() as stack,
        ThreadPoolExecutor(CONNECTIONS) as callers,
    ):
        stop = threading.Event()

        def keep_calling(band: int) -> int:
            answered = 0
            with ArrhythmiaClient(process.address, timeout=30) as client:
                while not stop.is_set():
                    assert client.classify(picture(band)).beat_class.short == CLASSES[band][0]
                    answered += 1
            return answered

        stack.callback(stop.set)
        calls = [callers.submit(keep_calling, number % 7) for number in range(CONNECTIONS)]
        counted = 0.0
        for killed in range(1, 4):
            time.sleep(0.5)
            os.kill(process.workers()[killed % 2], signal.SIGKILL)
            while metric(process, "beatlens_fronts_lost") < killed or metric(process, "beatlens_fronts") < 2:
                now = metric(process, "beatlens_classifications_total")
                assert now >= counted
                counted = now
                time.sleep(0.05)
        stop.set()
        answered = sum(call.result() for call in calls)
        assert answered > 100
        # What a front had counted after the last news of it is lost with it: no more than a second's worth for each.
        assert metric(process, "beatlens_classifications_total") > 0.1 * answered
        assert health(process.address) == SERVING


def health(address: str) -> int:
    with grpc.insecure_channel(address) as channel:
        request = health_pb2.HealthCheckRequest(service=SERVICE)
        return int(health_pb2_grpc.HealthStub(channel).Check(request, timeout=10).status)


def test_all_fronts_switch_to_a_new_version_and_to_a_pin_under_load(tmp_path: Path) -> None:
    write_model(tmp_path, version="1")
    with fronts(tmp_path) as process, connections(process.address) as channels:
        assert versions(channels) == {"1"}
        write_model(tmp_path, version="2")
        wait_until(lambda: versions(channels) == {"2"})
        (tmp_path / "arrhythmia" / "pinned.json").write_text('{"version": "1"}')
        wait_until(lambda: versions(channels) == {"1"})
        os.kill(process.workers()[0], signal.SIGKILL)
        wait_until(lambda: metric(process, "beatlens_fronts_lost") == 1 and metric(process, "beatlens_fronts") == 2)
        with connections(process.address) as others:
            assert versions(others) == {"1"}


def test_a_broken_version_is_refused_by_all_and_a_new_front_serves_what_the_others_do(tmp_path: Path) -> None:
    write_model(tmp_path, version="1")
    with fronts(tmp_path) as process:
        (write_model(tmp_path, version="2") / "model.onnx").write_bytes(b"nothing")
        wait_until(lambda: sum(entry["event"] == "model refused" for entry in process.logs) == 2)
        os.kill(process.workers()[0], signal.SIGKILL)
        wait_until(lambda: metric(process, "beatlens_fronts_lost") == 1 and metric(process, "beatlens_fronts") == 2)
        with connections(process.address) as channels:
            assert versions(channels) == {"1"}


def test_unloading_and_loading_over_the_wire_is_for_all_fronts_and_tokens_have_one_rate(
    models: Path, tmp_path: Path
) -> None:
    store = TokenStore(tmp_path / "tokens.json")
    admin = [("authorization", f"Bearer {store.create('admin', [Scope.CLASSIFY, Scope.MODELS_WRITE])}")]
    slow = [("authorization", f"Bearer {store.create('slow', [Scope.CLASSIFY], 3)}")]
    with fronts(models, tokens=tmp_path / "tokens.json") as process, connections(process.address) as channels:

        def states() -> set[bool]:
            request = open_inference_pb2.ModelReadyRequest(name="arrhythmia")
            stubs = [open_inference_pb2_grpc.GRPCInferenceServiceStub(channel) for channel in channels]
            return {each.ModelReady(request, timeout=10, metadata=admin).ready for each in stubs}

        repository = open_inference_pb2_grpc.GRPCInferenceServiceStub(channels[0])
        repository.RepositoryModelUnload(
            open_inference_pb2.RepositoryModelUnloadRequest(model_name="arrhythmia"), timeout=30, metadata=admin
        )
        assert states() == {False}
        os.kill(process.workers()[1], signal.SIGKILL)
        wait_until(lambda: metric(process, "beatlens_fronts_lost") == 1 and metric(process, "beatlens_fronts") == 2)
        with connections(process.address) as channels:
            repository = open_inference_pb2_grpc.GRPCInferenceServiceStub(channels[0])
            assert states() == {False}
            repository.RepositoryModelLoad(
                open_inference_pb2.RepositoryModelLoadRequest(model_name="arrhythmia"), timeout=30, metadata=admin
            )
            wait_until(lambda: states() == {True})

            codes = [
                stub(channel)
                .ClassifyImage.with_call(pb.ClassifyImageRequest(image=picture()), timeout=30, metadata=slow)[1]
                .code()
                for channel in channels[:3]
            ]
            assert codes == [grpc.StatusCode.OK] * 3
            more = [
                stub(channel).ClassifyImage.future(pb.ClassifyImageRequest(image=picture()), timeout=30, metadata=slow)
                for channel in channels[3:]
            ]
            assert [call.code() for call in more].count(grpc.StatusCode.RESOURCE_EXHAUSTED) >= 6


def test_sigterm_drains_all_fronts(tmp_path: Path) -> None:
    write_model(tmp_path, work=20)
    with fronts(tmp_path, drain_seconds=1) as process, connections(process.address) as channels:
        pids = process.workers()
        watch = health_pb2_grpc.HealthStub(channels[0]).Watch(health_pb2.HealthCheckRequest(service=SERVICE))
        assert next(watch).status == SERVING
        calls = [
            stub(channel).ClassifyImage.future(pb.ClassifyImageRequest(image=picture()), timeout=60)
            for channel in channels
        ]
        time.sleep(0.1)
        process.process.send_signal(signal.SIGTERM)
        process.wait_for("draining")
        assert next(watch).status == NOT_SERVING
        assert {call.result().classification.model_version for call in calls} == {"1"}
        assert process.process.wait(timeout=30) == 0
        assert gone(pids)


def test_sigterm_while_fronts_start_ends_them_all(models: Path) -> None:
    environment = bare(BEATLENS_LISTEN="127.0.0.1:0", BEATLENS_MODELS=str(models), BEATLENS_FRONTS="2")
    with subprocess.Popen(
        [sys.executable, "-m", "inference_server"], env=environment, stderr=subprocess.PIPE, text=True
    ) as starting:
        wait_until(lambda: len(children(starting.pid)) == 2)
        pids = children(starting.pid)
        starting.send_signal(signal.SIGTERM)
        log = starting.communicate(timeout=30)[1]
    assert starting.returncode == 0
    assert gone(pids)
    assert "Traceback" not in log


def test_there_are_no_more_fronts_than_workers(models: Path) -> None:
    with running_server(models, fronts=4, workers=1) as process:
        process.wait_for("serving")
        process.wait_for_workers(1)
        (worker,) = process.workers()
        assert children(worker) == []


def test_fronts_end_when_the_supervisor_is_killed(models: Path) -> None:
    with fronts(models) as process:
        pids = process.workers()
        process.process.kill()
        wait_until(lambda: gone(pids))


def test_a_taken_port_is_one_clear_line_whether_or_not_the_other_would_share_it(models: Path) -> None:
    with socket.socket() as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        second = subprocess.run(
            [sys.executable, "-m", "inference_server"],
            env=bare(BEATLENS_LISTEN=address, BEATLENS_MODELS=str(models), BEATLENS_FRONTS="2"),
            capture_output=True,
            text=True,
            timeout=60,
        )
    assert second.returncode == 1
    assert second.stderr == f"Can't listen on {address}: the port is taken or not allowed.\n"


def test_a_second_server_can_not_take_the_port_of_several_fronts(models: Path) -> None:
    with fronts(models) as process:
        for number in ("1", "2"):
            second = subprocess.run(
                [sys.executable, "-m", "inference_server"],
                env=bare(BEATLENS_LISTEN=process.address, BEATLENS_MODELS=str(models), BEATLENS_FRONTS=number),
                capture_output=True,
                text=True,
                timeout=60,
            )
            assert second.returncode == 1


def test_what_no_front_can_do_ends_the_server_with_its_reason(models: Path, tmp_path: Path) -> None:
    settings = {"BEATLENS_TLS_CERTIFICATE": tmp_path / "none.pem", "BEATLENS_TLS_KEY": tmp_path / "none.key"}
    started = subprocess.run(
        [sys.executable, "-m", "inference_server"],
        env=bare(
            BEATLENS_LISTEN="127.0.0.1:0",
            BEATLENS_MODELS=str(models),
            BEATLENS_FRONTS="2",
            **{name: str(path) for name, path in settings.items()},
        ),
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert started.returncode == 1
    assert started.stderr.splitlines()[-1] == f"{tmp_path / 'none.key'} can't be read: No such file or directory."


def test_a_stuck_front_leaves_the_others_serving(models: Path) -> None:
    with fronts(models) as process:
        stuck = process.workers()[0]
        os.kill(stuck, signal.SIGSTOP)
        try:
            answered = 0
            with connections(process.address, 16) as channels:
                for channel in channels:
                    try:
                        stub(channel).ClassifyImage(pb.ClassifyImageRequest(image=picture()), timeout=1)
                    except grpc.RpcError:
                        continue
                    answered += 1
            assert answered > 0
            assert metric(process, "beatlens_fronts") == 2
        finally:
            os.kill(stuck, signal.SIGCONT)
