"""Triton's own client against our server."""

from __future__ import annotations

import asyncio
import io
import queue
from contextlib import closing
from pathlib import Path
from typing import Any

import grpc
import numpy as np
import pytest
import tritonclient.grpc as triton
import tritonclient.grpc.aio as triton_aio
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import ProtoReflectionDescriptorDatabase
from PIL import Image
from tritonclient.grpc import InferenceServerClientPlugin
from tritonclient.utils import InferenceServerException

from inference_server.client import ArrhythmiaClient
from inference_server.rpc.open_inference import SERVICE
from inference_server.runtime.tokens import Scope, TokenStore
from tests.inference_server.pictures import picture
from tests.inference_server.rpc.open_inference_calls import (
    encoded,
    labels,
    pixels,
    refusal,
)
from tests.inference_server.server_process import ServerProcess, running_server
from tests.inference_server.tiny_models import CLASSES, HEIGHT, WIDTH, write_model


def test_live_and_ready(client: triton.InferenceServerClient) -> None:
    assert client.is_server_live()
    assert client.is_server_ready()
    for name in ("arrhythmia", "arrhythmia_pixels"):
        assert client.is_model_ready(name)
        assert client.is_model_ready(name, "1")
        assert not client.is_model_ready(name, "9")
    assert not client.is_model_ready("resnet")


def test_metadata(client: triton.InferenceServerClient) -> None:
    server = client.get_server_metadata()
    assert server.name == "beatlens"
    assert {"model_repository", "classification"} <= set(server.extensions)
    model = client.get_model_metadata("arrhythmia")
    assert list(model.versions) == ["1"]
    assert [(tensor.name, tensor.datatype, list(tensor.shape)) for tensor in model.inputs] == [("image", "BYTES", [-1])]
    assert [(tensor.name, tensor.datatype, list(tensor.shape)) for tensor in model.outputs] == [
        ("probabilities", "FP32", [-1, 7]),
        ("label", "BYTES", [-1]),
        ("verdict", "BYTES", [-1]),
    ]
    raw = client.get_model_metadata("arrhythmia_pixels", as_json=True)
    assert raw["inputs"] == [{"name": "pixels", "datatype": "UINT8", "shape": ["-1", "32", "48", "1"]}]
    assert refusal(lambda: client.get_model_metadata("resnet")).status() == "StatusCode.NOT_FOUND"


def test_configuration(client: triton.InferenceServerClient) -> None:
    config = client.get_model_config("arrhythmia_pixels").config
    assert (config.name, config.platform, config.max_batch_size) == ("arrhythmia_pixels", "onnxruntime_onnx", 0)
    assert list(config.input[0].dims) == [-1, HEIGHT, WIDTH, 1]
    assert [tensor.name for tensor in config.output] == ["probabilities", "label", "verdict"]


def test_encoded_pictures_are_classified(client: triton.InferenceServerClient) -> None:
    result = client.infer("arrhythmia", [encoded(*(picture(band) for band in range(7)))], request_id="42")
    assert labels(result) == [short for short, _ in CLASSES[:7]]
    assert [verdict.decode() for verdict in result.as_numpy("verdict")] == ["CONFIDENT"] * 7
    probabilities = result.as_numpy("probabilities")
    assert (probabilities.shape, probabilities.dtype) == ((7, 7), np.float32)
    assert probabilities.argmax(axis=1).tolist() == list(range(7))
    response = result.get_response()
    assert (response.id, response.model_name, response.model_version) == ("42", "arrhythmia", "1")
    assert len(response.raw_output_contents) == 3


def test_pixels_are_classified(client: triton.InferenceServerClient) -> None:
    result = client.infer("arrhythmia_pixels", [pixels(3, 5)], model_version="1")
    assert labels(result) == ["PAC", "VF"]


def test_a_model_that_sees_colours_takes_three_channels(tmp_path: Path) -> None:
    write_model(tmp_path, channels=3)
    with running_server(tmp_path) as process:
        process.wait_for("serving")
        with (
            closing(triton.InferenceServerClient(process.address)) as colours,
            ArrhythmiaClient(process.address) as own,
        ):
            assert own.get_model().input_channels == 3
            raw = colours.get_model_metadata("arrhythmia_pixels", as_json=True)
            assert raw["inputs"][0]["shape"] == ["-1", "32", "48", "3"]
            assert list(colours.get_model_config("arrhythmia_pixels").config.input[0].dims) == [-1, HEIGHT, WIDTH, 3]
            sent = Image.open(io.BytesIO(picture(4))).convert("RGB").resize((WIDTH, HEIGHT), Image.Resampling.NEAREST)
            tensor = triton.InferInput("pixels", [1, HEIGHT, WIDTH, 3], "UINT8")
            tensor.set_data_from_numpy(np.asarray(sent)[None])
            assert labels(colours.infer("arrhythmia_pixels", [tensor])) == ["PVC"]
            assert labels(colours.infer("arrhythmia", [encoded(picture(4))])) == ["PVC"]
            with pytest.raises(InferenceServerException, match=r"shape \[N, 32, 48, 3\]"):
                colours.infer("arrhythmia_pixels", [pixels(4)])
            assert own.explain(picture(4)).beat_class.short == "PVC"


