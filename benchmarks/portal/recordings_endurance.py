"""Recordings while everything that has to do with them is killed: each must end in exactly one result.

``python -m benchmarks.endurance portal-recordings`` starts the whole installation. People send recordings at the same
time; meanwhile the inference server, its workers for recordings, the portal and its workers are killed with -9 again
and again, and the disk of the files is full for a while. Afterwards what was sent is compared with what is in the
database and on the disk. What is measured lies in ``--folder``: the same command goes on where one that had no more
time ended.
"""

from __future__ import annotations

import io
import json
import os
import random
import signal
import tempfile
import threading
import time
import uuid
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Final

import typer
from rich.console import Console
from rich.table import Table

from benchmarks.portal import recordings_compared
from benchmarks.portal.chaos import Chaos
from benchmarks.portal.installation import Installation
from benchmarks.portal.recording_visitor import RecordingVisitor, SendingFailed
from benchmarks.portal.tables import write_table
from benchmarks.portal.visitor import sessions
from benchmarks.processes import postgresql, small_disk
from benchmarks.processes.programs import recording_workers
from benchmarks.recordings.made import made
from ecg.formats import wfdb_writer

#: Different recordings; each is sent again and again.
KINDS: Final = 5
#: How long the disk stays full, seconds.
_FULL_SECONDS: Final = 5.0
#: How long what is being done to the installation may still take at the end, seconds.
_CHAOS_SECONDS: Final = 120.0
#: A lost worker is missed after so many seconds.
_LEASE_SECONDS: Final = 6
_NAMES: Final = uuid.UUID("3f1d7a5c-4a0e-4d6c-9a55-0f4f6f5e8f10")

console = Console()


@dataclass(frozen=True, slots=True)
class Endured:
    """What was done and what came of it."""

    database: str
    users: int
    recordings: int
    minutes_each: float
    server_kills: int
    server_worker_kills: int
    portal_kills: int
    recording_worker_kills: int
    full_disks: int
    interruptions: int
    """Requests without an answer, or with one that nothing is taken now; each was sent again."""
    refused: int
    """Recordings that the portal did not take."""
    first_attempts: int
    """Recordings that were read and analysed at the first attempt."""
    lost: int
    """Recordings that were taken and have no result."""
    doubled: int
    """Recordings with more than one row, analysis or file of beats."""
    wrong: int
    """Results that are not what the inference server says when asked directly."""
    without_row: int
    """Files and folders that no row names."""
    seconds: float

    @property
    def passed(self) -> bool:
        """Whether each recording ended in exactly one right result, and nothing else is left."""
        return not (self.refused or self.lost or self.doubled or self.wrong or self.without_row)


def packed(number: int, minutes: float) -> bytes:
    """A recording as the zip file of a WFDB record."""
    out = io.BytesIO()
    with tempfile.TemporaryDirectory() as folder, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in wfdb_writer.write(made(minutes / 60, seed=number), Path(folder), "record"):
            archive.write(path, path.name)
    return out.getvalue()


