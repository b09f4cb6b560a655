"""What is around every call, and what bounds the calls: real servers, and clients that keep to no rules."""

from __future__ import annotations

import gzip
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.rpc import error_details_pb2
from grpc_health.v1 import health_pb2, health_pb2_grpc

from benchmarks.serving import http2
from benchmarks.serving.http2 import Connection, call_headers, frame
from benchmarks.serving.load import framed
from inference_server.generated.ecg.v1 import arrhythmia_pb2 as pb
from inference_server.generated.ecg.v1 import arrhythmia_pb2_grpc
from inference_server.generated.inference import open_inference_pb2
from inference_server.runtime.tokens import Scope, TokenStore
from tests.inference_server.pictures import picture
from tests.inference_server.rpc.calling import classify, details, failure, metric
from tests.inference_server.server_process import ServerProcess, running_server
from tests.inference_server.tiny_models import write_model

CLASSIFY = "/ecg.v1.ArrhythmiaService/ClassifyImage"
PROBES = ("/inference.GRPCInferenceService/ServerLive", "/inference.GRPCInferenceService/ServerReady")
METHODS = [
    f"/{service.full_name}/{method.name}"
    for file in (pb.DESCRIPTOR, open_inference_pb2.DESCRIPTOR)
    for service in file.services_by_name.values()
    for method in service.methods
]


@contextmanager
def call_without_message(channel: grpc.Channel, method: str, **options: Any) -> Iterator[Any]:
    """A call whose message does not come, whatever kind of method it is, while the block lasts."""
    over = threading.Event()

    def never() -> Iterator[bytes]:
        over.wait(60)
        yield from ()

    call = channel.stream_stream(method)(never(), **options)
    try:
        yield call
    finally:
        over.set()
        call.cancel()


def reason_of(error: Any) -> str:
    return str(details(error, error_details_pb2.ErrorInfo()).reason)


def ending(call: Any) -> Any:
    """The error that a call ends with."""
    with pytest.raises(grpc.RpcError) as caught:
        list(call)
    return caught.value


def until(condition: Callable[[], Any], seconds: float = 30) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.02)


def ended_calls(server: ServerProcess, method: str) -> list[dict[str, Any]]:
    return [entry for entry in server.logs if entry["event"] == "call" and entry["method"] == method]


