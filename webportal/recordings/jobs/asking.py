"""Asking the inference server about a recording, and storing what it says."""

from __future__ import annotations

import logging
import time
import uuid
from typing import Final

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django_tasks import task
from ecg.store import open_store
from inference_server.classification.recordings import RecordingAnalysis as Answer
from inference_server.client import CallFailed, RecordingRefused, ServerUnavailable

from webportal import disk
from webportal.accounts import quota
from webportal.errors import new_error_id
from webportal.inference import client
from webportal.observability import tracing
from webportal.recordings import beats_file
from webportal.recordings.checkpoints import Checkpoints
from webportal.recordings.jobs.lines import Line, Lost, heartbeat, stopping
from webportal.recordings.jobs.server import answered
from webportal.recordings.models import Recording, RecordingAnalysis

logger = logging.getLogger(__name__)

#: The queue of analyses of recordings: a picture never waits for one.
QUEUE: Final = "recordings"
#: How often progress is written down at most, seconds.
_PROGRESS_SECONDS: Final = 1.0
#: The server has no model for recordings yet; it may get one.
_NO_MODEL: Final = "MODEL_NOT_FOUND"


class _Stopping(Exception):  # noqa: N818 - reads as what happens
    """The process is asked to end."""


@task(queue_name=QUEUE)
def analyse_recording(analysis_id: str, traceparent: str = "") -> bool:
    """Take one analysis. Returns whether there was anything to do; a second time does nothing."""
    with tracing.going_on(traceparent):
        return run(analysis_id=uuid.UUID(analysis_id))


ASKING: Final = Line(
    "analysis",
    RecordingAnalysis,
    waiting=RecordingAnalysis.State.QUEUED,
    working=RecordingAnalysis.State.RUNNING,
    task=analyse_recording,
)


def ask(*, recording: Recording, analysis_id: uuid.UUID | None = None) -> RecordingAnalysis:
    """Put the question about a recording that was read, due at once. Joins the caller's transaction.

    Raises:
        IntegrityError: there is one with that id.
    """
    now = timezone.now()
    analysis = RecordingAnalysis(
        pk=analysis_id or uuid.uuid4(), recording=recording, owner_id=recording.owner_id, next_attempt_at=now
    )
    analysis.save(force_insert=True)
    ASKING.enqueue(analysis.pk, now)
    return analysis


def run(*, analysis_id: uuid.UUID) -> bool:
    """Claim an analysis, ask the inference server and store what came of it.

    Returns whether this call was the one to work on it. Never raises for anything that the server or the recording may
    do: each outcome is a state.
    """
    analysis = ASKING.claim(analysis_id)
    if analysis is None:
        return False
    try:
        answer = _ask(analysis)
        _store(analysis, answer)
    except Lost:
        logger.info("Analysis %s of a recording: no longer wanted here", analysis.pk)
    except _Stopping:
        ASKING.put_back(analysis, wait=0.0)
    except RecordingRefused as refusal:
        ASKING.settle(
            analysis, state=RecordingAnalysis.State.REJECTED, finished_at=timezone.now(), reason=refusal.reason[:64]
        )
    except ServerUnavailable as absence:
        ASKING.wait_for_better_times(analysis, RecordingAnalysis.SERVER_UNAVAILABLE, absence.retry_after)
    except CallFailed as failure:
        _failed_call(analysis, failure)
    except Exception as error:
        ASKING.come_back(analysis, f"analysis {analysis.pk} of a recording", error)
    _tidy(analysis)
    return True


def _ask(analysis: RecordingAnalysis) -> Answer:
    stored = open_store(analysis.recording.store)
    disk.check_room()
    with answered(), heartbeat(ASKING, analysis) as lost:
        written = time.monotonic()

        def progress(fraction: float) -> None:
            nonlocal written
            if lost.is_set():
                raise Lost
            if stopping.is_set():
                raise _Stopping
            if time.monotonic() - written >= _PROGRESS_SECONDS:
                written = time.monotonic()
                if not ASKING.keep(analysis, done_samples=round(fraction * stored.recording.samples)):
                    raise Lost

        checkpoints = Checkpoints(analysis)
        return client().analyze(
            stored.recording,
            progress=progress,
            resume=checkpoints.parts(),
            store=checkpoints.store,
            timeout=settings.RECORDING_ANALYSIS_TIMEOUT,
        )


def _store(analysis: RecordingAnalysis, answer: Answer) -> None:
    """Write the file of beats, then the row that names it; what a lost claimant wrote is written over or swept up.

    The file counts towards the owner's quota, and is kept where that is full: nobody could make room for it meanwhile.
    """
    name = f"{analysis.pk}.beats"
    packed = beats_file.pack(answer)
    analysis.recording.stored.write(name, packed)
    with transaction.atomic():
        settled = ASKING.settle(
            analysis,
            state=RecordingAnalysis.State.DONE,
            finished_at=timezone.now(),
            reason="",
            done_samples=answer.samples,
            model_name=answer.model.name,
            model_version=answer.model.version,
            beats_file=name,
            beats=len(answer.beats),
            summary=beats_file.summary_of(answer),
        )
        if settled:
            size = len(packed)
            Recording.objects.filter(pk=analysis.recording_id).update(stored_bytes=F("stored_bytes") + size)
            quota.count(owner=analysis.owner, size=size)


def _failed_call(analysis: RecordingAnalysis, failure: CallFailed) -> None:
    if failure.reason == _NO_MODEL:
        ASKING.wait_for_better_times(analysis, _NO_MODEL)
        return
    error_id = failure.error_id or new_error_id()
    logger.error("Analysis %s of a recording: call failed with %s, error %s", analysis.pk, failure.code, error_id)
    ASKING.retry_or_fail(analysis, error_id)


def _tidy(analysis: RecordingAnalysis) -> None:
    """Leave no checkpoint of what is finished, and no file of an answer that nobody wanted any more."""
    stands = RecordingAnalysis.objects.filter(pk=analysis.pk).values_list("state", flat=True).first()
    if stands in RecordingAnalysis.OPEN_STATES:
        return
    Checkpoints(analysis).forget()
    if stands != RecordingAnalysis.State.DONE:
        analysis.recording.stored.delete(f"{analysis.pk}.beats")
