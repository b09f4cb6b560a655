from __future__ import annotations

import logging

import grpc
import pytest
from google.rpc import error_details_pb2

from ecg.pictures.decoding import ImageError, ImageReason
from inference_server.client import CallFailed, _meaning
from inference_server.model_repository import ModelNotFound, NoModelLoaded
from inference_server.rpc import errors
from inference_server.scheduling import DeadlinePassed, QueueFull
from inference_server.tokens import NotAllowed, NotAuthenticated, RateExceeded

EXPECTED = [
    (ImageError(ImageReason.CORRUPT, "damaged"), "INVALID_ARGUMENT", "IMAGE_CORRUPT"),
    (errors.RequestError("BATCH_EMPTY", "empty", field="images"), "INVALID_ARGUMENT", "BATCH_EMPTY"),
    (ModelNotFound("arrhythmia", "9"), "NOT_FOUND", "MODEL_NOT_FOUND"),
    (NoModelLoaded("none"), "UNAVAILABLE", "MODEL_NOT_LOADED"),
    (QueueFull(0.5), "RESOURCE_EXHAUSTED", "QUEUE_FULL"),
    (DeadlinePassed("late"), "DEADLINE_EXCEEDED", "DEADLINE_PASSED"),
    (NotAuthenticated("who?"), "UNAUTHENTICATED", "TOKEN_REFUSED"),
    (NotAllowed("no"), "PERMISSION_DENIED", "SCOPE_MISSING"),
    (RateExceeded(2.0), "RESOURCE_EXHAUSTED", "RATE_EXCEEDED"),
]


@pytest.mark.parametrize(("error", "code", "reason"), EXPECTED, ids=[each[2] for each in EXPECTED])
def test_each_kind_of_failure_has_its_code_and_reason(error: Exception, code: str, reason: str) -> None:
    status = errors.to_status(error)
    assert errors.status_code(status).name == code
    assert errors.reason(status) == errors.reason_of(error) == reason
    info = error_details_pb2.ErrorInfo()
    assert status.details[0].Unpack(info)
    assert info.domain == "beatlens"


@pytest.mark.parametrize(("error", "seconds"), [(QueueFull(0.5), 0.5), (RateExceeded(2.0), 2.0)])
def test_what_may_be_repeated_says_when(error: Exception, seconds: float) -> None:
    retry = error_details_pb2.RetryInfo()
    assert any(detail.Unpack(retry) for detail in errors.to_status(error).details)
    assert retry.retry_delay.ToTimedelta().total_seconds() == seconds


def test_the_field_to_blame_is_named() -> None:
    violation = error_details_pb2.BadRequest()
    status = errors.to_status(ImageError(ImageReason.EMPTY, "empty"), field="images[3]")
    assert any(detail.Unpack(violation) for detail in status.details)
    assert [(each.field, each.description) for each in violation.field_violations] == [("images[3]", "empty")]


def test_what_nobody_expected_is_logged_with_an_id_and_only_the_id_leaves(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR):
        status = errors.to_status(RuntimeError("the password is 1234"))
    assert errors.status_code(status) is grpc.StatusCode.INTERNAL
    assert b"1234" not in status.SerializeToString()
    (record,) = caplog.records
    error_id = record.__dict__["error_id"]
    assert record.exc_info is not None
    assert error_id in status.message
    meaning = _meaning(grpc.StatusCode.INTERNAL, status)
    assert isinstance(meaning, CallFailed)
    assert (meaning.code, meaning.error_id) == ("INTERNAL", error_id)
