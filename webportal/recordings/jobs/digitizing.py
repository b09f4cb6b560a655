"""Reading a picture of a strip or page: the server is asked what stands on it, and the owner whether that is right."""

from __future__ import annotations

from typing import Final

from ecg import store
from ecg.confinement import NoTurn
from ecg.pictures.decoding import ImageError
from ecg.pictures.pages.recording import recording_of
from ecg.recording_errors import RecordingError
from ecg.store import HEADER, StoredRecording, open_store
from inference_server.client import ImageRefused

from webportal.inference import client
from webportal.observability import metrics
from webportal.recordings.digitizing.answers import KIND, PageAnswers, named, reason_against
from webportal.recordings.digitizing.stored import StoredPage
from webportal.recordings.jobs.server import answered
from webportal.recordings.models import Recording
from webportal.recordings.models.recordings import STORE

#: Seconds that a server may take. A page takes some; here nobody waits in front of a page that is loading.
_SECONDS: Final = 120.0


def read_picture(recording: Recording) -> StoredRecording | None:
    """The leads of a picture, in the form in which recordings are stored; None until their owner has confirmed them.

    Raises:
        RecordingError: the picture can't be used, or nothing can be read of it.
        ServerUnavailable, CallFailed: as :meth:`inference_server.client.ArrhythmiaClient.digitize`.
        webportal.recordings.jobs.server.LeftWithoutAnswer: the server is there, and did not answer.
    """
    said, page = PageAnswers.of(recording), StoredPage(recording)
    if not page.has_answer_to(said.corrections):
        _ask(page, said)
    reading = page.found().reading
    refusal = reason_against(reading)
    if refusal and not said.has_spoken:
        raise RecordingError(refusal, "Nothing can be read of the picture.")
    if refusal or not said.is_confirmed:
        return None
    with recording.stored.filling(STORE, last=HEADER) as folder, store.discarded_on_error(folder):
        store.write(recording_of(named(reading, said.names)), folder, kind=KIND)
    return open_store(recording.store)


def _ask(page: StoredPage, said: PageAnswers) -> None:
    try:
        if not page.has_answer:
            page.clean()
        with answered(), metrics.call("digitize"):
            digitized = client().digitize(page.to_send, corrections=said.corrections, timeout=_SECONDS)
    except NoTurn as error:
        raise RecordingError("RECORDING_BUSY", str(error)) from error
    except ImageError as refusal:
        raise RecordingError(refusal.reason.value, str(refusal)) from refusal
    except ImageRefused as refusal:
        raise RecordingError(refusal.reason, str(refusal)) from refusal
    page.store(digitized, said.corrections)
