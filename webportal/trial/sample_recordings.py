"""Sample recordings for those without an account: read and asked about once for each process, stored nowhere else."""

from __future__ import annotations

import atexit
import shutil
import tempfile
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

import numpy as np
from django.conf import settings
from ecg import store
from ecg.formats import open_recording
from ecg.pictures.pages.recording import recording_of
from ecg.recording import Recording
from ecg.store import StoredRecording
from inference_server.classification.page_messages import Digitized
from inference_server.client import ClientError, ServerUnavailable

from webportal.errors import log_unexpected
from webportal.inference import client, described
from webportal.recordings.samples import SampleRecording
from webportal.recordings.viewing.shown import Shown


@dataclass(frozen=True, slots=True)
class Prepared:
    """A sample as its page shows it."""

    stored: StoredRecording | None
    """None while nothing was read of a picture."""
    seen: Shown | None
    """What the model in service says of it; None while it can't be asked."""
    page: Digitized | None = None
    """What was read of a picture."""
    is_reading: bool = False
    """Whether it is being read just now."""


#: How long an answer is waited for, seconds: it takes some tenths, from a busy server more.
_PATIENCE_SECONDS = 6.0
#: How long the server may take to read a picture, and how long a page waits for that; it comes anew afterwards.
_READING_SECONDS: Final = 90.0
_PAGE_WAITS_SECONDS: Final = 3.0
#: How long nobody asks again when the inference server gave no answer, seconds.
_REST_SECONDS: Final = 20.0

_writing: Final = threading.Lock()
_asking: Final = threading.Lock()
_answers: Final[dict[str, Shown]] = {}
_pages: Final[dict[str, Digitized]] = {}
_readers: Final = ThreadPoolExecutor(1, "sample-pictures")
_underway: Final[dict[str, Future[None]]] = {}
_failed_at: Final[dict[str, float]] = {}


def prepared(sample: SampleRecording) -> Prepared:
    """The sample with its answer; one that the inference server didn't give is asked for again a moment later, and one
    that another model gave than the one in service now is asked for anew.

    Those who try wait for each other, but not long: they must not keep all threads of a process.
    """
    _forget_of_other_model(sample)
    rests = time.monotonic() - _failed_at.get(sample.key, -_REST_SECONDS) < _REST_SECONDS
    if sample.key not in _answers and not rests and _asking.acquire(timeout=settings.TRIAL_WAIT_SECONDS):
        try:
            _ask(sample)
        finally:
            _asking.release()
    return known(sample)


def known(sample: SampleRecording) -> Prepared:
    """The same without asking anybody."""
    page = _pages.get(sample.key)
    return Prepared(_stored(sample), _answers.get(sample.key), page, page is None and sample.key in _underway)


def _forget_of_other_model(sample: SampleRecording) -> None:
    seen = _answers.get(sample.key)
    if seen is None:
        return
    served = described(name=seen.answer.model.name)
    if served is not None and served.digest != seen.answer.model.digest:
        _answers.pop(sample.key, None)


def _ask(sample: SampleRecording) -> None:
    if sample.key in _answers:  # somebody else asked meanwhile
        return
    if sample.is_picture and not _is_read(sample):
        return
    stored = _stored(sample)
    seen = None if stored is None else _asked(stored)
    if seen is None:
        _failed_at[sample.key] = time.monotonic()
    else:
        _answers[sample.key] = seen


def _is_read(sample: SampleRecording) -> bool:
    """Whether a picture has been read; else that goes on beside the pages that ask for it."""
    if sample.key in _pages:
        return True
    reading = _underway.get(sample.key) or _readers.submit(_read, sample)
    _underway[sample.key] = reading
    if not wait([reading], timeout=_PAGE_WAITS_SECONDS).done:
        return False
    _underway.pop(sample.key, None)
    reading.result()
    if sample.key not in _pages:
        _failed_at[sample.key] = time.monotonic()
    return sample.key in _pages


def _read(sample: SampleRecording) -> None:
    picture, *_others = sample.paths
    with _answered():
        digitized = client().digitize(picture.read_bytes(), timeout=_READING_SECONDS)
        _write(recording_of(digitized.reading), _folder() / sample.key)
        _pages[sample.key] = digitized


def _asked(stored: StoredRecording) -> Shown | None:
    with _answered():
        answer = client().analyze(stored.recording, timeout=_PATIENCE_SECONDS)
        nobody = np.zeros(len(answer.beats), np.bool_)
        return Shown(answer, answer.beats.classes, nobody, f"{stored.digest[:16]}-{answer.model.version}")
    return None


@contextmanager
def _answered() -> Iterator[None]:
    """What is asked of the server within goes on where it gives no answer; an unexpected one is in the log."""
    try:
        yield
    except ServerUnavailable:
        return
    except ClientError as failure:
        log_unexpected("a sample recording", failure)


def _stored(sample: SampleRecording) -> StoredRecording | None:
    folder = _folder() / sample.key
    if sample.is_picture:
        return store.open_store(folder) if sample.key in _pages else None
    if not folder.exists():
        _write(open_recording(sample.paths), folder)
    return store.open_store(folder)


def _write(recording: Recording, folder: Path) -> None:
    with _writing:
        if not folder.exists():
            store.write(recording, folder)


@cache
def _folder() -> Path:
    """Where this process has them, until it ends."""
    folder = Path(tempfile.mkdtemp(prefix="beatlens-samples-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder
