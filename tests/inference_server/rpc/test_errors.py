from __future__ import annotations

import logging

import grpc
import pytest
from google.rpc import error_details_pb2

from ecg.pictures.decoding import ImageError, ImageReason
from inference_server.client.errors import CallFailed, meaning_of
from inference_server.models.model_repository import ModelNotFound, NoModelLoaded
from inference_server.rpc import errors
from inference_server.rpc.pipelining import TooManyStreams
from inference_server.rpc.recording_places import TooManyRecordings
from inference_server.runtime.failures import InternalError, Status
from inference_server.runtime.tokens import NotAllowed, NotAuthenticated, RateExceeded
from inference_server.workers.child import WorkerFailed, WorkerLost, _LostBefore
from inference_server.workers.recording_tasks import RecordingRefused
from inference_server.workers.scheduling import DeadlinePassed, QueueFull
from tests.inference_server.failures import kinds_of_failure

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
    (TooManyStreams(8), "RESOURCE_EXHAUSTED", "TOO_MANY_STREAMS"),
    (errors.TooManyCalls(8), "RESOURCE_EXHAUSTED", "TOO_MANY_CALLS"),
    (errors.MessageTooSlow(3.0), "DEADLINE_EXCEEDED", "MESSAGE_TOO_SLOW"),
    (WorkerLost(), "UNAVAILABLE", "WORKER_LOST"),
    (WorkerFailed("0" * 32), "INTERNAL", "INTERNAL"),
    (TooManyRecordings(4, "of one caller"), "RESOURCE_EXHAUSTED", "TOO_MANY_RECORDINGS"),
    (RecordingRefused("RECORDING_RATE", "50 Hz", field="header.rate"), "INVALID_ARGUMENT", "RECORDING_RATE"),
]


def test_the_table_has_every_kind_of_failure() -> None:
    """What stands at the classes is the contract with callers; this table says it once more, whole."""
    named = {type(error) for error, _, _ in EXPECTED}
    bases = {InternalError, _LostBefore}  # raised as WorkerFailed; a WorkerLost that the queue takes back
    assert named - {ImageError} == set(kinds_of_failure()) - bases


def test_only_failures_that_may_pass_say_when_to_try_again() -> None:
    for kind in kinds_of_failure():
        if kind.retry_after is not None:
            assert kind.status in (Status.UNAVAILABLE, Status.RESOURCE_EXHAUSTED), kind
            assert kind.retry_after > 0


@pytest.mark.parametrize(("error", "code", "reason"), EXPECTED, ids=[row[2] for row in EXPECTED])
def test_each_kind_of_failure_has_its_code_and_reason(error: Exception, code: str, reason: str) -> None:
    status = errors.to_status(error)
    assert errors.status_code(status).name == code
    assert errors.reason(status) == errors.reason_of(error) == reason
    info = error_details_pb2.ErrorInfo()
    assert status.details[0].Unpack(info)
    assert info.domain == "beatlens"


@pytest.mark.parametrize(
    ("error", "seconds"),
    [
        (QueueFull(0.5), 0.5),
        (RateExceeded(2.0), 2.0),
        (NoModelLoaded("none"), 5.0),
        (TooManyStreams(8), 1.0),
        (errors.TooManyCalls(8), 1.0),
        (WorkerLost(), 0.05),
    ],
)
def test_what_may_be_repeated_says_when(error: Exception, seconds: float) -> None:
    retry = error_details_pb2.RetryInfo()
    assert any(detail.Unpack(retry) for detail in errors.to_status(error).details)
    assert retry.retry_delay.ToTimedelta().total_seconds() == seconds


def test_the_field_to_blame_is_named() -> None:
    violation = error_details_pb2.BadRequest()
    status = errors.to_status(ImageError(ImageReason.EMPTY, "empty"), field="images[3]")
    assert any(detail.Unpack(violation) for detail in status.details)
    assert [(violated.field, violated.description) for violated in violation.field_violations] == [
        ("images[3]", "empty")
    ]


def test_what_nobody_expected_is_logged_with_an_id_and_only_the_id_leaves(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR):
        status = errors.to_status(RuntimeError("the password is 1234"))
    assert errors.status_code(status) is grpc.StatusCode.INTERNAL
    assert b"1234" not in status.SerializeToString()
    (record,) = caplog.records
    error_id = record.__dict__["error_id"]
    assert record.exc_info is not None
    assert error_id in status.message
    meaning = meaning_of(grpc.StatusCode.INTERNAL, status)
    assert isinstance(meaning, CallFailed)
    assert (meaning.code, meaning.error_id) == ("INTERNAL", error_id)
