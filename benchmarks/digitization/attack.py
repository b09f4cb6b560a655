"""Broken pictures and PDFs through ``DigitizeImage``: a result or a reason for each, and memory that stays flat."""

from __future__ import annotations

import io
import json
import math
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from itertools import islice
from pathlib import Path
from typing import Annotated, Final

import typer
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas

from benchmarks.digitization import made
from benchmarks.processes.programs import BeatlensServer, usage
from benchmarks.processes.project import MODELS
from benchmarks.serving.mutations import corpus, mutants
from inference_server.client import ArrhythmiaClient, CallFailed, ClientError, ImageRefused
from training.pages.capture import Medium

_CALLERS: Final = 3
#: A broken picture gets its answer within so many seconds, those before it in the queue counted.
_SECONDS: Final = 60.0
#: Memory after all may be so many times what it is after the first part of the pictures of a run.
_GROWTH: Final = 1.1
_FIRST_PART: Final = 0.2
#: After so many at most it is stored and told how far it is.
_PART: Final = 500
#: The longer side of what is broken, pixels: most of the time goes into pictures that stay readable.
_SIDE: Final = 420


def seeds() -> list[bytes]:
    """A strip, a page and a screen, small, in the kinds and modes of files that are taken, and a PDF of lines."""
    pictures = []
    for layout, medium in (("1x1", Medium.CLEAN), ("3x4+1", Medium.PHOTOGRAPH), ("2x1", Medium.MONITOR)):
        image = made.picture(layout, medium, 1, seconds=6.0 if layout != "3x4+1" else 10.0)
        image.thumbnail((_SIDE, _SIDE))
        pictures.append(made.encoded(image, "PNG"))
    return [*corpus(pictures), *[document()] * len(pictures)]


def document() -> bytes:
    """A PDF of a strip, its grid and trace lines."""
    buffer = io.BytesIO()
    canvas = Canvas(buffer, pagesize=(120 * mm, 50 * mm), pageCompression=0)
    canvas.grid([x * mm for x in range(5, 116, 5)], [y * mm for y in range(5, 46, 5)])
    canvas.drawString(10 * mm, 40 * mm, "II 25 mm/s 10 mm/mV")
    lead = made.excerpt(4.0, 1).lead("II")[::3].tolist()
    path = canvas.beginPath()
    path.moveTo(8 * mm, 20 * mm)
    for number, millivolts in enumerate(lead):
        path.lineTo((8 + 25 * number / 120) * mm, (20 + 10 * millivolts) * mm)
    canvas.drawPath(path)
    canvas.showPage()
    canvas.save()
    return buffer.getvalue()


@dataclass(slots=True)
class Done:
    """What was sent so far, by this run and those before it."""

    count: int
    seed: int
    sent: int = 0
    outcomes: dict[str, int] = field(default_factory=dict)
    lost: int = 0
    """Workers that ended while they read a picture."""
    unexpected: int = 0
    """Errors in the log that nobody expected."""

    def add(self, outcomes: Counter[str]) -> None:
        """Some more were answered."""
        self.sent += outcomes.total()
        self.outcomes = dict(sorted((Counter(self.outcomes) + outcomes).items()))


def _begun(path: Path | None, count: int, seed: int) -> Done:
    """Where the runs before stopped.

    Raises:
        BadParameter: they sent other pictures, or that is not in the file.
    """
    if path is None or not path.exists():
        return Done(count, seed)
    try:
        done = Done(**json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError) as error:
        raise typer.BadParameter(f"{path} can't be read: {error}", param_hint="--finished") from error
    if (done.count, done.seed) != (count, seed):
        raise typer.BadParameter(f"{path} is of {done.count} pictures and seed {done.seed}.", param_hint="--finished")
    return done


def _store(path: Path | None, done: Done) -> None:
    if path is not None:
        partial = path.with_name(path.name + ".part")
        partial.write_text(json.dumps(asdict(done)), encoding="utf-8")
        partial.replace(path)


