"""The service of our own protocol, over a real channel."""

from __future__ import annotations

import io
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import grpc
import numpy as np
import pytest
from google.rpc import error_details_pb2
from PIL import Image

from inference_server.generated.ecg.v1 import arrhythmia_pb2 as pb
from inference_server.generated.ecg.v1 import model_pb2
from inference_server.generated.inference import open_inference_pb2_grpc
from tests.ecg.pictures.test_canonical import png_that_claims
from tests.inference_server.pictures import picture
from tests.inference_server.rpc.calling import (
    batch,
    classify,
    details,
    failure,
    metric,
    stub,
)
from tests.inference_server.server_process import running_server
from tests.inference_server.tiny_models import CLASSES, write_model


def test_a_picture_is_classified(channel: grpc.Channel) -> None:
    for band, (short, name) in enumerate(CLASSES[:7]):
        response = classify(channel, picture(band))
        answer = response.classification
        assert (answer.beat_class.short_name, answer.beat_class.display_name) == (short, name)
        assert answer.beat_class.type == model_pb2.BeatType.Value(f"BEAT_TYPE_{short}")
        assert answer.verdict == pb.VERDICT_CONFIDENT
        assert [entry.beat_class.short_name for entry in answer.probabilities] == [short for short, _ in CLASSES[:7]]
        assert [beat_class.short_name for beat_class in answer.prediction_set] == [short]
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
            assert last.beat_class.type == model_pb2.BEAT_TYPE_UNSPECIFIED


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
    assert [beat_class.short_name for beat_class in model.classes] == [short for short, _ in CLASSES[:7]]
    assert dict(model.scores) == {"beats-10fold/accuracy": 0.5}
    assert len(model.sha256) == 64
    assert model.licence_notice


def test_each_picture_of_a_batch_has_its_own_outcome(channel: grpc.Channel) -> None:
    results = batch(channel, picture(2), b"", picture(5), b"text")
    assert [result.WhichOneof("outcome") for result in results] == [
        "classification",
        "error",
        "classification",
        "error",
    ]
    assert results[0].classification.beat_class.short_name == "RBBB"
    assert results[2].classification.beat_class.short_name == "VF"
    assert results[0].timing.inference.ToTimedelta().total_seconds() > 0
    info, violation = error_details_pb2.ErrorInfo(), error_details_pb2.BadRequest()
    assert any(detail.Unpack(info) for detail in results[3].error.details)
    assert info.reason == "IMAGE_UNSUPPORTED_FORMAT"
    assert any(detail.Unpack(violation) for detail in results[3].error.details)
    assert violation.field_violations[0].field == "images[3]"


def test_the_lead_is_a_hint_by_any_of_its_names(channel: grpc.Channel) -> None:
    plain = classify(channel, picture(4)).classification
    assert (plain.lead, plain.lead_knowledge) == ("", pb.LEAD_KNOWLEDGE_UNSPECIFIED)
    # Nothing was measured of this model in any lead, so once one is named nothing is confident.
    for label, lead in (("MLII", "MLII"), ("Lead II", "II"), ("MDC_ECG_LEAD_V1", "V1")):
        answer = classify(channel, picture(4), lead=label).classification
        assert (answer.lead, answer.lead_knowledge) == (lead, pb.LEAD_KNOWLEDGE_NONE)
        assert (plain.verdict, answer.verdict) == (pb.VERDICT_CONFIDENT, pb.VERDICT_UNCERTAIN)
        assert list(answer.probabilities) == list(plain.probabilities)
    explained = stub(channel).ExplainImage(pb.ExplainImageRequest(image=picture(4), lead="MDC_ECG_LEAD_V1"), timeout=30)
    assert explained.classification == answer
    assert [result.classification.lead for result in batch(channel, picture(1), picture(2), lead="aVF")] == ["aVF"] * 2


def test_what_names_no_lead_is_refused(channel: grpc.Channel) -> None:
    calls = (
        lambda: classify(channel, picture(), lead="heart"),
        lambda: batch(channel, picture(), lead="heart"),
        lambda: stub(channel).ExplainImage(pb.ExplainImageRequest(image=picture(), lead="heart"), timeout=30),
    )
    for call in calls:
        with pytest.raises(grpc.RpcError) as caught:
            call()
        assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT
        assert details(caught.value, error_details_pb2.ErrorInfo()).reason == "LEAD_UNKNOWN"
        assert details(caught.value, error_details_pb2.BadRequest()).field_violations[0].field == "lead"


def test_a_stream_goes_on_after_a_lead_that_nobody_knows(channel: grpc.Channel) -> None:
    requests = [pb.StreamClassifyImagesRequest(image=picture(1), lead=lead) for lead in ("V1", "heart", "")]
    results = [response.result for response in stub(channel).StreamClassifyImages(iter(requests), timeout=60)]
    assert [result.WhichOneof("outcome") for result in results] == ["classification", "error", "classification"]
    assert [result.classification.lead for result in results] == ["V1", "", ""]
    info, violation = error_details_pb2.ErrorInfo(), error_details_pb2.BadRequest()
    assert any(detail.Unpack(info) for detail in results[1].error.details)
    assert any(detail.Unpack(violation) for detail in results[1].error.details)
    assert (info.reason, violation.field_violations[0].field) == ("LEAD_UNKNOWN", "lead")


def test_a_batch_is_answered_in_its_order(channel: grpc.Channel) -> None:
    bands = [number % 7 for number in range(64)]
    results = batch(channel, *(picture(band) for band in bands))
    assert [result.classification.beat_class.short_name for result in results] == [CLASSES[band][0] for band in bands]


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
    assert [response.key for response in responses] == [f"beat {number}" for number in range(200)]
    for number, response in enumerate(responses):
        if number % 10 == 9:
            assert response.result.error.code == grpc.StatusCode.INVALID_ARGUMENT.value[0]
        else:
            assert response.result.classification.beat_class.short_name == CLASSES[number % 7][0]


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
        assert {response.result.classification.beat_class.short_name for response in responses} == {"LBBB"}


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
    assert [model.version for model in response.models] == [response.default_version] == ["1"]
