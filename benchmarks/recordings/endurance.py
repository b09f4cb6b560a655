"""Recordings while workers and the server itself are killed: every beat once, the results those of undisturbed runs."""

from __future__ import annotations

import json
import os
import random
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Annotated, Final

import typer

from benchmarks.processes.free_ports import free_ports
from benchmarks.processes.programs import BeatlensServer, recording_workers
from benchmarks.processes.project import MODELS
from benchmarks.recordings.made import made, same
from ecg.recording import Recording
from inference_server.classification.recordings import RecordingAnalysis
from inference_server.client import ArrhythmiaClient, ClientError, ServerUnavailable

_AT_ONCE: Final = 2
#: Calls for one recording; each bears several failures without progress by itself.
_CALLS: Final = 4
_AGAIN: Final = "called again"


def command(
    recordings: Annotated[int, typer.Option(min=1, help="Recordings, analysed two at once.")] = 20,
    hours: Annotated[float, typer.Option(min=0.02, help="Length of each.")] = 4.0,
    times: Annotated[int, typer.Option(min=1, help="Kills of workers, and of the server.")] = 20,
    models: Annotated[Path, typer.Option(help="A repository with a model for recordings.")] = MODELS,
) -> None:
    """SIGKILL of workers, then of the server, during recordings: all results are those of an undisturbed run."""
    if not (models / "arrhythmia-recording").is_dir():
        raise typer.BadParameter(f"{models} has no model for recordings.", param_hint="--models")
    wholes = [made(hours, seed) for seed in range(recordings)]
    figures: Counter[str] = Counter()
    with tempfile.TemporaryDirectory() as folder:
        server = _Restarted(models, Path(folder))
        try:
            with ArrhythmiaClient(server.address) as client:
                right = [client.analyze(whole) for whole in wholes]
                for name, kill in (("worker", server.kill_worker), ("server", server.kill)):
                    _during(client, wholes, right, kill, times, figures, name)
        finally:
            server.end()
    expected = 2 * recordings
    good = figures["equal"] == expected and set(figures) <= {"equal", "worker kills", "server kills", _AGAIN}
    sys.stdout.write(json.dumps({**figures, "recordings": expected, "good": good}, indent=1) + "\n")
    if not good:
        raise typer.Exit(1)


def _during(
    client: ArrhythmiaClient,
    wholes: list[Recording],
    right: list[RecordingAnalysis],
    kill: Callable[[], None],
    times: int,
    figures: Counter[str],
    name: str,
) -> None:
    """Analyse all, and kill meanwhile: the first moments of a few recordings, then the middle of the others."""

    def analyse(place: int) -> list[str]:
        return _outcomes(client, wholes[place], right[place])

    with ThreadPoolExecutor(_AT_ONCE) as threads:
        outcomes: list[Future[list[str]]] = [threads.submit(analyse, place) for place in range(len(wholes))]
        for _ in range(times):
            time.sleep(0.3 + random.random())  # noqa: S311 - not a secret
            if all(outcome.done() for outcome in outcomes):
                break
            kill()
            figures[f"{name} kills"] += 1
        for outcome in outcomes:
            figures.update(outcome.result())


def _outcomes(client: ArrhythmiaClient, whole: Recording, right: RecordingAnalysis) -> list[str]:
    """How it ended, after each time that more was killed without progress than the client bears, and the caller went
    on from what is stored.
    """
    parts: list[bytes] = []
    again: list[str] = []

    def store(place: int, part: bytes) -> None:
        parts[place:] = [part]

    while True:
        try:
            result = client.analyze(whole, resume=tuple(parts), store=store)
        except ClientError as error:
            if not isinstance(error, ServerUnavailable) or len(again) == _CALLS - 1:
                return [*again, f"failed: {error}"]
            again.append(_AGAIN)
        else:
            return [*again, "equal" if same(result, right) else "different"]


class _Restarted:
    """A server that is started again on its port when it was killed."""

    def __init__(self, models: Path, folder: Path) -> None:
        (port,) = free_ports(1)
        self.address = f"127.0.0.1:{port}"
        self._models, self._folder = models, folder
        self._starts = 0
        self._start()

    def kill_worker(self) -> None:
        """End one of the workers for recordings without warning."""
        if workers := recording_workers(self._server.pid):
            os.kill(random.choice(workers), signal.SIGKILL)  # noqa: S311 - not a secret

    def kill(self) -> None:
        """End the server without warning, and start it again."""
        self._server.process.kill()
        self._server.process.wait()
        self.end()
        self._start()

    def end(self) -> None:
        """End it."""
        self._server.__exit__(None, None, None)

    def _start(self) -> None:
        self._starts += 1
        log = self._folder / f"{self._starts}.log"
        self._server = BeatlensServer(
            log, models=self._models, listen=self.address, recording_workers=2, workers=1, max_caller_recordings=8
        )
        end = time.monotonic() + 120
        while '"serving recordings"' not in log.read_text():
            if time.monotonic() > end:
                raise TimeoutError("The server does not serve recordings.")
            time.sleep(0.02)
