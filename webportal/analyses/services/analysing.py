"""The way of a picture.

:func:`create_upload` commits the picture and the question first. :func:`run` then claims the
question, asks the inference server and stores the answer. Whoever runs it, on the spot or from the queue, holds a
lease; only the holder may store an answer, so an analysis that is taken twice is still answered once.
"""

from __future__ import annotations

import hashlib
import logging
import random
import uuid
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.db.models import F, Q
from django.utils import timezone
from inference_server.classification import Classification
from inference_server.client import CallFailed, ClientError, ImageRefused, ServerUnavailable

from webportal import disk
from webportal.accounts import quota
from webportal.accounts.models import User
from webportal.analyses import allowance, files, once, reasons
from webportal.analyses.models import Analysis, Upload
from webportal.errors import log_unexpected, new_error_id
from webportal.inference import client
from webportal.operations import metrics

logger = logging.getLogger(__name__)


def create_upload(
    *,
    owner: User,
    data: bytes,
    label: str = "",
    file_name: str = "",
    keep_original: bool = False,
    analysis_id: uuid.UUID | None = None,
) -> Analysis:
    """Commit a picture and the question about it, before anybody is asked anything.

    With ``keep_original`` the bytes as sent are kept beside the cleaned picture, for the owner alone. With
    ``analysis_id`` it is done once: where the owner has an analysis of that id, that is the answer.

    Returns the queued analysis, due at once. Call :func:`run` next, or leave it: the worker's sweep finds it.

    Raises:
        PermissionDenied: ``owner`` may not upload.
        pictures.Unusable: it is no picture, or one that can't be converted.
        ValidationError: a field is not valid.
        Refused: ``owner``'s share of the minute is used up (:mod:`~webportal.analyses.allowance`), or their account
            (:mod:`~webportal.accounts.quota`) or the disk is full.
    """
    if not owner.is_active:
        raise PermissionDenied
    disk.check_room()
    quota.check(owner=owner)
    stored = allowance.prepare(user=owner, data=data)
    upload = Upload(
        owner=owner,
        media_type=stored.media_type,
        width=stored.width,
        height=stored.height,
        size=len(data),
        sha256=hashlib.sha256(data).hexdigest(),
        label=label,
        file_name=file_name,
    )
    try:
        original = data if keep_original else None
        upload.stored_bytes = files.write(upload, picture=stored.data, thumbnail=stored.thumbnail, original=original)
        with transaction.atomic():
            _check(upload)
            quota.claim(owner=owner, size=upload.stored_bytes)
            upload.save(force_insert=True)
            analysis = _create_analysis(upload, analysis_id=analysis_id)
    except BaseException as error:
        # No row, no file.
        files.delete(upload)
        if isinstance(error, IntegrityError) and (made := _made_before(owner, analysis_id)):
            return made  # by the same form, at the same time
        if disk.is_full(error):
            raise disk.DiskFull from error
        raise
    metrics.upload_kept()
    return analysis


def _made_before(owner: User, analysis_id: uuid.UUID | None) -> Analysis | None:
    """What the same form made when it was sent before."""
    if analysis_id is None:
        return None
    return Analysis.objects.filter(owner=owner, pk=analysis_id).select_related("upload").first()


def _create_analysis(
    upload: Upload, *, earlier: Analysis | None = None, analysis_id: uuid.UUID | None = None
) -> Analysis:
    analysis = Analysis(
        pk=analysis_id or uuid.uuid4(),
        upload=upload,
        owner=upload.owner,
        earlier=earlier,
        next_attempt_at=timezone.now(),
    )
    _check(analysis)
    analysis.save(force_insert=True)
    return analysis


def _check(row: Upload | Analysis) -> None:
    """Validate what the database does not check by itself when the row is inserted.

    Its constraints, keys and references it does check; asking for each beforehand took half of an upload's time.
    """
    references = {field.name for field in row._meta.fields if field.is_relation}
    row.full_clean(exclude=references, validate_unique=False, validate_constraints=False)


