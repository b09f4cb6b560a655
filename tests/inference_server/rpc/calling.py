"""Calls of the service ``ecg.v1.ArrhythmiaService`` as tests make them, and what comes of them."""

from __future__ import annotations

import re
import urllib.request
from typing import Any

import grpc
import pytest
from google.rpc import error_details_pb2
from grpc_health.v1 import health_pb2
from grpc_status import rpc_status

from inference_server.generated.ecg.v1 import arrhythmia_pb2 as pb
from inference_server.generated.ecg.v1 import arrhythmia_pb2_grpc
from tests.inference_server.server_process import ServerProcess

SERVICE = "ecg.v1.ArrhythmiaService"


SERVING = health_pb2.HealthCheckResponse.SERVING


NOT_SERVING = health_pb2.HealthCheckResponse.NOT_SERVING


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


def batch(channel: grpc.Channel, *images: bytes, **fields: Any) -> list[pb.ImageResult]:
    request = pb.BatchClassifyImagesRequest(images=images, **fields)
    return list(stub(channel).BatchClassifyImages(request, timeout=60).results)


def metric(process: ServerProcess, name: str) -> float:
    """Sum of all samples of ``name``."""
    url = f"http://{process.started['metrics']}/metrics"
    lines = urllib.request.urlopen(url, timeout=10).read().decode().splitlines()
    return sum(float(line.rsplit(" ", 1)[1]) for line in lines if re.match(rf"{name}[ {{]", line))
