"""Calls of ``AnalyzeRecording`` as tests make them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import grpc
import pytest
from google.rpc import error_details_pb2

from inference_server.generated.ecg.v1 import recording_pb2 as pb
from inference_server.generated.ecg.v1 import recording_pb2_grpc
from tests.inference_server.rpc.calling import details


def analyze(channel: grpc.Channel, messages: Iterator[pb.AnalyzeRecordingRequest]) -> Any:
    return recording_pb2_grpc.RecordingServiceStub(channel).AnalyzeRecording(messages, timeout=120)


def refusal(channel: grpc.Channel, messages: list[pb.AnalyzeRecordingRequest]) -> tuple[str, str, grpc.StatusCode]:
    """Reason, field and code of a call that is refused."""
    with pytest.raises(grpc.RpcError) as caught:
        list(analyze(channel, iter(messages)))
    violation = details(caught.value, error_details_pb2.BadRequest()).field_violations[0]
    return details(caught.value, error_details_pb2.ErrorInfo()).reason, violation.field, caught.value.code()
