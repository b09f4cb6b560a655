"""Uploads while servers and workers are killed: every upload must end in exactly one result.

``python -m benchmarks.portal_endurance`` starts the whole installation. Users upload at the same time; meanwhile the
inference server is killed and started again, and workers are killed with -9 and started again. Afterwards it waits for
the queue to empty and compares what was sent with what is in the database. Exits with 1 unless every picture has one
upload, one analysis and the answer that the inference server gives when asked directly.
"""

from __future__ import annotations

import hashlib
import itertools
import os
import tempfile
import time
import uuid
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Final

import typer
from rich.console import Console

from benchmarks.portal.chaos import Chaos
from benchmarks.portal.installation import Installation
from benchmarks.portal.tables import write_table
from benchmarks.portal.visitor import UploadFailed, Visitor, pictures, sessions
from benchmarks.processes import postgresql

#: How long the queue may take to empty after the last upload, seconds: every lease and back-off, and some.
DRAIN_SECONDS: Final = 300.0

console = Console()


@dataclass(frozen=True, slots=True)
class Endured:
    """What was done and what came of it."""

    database: str
    users: int
    uploads: int
    server_kills: int
    worker_kills: int
    refused: int
    """Uploads that the portal did not take, whatever it answered."""
    first_attempts: int
    """Pictures that were answered at the first attempt; the others met a dead server or worker."""
    lost: int
    """Pictures that were taken and have no result."""
    doubled: int
    """Pictures with more than one upload or analysis."""
    wrong: int
    """Results that are not what the inference server says when asked directly."""
    seconds: float

    @property
    def passed(self) -> bool:
        """Whether every upload ended in exactly one right result."""
        return not (self.refused or self.lost or self.doubled or self.wrong)


class Sending:
    """The pictures that people send, and what the portal made of them so far."""

    def __init__(self, to_send: Sequence[bytes]) -> None:
        self.pictures = to_send
        self.taken: dict[uuid.UUID, bytes] = {}
        """The picture of each analysis that the portal has promised."""
        self.refused: list[str] = []

    def send(self, visitor: Visitor, share: Sequence[bytes]) -> None:
        """Send some of the pictures, one after the other."""
        for picture in share:
            try:
                self.taken[visitor.send(picture)] = picture
            except (UploadFailed, OSError) as problem:
                self.refused.append(str(problem))
        visitor.close()

    def share_sent(self) -> float:
        """The share of the pictures that has been sent, 0 to 1."""
        return (len(self.taken) + len(self.refused)) / len(self.pictures)


def endure(
    folder: Path,
    *,
    database: str | None,
    users: int,
    uploads: int,
    server_kills: int,
    worker_kills: int,
    say: Callable[[str], None] = lambda _line: None,
) -> Endured:
    """Run it in ``folder``; ``database`` is the address of an empty PostgreSQL database, ``None`` for SQLite."""
    begun = time.monotonic()
    with ExitStack() as stack:
        installation = stack.enter_context(Installation(folder, database=database, web_processes=2, task_workers=2))
        installation.wait_until_ready()
        os.environ.update(installation.environment)
        import django

        django.setup()
        from django.db import connection

        stack.callback(connection.close)
        keys = sessions(users)
        sending = Sending(pictures(uploads))
        workers = itertools.cycle(installation.workers)
        harms = {
            "server": (server_kills, lambda: installation.inference.restart(away=1.0)),  # uploads find nobody there
            "worker": (worker_kills, lambda: next(workers).restart()),
        }
        chaos = Chaos(harms, sending.share_sent)
        chaos.start()
        with ThreadPoolExecutor(users) as pool:
            visitors = [Visitor(installation.port, key) for key in keys]
            list(pool.map(sending.send, visitors, (sending.pictures[number::users] for number in range(users))))
        chaos.finish(DRAIN_SECONDS)
        kills = f"{chaos.counts['server']} + {chaos.counts['worker']} kills"
        say(f"{len(sending.taken)} uploads taken, {kills}; waiting for the rest")
        _wait_for_the_queue(say)
        installation.wait_until_ready()  # the last kill may have been the last thing that happened
        first, lost, doubled, wrong = _compare(sending.pictures, sending.taken, installation.inference_address)
    for problem, times in sorted(Counter(sending.refused).items()):
        say(f"{times} × {problem}")
    return Endured(
        database="sqlite" if database is None else "postgresql",
        users=users,
        uploads=uploads,
        server_kills=chaos.counts["server"],
        worker_kills=chaos.counts["worker"],
        refused=len(sending.refused),
        first_attempts=first,
        lost=lost,
        doubled=doubled,
        wrong=wrong,
        seconds=round(time.monotonic() - begun, 1),
    )


def _wait_for_the_queue(say: Callable[[str], None]) -> None:
    from webportal.analyses.models import Analysis

    end = time.monotonic() + DRAIN_SECONDS
    while (open_ones := Analysis.objects.filter(finished_at__isnull=True).count()) and time.monotonic() < end:
        say(f"{open_ones} still wait")
        time.sleep(2)


def _compare(sent: Sequence[bytes], taken: dict[uuid.UUID, bytes], address: str) -> tuple[int, int, int, int]:
    """How many were answered at the first attempt, lost, doubled and wrong."""
    from inference_server.client import ArrhythmiaClient
    from webportal.analyses.models import Analysis, Upload

    first = lost = doubled = wrong = 0
    with ArrhythmiaClient(address) as client:
        for picture in sent:
            digest = hashlib.sha256(picture).hexdigest()
            analyses = list(Analysis.objects.filter(upload__sha256=digest))
            done = [analysis for analysis in analyses if analysis.state == Analysis.State.DONE]
            doubled += len(analyses) > 1 or Upload.objects.filter(sha256=digest).count() > 1
            if not done:
                lost += 1
                continue
            first += done[0].attempts == 1
            wrong += (
                taken.get(done[0].pk) != picture or done[0].class_short != client.classify(picture).beat_class.short
            )
    return first, lost, doubled, wrong


def main(
    database: Annotated[str, typer.Option(help="postgresql or sqlite.")] = "postgresql",
    users: Annotated[int, typer.Option(min=1, help="People who upload at the same time.")] = 20,
    uploads: Annotated[int, typer.Option(min=1, help="Pictures in all.")] = 500,
    server_kills: Annotated[int, typer.Option(min=0, help="Times the inference server is killed.")] = 5,
    worker_kills: Annotated[int, typer.Option(min=0, help="Times a worker is killed.")] = 10,
    write: Annotated[Path | None, typer.Option(help="Table to write.")] = None,
) -> None:
    """Upload while servers and workers are killed; every upload must end in exactly one result."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="beatlens-endurance-")))
        url = stack.enter_context(postgresql.running()) if database == "postgresql" else None
        endured = endure(
            folder, database=url, users=users, uploads=uploads, server_kills=server_kills,
            worker_kills=worker_kills, say=console.log,
        )  # fmt: skip
    for name, value in asdict(endured).items():
        console.print(f"{name.replace('_', ' '):20} {value}")
    if write:
        write_table(write, [endured], replacing="database")
    if not endured.passed:
        raise typer.Exit(1)