def run(*, analysis_id: uuid.UUID, timeout: float, from_queue: bool = False) -> bool:
    """Claim an analysis, ask the inference server and store what came of it.

    From the queue the server's health is asked first: a picture that a healthy server leaves without an answer has
    failed once, so that a picture that makes servers crash or hang can't come back for ever.

    Returns whether this call was the one to work on it; ``False`` when it is finished, taken, deleted or not yet due.
    Never raises for anything that the server or the picture may do: each outcome is a state.
    """
    analysis = claim(analysis_id=analysis_id)
    if analysis is None:
        return False
    was_serving = False
    try:
        with analysis.upload.picture.open("rb") as file:
            data = file.read()
        if from_queue:
            was_serving = client().is_serving(timeout=1.0)
            if not was_serving:
                raise ServerUnavailable("The inference server isn't serving.")
        with metrics.call("classify"):
            answer = client().classify(data, timeout=timeout)
    except ImageRefused as refusal:
        metrics.attempt_ended("refused", refusal.reason if reasons.is_known(refusal.reason) else "OTHER")
        _reject(analysis, refusal.reason)
    except ServerUnavailable as absence:
        if was_serving and absence.retry_after is None:
            metrics.attempt_ended("failed", "NO_ANSWER")
            _retry_or_fail(analysis, log_unexpected(f"analysis {analysis.pk}", absence))
        else:
            metrics.attempt_ended("no_server", "ABSENT" if absence.retry_after is None else "BUSY")
            _wait_for_server(analysis, absence.retry_after)
    except CallFailed as failure:
        metrics.attempt_ended("failed", failure.code)
        error_id = failure.error_id or new_error_id()
        logger.error("Analysis %s: call failed with %s, error %s", analysis.pk, failure.code, error_id)
        _retry_or_fail(analysis, error_id)
    except ClientError as failure:
        metrics.attempt_ended("failed", "CLIENT")
        _retry_or_fail(analysis, log_unexpected(f"analysis {analysis.pk}", failure))
    except Exception as failure:
        # A missing file, a storage that is down, a fault of ours: worth another attempt, a bounded number of times.
        metrics.attempt_ended("failed", "UNEXPECTED")
        _retry_or_fail(analysis, log_unexpected(f"analysis {analysis.pk}", failure))
    else:
        try:
            _store_answer(analysis, answer)
            metrics.attempt_ended("answered")
        except Exception as failure:
            metrics.attempt_ended("failed", "NOT_STORED")
            _retry_or_fail(analysis, log_unexpected(f"analysis {analysis.pk}", failure))
    return True


def try_at_once(*, analysis_id: uuid.UUID, deadline: float) -> None:
    """The fast path of an upload: :func:`run` while a person waits, for ``deadline`` seconds at most.

    Whatever goes wrong here the row is kept, and the lease or the sweep brings it back; so nothing is raised.
    """
    try:
        run(analysis_id=analysis_id, timeout=deadline)
    except Exception as error:
        log_unexpected(f"the fast path of analysis {analysis_id}", error)


def claim(*, analysis_id: uuid.UUID) -> Analysis | None:
    """Take a due analysis for ``ANALYSIS_LEASE_SECONDS``; ``None`` when there is nothing to take.

    One conditional update decides between any number of claimants.
    """
    now = timezone.now()
    lease = uuid.uuid4()
    taken = Analysis.objects.filter(
        pk=analysis_id, state=Analysis.State.QUEUED, next_attempt_at__lte=now, lease_id__isnull=True
    ).update(
        state=Analysis.State.RUNNING,
        lease_id=lease,
        lease_expires_at=now + timedelta(seconds=settings.ANALYSIS_LEASE_SECONDS),
        started_at=now,
        attempts=F("attempts") + 1,
        next_attempt_at=None,
        task_id=None,
    )
    if not taken:
        return None
    return Analysis.objects.select_related("upload").filter(pk=analysis_id, lease_id=lease).first()


def _held(analysis: Analysis) -> Q:
    """The row, as long as the lease that :func:`claim` gave is still the current one."""
    return Q(pk=analysis.pk, state=Analysis.State.RUNNING, lease_id=analysis.lease_id)


def _settle(analysis: Analysis, **fields: object) -> bool:
    """Write an outcome if the lease still holds; a claimant that lost it has nothing to say any more."""
    stored = Analysis.objects.filter(_held(analysis)).update(lease_id=None, lease_expires_at=None, **fields)
    if not stored:
        logger.warning("Analysis %s: outcome dropped, its lease had passed on", analysis.pk)
    elif (state := str(fields["state"])) in Analysis.FINAL_STATES:
        metrics.analysis_finished(state, str(fields.get("verdict", "")))
    return bool(stored)


def fields_of(answer: Classification) -> dict[str, Any]:
    """An answer as the fields of an analysis that has it."""
    return {
        "state": Analysis.State.DONE,
        "finished_at": timezone.now(),
        "reason": "",
        "model_name": answer.model_name,
        "model_version": answer.model_version,
        "class_short": answer.beat_class.short,
        "class_name": answer.beat_class.name,
        "probability": min(max(answer.probability, 0.0), 1.0),
        "probabilities": [
            {"short": beat_class.short, "name": beat_class.name, "probability": probability}
            for beat_class, probability in answer.probabilities
        ],
        "verdict": answer.verdict.value,
        "prediction_set": [
            {"short": beat_class.short, "name": beat_class.name} for beat_class in answer.prediction_set
        ],
    }


def _store_answer(analysis: Analysis, answer: Classification) -> None:
    _settle(analysis, **fields_of(answer))


def _reject(analysis: Analysis, reason: str) -> None:
    _settle(analysis, state=Analysis.State.REJECTED, finished_at=timezone.now(), reason=reason[:64])


def _wait_for_server(analysis: Analysis, retry_after: float | None) -> None:
    """Back to the queue, as often as it takes: the picture is not to blame."""
    # Earlier attempts by the same absence make the wait longer; the sweep shortens it when the server is back.
    wait = max(backoff(analysis.attempts), retry_after or 0.0)
    _requeue(analysis, wait=min(wait, settings.ANALYSIS_BACKOFF_LONGEST), reason=Analysis.SERVER_UNAVAILABLE)


