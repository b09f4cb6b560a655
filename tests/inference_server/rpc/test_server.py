"""The server as a process, over a real channel."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import grpc
import pytest
from google.rpc import error_details_pb2
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import ProtoReflectionDescriptorDatabase

from inference_server.generated.ecg.v1 import arrhythmia_pb2 as pb
from inference_server.generated.inference import open_inference_pb2, open_inference_pb2_grpc
from inference_server.workers.pool import WINDOW
from tests.inference_server.environment import bare
from tests.inference_server.pictures import picture
from tests.inference_server.rpc.calling import (
    NOT_SERVING,
    SERVICE,
    SERVING,
    batch,
    classify,
    details,
    failure,
    metric,
    stub,
)
from tests.inference_server.server_process import ServerProcess, running_server
from tests.inference_server.tiny_models import CLASSES, write_model


def test_metrics_have_a_port_of_their_own(models: Path) -> None:
    with (
        running_server(models, metrics_listen="127.0.0.1:0") as process,
        grpc.insecure_channel(process.address) as channel,
    ):
        process.wait_for("serving")
        batch(channel, picture(1), picture(2), b"")
        failure(channel, b"text")
        deadline = time.monotonic() + 10
        while metric(process, "beatlens_calls_total") < 2:  # counted when all of the answer is on its way
            assert time.monotonic() < deadline
        assert metric(process, "beatlens_classifications_total") == 2
        assert metric(process, "beatlens_picture_errors_total") == 2
        assert metric(process, "beatlens_batch_pictures_sum") == 4
        assert metric(process, "beatlens_model_in_service") == 1
        assert metric(process, "beatlens_inference_seconds_count") == 2


def test_reflection_lists_the_services(channel: grpc.Channel) -> None:
    database = ProtoReflectionDescriptorDatabase(channel)
    services = set(database.get_services())
    assert {SERVICE, "grpc.health.v1.Health", "grpc.reflection.v1alpha.ServerReflection"} <= services
    described = database.FindFileContainingSymbol(SERVICE)
    assert "ClassifyImage" in [method.name for method in described.service[0].method]


def test_health_answers_for_the_process_and_the_service(channel: grpc.Channel) -> None:
    health = health_pb2_grpc.HealthStub(channel)
    for service in ("", SERVICE):
        assert health.Check(health_pb2.HealthCheckRequest(service=service), timeout=10).status == SERVING
    with pytest.raises(grpc.RpcError) as caught:
        health.Check(health_pb2.HealthCheckRequest(service="nobody"), timeout=10)
    assert caught.value.code() is grpc.StatusCode.NOT_FOUND


def test_the_request_id_comes_back_and_stands_in_the_log(server: ServerProcess, channel: grpc.Channel) -> None:
    _, call = stub(channel).ClassifyImage.with_call(
        pb.ClassifyImageRequest(image=picture()), timeout=30, metadata=[("x-request-id", "ward-7.42")]
    )
    assert ("x-request-id", "ward-7.42") in [tuple(pair) for pair in call.trailing_metadata()]
    error, _ = failure(channel, b"")
    request_id = dict(error.trailing_metadata())["x-request-id"]
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        logged = {entry.get("request_id"): entry for entry in server.logs if entry["event"] == "call"}
        if {"ward-7.42", request_id} <= logged.keys():
            break
        time.sleep(0.01)
    assert logged["ward-7.42"]["code"] == "OK"
    assert logged[request_id]["code"] == "INVALID_ARGUMENT"
    assert logged[request_id]["reason"] == "IMAGE_EMPTY"


def test_a_request_id_that_could_forge_a_log_is_replaced(channel: grpc.Channel) -> None:
    _, call = stub(channel).ClassifyImage.with_call(
        pb.ClassifyImageRequest(image=picture()), timeout=30, metadata=[("x-request-id", "x" * 200)]
    )
    assert len(dict(call.trailing_metadata())["x-request-id"]) == 32


def test_every_log_line_is_json_and_names_no_address_of_a_caller(server: ServerProcess, channel: grpc.Channel) -> None:
    classify(channel, picture())
    assert not [entry for entry in server.logs if entry["event"] == "not JSON"]
    assert not [entry for entry in server.logs if entry["event"] == "call" and "peer" in str(entry)]


def test_it_runs_on_the_loop_that_costs_a_call_least(server: ServerProcess) -> None:
    assert "/uvloop/" in Path(f"/proc/{server.process.pid}/maps").read_text()


def test_without_a_model_it_is_alive_but_not_ready(tmp_path: Path) -> None:
    write_model(tmp_path, metadata={"licence": None})
    with running_server(tmp_path) as process, grpc.insecure_channel(process.address) as channel:
        entry = process.wait_for("no model to serve")
        assert entry["refused"] == {"1": "model.onnx lacks metadata: licence."}
        health = health_pb2_grpc.HealthStub(channel)
        assert health.Check(health_pb2.HealthCheckRequest(), timeout=10).status == SERVING
        assert health.Check(health_pb2.HealthCheckRequest(service=SERVICE), timeout=10).status == NOT_SERVING
        error, info = failure(channel, picture())
        assert error.code() is grpc.StatusCode.UNAVAILABLE
        assert info.reason == "MODEL_NOT_LOADED"
        assert details(error, error_details_pb2.RetryInfo()).retry_delay.seconds > 0
        with pytest.raises(grpc.RpcError) as caught:
            stub(channel).GetModel(pb.GetModelRequest(), timeout=10)
        assert caught.value.code() is grpc.StatusCode.UNAVAILABLE


def test_a_full_queue_refuses_at_once_but_never_health_or_metadata(tmp_path: Path) -> None:
    write_model(tmp_path, work=120)
    with (
        running_server(tmp_path, workers=1, queue_size=2) as process,
        grpc.insecure_channel(process.address) as channel,
        ThreadPoolExecutor(12) as callers,
    ):
        process.wait_for("serving")

        def call(_: int) -> tuple[str, float, float]:
            begun = time.monotonic()
            try:
                classify(channel, picture())
            except grpc.RpcError as error:
                reason = details(error, error_details_pb2.ErrorInfo()).reason
                hint = details(error, error_details_pb2.RetryInfo()).retry_delay.ToTimedelta().total_seconds()
                return f"{error.code().name} {reason}", time.monotonic() - begun, hint
            return "answered", time.monotonic() - begun, 0.0

        calls = [callers.submit(call, number) for number in range(12)]
        time.sleep(0.2)
        health = health_pb2_grpc.HealthStub(channel)
        assert health.Check(health_pb2.HealthCheckRequest(service=SERVICE), timeout=10).status == SERVING
        assert stub(channel).GetModel(pb.GetModelRequest(), timeout=10).model.version == "1"
        outcomes = [call.result() for call in calls]
    answered = [outcome for outcome in outcomes if outcome[0] == "answered"]
    refused = [outcome for outcome in outcomes if outcome[0] == "RESOURCE_EXHAUSTED QUEUE_FULL"]
    assert (len(answered), len(refused)) == (WINDOW + 2, 10 - WINDOW)  # in the worker's hand, and two in the queue
    assert max(outcome[1] for outcome in refused) < min(outcome[1] for outcome in answered)
    assert all(outcome[2] > 0 for outcome in refused)


def test_a_caller_who_left_costs_no_inference(tmp_path: Path) -> None:
    write_model(tmp_path, work=120)
    with (
        running_server(tmp_path, workers=1, queue_size=50) as process,
        grpc.insecure_channel(process.address) as channel,
    ):
        process.wait_for("serving")
        begun = time.monotonic()
        classify(channel, picture())
        single = time.monotonic() - begun
        running = stub(channel).ClassifyImage.future(pb.ClassifyImageRequest(image=picture()), timeout=60)
        time.sleep(0.05)
        leaving = [
            stub(channel).ClassifyImage.future(pb.ClassifyImageRequest(image=picture()), timeout=0.1) for _ in range(20)
        ]
        for call in leaving:
            assert call.code() is grpc.StatusCode.DEADLINE_EXCEEDED
        begun = time.monotonic()
        classify(channel, picture())
        assert time.monotonic() - begun < single * 10  # twenty abandoned ones would have come first
        running.result()


def test_versions_are_switched_under_load_without_losing_a_call(tmp_path: Path) -> None:
    write_model(tmp_path, version="1", classes=6)
    with (
        running_server(tmp_path, reload_seconds=0.1) as process,
        grpc.insecure_channel(process.address) as channel,
        ThreadPoolExecutor(4) as callers,
    ):
        process.wait_for("serving")
        stop = threading.Event()

        def keep_calling() -> list[tuple[str, int]]:
            versions = []
            while not stop.is_set():
                answer = classify(channel, picture(0, classes=8)).classification
                versions.append((answer.model_version, len(answer.probabilities)))
            return versions

        calls = [callers.submit(keep_calling) for _ in range(4)]
        for version in ("2", "3", "4", "5"):
            write_model(tmp_path, version=version, classes=6 + int(version) % 3)
            process.wait_for("models in service")
        write_model(tmp_path, version="6", metadata={"licence": None})
        assert process.wait_for("model refused")["why"] == "model.onnx lacks metadata: licence."
        time.sleep(0.2)
        stop.set()
        versions = [entry for call in calls for entry in call.result()]
        assert {version for version, _ in versions} >= {"1", "5"}
        assert all(number == 6 + int(version) % 3 for version, number in versions if version != "1")
        assert classify(channel, picture()).classification.model_version == "5"


def test_a_model_that_comes_later_makes_the_server_ready(tmp_path: Path) -> None:
    with (
        running_server(tmp_path, reload_seconds=0.1) as process,
        grpc.insecure_channel(process.address) as channel,
    ):
        process.wait_for("no model to serve")
        watch = health_pb2_grpc.HealthStub(channel).Watch(health_pb2.HealthCheckRequest(service=SERVICE), timeout=30)
        assert next(watch).status == NOT_SERVING
        write_model(tmp_path)
        assert next(watch).status == SERVING
        assert classify(channel, picture()).classification.model_version == "1"
        watch.cancel()


def test_callers_choose_among_several_versions(tmp_path: Path) -> None:
    for version in ("1", "2"):
        write_model(tmp_path, version=version)
    with (
        running_server(tmp_path, model_versions="all") as process,
        grpc.insecure_channel(process.address) as channel,
    ):
        process.wait_for("serving")
        for version, answering in (("1", "1"), ("2", "2"), ("", "2")):
            response = classify(channel, picture(), model_version=version)
            assert response.classification.model_version == answering
        response = stub(channel).ListModels(pb.ListModelsRequest(), timeout=10)
        assert [model.version for model in response.models] == ["1", "2"]
        assert response.default_version == "2"


def test_a_killed_worker_costs_its_own_calls_only(models: Path) -> None:
    with (
        running_server(models, workers=2, metrics_listen="127.0.0.1:0") as process,
        grpc.insecure_channel(process.address) as channel,
        ThreadPoolExecutor(8) as callers,
    ):
        process.wait_for("serving")
        process.wait_for_workers(2)
        stop = threading.Event()

        def keep_calling(band: int) -> list[str]:
            outcomes = []
            while not stop.is_set():
                try:
                    answer = classify(channel, picture(band)).classification
                except grpc.RpcError as error:
                    hint = details(error, error_details_pb2.RetryInfo()).retry_delay.nanos > 0
                    reason = details(error, error_details_pb2.ErrorInfo()).reason
                    outcomes.append(f"{error.code().name} {reason} {hint}")
                else:
                    right = answer.beat_class.short_name == CLASSES[band % 7][0]
                    outcomes.append("answered" if right else "crossed")
            return outcomes

        calls = [callers.submit(keep_calling, band) for band in range(7)]
        for number in range(3):
            time.sleep(0.2)
            os.kill(process.workers()[0], signal.SIGKILL)
            process.wait_for_workers(3 + number)
        stop.set()
        outcomes = [outcome for call in calls for outcome in call.result()]
        assert set(outcomes) <= {"answered", "UNAVAILABLE WORKER_LOST True"}
        assert len(outcomes) - outcomes.count("answered") <= 3 * WINDOW
        assert outcomes.count("answered") > 50
        assert metric(process, "beatlens_workers") == 2
        assert metric(process, "beatlens_workers_lost") == 3


def test_workers_end_in_silence_when_the_front_is_killed(tmp_path: Path) -> None:
    write_model(tmp_path, work=20)
    with running_server(tmp_path, workers=2) as process, grpc.insecure_channel(process.address) as channel:
        process.wait_for("serving")
        process.wait_for_workers(2)
        workers = process.workers()
        calls = [
            stub(channel).ClassifyImage.future(pb.ClassifyImageRequest(image=picture()), timeout=60) for _ in range(6)
        ]
        time.sleep(0.05)
        process.process.kill()
        assert {call.code() for call in calls} <= {grpc.StatusCode.OK, grpc.StatusCode.UNAVAILABLE}
        deadline = time.monotonic() + 30
        while any(Path(f"/proc/{pid}").exists() for pid in workers):
            assert time.monotonic() < deadline
            time.sleep(0.05)
        assert not [entry for entry in process.logs if entry["event"] == "not JSON"]


def test_without_a_worker_it_is_not_ready_and_calls_wait(models: Path) -> None:
    with running_server(models, workers=1) as process, grpc.insecure_channel(process.address) as channel:
        process.wait_for("serving")
        watch = health_pb2_grpc.HealthStub(channel).Watch(health_pb2.HealthCheckRequest(service=SERVICE), timeout=30)
        assert next(watch).status == SERVING
        os.kill(process.workers()[0], signal.SIGKILL)
        assert next(watch).status == NOT_SERVING
        assert classify(channel, picture(2)).classification.beat_class.short_name == "RBBB"
        assert next(watch).status == SERVING
        watch.cancel()


def test_sigterm_finishes_what_is_under_way(tmp_path: Path) -> None:
    write_model(tmp_path, work=150)
    with running_server(tmp_path, workers=1) as process, grpc.insecure_channel(process.address) as channel:
        process.wait_for("serving")
        states: list[int] = []
        watching = threading.Thread(
            target=lambda: states.extend(
                response.status
                for response in health_pb2_grpc.HealthStub(channel).Watch(
                    health_pb2.HealthCheckRequest(service=SERVICE)
                )
            )
        )
        watching.start()
        calls = [
            stub(channel).ClassifyImage.future(pb.ClassifyImageRequest(image=picture(band)), timeout=60)
            for band in range(3)
        ]
        time.sleep(0.3)
        process.process.send_signal(signal.SIGTERM)
        draining = process.wait_for("draining")
        assert draining["running"] + draining["waiting"] > 0
        answers = [call.result().classification.beat_class.short_name for call in calls]
        assert answers == [short for short, _ in CLASSES[:3]]
        assert process.process.wait(timeout=30) == 0
        watching.join(timeout=10)
        assert states == [SERVING, NOT_SERVING]
        assert process.wait_for("stopped")


def test_between_not_serving_and_the_end_calls_are_still_taken(models: Path) -> None:
    with (
        running_server(models, drain_seconds=1.5) as process,
        grpc.insecure_channel(process.address) as channel,
    ):
        process.wait_for("serving")
        process.process.send_signal(signal.SIGTERM)
        process.wait_for("draining")
        assert classify(channel, picture()).classification.model_version == "1"
        open_inference = open_inference_pb2_grpc.GRPCInferenceServiceStub(channel)
        assert open_inference.ServerLive(open_inference_pb2.ServerLiveRequest(), timeout=10).live
        assert not open_inference.ServerReady(open_inference_pb2.ServerReadyRequest(), timeout=10).ready
        request = open_inference_pb2.ModelReadyRequest(name="arrhythmia")
        assert not open_inference.ModelReady(request, timeout=10).ready
        health = health_pb2_grpc.HealthStub(channel)
        assert health.Check(health_pb2.HealthCheckRequest(service=SERVICE), timeout=10).status == NOT_SERVING
        assert process.process.wait(timeout=30) == 0


def test_a_taken_port_is_one_clear_line_and_exit_code_1(models: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        second = subprocess.run(
            [sys.executable, "-m", "inference_server"],
            env=bare(BEATLENS_LISTEN=address, BEATLENS_MODELS=str(models)),
            capture_output=True,
            text=True,
            timeout=60,
        )
    assert second.returncode == 1
    assert second.stderr == f"Can't listen on {address}: the port is taken or not allowed.\n"


def test_an_impossible_setting_is_named(models: Path) -> None:
    wrong = subprocess.run(
        [sys.executable, "-m", "inference_server"],
        env=bare(BEATLENS_QUEUE_SIZE="many"),
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert wrong.returncode == 2
    assert wrong.stderr.startswith("BEATLENS_QUEUE_SIZE: ")
    assert len(wrong.stderr.splitlines()) == 1
