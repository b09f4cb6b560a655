"""Sample recordings for those without an account: read and asked about once for each process, kept nowhere else."""

from __future__ import annotations

import atexit
import shutil
import tempfile
import threading
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

import numpy as np
from django.conf import settings
from ecg import store
from ecg.formats import open_recording
from ecg.store import StoredRecording
from inference_server.client import ClientError, ServerUnavailable

from webportal.errors import log_unexpected
from webportal.inference import client
from webportal.recordings.samples import SampleRecording
from webportal.recordings.viewing.shown import Shown


@dataclass(frozen=True, slots=True)
class Prepared:
    """A sample as its page shows it."""

    stored: StoredRecording
    seen: Shown | None
    """What the model in service says of it; None while it can't be asked."""


_turn: Final = threading.Lock()
_answers: Final[dict[str, Shown]] = {}


def prepared(sample: SampleRecording) -> Prepared:
    """The sample with its answer; one that the inference server didn't give is asked for again the next time."""
    with _turn:
        stored = _stored(sample)
        if sample.key not in _answers and (seen := _asked(stored)) is not None:
            _answers[sample.key] = seen
        return Prepared(stored, _answers.get(sample.key))


def known(sample: SampleRecording) -> Prepared:
    """The same without asking anybody."""
    with _turn:
        return Prepared(_stored(sample), _answers.get(sample.key))


def _asked(stored: StoredRecording) -> Shown | None:
    try:
        answer = client().analyze(stored.recording, timeout=settings.INFERENCE_WORKER_TIMEOUT)
    except ServerUnavailable:
        return None
    except ClientError as failure:
        log_unexpected("a sample recording", failure)
        return None
    nobody = np.zeros(len(answer.beats), np.bool_)
    return Shown(answer, answer.beats.classes, nobody, f"{stored.digest[:16]}-{answer.model.version}")


def _stored(sample: SampleRecording) -> StoredRecording:
    folder = _folder() / sample.key
    if not folder.exists():
        store.write(open_recording(sample.paths), folder)
    return store.open_store(folder)


@cache
def _folder() -> Path:
    """Where this process has them, until it ends."""
    folder = Path(tempfile.mkdtemp(prefix="beatlens-samples-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder
