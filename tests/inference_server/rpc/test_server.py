"""The server as a process, over a real channel."""

from __future__ import annotations

import io
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import grpc
import numpy as np
import pytest
from google.rpc import error_details_pb2
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import ProtoReflectionDescriptorDatabase
from grpc_status import rpc_status
from PIL import Image

from inference_server.generated.ecg.v1 import arrhythmia_pb2 as pb
from inference_server.generated.ecg.v1 import arrhythmia_pb2_grpc
from inference_server.generated.inference import open_inference_pb2, open_inference_pb2_grpc
from inference_server.workers.pool import WINDOW
from tests.inference_server.pictures import picture
from tests.inference_server.server_process import ServerProcess, running_server
from tests.inference_server.test_images import png_that_claims
from tests.inference_server.tiny_models import CLASSES, write_model

SERVICE = "ecg.v1.ArrhythmiaService"
SERVING = health_pb2.HealthCheckResponse.SERVING
NOT_SERVING = health_pb2.HealthCheckResponse.NOT_SERVING


@pytest.fixture
def channel(server: ServerProcess) -> Iterator[grpc.Channel]:
    with grpc.insecure_channel(server.address) as channel:
        yield channel


def stub(channel: grpc.Channel) -> arrhythmia_pb2_grpc.ArrhythmiaServiceStub:
    return arrhythmia_pb2_grpc.ArrhythmiaServiceStub(channel)


def classify(channel: grpc.Channel, image: bytes, **fields: Any) -> pb.ClassifyImageResponse:
    response: pb.ClassifyImageResponse
    response = stub(channel).ClassifyImage(pb.ClassifyImageRequest(image=image, **fields), timeout=30)
    return response


def failure(channel: grpc.Channel, image: bytes, **fields: Any) -> tuple[grpc.RpcError, error_details_pb2.ErrorInfo]:
    with pytest.raises(grpc.RpcError) as caught:
        classify(channel, image, **fields)
    return caught.value, details(caught.value, error_details_pb2.ErrorInfo())


def details(error: grpc.RpcError, kind: Any) -> Any:
    status = rpc_status.from_call(error)
    assert status is not None
    assert any(detail.Unpack(kind) for detail in status.details), f"no {type(kind).__name__} in {status}"
    return kind


def test_a_picture_is_classified(channel: grpc.Channel) -> None:
    for band, (short, name) in enumerate(CLASSES[:7]):
        response = classify(channel, picture(band))
        answer = response.classification
        assert (answer.beat_class.short_name, answer.beat_class.display_name) == (short, name)
        assert answer.beat_class.type == pb.BeatType.Value(f"BEAT_TYPE_{short}")
        assert answer.verdict == pb.VERDICT_CONFIDENT
        assert [each.beat_class.short_name for each in answer.probabilities] == [short for short, _ in CLASSES[:7]]
        assert [each.short_name for each in answer.prediction_set] == [short]
        assert (answer.model_name, answer.model_version) == ("arrhythmia", "1")
        assert response.timing.decode.ToTimedelta().total_seconds() > 0
        assert response.timing.inference.ToTimedelta().total_seconds() > 0


@pytest.mark.parametrize("classes", [6, 8])
def test_a_model_of_another_class_list_is_served_without_a_change(tmp_path: Path, classes: int) -> None:
    write_model(tmp_path, classes=classes)
    with running_server(tmp_path) as process, grpc.insecure_channel(process.address) as channel:
        process.wait_for("serving")
        last = classify(channel, picture(classes - 1, classes=classes)).classification
        assert last.beat_class.short_name == CLASSES[classes - 1][0]
        assert len(stub(channel).GetModel(pb.GetModelRequest(), timeout=10).model.classes) == classes
        if classes == 8:
            assert last.beat_class.type == pb.BEAT_TYPE_UNSPECIFIED


@pytest.mark.parametrize(
    ("image", "reason"),
    [
        (b"", "IMAGE_EMPTY"),
        (b"This is no picture.\n" * 10, "IMAGE_UNSUPPORTED_FORMAT"),
        (picture(form="GIF"), "IMAGE_UNSUPPORTED_FORMAT"),
        (picture()[:200], "IMAGE_TRUNCATED"),
        (picture(form="JPEG")[:800], "IMAGE_TRUNCATED"),
        (picture().replace(b"IDAT", b"IDOT", 1), "IMAGE_CORRUPT"),
        (picture(size=(8, 8)), "IMAGE_TOO_SMALL"),
        (png_that_claims(10_000, 10_000), "IMAGE_TOO_MANY_PIXELS"),
        (picture() + b"\0" * (8 * 1024 * 1024), "IMAGE_TOO_LARGE"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_every_bad_picture_has_its_own_reason(channel: grpc.Channel, image: bytes, reason: str) -> None:
    error, info = failure(channel, image)
    assert error.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert (info.reason, info.domain) == (reason, "beatlens")
    (violation,) = details(error, error_details_pb2.BadRequest()).field_violations
    assert violation.field == "image"
    assert violation.description == error.details()


def test_a_hundred_megapixels_do_not_move_the_memory(models: Path) -> None:
    with running_server(models, workers=2) as process, grpc.insecure_channel(process.address) as channel:
        process.wait_for("serving")
        process.wait_for_workers(2)
        for _ in range(20):
            classify(channel, picture())
        before = process.memory()
        for _ in range(50):
            failure(channel, png_that_claims(10_000, 10_000))
        assert process.memory() - before < 8 * 1024 * 1024


def test_a_message_beyond_every_limit_is_refused_by_the_transport(channel: grpc.Channel) -> None:
    with pytest.raises(grpc.RpcError) as caught:
        classify(channel, b"\0" * (33 * 1024 * 1024))
    assert caught.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED


@pytest.mark.parametrize(
    "method", ["ecg.v1.ArrhythmiaService/ClassifyImage", "inference.GRPCInferenceService/ModelInfer"]
)
def test_a_message_that_is_garbage_has_a_reason(channel: grpc.Channel, method: str) -> None:
    for call in (
        lambda: channel.unary_unary(f"/{method}")(b"\xff\xff\xff", timeout=30),
        lambda: list(
            channel.stream_stream("/ecg.v1.ArrhythmiaService/StreamClassifyImages")(iter([b"\xff\xff"]), timeout=30)
        ),
    ):
        with pytest.raises(grpc.RpcError) as caught:
            call()
        assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT
        assert details(caught.value, error_details_pb2.ErrorInfo()).reason == "MESSAGE_UNREADABLE"


def test_a_version_that_is_not_in_service(channel: grpc.Channel) -> None:
    error, info = failure(channel, picture(), model_version="99")
    assert error.code() is grpc.StatusCode.NOT_FOUND
    assert info.reason == "MODEL_NOT_FOUND"
    assert classify(channel, picture(), model_version="1").classification.model_version == "1"


def test_the_model_is_described(channel: grpc.Channel) -> None:
    model = stub(channel).GetModel(pb.GetModelRequest(), timeout=10).model
    assert (model.name, model.version, model.input_height, model.input_width) == ("arrhythmia", "1", 32, 48)
    assert [each.short_name for each in model.classes] == [short for short, _ in CLASSES[:7]]
    assert dict(model.scores) == {"beats-10fold/accuracy": 0.5}
    assert len(model.sha256) == 64
    assert model.licence_notice


def batch(channel: grpc.Channel, *images: bytes, **fields: Any) -> list[pb.ImageResult]:
    request = pb.BatchClassifyImagesRequest(images=images, **fields)
    return list(stub(channel).BatchClassifyImages(request, timeout=60).results)


def test_each_picture_of_a_batch_has_its_own_outcome(channel: grpc.Channel) -> None:
    results = batch(channel, picture(2), b"", picture(5), b"text")
    assert [each.WhichOneof("outcome") for each in results] == ["classification", "error", "classification", "error"]
    assert results[0].classification.beat_class.short_name == "RBBB"
    assert results[2].classification.beat_class.short_name == "VF"
    assert results[0].timing.inference.ToTimedelta().total_seconds() > 0
    info, violation = error_details_pb2.ErrorInfo(), error_details_pb2.BadRequest()
    assert any(detail.Unpack(info) for detail in results[3].error.details)
    assert info.reason == "IMAGE_UNSUPPORTED_FORMAT"
    assert any(detail.Unpack(violation) for detail in results[3].error.details)
    assert violation.field_violations[0].field == "images[3]"


def test_a_batch_is_answered_in_its_order(channel: grpc.Channel) -> None:
    bands = [number % 7 for number in range(64)]
    results = batch(channel, *(picture(band) for band in bands))
    assert [each.classification.beat_class.short_name for each in results] == [CLASSES[band][0] for band in bands]


@pytest.mark.parametrize(("number", "reason"), [(0, "BATCH_EMPTY"), (65, "BATCH_TOO_LARGE")])
def test_a_batch_has_bounds(channel: grpc.Channel, number: int, reason: str) -> None:
    with pytest.raises(grpc.RpcError) as caught:
        batch(channel, *[b""] * number)
    assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert details(caught.value, error_details_pb2.ErrorInfo()).reason == reason
    assert details(caught.value, error_details_pb2.BadRequest()).field_violations[0].field == "images"


def test_a_batch_for_a_version_that_is_not_in_service(channel: grpc.Channel) -> None:
    with pytest.raises(grpc.RpcError) as caught:
        batch(channel, picture(), model_version="9")
    assert caught.value.code() is grpc.StatusCode.NOT_FOUND


def test_a_stream_is_answered_in_order_whatever_is_in_it(channel: grpc.Channel) -> None:
    images = [b"" if number % 10 == 9 else picture(number % 7) for number in range(200)]
    requests = (
        pb.StreamClassifyImagesRequest(key=f"beat {number}", image=image) for number, image in enumerate(images)
    )
    responses = list(stub(channel).StreamClassifyImages(requests, timeout=120))
    assert [each.key for each in responses] == [f"beat {number}" for number in range(200)]
    for number, each in enumerate(responses):
        if number % 10 == 9:
            assert each.result.error.code == grpc.StatusCode.INVALID_ARGUMENT.value[0]
        else:
            assert each.result.classification.beat_class.short_name == CLASSES[number % 7][0]


def test_a_stream_is_slowed_down_rather_than_refused(models: Path) -> None:
    with (
        running_server(models, workers=1, queue_size=1, stream_window=3) as process,
        grpc.insecure_channel(process.address) as channel,
    ):
        process.wait_for("serving")
        sent = 0

        def requests() -> Iterator[pb.StreamClassifyImagesRequest]:
            nonlocal sent
            for _ in range(300):
                sent += 1
                yield pb.StreamClassifyImagesRequest(image=picture(1))

        responses = list(stub(channel).StreamClassifyImages(requests(), timeout=120))
        assert len(responses) == sent == 300
        assert {each.result.classification.beat_class.short_name for each in responses} == {"LBBB"}


def test_streams_beyond_the_limit_are_refused_with_a_hint(models: Path) -> None:
    with running_server(models, max_streams=1) as process, grpc.insecure_channel(process.address) as channel:
        process.wait_for("serving")
        over = threading.Event()

        def requests() -> Iterator[pb.StreamClassifyImagesRequest]:
            yield pb.StreamClassifyImagesRequest(image=picture())
            over.wait(60)

        first = stub(channel).StreamClassifyImages(requests(), timeout=60)
        assert next(first).result.classification.beat_class.short_name == "PVC"
        open_inference = open_inference_pb2_grpc.GRPCInferenceServiceStub(channel)
        for refused in (
            stub(channel).StreamClassifyImages(iter(()), timeout=30),
            open_inference.ModelStreamInfer(iter(()), timeout=30),
        ):
            with pytest.raises(grpc.RpcError) as caught:
                list(refused)
            assert caught.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
            assert details(caught.value, error_details_pb2.ErrorInfo()).reason == "TOO_MANY_STREAMS"
            assert details(caught.value, error_details_pb2.RetryInfo()).retry_delay.ToMilliseconds() == 1000
        assert classify(channel, picture(2)).classification.beat_class.short_name == "RBBB"
        over.set()
        assert list(first) == []
        assert list(stub(channel).StreamClassifyImages(iter(()), timeout=30)) == []


def test_a_stream_with_an_endless_key_is_refused(channel: grpc.Channel) -> None:
    requests = iter([pb.StreamClassifyImagesRequest(key="k" * 257, image=picture())])
    with pytest.raises(grpc.RpcError) as caught:
        list(stub(channel).StreamClassifyImages(requests, timeout=30))
    assert details(caught.value, error_details_pb2.ErrorInfo()).reason == "KEY_TOO_LONG"


def test_a_stream_that_is_left_leaves_nothing_behind(models: Path) -> None:
    with (
        running_server(models, workers=1, metrics_listen="127.0.0.1:0") as process,
        grpc.insecure_channel(process.address) as channel,
    ):
        process.wait_for("serving")
        call = stub(channel).StreamClassifyImages(
            (pb.StreamClassifyImagesRequest(image=picture()) for _ in range(10_000)), timeout=60
        )
        next(call)
        call.cancel()
        deadline = time.monotonic() + 20
        while metric(process, "beatlens_calls_in_flight") or metric(process, "beatlens_queue_pictures"):
            assert time.monotonic() < deadline
            time.sleep(0.05)
        assert classify(channel, picture()).classification.beat_class.short_name == "PVC"


def test_an_explanation_points_at_the_evidence(channel: grpc.Channel) -> None:
    request = pb.ExplainImageRequest(image=picture(1))
    response = stub(channel).ExplainImage(request, timeout=30)
    assert response.explained_class == response.classification.beat_class
    assert response.classification.beat_class.short_name == "LBBB"
    values = np.reshape(response.saliency.values, (response.saliency.rows, response.saliency.columns))
    assert values.shape == (32, 48)
    assert values.max() == pytest.approx(1)
    assert values.sum(axis=0).argmax() / 48 == pytest.approx(1.5 / 7, abs=0.05)
    assert Image.open(io.BytesIO(response.saliency.png)).size == (192, 128)


def test_another_class_can_be_explained_but_not_an_unknown_one(channel: grpc.Channel) -> None:
    other = stub(channel).ExplainImage(pb.ExplainImageRequest(image=picture(1), beat_class="PACED"), timeout=30)
    assert other.explained_class.short_name == "PACED"
    assert not any(other.saliency.values)
    with pytest.raises(grpc.RpcError) as caught:
        stub(channel).ExplainImage(pb.ExplainImageRequest(image=picture(1), beat_class="GALLOP"), timeout=30)
    assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert details(caught.value, error_details_pb2.ErrorInfo()).reason == "CLASS_UNKNOWN"
    assert details(caught.value, error_details_pb2.BadRequest()).field_violations[0].field == "beat_class"


def test_the_models_in_service_are_listed(channel: grpc.Channel) -> None:
    response = stub(channel).ListModels(pb.ListModelsRequest(), timeout=10)
    assert [each.version for each in response.models] == [response.default_version] == ["1"]


def metric(process: ServerProcess, name: str) -> float:
    """Sum of all samples of ``name``."""
    url = f"http://{process.started['metrics']}/metrics"
    lines = urllib.request.urlopen(url, timeout=10).read().decode().splitlines()
    return sum(float(line.rsplit(" ", 1)[1]) for line in lines if re.match(rf"{name}[ {{]", line))


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
    assert ("x-request-id", "ward-7.42") in [tuple(each) for each in call.trailing_metadata()]
    error, _ = failure(channel, b"")
    given = dict(error.trailing_metadata())["x-request-id"]
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        logged = {each.get("request_id"): each for each in server.logs if each["event"] == "call"}
        if {"ward-7.42", given} <= logged.keys():
            break
        time.sleep(0.01)
    assert logged["ward-7.42"]["code"] == "OK"
    assert logged[given]["code"] == "INVALID_ARGUMENT"
    assert logged[given]["reason"] == "IMAGE_EMPTY"


def test_a_request_id_that_could_forge_a_log_is_replaced(channel: grpc.Channel) -> None:
    _, call = stub(channel).ClassifyImage.with_call(
        pb.ClassifyImageRequest(image=picture()), timeout=30, metadata=[("x-request-id", "x" * 200)]
    )
    assert len(dict(call.trailing_metadata())["x-request-id"]) == 32


def test_every_log_line_is_json_and_names_no_address_of_a_caller(server: ServerProcess, channel: grpc.Channel) -> None:
    classify(channel, picture())
    assert not [each for each in server.logs if each["event"] == "not JSON"]
    assert not [each for each in server.logs if each["event"] == "call" and "peer" in str(each)]


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
        outcomes = [each.result() for each in calls]
    answered = [each for each in outcomes if each[0] == "answered"]
    refused = [each for each in outcomes if each[0] == "RESOURCE_EXHAUSTED QUEUE_FULL"]
    assert (len(answered), len(refused)) == (WINDOW + 2, 10 - WINDOW)  # in the worker's hand, and two in the queue
    assert max(each[1] for each in refused) < min(each[1] for each in answered)
    assert all(each[2] > 0 for each in refused)


def test_a_caller_who_left_costs_no_inference(tmp_path: Path) -> None:
    write_model(tmp_path, work=120)
    with (
        running_server(tmp_path, workers=1, queue_size=50) as process,
        grpc.insecure_channel(process.address) as channel,
    ):
        process.wait_for("serving")
        begun = time.monotonic()
        classify(channel, picture())
        one = time.monotonic() - begun
        running = stub(channel).ClassifyImage.future(pb.ClassifyImageRequest(image=picture()), timeout=60)
        time.sleep(0.05)
        leaving = [
            stub(channel).ClassifyImage.future(pb.ClassifyImageRequest(image=picture()), timeout=0.1) for _ in range(20)
        ]
        for each in leaving:
            assert each.code() is grpc.StatusCode.DEADLINE_EXCEEDED
        begun = time.monotonic()
        classify(channel, picture())
        assert time.monotonic() - begun < one * 10  # twenty abandoned ones would have come first
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
            seen = []
            while not stop.is_set():
                answer = classify(channel, picture(0, classes=8)).classification
                seen.append((answer.model_version, len(answer.probabilities)))
            return seen

        calls = [callers.submit(keep_calling) for _ in range(4)]
        for version in ("2", "3", "4", "5"):
            write_model(tmp_path, version=version, classes=6 + int(version) % 3)
            process.wait_for("models in service")
        write_model(tmp_path, version="6", metadata={"licence": None})
        assert process.wait_for("model refused")["why"] == "model.onnx lacks metadata: licence."
        time.sleep(0.2)
        stop.set()
        seen = [entry for call in calls for entry in call.result()]
        assert {version for version, _ in seen} >= {"1", "5"}
        assert all(number == 6 + int(version) % 3 for version, number in seen if version != "1")
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
        assert [each.version for each in response.models] == ["1", "2"]
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
                each.status
                for each in health_pb2_grpc.HealthStub(channel).Watch(health_pb2.HealthCheckRequest(service=SERVICE))
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
        answers = [each.result().classification.beat_class.short_name for each in calls]
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
        asked = open_inference_pb2.ModelReadyRequest(name="arrhythmia")
        assert not open_inference.ModelReady(asked, timeout=10).ready
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
            env={"BEATLENS_LISTEN": address, "BEATLENS_MODELS": str(models), "PATH": ""},
            capture_output=True,
            text=True,
            timeout=60,
        )
    assert second.returncode == 1
    assert second.stderr == f"Can't listen on {address}: the port is taken or not allowed.\n"


def test_an_impossible_setting_is_named(models: Path) -> None:
    wrong = subprocess.run(
        [sys.executable, "-m", "inference_server"],
        env={"BEATLENS_QUEUE_SIZE": "many", "PATH": ""},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert wrong.returncode == 2
    assert wrong.stderr.startswith("BEATLENS_QUEUE_SIZE: ")
    assert len(wrong.stderr.splitlines()) == 1