class Sending:
    """What people send, and what the portal took of it."""

    def __init__(self, contents: Sequence[bytes], recordings: int) -> None:
        self._contents, self._all = contents, recordings
        self.taken: dict[uuid.UUID, int] = {}
        """Which content each recording of the portal has."""
        self.refused: list[str] = []
        self.interruptions = 0
        self.stopped = threading.Event()

    def send(self, visitor: RecordingVisitor, numbers: Sequence[int]) -> None:
        """Send some of the recordings, one after the other; what an earlier run sent is found to be there."""
        for number in numbers:
            if self.stopped.is_set():
                break
            kind = number % len(self._contents)
            try:
                taken = visitor.send(uuid.uuid5(_NAMES, str(number)), f"{number}.zip", self._contents[kind])
                self.taken[taken] = kind
            except SendingFailed as problem:
                self.refused.append(str(problem))
        self.interruptions += visitor.interruptions

    def share(self) -> float:
        """The share of what is to do that is done: a recording is, by half, once it is sent, and wholly at its end."""
        from webportal.recordings.models import RecordingAnalysis

        finished = RecordingAnalysis.objects.filter(finished_at__isnull=False).count()
        return (len(self.taken) + finished) / (2 * self._all)


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be done."""

    users: int
    recordings: int
    minutes: float
    kills: int
    disk: bool
    """Whether the disk is full once."""


def endure(
    folder: Path, plan: Plan, *, database: str | None, until: float, say: Callable[[str], None]
) -> Endured | None:
    """Run it in ``folder`` until ``time.monotonic()`` is ``until``; None when that was too early."""
    begun = time.monotonic()
    earlier = _Earlier(folder / "so-far.json")
    with ExitStack() as stack:
        installation = stack.enter_context(_installation(folder / "var", database))
        import django

        django.setup()
        from django.db import connection

        stack.callback(connection.close)
        contents = [packed(number, plan.minutes) for number in range(min(KINDS, plan.recordings))]
        sending = Sending(contents, plan.recordings)
        chaos = Chaos(_harms(installation, folder / "var", plan), sending.share, earlier.harms)
        stack.callback(earlier.keep, chaos, begun)
        chaos.start()
        _send_all(sending, installation, plan, until)
        say(f"{len(sending.taken)} recordings taken, {chaos.counts.total()} kills; waiting for the rest")
        if not _everything_ended(plan.recordings, until, say):
            chaos.end(_CHAOS_SECONDS)
            return None
        chaos.finish(_CHAOS_SECONDS)
        installation.wait_until_ready()  # the last kill may have been the last thing that happened
        compared = recordings_compared.compare(sending.taken, contents, installation.inference_address)
    for problem, times in sorted(Counter(sending.refused).items()):
        say(f"{times} × {problem}")
    return Endured(
        database="sqlite" if database is None else "postgresql",
        users=plan.users,
        recordings=plan.recordings,
        minutes_each=plan.minutes,
        server_kills=chaos.counts["server"],
        server_worker_kills=chaos.counts["server worker"],
        portal_kills=chaos.counts["portal"],
        recording_worker_kills=chaos.counts["recording worker"],
        full_disks=chaos.counts["full disk"],
        interruptions=sending.interruptions,
        refused=len(sending.refused),
        **asdict(compared),
        seconds=round(time.monotonic() - begun + earlier.seconds, 1),
    )


@contextmanager
def _installation(var: Path, database: str | None) -> Iterator[Installation]:
    """A running installation, whose database and files this process uses as well."""
    with Installation(
        var,
        database=database,
        web_processes=2,
        task_workers=0,
        recording_workers=2,
        settings={"BEATLENS_RECORDING_LEASE_SECONDS": str(_LEASE_SECONDS)},
    ) as installation:
        installation.wait_until_ready()
        os.environ.update(installation.environment)
        yield installation


def _send_all(sending: Sending, installation: Installation, plan: Plan, until: float) -> None:
    keys = sessions(plan.users)
    with ThreadPoolExecutor(plan.users + 1) as pool:
        waiter = pool.submit(_stop_at, until, sending)
        visitors = [RecordingVisitor(installation.port, key) for key in keys]
        shares = [range(number, plan.recordings, plan.users) for number in range(plan.users)]
        list(pool.map(sending.send, visitors, shares))
        sending.stopped.set()
        waiter.result()


class _Earlier:
    """What an earlier run did before it had no more time."""

    def __init__(self, path: Path) -> None:
        self._path = path
        said = json.loads(path.read_text()) if path.exists() else {}
        self.harms: dict[str, int] = said.get("harms", {})
        self.seconds: float = said.get("seconds", 0.0)

    def keep(self, chaos: Chaos, begun: float) -> None:
        """Write down what was done by now."""
        seconds = self.seconds + time.monotonic() - begun
        self._path.write_text(json.dumps({"harms": dict(chaos.counts), "seconds": seconds}))


def _harms(installation: Installation, var: Path, plan: Plan) -> dict[str, tuple[int, Callable[[], None]]]:
    workers = installation.recording_workers
    chance = random.Random(2)  # noqa: S311 - moments

    def kill_server_worker() -> None:
        if processes := recording_workers(installation.inference.pid):
            os.kill(chance.choice(processes), signal.SIGKILL)

    return {
        "server": (plan.kills, lambda: installation.inference.restart(away=1.0)),
        "server worker": (plan.kills, kill_server_worker),
        "portal": (plan.kills, lambda: installation.web.restart(away=0.5)),
        "recording worker": (plan.kills, lambda: chance.choice(workers).restart()),
        "full disk": (int(plan.disk), lambda: _fill_for_a_while(var)),
    }


def _fill_for_a_while(var: Path) -> None:
    filler = small_disk.fill(var)
    time.sleep(_FULL_SECONDS)
    filler.unlink()


def _stop_at(until: float, sending: Sending) -> None:
    """Let nobody begin another recording once the time is over."""
    sending.stopped.wait(max(0.0, until - time.monotonic()))
    sending.stopped.set()


def _everything_ended(recordings: int, until: float, say: Callable[[str], None]) -> bool:
    """Wait until every recording has a final state and an analysis that has; whether they had before ``until``."""
    from webportal.recordings.models import Recording, RecordingAnalysis

    while True:
        unread = Recording.objects.filter(finished_at__isnull=True).count()
        unanswered = RecordingAnalysis.objects.filter(finished_at__isnull=True).count()
        if not unread + unanswered and Recording.objects.count() >= recordings:
            return True
        if time.monotonic() >= until:
            return False
        say(f"{unread} are not read, {unanswered} not analysed")
        time.sleep(5)


@contextmanager
def _database(kind: str, folder: Path | None) -> Iterator[str | None]:
    if kind == "sqlite":
        yield None
        return
    with postgresql.running(folder / "cluster" if folder else None) as url:
        yield url


def command(
    database: Annotated[str, typer.Option(help="postgresql or sqlite.")] = "postgresql",
    users: Annotated[int, typer.Option(min=1, help="People who send at the same time.")] = 10,
    recordings: Annotated[int, typer.Option(min=1, help="Recordings in all.")] = 200,
    minutes: Annotated[float, typer.Option(min=0.5, help="Length of each.")] = 2.0,
    kills: Annotated[int, typer.Option(min=0, help="Times that each kind of process is killed.")] = 10,
    disk: Annotated[str, typer.Option(help="Size of a disk of its own, which is full once; empty: none.")] = "1g",
    at_most: Annotated[float, typer.Option(help="Minutes after which it stops, to be gone on with.")] = 60.0,
    folder: Annotated[Path | None, typer.Option(help="Where everything is kept until it is done.")] = None,
    write: Annotated[Path | None, typer.Option(help="Table to write.")] = None,
) -> None:
    """Recordings while servers, portal and workers are killed and the disk is full: each ends in exactly one result."""
    until = time.monotonic() + 60 * at_most
    with ExitStack() as stack:
        home = folder or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="beatlens-recordings-")))
        home = home.resolve()
        home.mkdir(parents=True, exist_ok=True)
        if disk:
            small_disk.mount(home / "var", disk)
            if not folder:
                stack.callback(small_disk.unmount, home / "var")
        url = stack.enter_context(_database(database, folder and home))
        plan = Plan(users, recordings, minutes, kills, bool(disk))
        endured = endure(home, plan, database=url, until=until, say=console.log)
        if endured is None:
            console.print("There was no more time; the same command goes on." if folder else "There was no more time.")
            raise typer.Exit(2)
        if disk and folder:
            small_disk.unmount(home / "var")
    table = Table("what", "")
    for name, value in asdict(endured).items():
        table.add_row(name.replace("_", " "), str(value))
    console.print(table)
    if write:
        write_table(write, [endured], replacing="database")
    if not endured.passed:
        raise typer.Exit(1)
