"""``python -m inference_server`` serves; ``python -m inference_server classify PICTURE...`` asks about pictures."""

from __future__ import annotations

import asyncio
import io
import json
import logging
import os
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import track
from rich.table import Table

from ecg.pictures.files import LeftOut, shown, walk
from ecg.pictures.kinds import BEGINNING_BYTES, CONVERTIBLE, kind_of
from inference_server import model_commands, token_commands
from inference_server.classification import DISCLAIMER, Classification
from inference_server.settings import Settings, SettingsError, load_settings

if TYPE_CHECKING:
    from ecg.pictures.decoding import ImageLimits

# The C core's own log lines are neither JSON nor for users; what goes wrong comes as an exception as well.
# It reads this when grpc is first imported, which nothing above does.
os.environ.setdefault("GRPC_VERBOSITY", "NONE")

#: No picture that any server takes is larger; keeps a file named by mistake out of memory.
_MAX_FILE_BYTES: Final = 64 * 1024 * 1024

app = typer.Typer(
    help="The Beatlens inference server. Settings come from BEATLENS_* in the environment (docs/integrators.md).",
    no_args_is_help=False,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.add_typer(model_commands.app, name="models")
app.add_typer(token_commands.app, name="tokens")


@app.callback(invoke_without_command=True)
def main(context: typer.Context) -> None:
    """Serve until SIGTERM or Ctrl-C, unless a command is given."""
    if context.invoked_subcommand is None:
        _serve(load_settings())


@dataclass(frozen=True, slots=True)
class _Failure:
    """Why a picture got no classification."""

    reason: str
    message: str


#: Calls under way at once to a running server; well below its queue, so that others get their turns.
_REMOTE_CALLS: Final = 8

#: A running server that says when to come back is asked again about a picture for so long, seconds.
_PATIENCE_SECONDS: Final = 60.0
_COME_BACK: Final = ("QUEUE_FULL", "RATE_EXCEEDED", "TOO_MANY_CALLS")

#: So many files that were left out are listed on the screen; --json tells all of them.
_LISTED: Final = 20

_Classify = Callable[[bytes], Classification | _Failure]


@app.command()
def classify(
    pictures: Annotated[
        list[Path],
        typer.Argument(
            metavar="PICTURE...",
            help="Pictures of one beat each (PNG, JPEG, WebP, HEIC, AVIF, GIF, BMP, TIFF, PDF of one page), or folders"
            " that are looked through for them.",
        ),
    ],
    address: Annotated[
        str | None, typer.Option(metavar="HOST:PORT", help="Ask a running server instead of loading the model here.")
    ] = None,
    token: Annotated[
        str | None, typer.Option(envvar="BEATLENS_TOKEN", help="The token that the running server asks for.")
    ] = None,
    tls_ca: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Use TLS, and trust servers whose certificate is from this PEM.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object a line.")] = False,
    models: Annotated[
        Path | None, typer.Option(metavar="DIR", help="The model repository; default: BEATLENS_MODELS.")
    ] = None,
) -> None:
    """Classify pictures. Exit code 1 when any of them got no answer; the others still get theirs.

    Of a folder, what is no picture is left out and named: on the screen, and with --json as an object of its own.
    """
    settings = load_settings()
    if models is not None:
        settings = settings.model_copy(update={"models": models})
    errors = Console(stderr=True)
    found = [(path, list(walk(path)) if path.is_dir() else [path]) for path in pictures]
    files = [item for _, items in found for item in items]
    with (
        _remote(address, token, tls_ca) if address else _in_process(settings) as ask,
        ThreadPoolExecutor(_REMOTE_CALLS if address else settings.workers) as callers,
    ):
        outcomes = zip(
            files, callers.map(lambda item: _ask_about(item, ask, settings.image_limits), files), strict=True
        )
        tracked = track(outcomes, "Classifying", len(files), console=errors, transient=True, disable=len(files) < 20)
        failed = _print_json(tracked) if as_json else _print_table(tracked)
    _print_left_out([item for item in files if isinstance(item, LeftOut)], errors, listed=0 if as_json else _LISTED)
    for folder in (path for path, items in found if all(isinstance(item, LeftOut) for item in items)):
        errors.print(f"{escape(shown(folder))} has no pictures.", highlight=False, soft_wrap=True)
        failed = True
    errors.print(DISCLAIMER, style="dim")
    if failed:
        raise typer.Exit(1)


def _serve(settings: Settings) -> None:
    from inference_server import log
    from inference_server.listening import AddressUnavailable, NotProtected
    from inference_server.server import TracingUnavailable, serve

    log.configure(settings.log_level)
    try:
        asyncio.run(serve(settings))
    except (AddressUnavailable, NotProtected, TracingUnavailable) as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from None


@contextmanager
def _in_process(settings: Settings) -> Iterator[_Classify]:
    # Here, so that asking a running server does not load onnxruntime.
    from ecg.pictures.decoding import ImageError
    from inference_server.classifier import Classifier
    from inference_server.model_repository import ModelRepository
    from inference_server.onnx_model import OnnxModel

    repository = ModelRepository(
        settings.models, name=settings.model_name, load=OnnxModel.from_files, versions=settings.model_versions
    )
    logging.getLogger("inference_server").addHandler(logging.NullHandler())  # what went wrong is printed below
    repository.refresh()
    if not repository.loaded():
        typer.echo(f"There is no usable model in {repository.folder}.", err=True)
        for version, why in repository.refused.items():
            typer.echo(f"  version {version}: {why}", err=True)
        raise typer.Exit(1)
    classifier = Classifier(repository.get(), settings.image_limits)

    def ask(image: bytes) -> Classification | _Failure:
        try:
            return classifier.classify(image).classification
        except ImageError as error:
            return _Failure(error.reason, str(error))

    yield ask


@contextmanager
def _remote(address: str, token: str | None, tls_ca: Path | None) -> Iterator[_Classify]:
    import grpc

    from inference_server.client import ArrhythmiaClient, CallFailed, ImageRefused, ServerUnavailable

    try:
        credentials = grpc.ssl_channel_credentials(tls_ca.read_bytes()) if tls_ca else None
    except OSError as error:
        typer.echo(f"{tls_ca} can't be read: {error.strerror}.", err=True)
        raise typer.Exit(1) from None
    with closing(ArrhythmiaClient(address, token=token, credentials=credentials)) as client:

        def ask(image: bytes) -> Classification | _Failure:
            end = time.monotonic() + _PATIENCE_SECONDS
            while True:
                try:
                    return client.classify(image)
                except ImageRefused as error:
                    return _Failure(error.reason, str(error))
                except ServerUnavailable as error:
                    pause = error.retry_after or 0.0
                    if error.reason not in _COME_BACK or time.monotonic() + pause > end:
                        return _Failure("SERVER_UNAVAILABLE", str(error))
                    time.sleep(pause)
                except CallFailed as error:
                    return _Failure(error.reason or error.code, str(error))

        yield ask


def _ask_about(path: Path | LeftOut, ask: _Classify, limits: ImageLimits) -> Classification | _Failure | LeftOut:
    if isinstance(path, LeftOut):
        return path
    try:
        with path.open("rb") as file:
            image = file.read(_MAX_FILE_BYTES + 1)
    except FileNotFoundError:
        return _Failure("FILE_NOT_FOUND", "There is no such file.")
    except OSError as error:
        return _Failure("FILE_UNREADABLE", f"The file can't be read: {error.strerror}.")
    if len(image) > _MAX_FILE_BYTES:
        return _Failure("IMAGE_TOO_LARGE", f"The file has more than {_MAX_FILE_BYTES:,} bytes.")
    if kind_of(image[:BEGINNING_BYTES]) in CONVERTIBLE:
        return _ask_about_converted(image, ask, limits)
    return ask(image)


def _ask_about_converted(image: bytes, ask: _Classify, limits: ImageLimits) -> Classification | _Failure:
    """The wire and the model take PNG and JPEG; other pictures are made into one of these here."""
    from ecg.confinement import NoTurn
    from ecg.pictures import confined
    from ecg.pictures.decoding import ImageError

    end = time.monotonic() + _PATIENCE_SECONDS
    while True:
        try:
            return ask(confined.to_native(image, limits).data)
        except ImageError as error:
            return _Failure(error.reason, str(error))
        except NoTurn as error:  # it has waited already
            if time.monotonic() > end:
                return _Failure("IMAGE_TOO_COSTLY", str(error))


_Outcomes = Iterable[tuple[Path | LeftOut, Classification | _Failure | LeftOut]]


def _print_json(outcomes: _Outcomes) -> bool:
    failed = False
    for item, outcome in outcomes:
        line: dict[str, object] = {"file": str(item.path if isinstance(item, LeftOut) else item)}
        if isinstance(outcome, LeftOut):
            line["left_out"] = {"reason": outcome.reason, "message": outcome.message}
        elif isinstance(outcome, _Failure):
            failed = True
            line["error"] = {"reason": outcome.reason, "message": outcome.message}
        else:
            line["class"] = outcome.beat_class.short
            line["probability"] = round(outcome.probability, 6)
            line["verdict"] = outcome.verdict.value
        sys.stdout.write(json.dumps(line, ensure_ascii=False) + "\n")
        sys.stdout.flush()
    return failed


def _print_table(outcomes: _Outcomes) -> bool:
    failed = False
    table = Table("file", "class", "probability", "verdict", box=None, header_style="bold", pad_edge=False)
    for item, outcome in outcomes:
        if isinstance(outcome, LeftOut) or isinstance(item, LeftOut):
            continue
        path = escape(shown(item))
        if isinstance(outcome, _Failure):
            failed = True
            table.add_row(path, f"[red]{outcome.reason}[/red]", "", escape(outcome.message))
        else:
            plausible = ", ".join(each.short for each in outcome.prediction_set)
            verdict = outcome.verdict.value
            table.add_row(
                path,
                f"{outcome.beat_class.short} ({outcome.beat_class.name})",
                f"{outcome.probability:.1%}",
                f"{verdict} ({plausible})" if verdict == "UNCERTAIN" else verdict,
            )
    # Piped into a file or another program, a table must not be cut to an imagined screen.
    Console(width=None if sys.stdout.isatty() else 10_000).print(table)
    return failed


def _print_left_out(left_out: Sequence[LeftOut], errors: Console, *, listed: int) -> None:
    for item in left_out[:listed]:
        errors.print(escape(f"left out {shown(item.path)}: {item.message}"), highlight=False, soft_wrap=True)
    if 0 < listed < len(left_out):
        errors.print(f"and {len(left_out) - listed:,} more")
    if left_out:
        counted = ", ".join(
            f"{count:,} {reason}" for reason, count in Counter(item.reason for item in left_out).most_common()
        )
        files = "1 file" if len(left_out) == 1 else f"{len(left_out):,} files"
        errors.print(f"{files} left out ({counted})", highlight=False, soft_wrap=True)


def run() -> None:
    """The command line; impossible settings end it with one line each."""
    for stream in (sys.stdout, sys.stderr):  # names of files need not be text
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    try:
        app(prog_name="python -m inference_server")
    except SettingsError as error:
        typer.echo(str(error), err=True)
        sys.exit(2)


if __name__ == "__main__":
    run()
