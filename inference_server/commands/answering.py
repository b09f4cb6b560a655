"""Where the answers about pictures come from: the model in this process, or a running server."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeVar

import typer

from ecg.pictures.decoding import ImageLimits
from ecg.pictures.files import LeftOut
from ecg.pictures.kinds import BEGINNING_BYTES, CONVERTIBLE, NATIVE, Kind, kind_of
from inference_server.classification import Classification
from inference_server.runtime.settings import Settings

if TYPE_CHECKING:
    from inference_server.client import ArrhythmiaClient
    from inference_server.models.model_repository import Loaded, ModelRepository
    from inference_server.models.onnx_model import OnnxModel

#: No picture that any server takes is larger; keeps a file named by mistake out of memory.
_MAX_FILE_BYTES: Final = 64 * 1024 * 1024

#: A running server that says when to come back is asked again about a picture for so long, seconds.
_PATIENCE_SECONDS: Final = 60.0
_COME_BACK: Final = ("QUEUE_FULL", "RATE_EXCEEDED", "TOO_MANY_CALLS")


@dataclass(frozen=True, slots=True)
class NoAnswer:
    """Why a picture or a recording got no answer."""

    reason: str
    message: str


Said = TypeVar("Said")
Ask = Callable[[bytes], Said | NoAnswer]
Classify = Ask[Classification]


def picture_model(settings: Settings) -> OnnxModel:
    """The model for pictures in the repository; ends the program where there is no usable one."""
    from inference_server.models.model_repository import ModelRepository
    from inference_server.models.onnx_model import OnnxModel

    return usable(
        ModelRepository(
            settings.models, name=settings.model_name, load=OnnxModel.from_files, versions=settings.model_versions
        )
    )


@contextmanager
def in_process(settings: Settings, *, lead: str = "") -> Iterator[Classify]:
    """Answers of the model in the repository; ends the program where there is no usable one.

    ``lead``: canonical name of that in which the beats were recorded, empty where nobody knows.
    """
    # Here, so that asking a running server does not load onnxruntime.
    from ecg.pictures.decoding import ImageError
    from inference_server.models.classifier import Classifier

    classifier = Classifier(picture_model(settings), settings.image_limits)

    def ask(image: bytes) -> Classification | NoAnswer:
        try:
            return classifier.classify(image, lead=lead).classification
        except ImageError as error:
            return NoAnswer(error.reason, str(error))

    yield ask


def usable(repository: ModelRepository[Loaded]) -> Loaded:
    """The version that answers; ends the program where there is none."""
    logging.getLogger("inference_server").addHandler(logging.NullHandler())  # what went wrong is printed below
    repository.refresh()
    if not repository.loaded():
        typer.echo(f"There is no usable model in {repository.folder}.", err=True)
        for version, why in repository.refused.items():
            typer.echo(f"  version {version}: {why}", err=True)
        raise typer.Exit(1)
    return repository.get()


@contextmanager
def connected(address: str, token: str | None, tls_ca: Path | None) -> Iterator[ArrhythmiaClient]:
    """A client of the server at ``address``; ends the program where the certificate can't be read."""
    import grpc

    from inference_server.client import ArrhythmiaClient

    try:
        credentials = grpc.ssl_channel_credentials(tls_ca.read_bytes()) if tls_ca else None
    except OSError as error:
        typer.echo(f"{tls_ca} can't be read: {error.strerror}.", err=True)
        raise typer.Exit(1) from None
    with closing(ArrhythmiaClient(address, token=token, credentials=credentials)) as client:
        yield client


@contextmanager
def by_running_server(address: str, token: str | None, tls_ca: Path | None, *, lead: str = "") -> Iterator[Classify]:
    """Answers of the server at ``address``, asked again for a while where it says when to come back."""
    with connected(address, token, tls_ca) as client:
        yield lambda image: patiently(lambda: client.classify(image, lead=lead))


def patiently(call: Callable[[], Said]) -> Said | NoAnswer:
    """What a call to a server brings, made again for a while where the server says when to come back."""
    from inference_server.client import CallFailed, ImageRefused, ServerUnavailable

    end = time.monotonic() + _PATIENCE_SECONDS
    while True:
        try:
            return call()
        except ImageRefused as error:
            return NoAnswer(error.reason, str(error))
        except ServerUnavailable as error:
            pause = error.retry_after or 0.0
            if error.reason not in _COME_BACK or time.monotonic() + pause > end:
                return NoAnswer("SERVER_UNAVAILABLE", str(error))
            time.sleep(pause)
        except CallFailed as error:
            return NoAnswer(error.reason or error.code, str(error))


def answer_about(path: Path | LeftOut, ask: Ask[Said], limits: ImageLimits) -> Said | NoAnswer | LeftOut:
    """What ``ask`` says of the picture in a file, or why it could not be asked; what was left out stays so."""
    return path if isinstance(path, LeftOut) else answer_about_file(path, ask, limits)


def answer_about_file(
    path: Path, ask: Ask[Said], limits: ImageLimits, *, taken: frozenset[Kind] = NATIVE
) -> Said | NoAnswer:
    """What ``ask``, which takes pictures of the kinds ``taken``, says of a file, or why it could not be asked."""
    try:
        with path.open("rb") as file:
            image = file.read(_MAX_FILE_BYTES + 1)
    except FileNotFoundError:
        return NoAnswer("FILE_NOT_FOUND", "There is no such file.")
    except OSError as error:
        return NoAnswer("FILE_UNREADABLE", f"The file can't be read: {error.strerror}.")
    if len(image) > _MAX_FILE_BYTES:
        return NoAnswer("IMAGE_TOO_LARGE", f"The file has more than {_MAX_FILE_BYTES:,} bytes.")
    if kind_of(image[:BEGINNING_BYTES]) in CONVERTIBLE - taken:
        return _about_converted(image, ask, limits)
    return ask(image)


def _about_converted(image: bytes, ask: Ask[Said], limits: ImageLimits) -> Said | NoAnswer:
    """The wire and the model take PNG and JPEG; other pictures are made into one of these here."""
    from ecg.confinement import NoTurn
    from ecg.pictures import confined
    from ecg.pictures.decoding import ImageError

    end = time.monotonic() + _PATIENCE_SECONDS
    while True:
        try:
            return ask(confined.to_native(image, limits).data)
        except ImageError as error:
            return NoAnswer(error.reason, str(error))
        except NoTurn as error:  # it has waited already
            if time.monotonic() > end:
                return NoAnswer("IMAGE_TOO_COSTLY", str(error))
