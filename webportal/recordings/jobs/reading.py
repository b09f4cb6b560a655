"""Reading the files of a recording: by a process that may die, into the form in which it is stored."""

from __future__ import annotations

import hashlib
import logging
import uuid
from contextlib import ExitStack
from dataclasses import asdict
from typing import Any, Final

from django.db import transaction
from django.utils import timezone
from django_tasks import task
from ecg.formats import Answers, import_recording
from ecg.recording_errors import RecordingError, RecordingQuestion
from ecg.store import HEADER, StoredRecording, open_store
from inference_server.client import ServerUnavailable

from webportal import disk
from webportal.accounts import quota
from webportal.observability import tracing
from webportal.recordings.digitizing.answers import ABOUT, UNCHECKED, reason_against
from webportal.recordings.digitizing.stored import StoredPage, is_picture
from webportal.recordings.jobs import asking
from webportal.recordings.jobs.digitizing import read_picture
from webportal.recordings.jobs.lines import Line, heartbeat
from webportal.recordings.models import Recording
from webportal.recordings.models.recordings import STORE

logger = logging.getLogger(__name__)

#: The queue of what is to be read; apart from the analyses, none of which it has to wait for.
QUEUE: Final = "readings"
#: What is written beside the files while they are read, at most, as a multiple of them: unpacked, and as it is stored.
_ROOM: Final = 2
#: What the text of an error from the other process has in it when the disk was full.
_FULL: Final = "[Errno 28]"
#: Refusals that say nothing about the files.
_AGAIN: Final = ("RECORDING_BUSY",)


@task(queue_name=QUEUE)
def read_recording(recording_id: str, traceparent: str = "") -> bool:
    """Read one recording. Returns whether there was anything to do; a second time does nothing."""
    with tracing.going_on(traceparent):
        return run(recording_id=uuid.UUID(recording_id))


READING: Final = Line(
    "reading",
    Recording,
    waiting=Recording.State.RECEIVED,
    working=Recording.State.READING,
    task=read_recording,
)


def run(*, recording_id: uuid.UUID) -> bool:
    """Claim a recording, read it and store what came of it.

    Returns whether this call was the one to work on it. Never raises for anything that the files may do: each outcome
    is a state.
    """
    recording = READING.claim(recording_id)
    if recording is None:
        return False
    try:
        with heartbeat(READING, recording):
            disk.check_room(coming=_ROOM * recording.sent_bytes)
            for name in recording.sent_names:
                recording.stored.join(name)
            stored = _read(recording)
            files = _with_digests(recording)
        if stored is None:
            _ask_to_check(recording, files)
        else:
            _settle_read(recording, stored, files)
    except RecordingQuestion as question:
        _ask(recording, question)
    except RecordingError as refusal:
        _refuse_or_wait(recording, refusal)
    except quota.QuotaReached as refusal:
        recording.stored.delete_all(STORE)
        StoredPage(recording).forget()
        _refuse(recording, refusal.reason)
    except ServerUnavailable as absence:
        READING.wait_for_better_times(recording, Recording.SERVER_UNAVAILABLE, absence.retry_after)
    except Exception as error:
        READING.come_back(recording, f"the reading of recording {recording.pk}", error)
    _forget_if_gone(recording)
    return True


def _read(recording: Recording) -> StoredRecording | None:
    """The recording in its own form; one that a lost worker has finished is taken as it is. None for a picture that its
    owner has to look at first.
    """
    stored = recording.stored
    if stored.names(STORE):
        try:
            return open_store(recording.store, verify=True)
        except RecordingError:
            stored.delete_all(STORE)
    if is_picture(recording):
        return read_picture(recording)
    said = recording.answers
    answers = Answers(
        rate=said.get("rate"), unit=said.get("unit"), leads=tuple(said["leads"]) if said.get("leads") else None
    )
    names = [str(file["name"]) for file in recording.files]
    with ExitStack() as files:
        sent = [files.enter_context(stored.on_disk(name)) for name in recording.sent_names]
        with stored.filling(STORE, last=HEADER) as folder:
            import_recording(dict(zip(names, sent, strict=True)), folder, answers)
    return open_store(recording.store)


def _settle_read(recording: Recording, stored: StoredRecording, files: list[dict[str, Any]]) -> None:
    """Write down what was read and put the question about it, both or neither."""
    read = stored.recording
    if not recording.keeps_names:
        files = [file | {"name": ""} for file in files]
    with transaction.atomic():
        quota.claim(owner=recording.owner, size=stored.bytes)
        settled = READING.settle(
            recording,
            state=Recording.State.READ,
            finished_at=timezone.now(),
            reason="",
            questions=[],
            files=files,
            stored_bytes=recording.stored_bytes + stored.bytes,
            kind=stored.kind[:20],
            leads=list(read.leads),
            rate=read.rate,
            samples=read.samples,
            seconds=read.seconds,
            start=read.start.isoformat(timespec="milliseconds")[:32] if read.start else "",
            gaps=len(read.gaps),
            lost_seconds=sum(gap.end - gap.begin for gap in read.gaps) / read.rate,
            warnings=[asdict(warning) for warning in read.warnings],
        )
        if settled:
            asking.ask(recording=recording)
        else:
            quota.release(owner_id=recording.owner_id, size=stored.bytes)


def _ask(recording: Recording, question: RecordingQuestion) -> None:
    questions = [
        {"about": one.about, "candidates": list(one.candidates), "columns": list(one.columns)}
        for one in question.questions
    ]
    READING.settle(recording, state=Recording.State.ASKING, reason=question.reason, questions=questions)


def _ask_to_check(recording: Recording, files: list[dict[str, Any]]) -> None:
    """Ask the owner whether a picture was read rightly; what is stored of it counts towards their quota.

    Raises:
        QuotaReached: there is no room for it.
    """
    page = StoredPage(recording)
    size = page.bytes
    with transaction.atomic():
        asked = READING.settle(
            recording,
            state=Recording.State.ASKING,
            reason=reason_against(page.found().reading) or UNCHECKED,
            questions=[{"about": ABOUT, "candidates": [], "columns": []}],
            files=files,
            stored_bytes=size,
        )
        if asked:
            quota.claim(owner=recording.owner, size=size - recording.stored_bytes)


def _refuse_or_wait(recording: Recording, refusal: RecordingError) -> None:
    if refusal.reason in _AGAIN:
        READING.wait_for_better_times(recording, refusal.reason)
    elif _FULL in str(refusal.__cause__):
        READING.wait_for_better_times(recording, disk.DiskFull.reason)
    else:
        _refuse(recording, refusal.reason)


def _refuse(recording: Recording, reason: str) -> None:
    READING.settle(
        recording, state=Recording.State.REFUSED, finished_at=timezone.now(), reason=reason[:64], questions=[]
    )


def _with_digests(recording: Recording) -> list[dict[str, Any]]:
    files = []
    for described, name in zip(recording.files, recording.sent_names, strict=True):
        with recording.stored.opened(name) as file:
            digest = hashlib.file_digest(file, "sha256")
        files.append(described | {"bytes": recording.stored.size(name), "sha256": digest.hexdigest()})
    return files


def _forget_if_gone(recording: Recording) -> None:
    """Leave nothing of a recording that was deleted while it was read."""
    if not Recording.objects.filter(pk=recording.pk).exists():
        recording.stored.delete_all()
