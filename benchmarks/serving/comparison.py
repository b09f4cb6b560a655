"""How much of this machine's own speed is left when pictures come over gRPC.

In one run, alternating: the in-process floor (:mod:`benchmarks.serving.floor`), the inference server under h2load in
several shapes of load, a plain gRPC server (:mod:`benchmarks.serving.plain_grpc`), and the old way
(:mod:`benchmarks.serving.old_way`). Other work on a machine changes from minute to minute, so every figure of speed is
a ratio to the floor just before and just after it.

``python -m benchmarks.serving --write docs/performance.md`` (some minutes; ``--quick``: about one).
"""

from __future__ import annotations

import asyncio
import json
import os
import platform
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Annotated, Any, Final

import typer
from rich.console import Console

from benchmarks.processes.programs import BeatlensServer, Program, usage
from benchmarks.processes.project import MODELS, SAMPLES, newest
from benchmarks.serving import performance_page
from benchmarks.serving.load import LoadError, framed, h2load
from benchmarks.serving.overload import overload
from benchmarks.serving.peers.environments import PeerUnavailable
from benchmarks.serving.rivals import PEERS, SERVICE, Rival, Series, peer
from inference_server.generated.ecg.v1 import arrhythmia_pb2 as pb
from inference_server.models.onnx_model import OnnxModel
from inference_server.runtime.settings import available_cpus

#: Callers and places in the queue when the server is asked for too much.
OVERLOAD_CALLERS: Final = 256
OVERLOAD_QUEUE: Final = 64


@dataclass(frozen=True, slots=True)
class Shape:
    """One kind of load."""

    title: str
    method: str
    pictures: int
    """Pictures in a call."""
    concurrency: int
    """Calls at once."""
    connections: int


SHAPES: Final = (
    *(
        Shape("one picture a call", "ClassifyImage", 1, concurrency, connections)
        for concurrency, connections in ((1, 1), (16, 1), (16, 4), (64, 1), (64, 8), (256, 1), (256, 16))
    ),
    Shape("batches of 32", "BatchClassifyImages", 32, 4, 1),
    Shape("batches of 32", "BatchClassifyImages", 32, 4, 4),
    Shape("streams of 32", "StreamClassifyImages", 32, 4, 4),
)
QUICK_SHAPES: Final = tuple(
    shape for shape in SHAPES if shape.concurrency in (4, 16) and (shape.pictures == 1 or shape.connections == 4)
)


class Bench:
    """The contenders, running, and what was measured so far."""

    def __init__(self, server: BeatlensServer, floor: Program, image: bytes, seconds: float) -> None:
        self._server = server
        self._floor = floor
        self._image = image
        self._seconds = seconds
        self.floor: list[dict[str, float]] = []

    def measure_floor(self) -> float:
        """Pictures a second of the floor now."""
        self.floor.append(json.loads(self._floor.ask(f"{self._seconds / 2}")))
        return self.floor[-1]["pictures_per_second"]

    def measure(self, shape: Shape, series: Series) -> None:
        """Load the server in one shape, between two looks at the floor.

        Raises:
            LoadError: a call had another outcome than the right answer.
        """
        url = f"http://{self._server.address}/{SERVICE}/{shape.method}"
        body = _body(shape, self._image)
        load_of = partial(h2load, connections=shape.connections, concurrency=shape.concurrency)
        trial = load_of(url, body, calls=max(20, 2 * shape.concurrency))
        calls = max(2 * shape.concurrency, round(trial.calls / trial.seconds * self._seconds))
        before, before_calls = self.measure_floor(), self._outcomes()
        cpu = usage(self._server.pid).cpu_seconds
        load = load_of(url, body, calls=calls)
        cpu = usage(self._server.pid).cpu_seconds - cpu
        outcomes = self._outcomes() - before_calls
        # A gRPC error is an HTTP 200, so the server's own count of right answers has to account for every call.
        if load.succeeded != calls or (outcomes.calls, outcomes.pictures) != (calls, calls * shape.pictures):
            raise LoadError(f"Of {calls} calls of {shape}, {outcomes} were answered.")
        pictures = calls * shape.pictures
        rate = pictures / load.seconds
        series.pictures_per_second.append(rate)
        series.ratio.append(2 * rate / (before + self.measure_floor()))
        series.p50.append(load.p50)
        series.p99.append(load.p99)
        series.cpu_seconds.append(cpu / pictures)
        series.failed.append(0.0)

    def measure_rival(self, rival: Rival, series: Series) -> None:
        """Load another way with single pictures, between two looks at the floor."""
        load_of = partial(
            h2load, connections=series.connections, concurrency=series.concurrency, content_type=rival.content_type
        )
        calls = max(10, 2 * series.concurrency)
        trial = load_of(rival.url, rival.body, calls=calls)
        calls = max(calls, round(trial.calls / trial.seconds * self._seconds))
        before, before_calls = self.measure_floor(), rival.answered()
        cpu = usage(rival.program.pid).cpu_seconds
        load = load_of(rival.url, rival.body, calls=calls)
        cpu = usage(rival.program.pid).cpu_seconds - cpu
        succeeded = rival.answered() - before_calls if rival.grpc else load.succeeded
        rate = succeeded / load.seconds
        series.pictures_per_second.append(rate)
        series.ratio.append(2 * rate / (before + self.measure_floor()))
        series.p50.append(load.p50)
        series.p99.append(load.p99)
        series.cpu_seconds.append(cpu / max(1, succeeded))
        series.failed.append(1 - succeeded / calls)

    def _outcomes(self) -> _Outcomes:
        calls = sum(value for labels, value in self._server.counts("beatlens_calls_total").items() if labels[0] == "OK")
        return _Outcomes(calls, sum(self._server.counts("beatlens_classifications_total").values()))


