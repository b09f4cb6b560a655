"""How fast the portal is with a million analyses, and how much an upload adds to the bare call.

``python -m benchmarks.portal pages`` fills two databases, one with ``--small`` and one with ``--rows`` analyses of
pictures or (``--of recordings``) of recordings, and measures each page on both, alternating. What is loaded is stored
in ``--folder`` and used again the next time.
``python -m benchmarks.portal uploads`` sends pictures through the portal and straight to the inference server,
alternating. Both exit with 1 when a target is missed; targets are for PostgreSQL.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Final

import django
import typer
from rich.console import Console
from rich.table import Table

from benchmarks.portal.installation import Installation, Process
from benchmarks.portal.pages import PAGES_OF
from benchmarks.portal.tables import write_table
from benchmarks.portal.visitor import Visitor, pictures, sessions
from benchmarks.processes import postgresql
from benchmarks.processes.free_ports import free_port
from benchmarks.processes.project import ROOT

#: What every page must reach on PostgreSQL.
MOST_MILLISECONDS: Final = 100.0
MOST_QUERIES: Final = 15
MOST_TIMES_SMALL: Final = 2.0
#: Most that an upload may take, in times of the bare call.
MOST_TIMES_CALL: Final = 10.0
#: Uploads that don't count, while everything is still being loaded.
WARM_UP: Final = 10

app = typer.Typer(add_completion=False)
console = Console()


@app.callback()
def _portal() -> None:
    """How fast the portal is with a million analyses, and how much an upload adds to the bare call."""


class Database(StrEnum):
    """Where the rows lie."""

    POSTGRESQL = "postgresql"
    SQLITE = "sqlite"


class Kind(StrEnum):
    """What the rows are of."""

    PICTURES = "pictures"
    RECORDINGS = "recordings"


@dataclass(frozen=True, slots=True)
class PageResult:
    """One page on both sizes of one database."""

    database: str
    page: str
    rows: int
    queries: int
    """On the large database."""
    median_ms: float
    p95_ms: float
    small_rows: int
    small_median_ms: float
    small_p95_ms: float
    p95_times_small: float

    @property
    def reached(self) -> bool:
        """Whether every target is reached."""
        return (
            self.queries <= MOST_QUERIES
            and self.p95_ms <= MOST_MILLISECONDS
            and self.p95_times_small <= MOST_TIMES_SMALL
        )


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that at least ``share`` of ``values`` do not exceed (nearest rank)."""
    ordered = sorted(values)
    return ordered[max(0, -(-int(share * 1000) * len(ordered) // 1000) - 1)]


class PageServer:
    """A process that answers the portal's pages on one database; ends with the block."""

    def __init__(self, environment: dict[str, str], kind: Kind) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.portal.pages", kind.value],
            cwd=ROOT,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def ask(self, page: str, *, count: bool = False) -> dict[str, Any]:
        """Open a page; ``seconds`` and, when asked to count, ``queries``.

        Raises:
            RuntimeError: the page could not be opened; the process has said why.
        """
        assert self._process.stdin is not None  # noqa: S101 - it is a pipe
        assert self._process.stdout is not None  # noqa: S101 - it is a pipe
        self._process.stdin.write(json.dumps({"page": page, "count": count}) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"{page}: could not be opened.")
        answer: dict[str, Any] = json.loads(line)
        return answer

    def __enter__(self) -> PageServer:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.communicate()


@contextmanager
def filled(database: Database, kind: Kind, folder: Path, rows: int, inference_address: str) -> Iterator[dict[str, str]]:
    """The environment of a portal whose database has ``rows`` analyses, loading what is missing."""
    home = folder / (f"{database.value}-{rows}" if kind is Kind.PICTURES else f"{database.value}-{kind.value}-{rows}")
    home.mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        environment = {name: value for name, value in os.environ.items() if not name.startswith("BEATLENS_")} | {
            "DJANGO_SETTINGS_MODULE": "webportal.settings.development",
            "BEATLENS_VAR_DIR": str(home / "var"),  # which nobody else may open, the database's user included
            "BEATLENS_INFERENCE_ADDRESS": inference_address,
        }
        if database is Database.POSTGRESQL:
            # As on a machine of its own with little memory.
            options = ("shared_buffers=512MB", "effective_cache_size=2GB", "max_wal_size=4GB", "random_page_cost=1.1")
            url = stack.enter_context(postgresql.running(home / "cluster", options))
            # An index over a million rows takes longer than a page may.
            environment |= {"BEATLENS_DATABASE_URL": url, "BEATLENS_DATABASE_STATEMENT_SECONDS": "600"}
        for command in (["manage.py", "migrate", "-v0"], ["-m", "benchmarks.portal.rows", str(rows), kind.value]):
            subprocess.run([sys.executable, *command], cwd=ROOT, env=environment, check=True)
        yield environment


def measure_pages(
    database: Database, kind: Kind, folder: Path, *, rows: int, small: int, rounds: int, say: Callable[[str], None]
) -> list[PageResult]:
    """Every page ``rounds`` times on both sizes, alternating, after three times that don't count."""
    address = f"127.0.0.1:{free_port()}"
    inference = Process(
        ["-m", "inference_server"],
        {**os.environ, "BEATLENS_LISTEN": address},
        folder / "inference_server.log",
    )
    results = []
    with ExitStack() as stack:
        stack.callback(inference.stop)
        servers = [
            stack.enter_context(PageServer(stack.enter_context(filled(database, kind, folder, size, address)), kind))
            for size in (small, rows)
        ]
        for page in PAGES_OF[kind]:
            queries = [server.ask(page.name, count=True)["queries"] for server in servers][1]
            times: list[list[float]] = [[], []]
            for number in range(rounds + 2):
                for server, taken in zip(servers, times, strict=True):
                    seconds = server.ask(page.name)["seconds"]
                    if number >= 2:
                        taken.append(seconds * 1000)
            few, many = times
            results.append(
                PageResult(
                    database=database.value,
                    page=page.name,
                    rows=rows,
                    queries=queries,
                    median_ms=round(statistics.median(many), 1),
                    p95_ms=round(percentile(many, 0.95), 1),
                    small_rows=small,
                    small_median_ms=round(statistics.median(few), 1),
                    small_p95_ms=round(percentile(few, 0.95), 1),
                    p95_times_small=round(percentile(many, 0.95) / percentile(few, 0.95), 2),
                )
            )
            say(f"{database.value}: {page.name}: {results[-1].p95_ms} ms")
    return results


@app.command()
def pages(
    database: Annotated[
        list[Database] | None, typer.Option(help="Database; may be given twice. Default: both.")
    ] = None,
    of: Annotated[Kind, typer.Option(help="What the analyses are of.")] = Kind.PICTURES,
    rows: Annotated[int, typer.Option(min=100, help="Analyses in the large database.")] = 1_000_000,
    small: Annotated[int, typer.Option(min=100, help="Analyses in the small one.")] = 1000,
    rounds: Annotated[int, typer.Option(min=1, help="Times that each page is opened.")] = 60,
    folder: Annotated[Path, typer.Option(help="Where the databases are stored; about 3 GB.")] = ROOT
    / "var"
    / "benchmarks",
    write: Annotated[Path | None, typer.Option(help="Table to write, e.g. results/portal-pages.csv.")] = None,
) -> None:
    """Time and queries of every page of a list, with many analyses and with few."""
    folder.mkdir(parents=True, exist_ok=True)
    results: list[PageResult] = []
    for one in database or list(Database):
        measured = measure_pages(one, of, folder.resolve(), rows=rows, small=small, rounds=rounds, say=console.log)
        results += measured
        if write:
            write_table(write, measured, replacing="database")
    table = Table("database", "page", "queries", "p95 ms", f"p95 ms at {small:,}", "times", "reached")
    for result in results:
        table.add_row(
            result.database, result.page, str(result.queries), str(result.p95_ms), str(result.small_p95_ms),
            str(result.p95_times_small), "yes" if result.reached else "no",
        )  # fmt: skip
    console.print(table)
    if any(not result.reached for result in results if result.database == Database.POSTGRESQL):
        raise typer.Exit(1)


@dataclass(frozen=True, slots=True)
class UploadResult:
    """Uploads beside bare calls of the same pictures, alternating."""

    database: str
    uploads: int
    stored_at_once: int
    """Uploads whose result was stored when the portal answered."""
    upload_median_ms: float
    upload_p95_ms: float
    call_median_ms: float
    call_p95_ms: float
    p95_times_call: float

    @property
    def reached(self) -> bool:
        """Whether every result was stored at once, and fast enough."""
        return self.stored_at_once == self.uploads and self.p95_times_call <= MOST_TIMES_CALL


def measure_uploads(folder: Path, *, database: str | None, count: int) -> UploadResult:
    """``count`` uploads by several people, one after the other, each after a bare call with the same picture."""
    with Installation(folder, database=database, web_processes=1, task_workers=1) as installation:
        installation.wait_until_ready()
        os.environ.update(installation.environment)
        django.setup()
        from django.db import connection

        from inference_server.client import ArrhythmiaClient
        from webportal.analyses.models import Analysis

        visitors = [Visitor(installation.port, session) for session in sessions(-(-(count + WARM_UP) // 50))]
        calls, uploads = [], []
        stored = 0
        with ArrhythmiaClient(installation.inference_address) as client:
            for number, picture in enumerate(pictures(count + WARM_UP)):
                begun = time.perf_counter()
                client.classify(picture)
                called = time.perf_counter()
                analysis = visitors[number % len(visitors)].send(picture)
                uploaded = time.perf_counter()
                if number >= WARM_UP:
                    calls.append((called - begun) * 1000)
                    uploads.append((uploaded - called) * 1000)
                    stored += Analysis.objects.filter(pk=analysis, state=Analysis.State.DONE).exists()
        for visitor in visitors:
            visitor.close()
        connection.close()
    return UploadResult(
        database="sqlite" if database is None else "postgresql",
        uploads=count,
        stored_at_once=stored,
        upload_median_ms=round(statistics.median(uploads), 1),
        upload_p95_ms=round(percentile(uploads, 0.95), 1),
        call_median_ms=round(statistics.median(calls), 1),
        call_p95_ms=round(percentile(calls, 0.95), 1),
        p95_times_call=round(percentile(uploads, 0.95) / percentile(calls, 0.95), 2),
    )


@app.command()
def uploads(
    database: Annotated[Database, typer.Option(help="Database.")] = Database.POSTGRESQL,
    count: Annotated[int, typer.Option(min=1, help="Pictures.")] = 300,
    write: Annotated[Path | None, typer.Option(help="Table to write, e.g. results/portal-uploads.csv.")] = None,
) -> None:
    """From an upload to its stored result, beside the bare call of the inference server."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="beatlens-uploads-")))
        url = stack.enter_context(postgresql.running()) if database is Database.POSTGRESQL else None
        result = measure_uploads(folder, database=url, count=count)
    for name, value in asdict(result).items():
        console.print(f"{name.replace('_', ' '):20} {value}")
    if write:
        write_table(write, [result], replacing="database")
    if not result.reached:
        raise typer.Exit(1)
