"""Where the answers about recordings come from, and how recordings get there: read in a process that may die."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from ecg.formats.answers import Answers
from ecg.formats.reading import import_recording
from ecg.recording import Recording
from ecg.recording_errors import Question, RecordingError, RecordingQuestion
from inference_server.classification.recordings import RecordingAnalysis
from inference_server.commands.answering import NoAnswer, connected, usable
from inference_server.commands.recording_files import Given
from inference_server.commands.recording_outputs import OutputExists, check_free, write_outputs
from inference_server.runtime.settings import Settings

Progress = Callable[[float], None]
Analyze = Callable[[Recording, Progress], RecordingAnalysis | NoAnswer]

#: The option that answers each question.
_OPTIONS: Final = {"rate": "--rate", "unit": "--unit", "leads": "--lead"}


@contextmanager
def in_process(settings: Settings) -> Iterator[Analyze]:
    """Answers of the model in the repository; ends the program where there is no usable one."""
    # Here, so that asking a running server does not load onnxruntime.
    from ecg.signal.resampling import RateError
    from inference_server.models.model_repository import ModelRepository
    from inference_server.models.recording_model import RecordingModel
    from inference_server.recordings.analysis import analyse

    repository = ModelRepository(
        settings.models,
        name=settings.recording_model_name,
        load=RecordingModel.from_files,
        versions=settings.recording_model_versions,
    )
    model = usable(repository)

    def ask(recording: Recording, progress: Progress) -> RecordingAnalysis | NoAnswer:
        try:
            return analyse(recording, model, progress=progress)
        except RateError as error:
            return NoAnswer("RECORDING_RATE_INVALID", str(error))

    yield ask


@contextmanager
def by_running_server(address: str, token: str | None, tls_ca: Path | None) -> Iterator[Analyze]:
    """Answers of the server at ``address``; the client asks it again where it fails for a while."""
    from inference_server.client import CallFailed, RecordingRefused, ServerUnavailable

    with connected(address, token, tls_ca) as client:

        def ask(recording: Recording, progress: Progress) -> RecordingAnalysis | NoAnswer:
            try:
                return client.analyze(recording, progress=progress)
            except RecordingRefused as error:
                return NoAnswer(error.reason, str(error))
            except ServerUnavailable as error:
                return NoAnswer("SERVER_UNAVAILABLE", str(error))
            except CallFailed as error:
                return NoAnswer(error.reason or error.code, str(error))

        yield ask


def answer_about(
    given: Given, analyze: Analyze, answers: Answers, progress: Progress, output: tuple[Path, str] | None
) -> RecordingAnalysis | NoAnswer:
    """What is said of a recording, or why nothing is; its files are written where ``output`` has a folder and a name.

    The recording is brought into the house's own form in a folder that is removed afterwards, so that its length costs
    disk and no memory.
    """
    try:
        for path in given.files:
            path.stat()
        if output is not None:
            check_free(*output)
        with tempfile.TemporaryDirectory(prefix="beatlens-") as folder:
            recording = import_recording(given.files, Path(folder) / "recording", answers).recording
            answer = analyze(recording, progress)
            if output is not None and isinstance(answer, RecordingAnalysis):
                write_outputs(*output, answer, recording, given.file.name)
            return answer
    except (RecordingError, OutputExists, OSError) as error:
        return _why(error)


def _why(error: RecordingError | OutputExists | OSError) -> NoAnswer:
    match error:
        case RecordingQuestion():
            return NoAnswer(error.reason, " ".join(_asked(question) for question in error.questions))
        case RecordingError():
            return NoAnswer(error.reason, error.message)
        case OutputExists():
            return NoAnswer("OUTPUT_EXISTS", str(error))
        case FileNotFoundError():
            return NoAnswer("FILE_NOT_FOUND", f"There is no {error.filename}.")
        case PermissionError():
            return NoAnswer("FILE_UNREADABLE", f"{error.filename} can't be used: {error.strerror}.")
    return NoAnswer("DISK_FAILED", f"Reading or writing failed: {error.strerror or error}.")


def _asked(question: Question) -> str:
    """A question with the option that answers it."""
    option = _OPTIONS[question.about]
    likely = question.candidates[0] if question.candidates else {"rate": "250", "unit": "mV"}.get(question.about, "II")
    if question.about == "leads" and len(question.columns) > 1:
        columns = ", ".join(question.columns)
        return f"{question.message} Say it with {option} once for each column ({columns}), in order; - for no lead."
    return f"{question.message} Say it with {option}, e.g. {option} {likely}."