def command(
    count: Annotated[int, typer.Option(min=10, help="Broken pictures.")] = 100_000,
    seed: Annotated[int, typer.Option(help="Equal seeds break equally.")] = 1,
    models: Annotated[Path, typer.Option(help="The model repository.")] = MODELS,
    finished: Annotated[
        Path | None, typer.Option(help="Goes on where this file says that the runs before stopped.")
    ] = None,
    minutes: Annotated[
        float, typer.Option(min=0, help="Stops after so long; with --finished, to go on later.")
    ] = math.inf,
) -> None:
    """Send broken pictures; exit code 1 where one gets neither result nor reason, or memory grows."""
    done = _begun(finished, count, seed)
    held = _send_on(done, models, finished, 60 * minutes)
    first, last = (held[math.ceil(_FIRST_PART * len(held)) - 1], held[-1]) if held else (1, 1)
    failed = any(outcome.startswith("FAILED") for outcome in done.outcomes)
    good = not failed and not done.unexpected and last / first <= _GROWTH
    figures = {
        **done.outcomes,
        "workers lost": done.lost,
        "unexpected errors in the log": done.unexpected,
        "memory after the first part, MB": first // 1_000_000,
        "memory after all, MB": last // 1_000_000,
        "sent": done.sent,
        "good": good,
    }
    sys.stdout.write(json.dumps(figures, indent=1) + "\n")
    if not good:
        raise typer.Exit(1)


def _send_on(done: Done, models: Path, finished: Path | None, seconds: float) -> list[int]:
    """Send what is left, for so long; what the server holds of its own after each part, bytes."""
    held: list[int] = []
    with (
        tempfile.TemporaryDirectory() as folder,
        BeatlensServer(Path(folder, "log"), models=models, access_log=False, recording_workers=2) as server,
        ArrhythmiaClient(server.address) as client,
    ):
        lost, unexpected = done.lost, done.unexpected
        broken = islice(mutants(seeds(), done.count, seed=done.seed), done.sent, None)
        end = time.monotonic() + seconds
        while done.sent < done.count and time.monotonic() < end:
            done.add(_sent(client, islice(broken, min(_PART, math.ceil(_FIRST_PART * done.count)))))
            held.append(usage(server.pid).own)
            done.lost = lost + int(server.counts("beatlens_recording_workers_lost")[()])
            done.unexpected = unexpected + sum(entry["event"] == "unexpected error" for entry in server.entries())
            _store(finished, done)
            sys.stderr.write(f"{done.sent} of {done.count}, {held[-1] // 1_000_000} MB\n")
    return held


class _Shared:
    """An iterator that threads take turns with."""

    def __init__(self, items: Iterator[bytes]) -> None:
        self._items = items
        self._lock = threading.Lock()

    def take(self) -> bytes | None:
        """The next one; None when there is none."""
        with self._lock:
            return next(self._items, None)


def _sent(client: ArrhythmiaClient, pictures: Iterator[bytes]) -> Counter[str]:
    """What became of them, by several callers at once."""
    shared = _Shared(pictures)

    def call() -> Counter[str]:
        outcomes: Counter[str] = Counter()
        while (picture := shared.take()) is not None:
            outcomes[_outcome(client, picture)] += 1
        return outcomes

    with ThreadPoolExecutor(_CALLERS) as callers:
        return sum((done.result() for done in [callers.submit(call) for _ in range(_CALLERS)]), Counter())


def _outcome(client: ArrhythmiaClient, picture: bytes) -> str:
    try:
        reading = client.digitize(picture, overlay=False, timeout=_SECONDS).reading
    except ImageRefused as error:
        return error.reason
    except CallFailed as error:
        return f"FAILED {error.code}: {error.reason}"
    except ClientError as error:
        return f"FAILED {type(error).__name__}"
    return reading.reason or reading.kind.value