@dataclass(frozen=True, slots=True)
class _Outcomes:
    """Successful calls and classified pictures that the server has counted."""

    calls: float
    pictures: float

    def __sub__(self, earlier: _Outcomes) -> _Outcomes:
        return _Outcomes(self.calls - earlier.calls, self.pictures - earlier.pictures)


def _body(shape: Shape, image: bytes) -> bytes:
    if shape.method == "BatchClassifyImages":
        return framed(pb.BatchClassifyImagesRequest(images=[image] * shape.pictures).SerializeToString())
    if shape.method == "StreamClassifyImages":
        return framed(*[pb.StreamClassifyImagesRequest(image=image).SerializeToString()] * shape.pictures)
    return framed(pb.ClassifyImageRequest(image=image).SerializeToString())


def run(
    models: Path,
    pictures: list[Path],
    *,
    network: str,
    shapes: tuple[Shape, ...],
    rounds: int,
    seconds: float,
    peers: Path | None,
    say: Console,
) -> dict[str, Any]:
    """Measure everything, with peers where there is a folder for their environments; returns the figures.

    Raises:
        LoadError: h2load is missing, or a call had another outcome than the right answer.
        PeerUnavailable: a peer can't be installed, or does not answer.
    """
    folder = newest(models)
    info = OnnxModel.load(folder).info
    cpus, load = available_cpus(), os.getloadavg()[0]
    series = [Series(shape.title, shape.concurrency, shape.connections) for shape in shapes]
    with tempfile.TemporaryDirectory() as logs, ExitStack() as stack:
        # The queue holds whatever the load generator may have under way; refusals have a measurement of their own.
        server = stack.enter_context(BeatlensServer(Path(logs, "server.log"), models=models, queue_size=1024))
        floor = stack.enter_context(Program("-m", "benchmarks.serving.floor", str(folder), str(pictures[0]), str(cpus)))
        size = (str(info.input_height), str(info.input_width), str(len(info.classes)))
        old = stack.enter_context(
            Program("-m", "benchmarks.serving.old_way", network, *size, log=Path(logs, "old.log"))
        )
        plain = stack.enter_context(Program("-m", "benchmarks.serving.plain_grpc", str(folder), str(cpus)))
        image = pictures[0].read_bytes()
        bench = Bench(server, floor, image, seconds)
        others = [Rival.plain_grpc(plain, image), Rival.old_way(old, image)]
        if peers is not None:
            say.print("starting the peers, the first time with their installation")
            others += [
                stack.enter_context(peer(name, peers, folder, image, Path(logs, f"{name}.log"), workers=cpus))
                for name in PEERS
            ]
        rivals = [(rival, rival.series()) for rival in others]
        for number in range(rounds):
            for shape, measured in zip(shapes, series, strict=True):
                say.print(f"round {number + 1} of {rounds}: {shape.title}, {shape.concurrency} at once")
                bench.measure(shape, measured)
            for rival, rows in rivals:
                for measured in rows:
                    say.print(f"round {number + 1} of {rounds}: {rival.title}, {measured.concurrency} at once")
                    bench.measure_rival(rival, measured)
        used = usage(server.pid)
    return {
        "machine": {"cpu": _cpu_name(), "cpus": cpus, "python": platform.python_version(), "load": load},
        "rounds": rounds,
        "seconds": seconds,
        "floor": bench.floor,
        "shapes": [asdict(measured) for measured in series],
        "rivals": [asdict(measured) for _, rows in rivals for measured in rows],
        "memory": {"all": used.memory, "largest_process": used.largest},
        **_overloads(models, pictures, rounds=rounds, seconds=seconds, say=say),
    }


