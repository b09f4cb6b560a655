"""``python -m inference_server classify``: pictures and folders of them, by this process or by a running server."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Annotated, Final

import typer
from rich.console import Console
from rich.progress import track

from ecg.pictures.files import LeftOut, walk
from inference_server.commands.answering import answer_about, by_running_server, in_process
from inference_server.commands.options import (
    AddressOption,
    ModelsOption,
    TlsOption,
    TokenOption,
    lead_name,
    settings_with,
)
from inference_server.commands.printing import end, print_json, print_table

#: Calls under way at once to a running server; well below its queue, so that others get their turns.
_REMOTE_CALLS: Final = 8


def classify(
    pictures: Annotated[
        list[Path],
        typer.Argument(
            metavar="PICTURE...",
            help="Pictures of one beat each (PNG, JPEG, WebP, HEIC, AVIF, GIF, BMP, TIFF, PDF of one page), or folders"
            " that are looked through for them.",
        ),
    ],
    address: AddressOption = None,
    token: TokenOption = None,
    tls_ca: TlsOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object a line.")] = False,
    models: ModelsOption = None,
    lead: Annotated[
        str,
        typer.Option(
            help="Lead that all of them were recorded in, if you know it, e.g. II or V1. The answers are judged by what"
            " is known of it.",
            parser=lead_name,
            show_default=False,
        ),
    ] = "",
) -> None:
    """Classify pictures. Exit code 1 when any of them got no answer; the others still get theirs.

    Of a folder, what is no picture is left out and named: on the screen, and with --json as an object of its own.
    """
    settings = settings_with(models)
    errors = Console(stderr=True)
    named = [(path, list(walk(path)) if path.is_dir() else [path]) for path in pictures]
    files = [item for _, items in named for item in items]
    with (
        by_running_server(address, token, tls_ca, lead=lead) if address else in_process(settings, lead=lead) as ask,
        ThreadPoolExecutor(_REMOTE_CALLS if address else settings.workers) as callers,
    ):
        outcomes = zip(
            files, callers.map(lambda item: answer_about(item, ask, settings.image_limits), files), strict=True
        )
        tracked = track(outcomes, "Classifying", len(files), console=errors, transient=True, disable=len(files) < 20)
        failed = print_json(tracked) if as_json else print_table(tracked)
    empty = [path for path, items in named if all(isinstance(item, LeftOut) for item in items)]
    end(files, empty, "pictures", errors, as_json=as_json, failed=failed)
