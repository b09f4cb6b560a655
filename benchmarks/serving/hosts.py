"""Three servers on hosts of their own behind client-side round robin: one is cut off, one is killed, under load.

``python -m benchmarks.serving.hosts`` (Linux, root, iproute2: the hosts are network namespaces of this machine). Every
call has to be answered, and no call may take longer than the rest needs to take over.
"""

from __future__ import annotations

import json
import signal
import statistics
import sys
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Final

import typer
from rich.console import Console

from benchmarks.processes.programs import BeatlensServer
from benchmarks.processes.project import MODELS, SAMPLES
from benchmarks.serving.namespaces import Host, NoNamespaces
from inference_server.client import ArrhythmiaClient, ClientError

_PORT: Final = 50051
_HOSTS: Final = 3
#: The longest that a call may take, seconds.
TAKE_OVER_SECONDS: Final = 2.0
#: The deadline of a call, seconds: above that by far, so that what takes longer is seen.
_DEADLINE_SECONDS: Final = 20.0

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@dataclass(slots=True)
class Phase:
    """What became of the calls that were begun in one part of a run."""

    name: str
    answered: list[float] = field(default_factory=list)
    """How long each took, seconds."""
    failed: list[str] = field(default_factory=list)

    def summary(self) -> dict[str, Any]:
        """The figures for the report."""
        return {
            "phase": self.name,
            "answered": len(self.answered),
            "failed": len(self.failed),
            "median": statistics.median(self.answered) if self.answered else None,
            "longest": max(self.answered, default=None),
            "errors": sorted(set(self.failed)),
        }


class Callers:
    """Some callers with one client, calling until the block ends; each call belongs to the phase that it began in."""

    def __init__(self, client: ArrhythmiaClient, image: bytes, number: int) -> None:
        self._client = client
        self._image = image
        self._number = number
        self._stop = threading.Event()
        self.phases = [Phase("all three")]

    def next(self, name: str) -> None:
        """Another part of the run begins."""
        self.phases.append(Phase(name))

    def run(self, pool: ThreadPoolExecutor) -> None:
        """Begin to call."""
        self._calls = [pool.submit(self._keep_calling) for _ in range(self._number)]

    def stop(self) -> None:
        """End with the calls under way."""
        self._stop.set()
        for call in self._calls:
            call.result()

    def _keep_calling(self) -> None:
        while not self._stop.is_set():
            phase, begun = self.phases[-1], time.perf_counter()
            try:
                self._client.classify(self._image)
            except ClientError as error:
                phase.failed.append(str(error))
            else:
                phase.answered.append(time.perf_counter() - begun)


def run(models: Path, image: bytes, *, seconds: float, callers: int) -> list[Phase]:
    """Serve on three hosts, cut one off and kill another, ``seconds`` apart; returns what became of the calls.

    Raises:
        NoNamespaces: hosts can't be made here.
    """
    with tempfile.TemporaryDirectory() as logs, ExitStack() as stack:
        hosts = [stack.enter_context(Host()) for _ in range(_HOSTS)]
        servers = [
            stack.enter_context(
                BeatlensServer(
                    Path(logs, f"{number}.log"),
                    by=host.python,
                    models=models,
                    listen=f"{host.address}:{_PORT}",
                    metrics_listen=f"{host.address}:{_PORT + 1}",
                    trusted_network=True,
                    workers=1,
                    recording_model_name="none",
                    queue_size=1024,
                )
            )
            for number, host in enumerate(hosts)
        ]
        target = "ipv4:" + ",".join(server.address for server in servers)
        with ArrhythmiaClient(target, timeout=_DEADLINE_SECONDS) as client, ThreadPoolExecutor(callers) as pool:
            calling = Callers(client, image, callers)
            calling.run(pool)
            try:
                time.sleep(seconds)
                calling.next("one cut off")
                hosts[0].cut_off()
                time.sleep(seconds)
                calling.next("another killed")
                servers[1].process.send_signal(signal.SIGKILL)
                time.sleep(seconds)
            finally:
                calling.stop()
    return calling.phases


@app.command()
def main(
    seconds: Annotated[float, typer.Option(min=0.5, help="Length of each of the three parts.")] = 10.0,
    callers: Annotated[int, typer.Option(min=1)] = 16,
    models: Annotated[Path, typer.Option(help="The model repository.")] = MODELS,
    samples: Annotated[Path, typer.Option(help="A folder of pictures; the first one is the load.")] = SAMPLES,
) -> None:
    """Cut one of three servers off and kill another under load; ends with 1 where a call is lost or takes too long."""
    image = min(samples.rglob("*.png")).read_bytes()
    try:
        phases = run(models.resolve(), image, seconds=seconds, callers=callers)
    except NoNamespaces as error:
        Console(stderr=True).print(f"Hosts can't be made here: {error}", style="red")
        raise typer.Exit(2) from None
    sys.stdout.write(json.dumps([phase.summary() for phase in phases], indent=1) + "\n")
    late = [taken for phase in phases for taken in phase.answered if taken > TAKE_OVER_SECONDS]
    if late or any(phase.failed or not phase.answered for phase in phases):
        raise typer.Exit(1)


if __name__ == "__main__":
    app()