def _retry_or_fail(analysis: Analysis, error_id: str) -> None:
    failures = analysis.failures + 1
    if failures >= settings.ANALYSIS_MAX_FAILURES:
        _settle(
            analysis,
            state=Analysis.State.FAILED,
            finished_at=timezone.now(),
            failures=failures,
            reason="",
            error_id=error_id[:64],
        )
    else:
        _requeue(analysis, wait=backoff(failures), reason="", failures=failures)


def _requeue(analysis: Analysis, *, wait: float, reason: str, **fields: object) -> None:
    """Put an analysis back and the task that will take it beside it, both or neither."""
    due = timezone.now() + timedelta(seconds=wait)
    with transaction.atomic():
        if _settle(analysis, state=Analysis.State.QUEUED, next_attempt_at=due, reason=reason, **fields):
            enqueue(analysis_id=analysis.pk, due=due)


def backoff(attempt: int) -> float:
    """Seconds to wait after the ``attempt``-th try (1, 2, …): doubling, bounded, with full jitter on its upper half."""
    ceiling: float = min(settings.ANALYSIS_BACKOFF_FIRST * 2 ** min(attempt - 1, 16), settings.ANALYSIS_BACKOFF_LONGEST)
    return ceiling * random.uniform(0.5, 1.0)  # noqa: S311 - spreads load, protects nothing


def enqueue(*, analysis_id: uuid.UUID, due: datetime) -> None:
    """Enqueue the task for an analysis and remember it on the row. Joins the caller's transaction."""
    from webportal.analyses.tasks import run_analysis

    result = run_analysis.using(run_after=due).enqueue(str(analysis_id))
    Analysis.objects.filter(pk=analysis_id).update(task_id=uuid.UUID(str(result.id)))


def requeue_failed(*, actor: User, analysis: Analysis) -> bool:
    """Give a failed analysis a fresh set of attempts. Returns whether it was failed.

    Raises:
        PermissionDenied: ``actor`` may not change analyses.
    """
    if not actor.has_perm("analyses.change_analysis"):
        raise PermissionDenied
    now = timezone.now()
    with transaction.atomic():
        changed = Analysis.objects.filter(pk=analysis.pk, state=Analysis.State.FAILED).update(
            state=Analysis.State.QUEUED, next_attempt_at=now, finished_at=None, failures=0, error_id="", reason=""
        )
        if changed:
            enqueue(analysis_id=analysis.pk, due=now)
    return bool(changed)


def run_again(*, actor: User, analysis: Analysis, another_id: uuid.UUID | None = None) -> Analysis:
    """Put the same question once more, as a new analysis beside the old one. Returns it, queued and due at once.

    An analysis that is still open is its own answer. The new one belongs to the owner of the picture, whoever asks.
    With ``another_id`` it is made once.

    Raises:
        PermissionDenied: it is somebody else's, and ``actor`` may not change analyses.
        AllowanceSpent: it is their own, and their share of the minute is used up.
    """
    if analysis.owner_id != actor.pk and not actor.has_perm("analyses.change_analysis"):
        raise PermissionDenied
    if analysis.is_open:
        return analysis
    if made := _made_before(analysis.upload.owner, another_id):
        return made
    if analysis.owner_id == actor.pk:
        allowance.take(user=actor, pictures=1, megapixels=analysis.upload.megapixels)
    try:
        with transaction.atomic():
            return _create_analysis(analysis.upload, earlier=analysis, analysis_id=another_id)
    except IntegrityError:
        if made := _made_before(analysis.upload.owner, another_id):
            return made
        raise


def run_several_again(*, actor: User, ids: Collection[uuid.UUID], form_id: uuid.UUID) -> int:
    """:func:`run_again` for those of one's own analyses with these ids that are finished; returns how many.

    They wait for the worker: nobody is asked while a person waits. The same form does it once.

    Raises:
        AllowanceSpent: ``actor``'s share of the minute doesn't suffice for all of them; none runs again.
    """
    finished = Analysis.objects.filter(owner=actor, pk__in=ids, finished_at__isnull=False)
    asked = {once.made_by(form_id, analysis.pk): analysis for analysis in finished.select_related("upload__owner")}
    made = set(Analysis.objects.filter(owner=actor, pk__in=asked).values_list("pk", flat=True))
    new = {another_id: analysis for another_id, analysis in asked.items() if another_id not in made}
    megapixels = sum(analysis.upload.megapixels for analysis in new.values())
    allowance.take(user=actor, pictures=len(new), megapixels=megapixels)
    for another_id, analysis in new.items():
        try:
            with transaction.atomic():
                another = _create_analysis(analysis.upload, earlier=analysis, analysis_id=another_id)
                enqueue(analysis_id=another.pk, due=timezone.now())
        except IntegrityError:
            if not _made_before(actor, another_id):
                raise
    return len(asked)