def _overloads(models: Path, pictures: list[Path], *, rounds: int, seconds: float, say: Console) -> dict[str, Any]:
    """Start a server with a small queue in every round, and ask too much of it."""
    starts, refusals = [], []
    images = [picture.read_bytes() for picture in pictures]
    for number in range(rounds):
        say.print(f"round {number + 1} of {rounds}: start; {OVERLOAD_CALLERS} callers, queue of {OVERLOAD_QUEUE}")
        with (
            tempfile.TemporaryDirectory() as logs,
            BeatlensServer(Path(logs, "server.log"), models=models, queue_size=OVERLOAD_QUEUE) as server,
        ):
            starts.append(server.start_seconds)
            outcomes = asyncio.run(overload(server.address, images, callers=OVERLOAD_CALLERS, seconds=seconds))
            refusals.append(outcomes.summary())
    return {
        "start_seconds": starts,
        "overload": {"callers": OVERLOAD_CALLERS, "queue": OVERLOAD_QUEUE, "rounds": refusals},
    }


def _cpu_name() -> str:
    lines: Iterator[str] = iter(())
    if os.path.exists("/proc/cpuinfo"):
        lines = (line for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name"))
    return next(lines, f": {platform.machine()}").partition(":")[2].strip()


app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command()
def main(
    models: Annotated[Path, typer.Option(help="The model repository; its newest arrhythmia is measured.")] = MODELS,
    samples: Annotated[Path, typer.Option(help="A folder of pictures; the first one is the load.")] = SAMPLES,
    network: Annotated[str, typer.Option(help="The network of the old way, one of training's.")] = "residual",
    rounds: Annotated[int, typer.Option(min=1)] = 3,
    seconds: Annotated[float, typer.Option(min=0.1, help="Length of one measurement.")] = 2.0,
    peers: Annotated[
        Path | None,
        typer.Option(
            envvar="BEATLENS_PEERS",
            metavar="FOLDER",
            help="Where environments of KServe and MLServer are made from PyPI, and kept; without: not measured.",
        ),
    ] = None,
    quick: Annotated[bool, typer.Option("--quick", help="Fewer kinds of load, shorter.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print every figure as JSON.")] = False,
    write: Annotated[Path | None, typer.Option(metavar="FILE", help="Write the page as Markdown.")] = None,
) -> None:
    """Measure the inference server against this machine's own speed and against other ways to serve."""
    say = Console(stderr=True)
    try:
        figures = run(
            models.resolve(),
            sorted(path.resolve() for path in samples.rglob("*.png")),
            network=network,
            shapes=QUICK_SHAPES if quick else SHAPES,
            rounds=rounds,
            seconds=seconds / 2 if quick else seconds,
            peers=peers.resolve() if peers else None,
            say=say,
        )
    except (LoadError, PeerUnavailable) as error:
        say.print(str(error), style="red")
        raise typer.Exit(1) from None
    page = performance_page.page(figures)
    if write is not None:
        write.write_text(page)
    sys.stdout.write(json.dumps(figures, indent=1) + "\n" if as_json else page)
