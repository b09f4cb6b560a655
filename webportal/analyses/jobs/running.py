"""Running an analysis: the inference server is asked, and what comes of it is stored.

Whoever runs it, on the spot or from the queue, holds a lease (:mod:`~webportal.analyses.jobs.leases`); only the holder
may store an answer, so an analysis that is taken twice is still answered once. The queue only says *when*; the row of
the analysis alone says *whether*. Running and the queue are one module because each needs the other: a task runs an
analysis, and a run that has to come back enqueues a task.
"""

from __future__ import annotations

import logging
import random
import time
import uuid
from collections.abc import Iterable
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django_tasks import task
from inference_server.classification import Classification
from inference_server.client import CallFailed, ClientError, ImageRefused, ServerUnavailable

from webportal.analyses import reasons
from webportal.analyses.jobs import leases
from webportal.analyses.jobs.outcomes import fields_of
from webportal.analyses.models import Analysis
from webportal.errors import log_unexpected, new_error_id
from webportal.inference import client
from webportal.media import failures
from webportal.observability import metrics, tracing

logger = logging.getLogger(__name__)


class _LeftWithoutAnswer(Exception):  # noqa: N818 - reads as what happened
    """A server that was healthy a moment ago did not answer for this picture."""


@task()
def run_analysis(analysis_id: str, traceparent: str = "") -> bool:
    """Take one analysis, in the trace of the request that asked for it where that is known.

    Returns whether there was anything to do; taking it twice does nothing the second time.
    """
    with tracing.going_on(traceparent):
        return run(analysis_id=uuid.UUID(analysis_id), timeout=settings.INFERENCE_WORKER_TIMEOUT, from_queue=True)


def enqueue(*, analysis_id: uuid.UUID, due: datetime) -> None:
    """Enqueue the task for an analysis and remember it on the row. Joins the caller's transaction."""
    result = run_analysis.using(run_after=due).enqueue(str(analysis_id), *tracing.handed_on())
    Analysis.objects.filter(pk=analysis_id).update(task_id=uuid.UUID(str(result.id)))


def run(*, analysis_id: uuid.UUID, timeout: float, from_queue: bool = False) -> bool:
    """Claim an analysis, ask the inference server and store what came of it.

    From the queue the server's health is asked first: a picture that a healthy server leaves without an answer has
    failed once, so that a picture that makes servers crash or hang can't come back for ever.

    Returns whether this call was the one to work on it; ``False`` when it is finished, taken, deleted or not yet due.
    Never raises for anything that the server or the picture may do: each outcome is a state.
    """
    analysis = leases.claim(analysis_id=analysis_id)
    if analysis is None:
        return False
    logger.debug("Analysis %s: attempt begins", analysis.pk)
    try:
        answer = _ask(analysis, timeout=timeout, from_queue=from_queue)
    except ImageRefused as refusal:
        metrics.attempt_ended("refused", refusal.reason if reasons.is_known(refusal.reason) else "OTHER")
        _reject(analysis, refusal.reason)
    except _LeftWithoutAnswer as absence:
        _failed(analysis, "NO_ANSWER", absence)
    except ServerUnavailable as absence:
        metrics.attempt_ended("no_server", "ABSENT" if absence.retry_after is None else "BUSY")
        _wait_for_server(analysis, absence.retry_after)
    except CallFailed as failure:
        metrics.attempt_ended("failed", failure.code)
        error_id = failure.error_id or new_error_id()
        logger.error("Analysis %s: call failed with %s, error %s", analysis.pk, failure.code, error_id)
        _retry_or_fail(analysis, error_id)
    except ClientError as failure:
        _failed(analysis, "CLIENT", failure)
    except Exception as failure:
        _unexpected(analysis, failure)
    else:
        try:
            leases.settle(analysis, **fields_of(answer))
            metrics.attempt_ended("answered")
        except Exception as failure:
            _failed(analysis, "NOT_STORED", failure)
    return True