@pytest.fixture(scope="module")
def guarded(models: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """A server that nobody has a token for."""
    tokens = tmp_path_factory.mktemp("tokens") / "tokens.json"
    TokenStore(tokens).create("nobody", [Scope.CLASSIFY])
    with running_server(models, tokens=tokens, metrics_listen="127.0.0.1:0") as process:
        process.wait_for("serving")
        yield process


@pytest.mark.parametrize("method", [method for method in METHODS if method not in PROBES])
def test_a_stranger_is_refused_before_anything_of_the_message_is_read(guarded: ServerProcess, method: str) -> None:
    with (
        grpc.insecure_channel(guarded.address) as channel,
        call_without_message(channel, method, timeout=30, metadata=[("x-request-id", method[-64:].replace("/", "."))])
        as call,
    ):  # fmt: skip
        error = ending(call)
    assert error.code() is grpc.StatusCode.UNAUTHENTICATED
    assert reason_of(error) == "TOKEN_REFUSED"
    request_id = dict(error.trailing_metadata())["x-request-id"]
    assert request_id == method[-64:].replace("/", ".")
    until(lambda: request_id in [entry.get("request_id") for entry in ended_calls(guarded, method)])
    (entry,) = ended_calls(guarded, method)
    assert (entry["code"], entry["reason"]) == ("UNAUTHENTICATED", "TOKEN_REFUSED")


def test_refused_calls_are_counted(guarded: ServerProcess) -> None:
    before = metric(guarded, "beatlens_calls_total")
    with grpc.insecure_channel(guarded.address) as channel:
        error, info = failure(channel, picture())
    assert (error.code(), info.reason) == (grpc.StatusCode.UNAUTHENTICATED, "TOKEN_REFUSED")
    until(lambda: metric(guarded, "beatlens_calls_total") == before + 1)
    until(lambda: metric(guarded, "beatlens_calls_in_flight") == 0)


def test_compressed_messages_are_refused_and_not_unpacked(guarded: ServerProcess, server: ServerProcess) -> None:
    bomb = gzip.compress(bytes(200_000_000), 1)
    for process in (guarded, server):
        before = process.memory()
        with Connection(process.address) as connection:
            for stream in range(1, 9, 2):
                block = call_headers(CLASSIFY, grpc_encoding="gzip")
                connection.send(frame(http2.HEADERS, http2.END_HEADERS, stream, block))
                connection.send_data(stream, struct.pack(">BI", 1, len(bomb)) + bomb, timeout=0.2)
            with grpc.insecure_channel(process.address, compression=grpc.Compression.Gzip) as channel:
                with pytest.raises(grpc.RpcError) as caught:
                    classify(channel, picture() + bytes(10_000))
                assert caught.value.code() is grpc.StatusCode.UNIMPLEMENTED
                assert "'gzip' is disabled" in caught.value.details()
        assert process.memory() - before < 20_000_000


def test_a_call_without_a_message_has_a_reason(server: ServerProcess) -> None:
    with grpc.insecure_channel(server.address) as channel:
        error = ending(channel.stream_stream(CLASSIFY)(iter(()), timeout=30))
    assert (error.code(), reason_of(error)) == (grpc.StatusCode.INVALID_ARGUMENT, "MESSAGE_MISSING")


def test_a_caller_who_leaves_before_the_message_is_logged_as_such(models: Path) -> None:
    with running_server(models) as process, grpc.insecure_channel(process.address) as channel:
        process.wait_for("serving")
        for _ in range(20):
            with call_without_message(channel, CLASSIFY):
                pass
        classify(channel, picture())
        until(lambda: any(entry["code"] == "OK" for entry in ended_calls(process, CLASSIFY)))
        codes = {entry["code"] for entry in ended_calls(process, CLASSIFY)}
        assert codes <= {"OK", "CANCELLED"}
        assert not [entry for entry in process.logs if entry["level"] == "ERROR" or entry["event"] == "not JSON"]


def test_a_message_that_does_not_come_ends_the_call(models: Path) -> None:
    with running_server(models, message_seconds=0.5) as process, grpc.insecure_channel(process.address) as channel:
        process.wait_for("serving")
        with call_without_message(channel, CLASSIFY, timeout=60) as call:
            error = ending(call)
        assert (error.code(), reason_of(error)) == (grpc.StatusCode.DEADLINE_EXCEEDED, "MESSAGE_TOO_SLOW")
        # A stream may be silent for as long as it likes.
        with call_without_message(channel, "/ecg.v1.ArrhythmiaService/StreamClassifyImages", timeout=1.5) as call:
            error = ending(call)
        assert error.code() is grpc.StatusCode.DEADLINE_EXCEEDED
        assert "Deadline Exceeded" in error.details()


def test_a_probe_does_not_wait_long_for_its_message(server: ServerProcess) -> None:
    with (
        grpc.insecure_channel(server.address) as channel,
        call_without_message(channel, "/grpc.health.v1.Health/Check", timeout=60) as call,
    ):
        assert reason_of(ending(call)) == "MESSAGE_TOO_SLOW"


#: A message of 8 MB without its last bytes.
HALF = struct.pack(">BI", 0, 8_000_000) + bytes(7_999_000)


def send_in_turn(connection: Connection) -> int:
    """Twenty halves, not faster than a network would bring them; how many bytes went out."""
    sent = 0
    for stream in range(1, 41, 2):
        sent += connection.send_data(stream, HALF, timeout=0.5)
        time.sleep(0.05)
    return sent


def test_half_sent_messages_take_no_more_memory_than_they_may(models: Path) -> None:
    """Forty messages of 8 MB, each without its last bytes, on two connections, while somebody else calls."""

    def send_halves(address: str) -> int:
        with Connection(address) as connection:
            for stream in range(1, 41, 2):
                connection.send(frame(http2.HEADERS, http2.END_HEADERS, stream, call_headers(CLASSIFY)))
            return send_in_turn(connection)

    with (
        running_server(models, max_arriving_bytes=20_000_000, max_queue_bytes=1024, max_batch_bytes=1024) as process,
        grpc.insecure_channel(process.address) as channel,
        ThreadPoolExecutor(2) as attackers,
    ):
        process.wait_for("serving")
        classify(channel, picture())
        before = process.memory()
        attacks = [attackers.submit(send_halves, process.address) for _ in range(2)]
        answered = 0
        while not all(attack.done() for attack in attacks):
            assert classify(channel, picture(3)).classification.beat_class.short_name == "PAC"
            answered += 1
        assert sum(attack.result() for attack in attacks) > 50_000_000  # who is refused is not let send the rest
        # 28 MB of queue and arriving messages, and what comes between two looks; without the bound it is 320 MB.
        assert process.memory() - before < 150_000_000
        assert answered > 3
        refused = [entry for entry in ended_calls(process, CLASSIFY) if entry.get("reason") == "QUEUE_FULL"]
        assert refused
        process.wait_for("messages refused for want of memory")


def test_a_stream_that_half_sends_its_messages_is_bounded_too(models: Path) -> None:
    with (
        running_server(models, max_arriving_bytes=20_000_000, max_queue_bytes=1024, max_batch_bytes=1024) as process,
        grpc.insecure_channel(process.address) as channel,
        Connection(process.address) as connection,
    ):
        process.wait_for("serving")
        classify(channel, picture())
        before = process.memory()
        block = call_headers("/ecg.v1.ArrhythmiaService/StreamClassifyImages")
        for stream in range(1, 41, 2):
            connection.send(frame(http2.HEADERS, http2.END_HEADERS, stream, block))
        assert send_in_turn(connection) > 50_000_000
        process.wait_for("messages refused for want of memory")
        assert classify(channel, picture()).classification.beat_class.short_name == "PVC"
        assert process.memory() - before < 120_000_000


def test_pictures_beyond_the_bytes_of_the_queue_are_refused_with_a_hint(tmp_path: Path) -> None:
    write_model(tmp_path, work=150)
    image = picture() + bytes(60_000)  # more than three of them are too much
    with (
        running_server(
            tmp_path, workers=1, max_image_bytes=100_000, max_batch_bytes=200_000, max_queue_bytes=200_000
        ) as process,
        grpc.insecure_channel(process.address) as channel,
        ThreadPoolExecutor(10) as callers,
    ):
        process.wait_for("serving")

        def call(_: int) -> str:
            try:
                classify(channel, image)
            except grpc.RpcError as error:
                hinted = details(error, error_details_pb2.RetryInfo()).retry_delay.nanos > 0
                return f"{error.code().name} {reason_of(error)} {hinted}"
            return "answered"

        outcomes = list(callers.map(call, range(10)))
    assert set(outcomes) == {"answered", "RESOURCE_EXHAUSTED QUEUE_FULL True"}
    assert 3 <= outcomes.count("answered") < 10


def test_calls_beyond_the_limit_are_refused_with_a_hint_but_never_probes(models: Path) -> None:
    with running_server(models, max_calls=2) as process, grpc.insecure_channel(process.address) as channel:
        process.wait_for("serving")
        classify(channel, picture())
        with call_without_message(channel, CLASSIFY), call_without_message(channel, CLASSIFY):
            error: Any = None

            def refused() -> bool:
                nonlocal error
                try:
                    classify(channel, picture())
                except grpc.RpcError as caught:
                    error = caught
                return error is not None

            until(refused)
            assert (error.code(), reason_of(error)) == (grpc.StatusCode.RESOURCE_EXHAUSTED, "TOO_MANY_CALLS")
            assert details(error, error_details_pb2.RetryInfo()).retry_delay.seconds == 1
            health = health_pb2_grpc.HealthStub(channel)
            for _ in range(5):
                health.Check(health_pb2.HealthCheckRequest(), timeout=30)
            # Whoever needs no token has watches of their own to fill.
            watch = health.Watch(health_pb2.HealthCheckRequest(), timeout=30)
            next(watch)
            second = ending(health.Watch(health_pb2.HealthCheckRequest(), timeout=30))
            assert reason_of(second) == "TOO_MANY_CALLS"
            watch.cancel()
        until(lambda: answered(channel))


def answered(channel: grpc.Channel) -> bool:
    try:
        classify(channel, picture())
    except grpc.RpcError:
        return False
    return True


def test_a_connection_has_so_many_calls_under_way(models: Path) -> None:
    with (
        running_server(models, max_connection_calls=1) as process,
        grpc.insecure_channel(process.address) as channel,
        grpc.insecure_channel(process.address, options=[("grpc.use_local_subchannel_pool", 1)]) as another,
    ):
        process.wait_for("serving")
        stub = arrhythmia_pb2_grpc.ArrhythmiaServiceStub(channel)
        classify(channel, picture())  # by now the client knows how many
        with call_without_message(channel, CLASSIFY):
            waiting = stub.ClassifyImage.future(pb.ClassifyImageRequest(image=picture()), timeout=60)
            assert classify(another, picture()).classification.beat_class.short_name == "PVC"
            assert not waiting.done()
        assert waiting.result().classification.beat_class.short_name == "PVC"


def test_calls_that_are_taken_back_at_once_do_not_pile_up(models: Path) -> None:
    with running_server(models) as process, grpc.insecure_channel(process.address) as channel:
        process.wait_for("serving")
        classify(channel, picture())
        before = process.memory()
        block, cancelled = call_headers("/grpc.health.v1.Health/Check"), struct.pack(">I", http2.CANCEL)
        with Connection(process.address) as connection:
            for begin in range(1, 40_000, 400):
                connection.send(
                    b"".join(
                        frame(http2.HEADERS, http2.END_HEADERS, stream, block)
                        + frame(http2.RST_STREAM, 0, stream, cancelled)
                        for stream in range(begin, begin + 400, 2)
                    )
                )
            begun = time.monotonic()
            health_pb2_grpc.HealthStub(channel).Check(health_pb2.HealthCheckRequest(), timeout=30)
            assert time.monotonic() - begun < 10
        assert process.memory() - before < 50_000_000  # 200 MB when each of them is kept until its turn


def test_connections_beyond_the_limit_are_closed_at_once(models: Path) -> None:
    with running_server(models, max_connections=2) as process:
        process.wait_for("serving")
        host, port = process.address.split(":")
        connections = [socket.create_connection((host, int(port)), timeout=30) for _ in range(3)]
        closed = []
        for number, connection in enumerate(connections):
            while data := connection.recv(100):
                if number < 2:
                    break
            closed.append(not data)
            connection.close()
        assert closed == [False, False, True]


def test_the_http2_client_of_these_tests_can_do_it_right_too(server: ServerProcess) -> None:
    with Connection(server.address) as connection:
        connection.send(frame(http2.HEADERS, http2.END_HEADERS, 1, call_headers(CLASSIFY)))
        body = framed(pb.ClassifyImageRequest(image=picture()).SerializeToString())
        assert connection.send_data(1, body, timeout=10) == len(body)
        connection.send(frame(http2.DATA, http2.END_STREAM, 1))
        until(lambda: b"PVC" in connection.received(1))
