"""What more fronts do for calls a second, where CPUs are not what is short.

``python -m benchmarks.serving.fronts``. The workers wait (0.4 ms for a picture) instead of computing, and each front
gets the same small share of a CPU (a control group; it takes root), so that a machine of two CPUs shows what one of
many would do: **a simulation**, of the fronts and of nothing else. With ``--share 0`` fronts have what there is.
"""

from __future__ import annotations

import json
import statistics
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated, Any, Final

import typer
from rich.console import Console
from rich.table import Table

from benchmarks.processes.programs import BeatlensServer, command_line, tree
from benchmarks.processes.project import MODELS, SAMPLES
from benchmarks.serving.load import LoadError, framed, h2load
from benchmarks.serving.quota import NoQuota, share
from benchmarks.serving.rivals import SERVICE
from benchmarks.serving.waiting.worker import WAIT
from inference_server.generated.ecg.v1 import arrhythmia_pb2 as pb

#: Workers of each front, more than it can feed.
_WORKERS: Final = 2
_PROGRAM: Final = ("-m", "benchmarks.serving.waiting.server")

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


def measure(
    models: Path, image: bytes, *, fronts: int, cpus: float, wait: float, seconds: float, callers: int
) -> float:
    """Calls a second of a server with so many fronts, each with ``cpus`` of a CPU (0: as many as there are).

    Raises:
        LoadError, NoQuota: it could not be measured.
    """
    body = framed(pb.ClassifyImageRequest(image=image).SerializeToString())
    with tempfile.TemporaryDirectory() as logs, ExitStack() as stack:
        server = stack.enter_context(
            BeatlensServer(
                Path(logs, "server.log"),
                program=_PROGRAM,
                environment={WAIT: str(wait)},
                models=models,
                fronts=fronts,
                workers=_WORKERS * fronts,
                queue_size=1024,
            )
        )
        server.wait_for_fronts(fronts)
        url = f"http://{server.address}/{SERVICE}/ClassifyImage"
        for number, pid in enumerate(_fronts(server.pid) if cpus else ()):
            stack.enter_context(share(pid, cpus, f"front-{number}"))
        trial = h2load(url, body, calls=4 * callers, connections=callers, concurrency=callers)
        calls = max(4 * callers, round(trial.calls / trial.seconds * seconds))
        load = h2load(url, body, calls=calls, connections=callers, concurrency=callers)
        if load.succeeded != calls:
            raise LoadError(f"Of {calls} calls {load.succeeded} were answered.")
        return calls / load.seconds


def _fronts(server: int) -> list[int]:
    """The processes of a server that take calls: itself where it has one front."""
    program = "benchmarks.serving.waiting.front"
    several = [pid for pid in tree(server) if program in command_line(pid)]
    return several or [server]


@app.command()
def main(
    fronts: Annotated[list[int], typer.Option(min=1, help="Numbers of fronts.")] = [1, 2, 4],  # noqa: B006 - typer's
    share_of_cpu: Annotated[float, typer.Option("--share", min=0, help="Of a CPU, for each front.")] = 0.1,
    wait: Annotated[float, typer.Option(min=0, help="Time that a worker waits for a picture, seconds.")] = 0.0004,
    rounds: Annotated[int, typer.Option(min=1)] = 3,
    seconds: Annotated[float, typer.Option(min=0.1, help="Length of one measurement.")] = 3.0,
    callers: Annotated[int, typer.Option(min=1, help="Callers, each with a connection.")] = 64,
    models: Annotated[Path, typer.Option(help="The model repository.")] = MODELS,
    samples: Annotated[Path, typer.Option(help="A folder of pictures; the first one is the load.")] = SAMPLES,
    as_json: Annotated[bool, typer.Option("--json", help="Print every figure as JSON.")] = False,
) -> None:
    """Calls a second by the number of fronts, with workers that wait; a simulation."""
    say = Console(stderr=True)
    image = min(samples.rglob("*.png")).read_bytes()
    rates: dict[int, list[float]] = {number: [] for number in fronts}
    try:
        for _ in range(rounds):  # alternating, since other work on a machine comes and goes
            for number in fronts:
                rate = measure(
                    models.resolve(),
                    image,
                    fronts=number,
                    cpus=share_of_cpu,
                    wait=wait,
                    seconds=seconds,
                    callers=callers,
                )
                say.print(f"{number} fronts: {rate:.0f} calls a second")
                rates[number].append(rate)
    except (LoadError, NoQuota) as error:
        say.print(str(error), style="red")
        raise typer.Exit(1) from None
    if as_json:
        sys.stdout.write(json.dumps({"share": share_of_cpu, "wait": wait, "calls_per_second": rates}) + "\n")
    else:
        Console().print(_table(rates))


def _table(rates: dict[int, list[float]]) -> Table:
    table = Table("fronts", "calls a second", f"÷ {min(rates)} front, median", "least to largest", box=None)
    for number, measured in rates.items():
        ratios: list[Any] = [rate / one for rate, one in zip(measured, rates[min(rates)], strict=True)]
        table.add_row(
            str(number),
            f"{statistics.median(measured):.0f}",
            f"{statistics.median(ratios):.2f}",
            f"{min(ratios):.2f} to {max(ratios):.2f}",
        )
    return table


if __name__ == "__main__":
    app()