def try_at_once(*, analysis_id: uuid.UUID, deadline: float) -> None:
    """The fast path of an upload: :func:`run` while a person waits, for ``deadline`` seconds at most.

    Whatever goes wrong here the row is stored, and the lease or the sweep brings it back; so nothing is raised.
    """
    try:
        run(analysis_id=analysis_id, timeout=deadline)
    except Exception as error:
        log_unexpected(f"the fast path of analysis {analysis_id}", error)


def try_all_at_once(analyses: Iterable[Analysis]) -> None:
    """:func:`try_at_once` for one after the other, for as long as a person likes to wait for all of them; what is left
    then is the worker's.
    """
    give_up_at = time.monotonic() + settings.INFERENCE_FAST_TIMEOUT
    for analysis in analyses:
        left = give_up_at - time.monotonic()
        if left <= 0:
            break
        try_at_once(analysis_id=analysis.pk, deadline=left)


def backoff(attempt: int) -> float:
    """Seconds to wait after the ``attempt``-th try (1, 2, …): doubling, bounded, with full jitter on its upper half."""
    ceiling: float = min(settings.ANALYSIS_BACKOFF_FIRST * 2 ** min(attempt - 1, 16), settings.ANALYSIS_BACKOFF_LONGEST)
    return ceiling * random.uniform(0.5, 1.0)  # noqa: S311 - spreads load, protects nothing


def _ask(analysis: Analysis, *, timeout: float, from_queue: bool) -> Classification:
    with analysis.upload.picture.open("rb") as file:
        data = file.read()
    if from_queue and not client().is_serving(timeout=1.0):
        raise ServerUnavailable("The inference server isn't serving.")
    try:
        with metrics.call("classify"):
            return client().classify(data, lead=analysis.lead or None, timeout=timeout)
    except ServerUnavailable as absence:
        if from_queue and absence.retry_after is None:
            raise _LeftWithoutAnswer from absence
        raise


def _reject(analysis: Analysis, reason: str) -> None:
    leases.settle(analysis, state=Analysis.State.REJECTED, finished_at=timezone.now(), reason=reason[:64])


def _unexpected(analysis: Analysis, error: Exception) -> None:
    """Back to the queue: as often as it takes where the storage is away, and a bounded number of times for a missing
    file or a fault of ours.
    """
    if failures.passes(error):
        metrics.attempt_ended("failed", "NO_STORAGE")
        logger.warning("Analysis %s: its picture is out of reach: %s", analysis.pk, error)
        _requeue(analysis, wait=backoff(analysis.attempts), reason="")
    else:
        _failed(analysis, "UNEXPECTED", error)


def _failed(analysis: Analysis, why: str, error: Exception) -> None:
    metrics.attempt_ended("failed", why)
    _retry_or_fail(analysis, log_unexpected(f"analysis {analysis.pk}", error))


def _wait_for_server(analysis: Analysis, retry_after: float | None) -> None:
    """Back to the queue, as often as it takes: the picture is not to blame."""
    # Earlier attempts by the same absence make the wait longer; the sweep shortens it when the server is back.
    wait = max(backoff(analysis.attempts), retry_after or 0.0)
    _requeue(analysis, wait=min(wait, settings.ANALYSIS_BACKOFF_LONGEST), reason=Analysis.SERVER_UNAVAILABLE)


def _retry_or_fail(analysis: Analysis, error_id: str) -> None:
    failed = analysis.failures + 1
    if failed >= settings.ANALYSIS_MAX_FAILURES:
        leases.settle(
            analysis,
            state=Analysis.State.FAILED,
            finished_at=timezone.now(),
            failures=failed,
            reason="",
            error_id=error_id[:64],
        )
    else:
        _requeue(analysis, wait=backoff(failed), reason="", failures=failed)


def _requeue(analysis: Analysis, *, wait: float, reason: str, **fields: object) -> None:
    """Put an analysis back and the task that will take it beside it, both or neither."""
    due = timezone.now() + timedelta(seconds=wait)
    with transaction.atomic():
        if leases.settle(analysis, state=Analysis.State.QUEUED, next_attempt_at=due, reason=reason, **fields):
            enqueue(analysis_id=analysis.pk, due=due)
