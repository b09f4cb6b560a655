"""A long recording over the wire beside the same work in one process, and pictures beside it."""

from __future__ import annotations

import statistics
import tempfile
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Final

import typer

from benchmarks.processes.programs import BeatlensServer, usage
from benchmarks.processes.project import MODELS, SAMPLES
from benchmarks.recordings.made import made, same
from benchmarks.recordings.repeated import repeated
from benchmarks.recordings.table import show
from inference_server.client import ArrhythmiaClient
from inference_server.models.recording_model import RecordingModel
from inference_server.recordings.analysis import analyse

_CALLERS: Final = 16


def command(
    hours: Annotated[float, typer.Option(help="Length of the recording.", min=0.02)] = 24.0,
    days: Annotated[
        float, typer.Option(help="Served as well, for its memory alone: a recording of so many days.", min=0)
    ] = 0.0,
    seconds: Annotated[float, typer.Option(help="Of pictures, alone and beside a recording; 0: none.", min=0)] = 20.0,
    models: Annotated[Path, typer.Option(help="A repository with both models.")] = MODELS,
    samples: Annotated[Path, typer.Option(help="A folder of PNG pictures.")] = SAMPLES,
) -> None:
    """Print what a recording of two leads costs served and in one process, and how long pictures take beside it.

    Half hours of MIT-BIH are repeated where ``MITDB_DIR`` names them, else beats that are made here.
    """
    versions = sorted((models / "arrhythmia-recording").glob("[1-9]*"), key=lambda folder: int(folder.name))
    if not versions:
        raise typer.BadParameter(f"{models} has no model for recordings.", param_hint="--models")
    model = RecordingModel.load(versions[-1])
    pictures = [path.read_bytes() for path in sorted(samples.rglob("*.png"))[:_CALLERS]]
    with (
        tempfile.TemporaryDirectory() as folder,
        BeatlensServer(Path(folder, "log"), models=models) as server,
        ArrhythmiaClient(server.address, timeout=60) as client,
    ):
        client.analyze(made(0.02, 1))  # so that everything is loaded
        rest = usage(server.pid).own
        _compare(server, client, model, hours, rest)
        if days:
            _show_memory(server, client, days, rest)
        if seconds:
            _with_pictures(client, pictures, seconds)


def _compare(server: BeatlensServer, client: ArrhythmiaClient, model: RecordingModel, hours: float, rest: int) -> None:
    whole = repeated(hours)
    used = usage(server.pid).cpu_seconds
    with _peak(server.pid) as peak:
        begun, own = time.perf_counter(), time.process_time()
        served = client.analyze(whole)
        seconds, own = time.perf_counter() - begun, time.process_time() - own
    cpu = own + usage(server.pid).cpu_seconds - used
    begun, own = time.perf_counter(), time.process_time()
    alone = analyse(whole, model)
    alone_seconds, alone_cpu = time.perf_counter() - begun, time.process_time() - own
    columns = ["what", "seconds", "CPU s, client too", "most memory of the server above rest, MB", "beats"]
    rows: list[list[object]] = [
        ["served", seconds, cpu, _megabytes(peak, rest), len(served.beats)],
        ["one process", alone_seconds, alone_cpu, None, len(alone.beats)],
        ["ratio", seconds / alone_seconds, cpu / alone_cpu, None, None],
        ["equal", str(same(served, alone)), None, None, None],
    ]
    show(f"{hours:g} h of two leads at 360 Hz", columns, rows)


def _show_memory(server: BeatlensServer, client: ArrhythmiaClient, days: float, rest: int) -> None:
    """Print what the server holds during a much longer recording."""
    with _peak(server.pid) as peak:
        begun = time.perf_counter()
        beats = len(client.analyze(repeated(24 * days)).beats)
        seconds = time.perf_counter() - begun
    columns = ["what", "seconds", "most memory of the server above rest, MB", "beats"]
    show(f"{days:g} days of two leads at 360 Hz", columns, [["served", seconds, _megabytes(peak, rest), beats]])


def _megabytes(seen: list[int], rest: int) -> float:
    """The most that was seen beyond ``rest``."""
    return (max(seen) - rest) / 2**20


def _with_pictures(client: ArrhythmiaClient, pictures: list[bytes], seconds: float) -> None:
    quiet = _pictures(client, pictures, seconds)
    ended = threading.Event()
    with ThreadPoolExecutor(1) as thread:
        beside = thread.submit(_until, client, ended)
        time.sleep(1)
        busy = _pictures(client, pictures, seconds)
        ended.set()
        beside.result()
    rows: list[list[object]] = [["alone", *quiet], ["beside recordings", *busy], ["ratio", None, busy[1] / quiet[1]]]
    show(f"Pictures, {_CALLERS} callers", ["when", "pictures", "p99 ms"], rows)


@contextmanager
def _peak(pid: int) -> Iterator[list[int]]:
    """Bytes that a server and its workers hold of their own, looked at during the block."""
    ended, seen = threading.Event(), [usage(pid).own]

    def look() -> None:
        while not ended.wait(1.0):  # looking takes some milliseconds a process
            seen.append(usage(pid).own)

    with ThreadPoolExecutor(1) as thread:
        looking = thread.submit(look)
        try:
            yield seen
        finally:
            ended.set()
            looking.result()


def _until(client: ArrhythmiaClient, ended: threading.Event) -> None:
    """Analyse recordings until told to stop."""
    whole = made(1.0, 2)
    while not ended.is_set():
        client.analyze(whole)


def _pictures(client: ArrhythmiaClient, pictures: list[bytes], seconds: float) -> tuple[int, float]:
    """Classify from 16 threads: how many pictures, and the 99th percentile of their times, milliseconds."""
    end = time.monotonic() + seconds

    def call(number: int) -> list[float]:
        taken = []
        while time.monotonic() < end:
            begun = time.perf_counter()
            client.classify(pictures[number % len(pictures)])
            taken.append(time.perf_counter() - begun)
        return taken

    with ThreadPoolExecutor(_CALLERS) as callers:
        taken = [seconds for several in callers.map(call, range(_CALLERS)) for seconds in several]
    return len(taken), 1000 * statistics.quantiles(taken, n=100)[98]
