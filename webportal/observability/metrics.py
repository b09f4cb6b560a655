"""What the portal and its worker count for Prometheus. Thread-safe. No label says anything about a person.

Several processes count together when ``PROMETHEUS_MULTIPROC_DIR`` names a folder for them before this module is
imported: :mod:`webportal.gunicorn_conf` makes one for the processes of gunicorn. Otherwise each counts for itself.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from inference_server.client import CallFailed, ImageRefused, ServerUnavailable
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

#: From a page without a query to the longest that an upload waits.
_REQUEST_SECONDS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
#: From a call on a quiet machine to the worker's deadline.
_CALL_SECONDS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)

if _shared := os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
    Path(_shared).mkdir(mode=0o700, parents=True, exist_ok=True)

REGISTRY: Final = CollectorRegistry()
_requests = Counter(
    "beatlens_portal_requests", "Requests answered.", ["view", "method", "status"], registry=REGISTRY
)  # fmt: skip
_request_seconds = Histogram(
    "beatlens_portal_request_seconds", "Time from a request to the beginning of its answer.", ["view", "method"],
    buckets=_REQUEST_SECONDS, registry=REGISTRY,
)  # fmt: skip
_in_flight = Gauge(
    "beatlens_portal_requests_in_flight", "Requests being answered.", registry=REGISTRY, multiprocess_mode="livesum"
)
_connections = Gauge(
    "beatlens_portal_connections", "Connections that are open.", registry=REGISTRY, multiprocess_mode="livesum"
)
_let_go = Counter(
    "beatlens_portal_connections_let_go", "Connections ended because they were too slow or too many.", ["why"],
    registry=REGISTRY,
)  # fmt: skip
_calls = Histogram(
    "beatlens_portal_inference_call_seconds", "Time of a call of the inference server, by how it ended.",
    ["call", "outcome"], buckets=_CALL_SECONDS, registry=REGISTRY,
)  # fmt: skip
_uploads = Counter("beatlens_portal_uploads", "Pictures stored.", registry=REGISTRY)
_trials = Counter(
    "beatlens_portal_trials", "Pictures tried without an account, by how that ended.", ["outcome"], registry=REGISTRY
)  # fmt: skip
_attempts = Counter(
    "beatlens_portal_attempts", "Attempts at an analysis, by how they ended and why.", ["outcome", "reason"],
    registry=REGISTRY,
)  # fmt: skip
_recording_attempts = Counter(
    "beatlens_portal_recording_attempts", "Attempts at reading recordings and at having them analysed, by how they"
    " ended and why.", ["work", "outcome", "reason"], registry=REGISTRY,
)  # fmt: skip
_finished = Counter(
    "beatlens_portal_analyses_finished", "Analyses finished, by state and verdict.", ["state", "verdict"],
    registry=REGISTRY,
)  # fmt: skip


def request_begun() -> None:
    """A request has come in."""
    _in_flight.inc()


def request_ended(view: str, method: str, status: int, seconds: float) -> None:
    """A request to a view has been answered, or its answer has begun."""
    _in_flight.dec()
    _requests.labels(view, method, str(status)).inc()
    _request_seconds.labels(view, method).observe(seconds)


def connections(number: int) -> None:
    """How many connections the process has open."""
    _connections.set(number)


def connection_let_go(why: str) -> None:
    """A connection was ended because it was too slow, or because there were too many or too much of them."""
    _let_go.labels(why).inc()


@contextmanager
def call(name: str) -> Iterator[None]:
    """Times a call of the inference server."""
    begun = time.perf_counter()
    outcome = "failed"
    try:
        yield
        outcome = "answered"
    except ImageRefused:
        outcome = "refused"
        raise
    except ServerUnavailable:
        outcome = "unavailable"
        raise
    except CallFailed as failure:
        # The far side chooses the code, out of gRPC's seventeen.
        outcome = failure.code.lower()
        raise
    finally:
        _calls.labels(name, outcome).observe(time.perf_counter() - begun)


def upload_stored() -> None:
    """A picture and the question about it are in the database."""
    _uploads.inc()


def trial_ended(outcome: str) -> None:
    """A picture was tried without an account; it was answered, refused, limited, busy, no_server or failed."""
    _trials.labels(outcome).inc()


def attempt_ended(outcome: str, reason: str = "") -> None:
    """An attempt at an analysis has ended. Both come from lists of this program, never from a caller or a file."""
    _attempts.labels(outcome, reason).inc()


def recording_attempt_ended(work: str, outcome: str, reason: str = "") -> None:
    """An attempt at reading a recording, or at having it analysed, has ended. All come from lists of this program."""
    _recording_attempts.labels(work, outcome, reason).inc()


def analysis_finished(state: str, verdict: str = "") -> None:
    """An analysis has reached one of its final states."""
    _finished.labels(state, verdict).inc()


def exposition() -> bytes:
    """What was counted, in Prometheus' text format: by all processes of the folder, or else by this one."""
    if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
        return generate_latest(REGISTRY) + generate_latest(_process)
    together = CollectorRegistry()
    MultiProcessCollector(together)  # type: ignore[no-untyped-call]
    return generate_latest(together)


_process: Final = CollectorRegistry()
ProcessCollector(namespace="beatlens_portal", registry=_process)
