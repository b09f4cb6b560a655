"""What failures say of themselves."""

from __future__ import annotations

from inference_server.runtime.failures import Failure, InternalError, Status


class QueueFull(Failure):
    status = Status.RESOURCE_EXHAUSTED
    reason = "QUEUE_FULL"
    retry_after = 0.5


def test_a_failure_is_a_sentence_with_its_reason_status_and_when_to_try_again() -> None:
    failure = QueueFull("All places are taken.")
    assert (str(failure), failure.reason, failure.status, failure.retry_after) == (
        "All places are taken.",
        "QUEUE_FULL",
        "RESOURCE_EXHAUSTED",
        0.5,
    )
    assert failure.metadata == {}


def test_what_nobody_expected_tells_its_id_and_nothing_else() -> None:
    error = InternalError("5f0c")
    assert (str(error), error.status, error.reason) == ("Internal error 5f0c.", Status.INTERNAL, "INTERNAL")
    assert error.metadata == {"error_id": "5f0c"}
    assert error.retry_after is None
