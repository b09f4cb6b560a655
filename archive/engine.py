"""The answers about one recording or picture as rows: those of ``analyze`` and ``classify``, in this process."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from archive import tables
from archive.items import Refusal
from archive.job import Job
from archive.tables import Tables
from ecg.pictures.files import is_picture
from ecg.pictures.kinds import BEGINNING_BYTES, kind_of
from ecg.recording import Recording
from inference_server.classification import Classification
from inference_server.classification.recordings import RecordingAnalysis
from inference_server.commands import answering, page_answering, recording_answering
from inference_server.commands.answering import NoAnswer
from inference_server.commands.recording_answering import Answering, Progress
from inference_server.commands.recording_files import Given

_log = logging.getLogger(__name__)


class OtherModel(Exception):  # noqa: N818 - reads as what is wrong
    """The models of this machine are not those that the job began with."""


class Engine:
    """Answers about files on this machine."""

    def __init__(self, job: Job, about_recordings: Answering, about_beats: answering.Classify | None) -> None:
        self._job = job
        self._recordings = about_recordings
        self._beats = about_beats

    def about(self, file: str, paths: Sequence[Path], progress: Progress = lambda _: None) -> Tables:
        """All rows about one recording or picture, whatever is wrong with it.

        Args:
            file: What the rows call it.
            paths: All of its files, that which it is called by first.
            progress: Called now and then with the fraction that is done.
        """
        try:
            return self._about(file, paths, progress)
        except MemoryError:
            refusal = Refusal("RECORDING_TOO_COSTLY", "Analysing it takes more memory than is allowed.")
        except Exception:
            error_id = uuid.uuid4().hex[:12]
            _log.exception("analysing %s failed, error id %s", file, error_id)
            refusal = Refusal("INTERNAL", f"Internal error {error_id}.")
        return tables.of_failure(file, refusal, self._job.classes)

    def _about(self, file: str, paths: Sequence[Path], progress: Progress) -> Tables:
        starts: list[datetime | None] = []

        def analyze(recording: Recording, told: Progress) -> RecordingAnalysis | NoAnswer:
            starts.append(recording.start)
            return self._recordings.analyze(recording, told)

        asked = self._recordings._replace(analyze=analyze)
        answer = recording_answering.answer_about(
            Given(paths[0], tuple(paths)), asked, self._job.answers, progress, None
        )
        if isinstance(answer, RecordingAnalysis):
            source = "page" if _is_picture(paths[0]) else "recording"
            return tables.of_recording(file, paths[0].name, source, answer, starts[-1], self._job.classes)
        if answer.reason == page_answering.ONE_BEAT and self._beats is not None:
            said = answering.answer_about_file(paths[0], self._beats, self._recordings.limits)
            if isinstance(said, Classification):
                return tables.of_beat(file, said, self._job.classes)
            answer = said
        return tables.of_failure(file, Refusal(answer.reason, answer.message), self._job.classes)


@contextmanager
def engine(job: Job) -> Iterator[Engine]:
    """Answers with the job's models.

    Raises:
        OtherModel: this machine has others.
    """
    settings = job.settings
    _check(job.recording_model, recording_answering.recording_model(settings).info.digest)
    with recording_answering.in_process(settings) as about_recordings:
        if job.picture_model is None:
            yield Engine(job, about_recordings, None)
            return
        _check(job.picture_model, answering.picture_model(settings).info.digest)
        with answering.in_process(settings) as about_beats:
            yield Engine(job, about_recordings, about_beats)


def _check(expected: str, found: str) -> None:
    if found != expected:
        raise OtherModel(f"A model of this machine has the digest {found}, where the job began with {expected}.")


def _is_picture(path: Path) -> bool:
    with path.open("rb") as file:
        return is_picture(kind_of(file.read(BEGINNING_BYTES)))
