"""An archive on Ray beside plain multiprocessing: the same recordings, engine, rows and files."""

from __future__ import annotations

import multiprocessing
import statistics
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack
from functools import cache
from pathlib import Path
from typing import Annotated

import pyarrow.parquet as pq
import typer

from archive import cluster, written
from archive.engine import Engine, engine
from archive.items import Part, parts_of
from archive.job import Job
from archive.listing import items_in
from archive.parts import write_part
from archive.storage import Folder
from archive.tables import NAMES
from benchmarks.archive.made import write_good
from benchmarks.processes.project import MODELS
from benchmarks.recordings.table import show
from ecg.formats.answers import Answers

_OPEN = ExitStack()


def command(
    recordings: Annotated[int, typer.Option(min=1, help="How many.")] = 200,
    hours: Annotated[float, typer.Option(min=0.01, help="Length of each.")] = 0.5,
    workers: Annotated[int, typer.Option(min=1, help="Processes at work, for both.")] = 2,
    rounds: Annotated[int, typer.Option(min=1, help="Of both, in turns.")] = 3,
    models: Annotated[Path, typer.Option(help="A repository with a model for recordings.")] = MODELS,
) -> None:
    """Print seconds from start to end of both, and how often Ray does what multiprocessing does in the same time."""
    job = Job.with_models(models, Answers())
    ways = {"multiprocessing": _pool, "Ray": _ray}
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    with tempfile.TemporaryDirectory() as folder:
        list(write_good(Path(folder, "in"), recordings, hours))
        parts = list(parts_of(items_in(f"{folder}/in"), max(1, min(16, recordings // (8 * workers)))))
        rows = []
        for number in range(rounds):
            outs = [Folder(f"{folder}/{name}-{number}") for name in ways]
            for (name, way), out in zip(ways.items(), outs, strict=True):
                out.make("", *NAMES)
                begun = time.perf_counter()
                way(job, parts, out, written.begin(out), workers)
                seconds[name].append(time.perf_counter() - begun)
            rows.append([f"round {number + 1}", *(seconds[name][-1] for name in ways), str(_same(*outs))])
    medians = [statistics.median(seconds[name]) for name in ways]
    rows.append(["median", *medians, None])
    rows.append(["share of multiprocessing's recordings a second", None, medians[0] / medians[1], None])
    show(f"{recordings} recordings of {hours:g} h, {workers} at once", ["seconds", *ways, "same rows"], rows)


def _ray(job: Job, parts: Sequence[Part], out: Folder, run: str, workers: int) -> None:
    with cluster.connected(None, workers):
        list(cluster.write(job, parts, out.address, run))


def _pool(job: Job, parts: Sequence[Part], out: Folder, run: str, workers: int) -> None:
    tasks = [(job.to_json(), part.to_json(), out.address, run) for part in parts]
    one_thread = cluster.environment({"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"})  # as Ray's tasks have it
    with one_thread, multiprocessing.get_context("spawn").Pool(workers) as pool:
        list(pool.imap_unordered(_task, tasks))


def _task(task: tuple[str, str, str, str]) -> None:
    job, part, out, run = task
    write_part(Part.from_json(part), _engine(job).about, Job.from_json(job).classes, Folder(out), run)


@cache
def _engine(job: str) -> Engine:
    """Of this process, as long as it lives."""
    return _OPEN.enter_context(engine(Job.from_json(job)))


def _same(*outs: Folder) -> bool:
    """Whether archives have the same rows."""
    read = [[pq.read_table(f"{out.address}/{name}").sort_by("file") for name in NAMES] for out in outs]
    return all(tables == read[0] for tables in read)
