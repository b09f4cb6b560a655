"""Calls of the Open Inference Protocol as tests make them: by Triton's client, and bare."""

from __future__ import annotations

import struct
from typing import Any

import grpc
import numpy as np
import pytest
import tritonclient.grpc as triton
from google.rpc import error_details_pb2
from tritonclient.utils import InferenceServerException

from ecg.pictures.canonical import to_pixels
from inference_server.generated.inference import open_inference_pb2 as pb
from inference_server.generated.inference import open_inference_pb2_grpc
from tests.inference_server.pictures import picture
from tests.inference_server.rpc.calling import details
from tests.inference_server.server_process import ServerProcess
from tests.inference_server.tiny_models import HEIGHT, WIDTH


def encoded(*images: bytes) -> triton.InferInput:
    tensor = triton.InferInput("image", [len(images)], "BYTES")
    tensor.set_data_from_numpy(np.array(images, dtype=object))
    return tensor


def pixels(*bands: int) -> triton.InferInput:
    tensor = triton.InferInput("pixels", [len(bands), HEIGHT, WIDTH, 1], "UINT8")
    tensor.set_data_from_numpy(np.stack([to_pixels(picture(band), height=HEIGHT, width=WIDTH) for band in bands]))
    return tensor


def labels(result: triton.InferResult) -> list[str]:
    return [label.decode() for label in result.as_numpy("label")]


def refusal(call: Any) -> InferenceServerException:
    with pytest.raises(InferenceServerException) as caught:
        call()
    return caught.value


def infer(server: ServerProcess, request: pb.ModelInferRequest) -> pb.ModelInferResponse:
    """One call by the bare protocol."""
    with grpc.insecure_channel(server.address) as channel:
        stub = open_inference_pb2_grpc.GRPCInferenceServiceStub(channel)
        response: pb.ModelInferResponse = stub.ModelInfer(request, timeout=60)
    return response


def refused(server: ServerProcess, request: pb.ModelInferRequest) -> str:
    """Why a call was refused as INVALID_ARGUMENT: the reason, the field and the sentence."""
    with pytest.raises(grpc.RpcError) as caught:
        infer(server, request)
    assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    violation = details(caught.value, error_details_pb2.BadRequest()).field_violations[0]
    reason = details(caught.value, error_details_pb2.ErrorInfo()).reason
    return f"{reason} {violation.field}: {caught.value.details()}"


def bytes_input(*elements: bytes, shape: list[int] | None = None, content_type: str = "") -> pb.ModelInferRequest:
    """A request with typed contents, as MLServer's client makes it."""
    request = pb.ModelInferRequest(model_name="arrhythmia")
    tensor = request.inputs.add(name="image", datatype="BYTES", shape=shape or [len(elements)])
    tensor.contents.bytes_contents.extend(elements)
    if content_type:
        tensor.parameters["content_type"].string_param = content_type
    return request


def raw_element(image: bytes) -> bytes:
    return struct.pack("<I", len(image)) + image
