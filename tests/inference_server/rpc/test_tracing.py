"""Traces as a collector receives them: a real exporter in a real server process, a real OTLP service here."""

from __future__ import annotations

import queue
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import grpc
import pytest
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2, trace_service_pb2_grpc

from inference_server.generated.ecg.v1 import arrhythmia_pb2 as pb
from inference_server.generated.ecg.v1 import arrhythmia_pb2_grpc
from tests.inference_server.pictures import picture
from tests.inference_server.server_process import running_server

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"


class Collector(trace_service_pb2_grpc.TraceServiceServicer):
    def __init__(self) -> None:
        self.spans: queue.Queue[tuple[str, Any]] = queue.Queue()

    def Export(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: N802 - named by the protocol
        for resource in request.resource_spans:
            (name,) = [
                attribute.value.string_value
                for attribute in resource.resource.attributes
                if attribute.key == "service.name"
            ]
            for scope in resource.scope_spans:
                for span in scope.spans:
                    self.spans.put((name, span))
        return trace_service_pb2.ExportTraceServiceResponse()


@pytest.fixture
def collector(monkeypatch: pytest.MonkeyPatch) -> Iterator[Collector]:
    collector = Collector()
    server = grpc.server(ThreadPoolExecutor(2))
    trace_service_pb2_grpc.add_TraceServiceServicer_to_server(collector, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", f"http://127.0.0.1:{port}")
    yield collector
    server.stop(None).wait()


def test_every_call_is_a_span_under_the_callers_own(collector: Collector, models: Path) -> None:
    with running_server(models, tracing="true") as process:
        process.wait_for("serving")
        with grpc.insecure_channel(process.address) as channel:
            stub = arrhythmia_pb2_grpc.ArrhythmiaServiceStub(channel)
            parent = [("traceparent", f"00-{TRACE}-00f067aa0ba902b7-01")]
            stub.ClassifyImage(pb.ClassifyImageRequest(image=picture()), timeout=30, metadata=parent)
            with pytest.raises(grpc.RpcError):
                stub.ClassifyImage(pb.ClassifyImageRequest(image=b"text"), timeout=30)
            list(stub.StreamClassifyImages(iter([pb.StreamClassifyImagesRequest(image=picture())]), timeout=30))
        assert process.stop() == 0  # what is collected is sent before it ends
    spans = [collector.spans.get(timeout=30) for _ in range(3)]
    assert {service for service, _ in spans} == {"beatlens"}
    good, bad, stream = (span for _, span in spans)
    assert good.name == bad.name == "ecg.v1.ArrhythmiaService/ClassifyImage"
    assert stream.name == "ecg.v1.ArrhythmiaService/StreamClassifyImages"
    assert good.trace_id.hex() == TRACE
    assert good.parent_span_id.hex() == "00f067aa0ba902b7"
    assert bad.trace_id.hex() != TRACE
    codes = [
        next(attribute.value.int_value for attribute in span.attributes if attribute.key == "rpc.grpc.status_code")
        for span in (good, bad, stream)
    ]
    assert codes == [0, 3, 0]


def test_without_a_collector_it_serves_and_stops_all_the_same(models: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:1")
    with running_server(models, tracing="true") as process:
        process.wait_for("serving")
        with grpc.insecure_channel(process.address) as channel:
            stub = arrhythmia_pb2_grpc.ArrhythmiaServiceStub(channel)
            assert stub.ClassifyImage(pb.ClassifyImageRequest(image=picture()), timeout=30).classification.model_name
        assert process.stop() == 0
