"""Several portals and workers without a disk in common, on PostgreSQL and an object store that are taken from them.

``python -m benchmarks.portal processes`` starts two portals and two workers of each kind with the production settings,
and lets people send pictures and recordings, each request to the other portal. Meanwhile all connections to the
database are cut, the server is started anew, and tables are migrated back and forth. At the end everything that was
sent has to be there once and be answered; the command exits with 1 otherwise.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Annotated, Final

import psycopg
import typer
from rich.console import Console
from rich.table import Table

from benchmarks.portal.chaos import Chaos
from benchmarks.portal.installation import PATIENCE, Process
from benchmarks.portal.round_robin import Person
from benchmarks.portal.visitor import pictures
from benchmarks.processes import object_store, postgresql
from benchmarks.processes.free_ports import free_port
from benchmarks.processes.project import ROOT, SAMPLES

#: How long the answers may take once everything is sent, seconds.
SETTLING_SECONDS: Final = 240.0
#: How long the restarted server stays away, seconds.
_AWAY_SECONDS: Final = 2.0
_PIECE_BYTES: Final = 50_000
#: A migration that is taken back and made again under load, and the one before it.
_MIGRATIONS: Final = ("recordings", "0003", "0004")
_SESSIONS: Final = (
    "import django, sys; django.setup(); from benchmarks.portal.visitor import sessions; "
    "print(*sessions(int(sys.argv[1])))"
)


@dataclass(slots=True)
class Outcome:
    """What became of what was sent."""

    sent: int = 0
    """Pictures and recordings that a portal took."""
    refused: list[str] = field(default_factory=list)
    """What was not taken, and why."""
    answered: int = 0
    lost: int = 0
    """Of what was taken, without an answer at the end."""
    doubled: int = 0
    """Rows beyond one for each that was taken."""
    again: int = 0
    """Requests that were made once more."""
    slowest: float = 0.0
    """Seconds until a request was answered, its tries included."""

    @property
    def is_good(self) -> bool:
        """Whether everything is there once, and answered."""
        return not (self.refused or self.lost or self.doubled) and self.answered == self.sent > 0


class Site:
    """Portals and workers on one database and one bucket, each portal at a port of its own; stopped with the block."""

    def __init__(self, folder: Path, database: postgresql.Server, bucket: dict[str, str], *, each: int) -> None:
        self.folder, self.database = folder, database
        self.inference_address = f"127.0.0.1:{free_port()}"
        known = {name: value for name, value in os.environ.items() if not name.startswith("BEATLENS_")}
        self.environment = known | bucket | {
            "DJANGO_SETTINGS_MODULE": "webportal.settings.production",
            "BEATLENS_SECRET_KEY": secrets.token_urlsafe(64),
            "BEATLENS_ALLOWED_HOSTS": "localhost",
            "BEATLENS_BEHIND_PROXY": "true",
            "BEATLENS_DATABASE_URL": database.url,
            "BEATLENS_VAR_DIR": str(folder),
            "BEATLENS_INFERENCE_ADDRESS": self.inference_address,
            "BEATLENS_LISTEN": self.inference_address,
            "BEATLENS_INTERNAL_LISTEN": "",
            "BEATLENS_RECORDING_LEASE_SECONDS": "10",
        }  # fmt: skip
        for command in (["migrate", "--noinput", "-v0"], ["createcachetable"], ["collectstatic", "--noinput", "-v0"]):
            self.manage(*command)
        self.ports = [free_port() for _ in range(each)]
        self._processes = [self._process("inference_server", "-m", "inference_server")]
        for number, port in enumerate(self.ports):
            self._processes += [
                self._process(f"worker-{number}", "manage.py", "analysis_worker"),
                self._process(f"recording-worker-{number}", "manage.py", "recording_worker"),
                self._process(
                    f"portal-{number}", "-m", "gunicorn", "webportal.wsgi:application",
                    "--config=python:webportal.gunicorn_conf", f"--bind=127.0.0.1:{port}", "--workers=1",
                    "--threads=8", "--no-control-socket", "--log-level=warning",
                ),
            ]  # fmt: skip

    def _process(self, name: str, *command: str) -> Process:
        return Process(command, self.environment, self.folder / f"{name}.log")

    def manage(self, *command: str) -> None:
        """A command of the portal, to its end."""
        subprocess.run([sys.executable, "manage.py", *command], cwd=ROOT, env=self.environment, check=True)

    def sessions(self, count: int) -> list[str]:
        """Keys of sessions of so many people."""
        command = [sys.executable, "-c", _SESSIONS, str(count)]
        done = subprocess.run(command, cwd=ROOT, env=self.environment, check=True, capture_output=True, text=True)
        return done.stdout.split()

    def cut(self) -> None:
        """End all connections to the database."""
        with psycopg.connect(self.database.dsn, autocommit=True) as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )

    def restart(self) -> None:
        """Take the database away for a while, as a failover does."""
        self.database.restart(away=_AWAY_SECONDS)

    def migrate(self) -> None:
        """Add a column that nobody knows, take a migration back, and make it again."""
        with psycopg.connect(self.database.dsn, autocommit=True) as connection:
            connection.execute("ALTER TABLE analyses_upload ADD COLUMN IF NOT EXISTS of_next_release integer NULL")
        app, before, after = _MIGRATIONS
        self.manage("migrate", app, before, "-v0")
        self.manage("migrate", app, after, "-v0")

    def rows(self) -> int:
        """Pictures and recordings that the database has."""
        with psycopg.connect(self.database.dsn) as connection:
            ((count,),) = connection.execute(
                "SELECT (SELECT count(*) FROM analyses_upload) + (SELECT count(*) FROM recordings_recording)"
            ).fetchall()
        return int(count)

    def wait_until_ready(self) -> None:
        """Until every portal answers.

        Raises:
            UploadFailed: one doesn't.
        """
        for port in self.ports:
            Person([port]).ask("GET", "/")

    def stop(self) -> None:
        """Let all of it end."""
        for process in reversed(self._processes):
            process.stop()


@contextlib.contextmanager
def site(folder: Path, *, each: int = 2) -> Iterator[Site]:
    """A site with ``each`` portals and workers of each kind, its logs in ``folder``."""
    folder.mkdir(parents=True, exist_ok=True)
    with object_store.running(folder / "object_store.log") as store, postgresql.server() as database:
        started = Site(folder, database, store.settings, each=each)
        try:
            started.wait_until_ready()
            yield started
        finally:
            started.stop()


def load(
    running: Site, *, people: int, pictures_each: int, recordings_each: int, cuts: int, restarts: int, migrations: int
) -> Outcome:
    """Let people send while harm is done; what became of it once everything is answered, or nothing more comes."""
    outcome, addresses, lock = Outcome(), list[str](), threading.Lock()
    visitors = [Person(running.ports, session) for session in running.sessions(people)]
    images = pictures(people * pictures_each)
    recording = sorted((SAMPLES / "recordings").rglob("*.edf"))[0]
    content = recording.read_bytes()
    total = people * (pictures_each + recordings_each)

    def send_all(number: int) -> None:
        visitor = visitors[number]
        for place in range(pictures_each + recordings_each):
            try:
                if place < pictures_each:
                    address = visitor.send(images[number * pictures_each + place])
                else:
                    address = visitor.send_recording(recording.name, content, piece=_PIECE_BYTES)
                with lock:
                    addresses.append(address)
            except Exception as problem:
                with lock:
                    outcome.refused.append(f"{type(problem).__name__}: {problem}")

    def share_done() -> float:
        return (len(addresses) + len(outcome.refused)) / total

    harms = {
        "cut": (cuts, running.cut),
        "restart": (restarts, running.restart),
        "migrate": (migrations, running.migrate),
    }
    chaos = Chaos(harms, share_done)
    chaos.start()
    with ThreadPoolExecutor(people) as pool:
        list(pool.map(send_all, range(people)))
    chaos.finish(PATIENCE)
    outcome.sent = len(addresses)
    outcome.answered = _answered(running.ports, addresses, running.sessions(people))
    outcome.lost = outcome.sent - outcome.answered
    outcome.doubled = running.rows() - outcome.sent
    outcome.again = sum(visitor.again for visitor in visitors)
    outcome.slowest = max(visitor.slowest for visitor in visitors)
    return outcome


def _answered(ports: Sequence[int], addresses: list[str], sessions: list[str]) -> int:
    """How many have an answer, as their pages say; waits for the others as long as that may take."""
    people = [Person(ports, session) for session in sessions]
    end, waiting = time.monotonic() + SETTLING_SECONDS, set(addresses)
    while waiting and time.monotonic() < end:
        waiting -= {place for place in waiting if any(person.state(place) == "done" for person in people)}
        time.sleep(0.5)
    return len(addresses) - len(waiting)


def main(
    people: Annotated[int, typer.Option(help="People who send.")] = 6,
    pictures_each: Annotated[int, typer.Option(help="Pictures that each sends.")] = 40,
    recordings_each: Annotated[int, typer.Option(help="Recordings that each sends in pieces.")] = 2,
    cuts: Annotated[int, typer.Option(help="How often all connections to the database are cut.")] = 10,
    restarts: Annotated[int, typer.Option(help="How often the database is started anew.")] = 3,
    migrations: Annotated[int, typer.Option(help="How often tables are migrated meanwhile.")] = 2,
) -> None:
    """Two portals and two workers of each kind lose database and tables under load; nothing may be lost or doubled."""
    with tempfile.TemporaryDirectory(prefix="beatlens-processes-") as folder, site(Path(folder)) as running:
        outcome = load(
            running, people=people, pictures_each=pictures_each, recordings_each=recordings_each,
            cuts=cuts, restarts=restarts, migrations=migrations,
        )  # fmt: skip
    table = Table("of two portals, two workers of each kind", "")
    for name, value in asdict(outcome).items():
        table.add_row(name, f"{value:.1f}" if isinstance(value, float) else str(value))
    Console().print(table)
    raise typer.Exit(0 if outcome.is_good else 1)
