"""Where the answers about recordings come from, and how recordings get there: read in a process that may die."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from ecg.formats.answers import Answers
from ecg.formats.reading import import_recording
from ecg.pictures.decoding import ImageLimits
from ecg.pictures.files import is_picture
from ecg.pictures.kinds import BEGINNING_BYTES, kind_of
from ecg.pictures.pages.recording import recording_of
from ecg.pictures.pages.result import PageReading
from ecg.recording import Recording
from ecg.recording_errors import Question, RecordingError, RecordingQuestion
from inference_server.classification.page_messages import Digitized
from inference_server.classification.recordings import RecordingAnalysis
from inference_server.commands import page_answering
from inference_server.commands.answering import Ask, NoAnswer, answer_about_file, connected, usable
from inference_server.commands.recording_files import Given
from inference_server.commands.recording_outputs import OutputExists, check_free, write_outputs
from inference_server.runtime.settings import Settings

if TYPE_CHECKING:
    from inference_server.models.recording_model import RecordingModel

Progress = Callable[[float], None]
Analyze = Callable[[Recording, Progress], RecordingAnalysis | NoAnswer]


class Answering(NamedTuple):
    """Who answers: about recordings, and about pictures of strips and pages, which become recordings."""

    analyze: Analyze
    digitize: Ask[Digitized]
    limits: ImageLimits
    """Of pictures."""


#: The option that answers each question.
_OPTIONS: Final = {"rate": "--rate", "unit": "--unit", "leads": "--lead"}


def recording_model(settings: Settings) -> RecordingModel:
    """The model for recordings in the repository; ends the program where there is no usable one."""
    from inference_server.models.model_repository import ModelRepository
    from inference_server.models.recording_model import RecordingModel

    repository = ModelRepository(
        settings.models,
        name=settings.recording_model_name,
        load=RecordingModel.from_files,
        versions=settings.recording_model_versions,
    )
    return usable(repository)


@contextmanager
def in_process(settings: Settings) -> Iterator[Answering]:
    """Answers of the model in the repository; ends the program where there is no usable one."""
    # Here, so that asking a running server does not load onnxruntime.
    from ecg.signal.resampling import RateError
    from inference_server.recordings.analysis import analyse

    model = recording_model(settings)

    def ask(recording: Recording, progress: Progress) -> RecordingAnalysis | NoAnswer:
        try:
            return analyse(recording, model, progress=progress)
        except RateError as error:
            return NoAnswer("RECORDING_RATE_INVALID", str(error))

    yield Answering(ask, page_answering.in_process(settings), settings.image_limits)


@contextmanager
def by_running_server(address: str, token: str | None, tls_ca: Path | None, limits: ImageLimits) -> Iterator[Answering]:
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

        yield Answering(ask, page_answering.by_client(client), limits)


def answer_about(
    given: Given, answering: Answering, answers: Answers, progress: Progress, output: tuple[Path, str] | None
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
            opened = _opened(given, answering, answers, Path(folder) / "recording")
            if isinstance(opened, NoAnswer):
                return opened
            answer = answering.analyze(opened.recording, progress)
            if output is not None and isinstance(answer, RecordingAnalysis):
                write_outputs(*output, answer, opened.recording, given.file.name, opened.page)
            return answer
    except (RecordingError, OutputExists, OSError) as error:
        return _why(error)


class _Opened(NamedTuple):
    """What is analysed."""

    recording: Recording
    page: PageReading | None
    """What was read of the picture that it comes from; None where it comes from none."""


def _opened(given: Given, answering: Answering, answers: Answers, store: Path) -> _Opened | NoAnswer:
    """A recording, or what a picture shows of one.

    Raises:
        RecordingError: it can't be read.
        OSError: a file can't be read, or there is no room for it.
    """
    with given.file.open("rb") as file:
        kind = kind_of(file.read(BEGINNING_BYTES))
    if not is_picture(kind):
        return _Opened(import_recording(given.files, store, answers).recording, None)
    digitized = answer_about_file(given.file, answering.digitize, answering.limits, taken=page_answering.TAKEN)
    if isinstance(digitized, NoAnswer):
        return digitized
    page = digitized.reading
    return page_answering.refusal(page) or _Opened(recording_of(page), page)


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
