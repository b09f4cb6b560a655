"""``python -m inference_server classify``: pictures and folders of them, by this process or by a running server."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Annotated, Final

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import track

from ecg.pictures.files import LeftOut, shown, walk
from inference_server.classification import DISCLAIMER
from inference_server.commands.answering import answer_about, by_running_server, in_process
from inference_server.commands.printing import print_json, print_left_out, print_table
from inference_server.runtime.settings import load_settings

#: Calls under way at once to a running server; well below its queue, so that others get their turns.
_REMOTE_CALLS: Final = 8

#: So many files that were left out are listed on the screen; --json tells all of them.
_LISTED: Final = 20


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
    named = [(path, list(walk(path)) if path.is_dir() else [path]) for path in pictures]
    files = [item for _, items in named for item in items]
    with (
        by_running_server(address, token, tls_ca) if address else in_process(settings) as ask,
        ThreadPoolExecutor(_REMOTE_CALLS if address else settings.workers) as callers,
    ):
        outcomes = zip(
            files, callers.map(lambda item: answer_about(item, ask, settings.image_limits), files), strict=True
        )
        tracked = track(outcomes, "Classifying", len(files), console=errors, transient=True, disable=len(files) < 20)
        failed = print_json(tracked) if as_json else print_table(tracked)
    print_left_out([item for item in files if isinstance(item, LeftOut)], errors, listed=0 if as_json else _LISTED)
    for folder in (path for path, items in named if all(isinstance(item, LeftOut) for item in items)):
        errors.print(f"{escape(shown(folder))} has no pictures.", highlight=False, soft_wrap=True)
        failed = True
    errors.print(DISCLAIMER, style="dim")
    if failed:
        raise typer.Exit(1)