@pytest.mark.parametrize("algorithm", ["gzip", "deflate"])
def test_a_compressed_request_is_told_why_it_is_refused(client: triton.InferenceServerClient, algorithm: str) -> None:
    error = refusal(lambda: client.infer("arrhythmia", [encoded(picture())], compression_algorithm=algorithm))
    assert error.status() == "StatusCode.UNIMPLEMENTED"
    assert f"Compression algorithm '{algorithm}' is disabled" in str(error)
    results: queue.Queue[tuple[Any, Any]] = queue.Queue()
    client.start_stream(lambda result, error: results.put((result, error)), compression_algorithm=algorithm)
    _, error = results.get(timeout=30)
    client.stop_stream()
    assert f"Compression algorithm '{algorithm}' is disabled" in str(error)


def test_asynchronous_calls(client: triton.InferenceServerClient) -> None:
    results: queue.Queue[tuple[Any, Any]] = queue.Queue()
    for _ in range(5):
        client.async_infer("arrhythmia", [encoded(picture(1))], lambda result, error: results.put((result, error)))
    for _ in range(5):
        result, error = results.get(timeout=30)
        assert error is None
        assert labels(result) == ["LBBB"]


def test_a_stream_answers_in_order_and_survives_an_error(client: triton.InferenceServerClient) -> None:
    results: queue.Queue[tuple[Any, Any]] = queue.Queue()
    client.start_stream(lambda result, error: results.put((result, error)))
    images = [picture(0), b"text", picture(4)]
    for number, image in enumerate(images):
        client.async_stream_infer("arrhythmia", [encoded(image)], request_id=str(number))
    (first, _), (_, error), (third, _) = (results.get(timeout=30) for _ in images)
    client.stop_stream()
    assert (labels(first), first.get_response().id) == (["NORMAL"], "0")
    assert "neither a PNG nor a JPEG" in str(error)
    assert (labels(third), third.get_response().id) == (["PVC"], "2")


@pytest.mark.parametrize(
    ("inputs", "why"),
    [
        ([encoded(picture(), b"")], "The file is empty"),
        ([encoded()], "no picture"),
        ([encoded(*[b""] * 65)], "the limit is 64"),
        ([], "takes one input"),
        ([triton.InferInput("picture", [1], "BYTES")], "'image'"),
    ],
)
def test_what_can_not_be_classified_is_explained(
    client: triton.InferenceServerClient, inputs: list[triton.InferInput], why: str
) -> None:
    error = refusal(lambda: client.infer("arrhythmia", inputs))
    assert error.status() == "StatusCode.INVALID_ARGUMENT"
    assert why in str(error)


def test_unknown_models_outputs_and_extensions_are_refused(client: triton.InferenceServerClient) -> None:
    image = encoded(picture())
    assert refusal(lambda: client.infer("resnet", [image])).status() == "StatusCode.NOT_FOUND"
    assert refusal(lambda: client.infer("arrhythmia", [image], model_version="9")).status() == "StatusCode.NOT_FOUND"
    wanted = [triton.InferRequestedOutput("logits")]
    assert "There is no output 'logits'" in str(refusal(lambda: client.infer("arrhythmia", [image], outputs=wanted)))
    shared = triton.InferRequestedOutput("label")
    shared.set_shared_memory("region", 100)
    refused = refusal(lambda: client.infer("arrhythmia", [image], outputs=[shared]))
    assert "'shared_memory_region' is not supported" in str(refused)
    assert refusal(client.get_cuda_shared_memory_status).status() == "StatusCode.UNIMPLEMENTED"


def test_the_repository_is_listed_loaded_and_unloaded(tmp_path: Path) -> None:
    write_model(tmp_path, version="1")
    tokens = TokenStore(tmp_path / "tokens.json")
    every = f"Bearer {tokens.create('operator', [Scope.CLASSIFY, Scope.MODELS_WRITE])}"
    with running_server(tmp_path, model_versions="all", reload_seconds=0, tokens=tmp_path / "tokens.json") as process:
        process.wait_for("serving")
        client = triton.InferenceServerClient(process.address)
        client.register_plugin(Bearer(every))
        write_model(tmp_path, version="2")
        write_model(tmp_path, version="3", metadata={"scores": None})

        def states() -> dict[tuple[str, str], str]:
            return {(model.name, model.version): model.state for model in client.get_model_repository_index().models}

        assert states()["arrhythmia", "2"] == "UNAVAILABLE"
        client.load_model("arrhythmia")
        assert states()["arrhythmia", "2"] == states()["arrhythmia_pixels", "2"] == "READY"
        reasons = {model.version: model.reason for model in client.get_model_repository_index().models}
        assert reasons["3"] == "model.onnx lacks metadata: scores."
        client.unload_model("arrhythmia")
        assert set(states().values()) == {"UNAVAILABLE"}
        assert not client.is_server_ready()
        assert not client.is_model_ready("arrhythmia")
        assert refusal(lambda: client.infer("arrhythmia", [encoded(picture())])).status() == "StatusCode.UNAVAILABLE"
        client.load_model("arrhythmia")
        assert client.infer("arrhythmia", [encoded(picture())]).get_response().model_version == "2"
        assert refusal(lambda: client.load_model("resnet")).status() == "StatusCode.NOT_FOUND"
        assert "not over the wire" in str(refusal(lambda: client.load_model("arrhythmia", config="{}")))
        client.close()


class Bearer(InferenceServerClientPlugin):  # type: ignore[misc]
    """Sends a token with every call."""

    def __init__(self, authorization: str) -> None:
        self._authorization = authorization

    def __call__(self, request: Any) -> None:
        request.headers["authorization"] = self._authorization


def test_without_tokens_nobody_loads_or_unloads_a_model(server: ServerProcess) -> None:
    client = triton.InferenceServerClient(server.address)
    for call in (client.load_model, client.unload_model):
        error = refusal(lambda call=call: call("arrhythmia"))
        assert error.status() == "StatusCode.PERMISSION_DENIED"
        assert "a token of the scope 'models:write'" in str(error)
        assert "BEATLENS_TOKENS" in str(error)
    assert client.is_model_ready("arrhythmia")
    assert client.get_model_repository_index().models
    client.close()


def test_a_token_to_classify_loads_no_model(models: Path, tmp_path: Path) -> None:
    secret = TokenStore(tmp_path / "tokens.json").create("archive", [Scope.CLASSIFY])
    with running_server(models, tokens=tmp_path / "tokens.json") as process:
        process.wait_for("serving")
        client = triton.InferenceServerClient(process.address)
        client.register_plugin(Bearer(f"Bearer {secret}"))
        assert refusal(lambda: client.unload_model("arrhythmia")).status() == "StatusCode.PERMISSION_DENIED"
        assert labels(client.infer("arrhythmia", [encoded(picture(3))])) == ["PAC"]
        client.close()


def test_statistics_count_what_was_done(models: Path) -> None:
    with running_server(models) as process:
        process.wait_for("serving")
        client = triton.InferenceServerClient(process.address)
        client.infer("arrhythmia", [encoded(picture(), picture())])
        refusal(lambda: client.infer("arrhythmia", [encoded(b"")]))
        (stats,) = client.get_inference_statistics("arrhythmia").model_stats
        assert (stats.name, stats.version, stats.inference_count) == ("arrhythmia", "1", 2)
        assert (stats.inference_stats.success.count, stats.inference_stats.fail.count) == (1, 1)
        assert stats.inference_stats.compute_infer.ns > 0
        assert stats.last_inference > 0
        assert len(client.get_inference_statistics().model_stats) == 2
        client.close()


def test_the_asyncio_client(server: ServerProcess) -> None:
    async def journey() -> None:
        async with triton_aio.InferenceServerClient(server.address) as client:
            assert await client.is_server_live()
            assert await client.is_server_ready()
            assert await client.is_model_ready("arrhythmia")
            assert (await client.get_server_metadata()).name == "beatlens"
            assert (await client.get_model_metadata("arrhythmia")).platform == "onnxruntime_onnx"
            assert (await client.get_model_config("arrhythmia")).config.backend == "onnxruntime"
            assert (await client.get_model_repository_index()).models
            assert (await client.get_inference_statistics("arrhythmia")).model_stats
            result = await client.infer("arrhythmia", [encoded(picture(5))])
            assert labels(result) == ["VF"]

            async def requests() -> Any:
                for band in range(3):
                    yield {"model_name": "arrhythmia", "inputs": [encoded(picture(band))]}

            seen = [labels(result) async for result, error in client.stream_infer(requests()) if error is None]
            assert seen == [["NORMAL"], ["LBBB"], ["RBBB"]]

    asyncio.run(journey())


def test_reflection_shows_it(server: ServerProcess) -> None:
    with grpc.insecure_channel(server.address) as channel:
        database = ProtoReflectionDescriptorDatabase(channel)
        assert SERVICE in database.get_services()
        described = database.FindFileContainingSymbol(SERVICE)
        assert "ModelInfer" in [method.name for method in described.service[0].method]
