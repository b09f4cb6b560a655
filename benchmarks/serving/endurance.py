"""What the inference server has to survive, as commands: each prints its figures and ends with 1 if a promise broke.

``python -m benchmarks.endurance stop|switch|kill|memory|fuzz|attack --help``
"""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, Final

import grpc
import typer

from benchmarks.processes.programs import BeatlensServer, tree, usage
from benchmarks.processes.project import MODELS, SAMPLES, newest
from benchmarks.serving.attack import ASSAULTS, assail, has_recordings, wait_for_workers
from benchmarks.serving.load import framed, h2load
from benchmarks.serving.mutations import corpus, mutants
from ecg.pictures.decoding import ImageError
from inference_server.classification import Classification
from inference_server.client import ArrhythmiaClient, ClientError
from inference_server.generated.ecg.v1 import arrhythmia_pb2 as pb
from inference_server.generated.ecg.v1 import arrhythmia_pb2_grpc
from inference_server.models.model_input import ModelInput

SERVICE: Final = pb.DESCRIPTOR.services_by_name["ArrhythmiaService"].full_name
CALLERS: Final = 8

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, help=__doc__)

Models = Annotated[Path, typer.Option(help="The model repository.")]
Samples = Annotated[Path, typer.Option(help="A folder of PNG pictures.")]
Times = Annotated[int, typer.Option(min=1, help="How often.")]


@app.command()
def stop(times: Times = 20, models: Models = MODELS, samples: Samples = SAMPLES) -> None:
    """SIGTERM under load: every call that the server has begun is answered, and it exits with 0."""
    images = _images(samples)
    totals: Counter[str] = Counter()
    for _ in range(times):
        with _running(models) as server:
            with _load(lambda number: _call(server.address, images[number % len(images)])) as outcomes:
                time.sleep(0.5 + random.random() / 2)  # noqa: S311 - not a secret
                server.process.send_signal(signal.SIGTERM)
                totals[f"exit code {server.process.wait(60)}"] += 1
            counted: Counter[str] = outcomes()
            ended = Counter(str(entry["code"]) for entry in server.entries() if entry["event"] == "call")
        totals["answered"] += counted["OK"]
        totals["not accepted any more"] += sum(counted.values()) - counted["OK"]
        # What the server has counted as answered and no caller has got, or has ended in any other way.
        totals["lost"] += abs(ended["OK"] - counted["OK"]) + sum(ended.values()) - ended["OK"]
    _report(totals, good=totals["lost"] == 0 and totals["exit code 0"] == times)


@app.command()
def switch(times: Times = 20, models: Models = MODELS, samples: Samples = SAMPLES) -> None:
    """New versions under load: every call is answered, by a version that was in service."""
    images = _images(samples)
    with tempfile.TemporaryDirectory() as folder:
        repository = Path(folder)
        _put(newest(models), repository, 1)
        versions: set[str] = set()
        with _running(repository, reload_seconds=0.1) as server:

            def classify(number: int) -> str:
                with grpc.insecure_channel(server.address, options=_OWN_CONNECTION) as channel:
                    outcome, version = _classify(channel, images[number % len(images)])
                versions.add(version)
                return outcome

            with _load(classify) as outcomes:
                for version in range(2, times + 2):
                    _put(newest(models), repository, version)
                    _wait(lambda version=version: str(version) in versions)  # type: ignore[misc]
            totals = outcomes()
        totals["versions that answered"] = len(versions - {""})
    _report(totals, good=set(totals) == {"OK", "versions that answered"} and len(versions) == times + 1)


@app.command()
def kill(times: Times = 20, models: Models = MODELS, samples: Samples = SAMPLES) -> None:
    """SIGKILL of workers under load: the client's repeats get every call answered, and rightly."""
    images = _images(samples)
    with _running(models, workers=2) as server, ArrhythmiaClient(server.address, timeout=30) as client:
        _wait(lambda: server.counts("beatlens_workers")[()] == 2)
        right = [client.classify(image) for image in images]

        def classify(number: int) -> str:
            index = number % len(images)
            try:
                answer: Classification = client.classify(images[index])
            except ClientError as error:
                return str(error)
            return "OK" if answer == right[index] else "another picture's answer"

        with _load(classify) as outcomes:
            for number in range(times):
                time.sleep(0.3 + random.random() / 5)  # noqa: S311 - not a secret
                os.kill(random.choice(tree(server.pid)[1:]), signal.SIGKILL)  # noqa: S311
                _wait(lambda number=number: _lost(server) > number)  # type: ignore[misc]
                _wait(lambda: server.counts("beatlens_workers")[()] == 2)
        totals = outcomes()
        ended = Counter(str(entry.get("reason")) for entry in server.entries() if entry["event"] == "call")
    _report(totals | Counter({"calls that a worker took with it": ended["WORKER_LOST"]}), good=set(totals) == {"OK"})


@app.command()
def memory(
    calls: Annotated[int, typer.Option(min=4000, help="In all; one in twenty is malformed.")] = 200_000,
    models: Models = MODELS,
    samples: Samples = SAMPLES,
    bound: Annotated[float, typer.Option(help="Memory after all ÷ memory after 2,000 calls.")] = 1.05,
) -> None:
    """Many calls, one in twenty malformed: the server's own memory stays where it was after 2,000."""
    image = _images(samples)[0]
    good, bad = (
        framed(pb.ClassifyImageRequest(image=data).SerializeToString()) for data in (image, image[: len(image) // 2])
    )
    after: list[int] = []
    with _running(models, access_log=False) as server:
        wait_for_workers(server, recordings=has_recordings(models))
        url = f"http://{server.address}/{SERVICE}/ClassifyImage"
        for _ in range(calls // 2000):
            h2load(url, good, calls=1900, connections=4, concurrency=16)
            h2load(url, bad, calls=100, connections=1, concurrency=4)
            after.append(usage(server.pid).own)
        counted = server.counts("beatlens_calls_total")
    codes = Counter({code: int(value) for (code, *_), value in counted.items()})
    figures = {"after 2,000": after[0], "after all": after[-1], "largest": max(after), "ratio": after[-1] / after[0]}
    _report({**codes, **figures}, good=figures["ratio"] <= bound and codes["INVALID_ARGUMENT"] == calls // 20)


@app.command()
def fuzz(
    number: Annotated[int, typer.Option(min=1, help="Broken pictures.")] = 100_000,
    seed: int = 1,
    samples: Samples = SAMPLES,
) -> None:
    """Broken pictures: decoder and reader give pixels or a reason code, never anything else."""
    ways = (ModelInput(64, 96), ModelInput(64, 96, by_ink=True))
    outcomes: Counter[str] = Counter()
    slowest = 0.0
    for data in mutants(corpus(_images(samples)), number, seed=seed):
        begun = time.process_time()
        try:
            views = [way.view(data) for way in ways]
            outcomes["pixels" if all(view.pixels.shape == (64, 96, 1) for view in views) else "WRONG SHAPE"] += 1
        except ImageError as error:
            outcomes[error.reason.value] += 1
        except Exception as error:
            outcomes[f"UNEXPECTED {type(error).__name__}"] += 1
        slowest = max(slowest, time.process_time() - begun)
    bad = [outcome for outcome in outcomes if outcome.startswith(("UNEXPECTED", "WRONG"))]
    _report({**outcomes, "slowest, CPU seconds": round(slowest, 3)}, good=not bad)


@app.command()
def attack(
    seconds: Annotated[float, typer.Option(min=0.5, help="Length of each attack.")] = 10.0,
    connections: Annotated[int, typer.Option(min=1, help="Of the attacker, at once.")] = 2,
    only: Annotated[list[str] | None, typer.Option(help="The attacks to make; may be repeated. Default: all.")] = None,
    models: Models = MODELS,
    samples: Samples = SAMPLES,
) -> None:
    """Attacks over the wire: memory and health stay within bounds, and everybody else is answered."""
    assaults = [assault for assault in ASSAULTS if only is None or assault.name in only]
    image = _images(samples)[0]
    figures = {}
    for assault in assaults:
        figures[assault.title] = assail(assault, models.resolve(), image, seconds=seconds, connections=connections)
        typer.echo(f"{assault.title}: {'good' if figures[assault.title]['good'] else 'NOT GOOD'}", err=True)
    _report(figures, good=bool(figures) and all(outcome["good"] for outcome in figures.values()))


#: Without it, channels of one process share a connection.
_OWN_CONNECTION: Final = (("grpc.use_local_subchannel_pool", 1),)


def _images(samples: Path) -> list[bytes]:
    return [path.read_bytes() for path in sorted(samples.rglob("*.png"))]


@contextmanager
def _running(models: Path, **settings: Any) -> Iterator[BeatlensServer]:
    with tempfile.TemporaryDirectory() as logs, BeatlensServer(Path(logs, "log"), models=models, **settings) as server:
        yield server


def _call(address: str, image: bytes) -> str:
    with grpc.insecure_channel(address, options=_OWN_CONNECTION) as channel:
        return _classify(channel, image)[0]


def _classify(channel: grpc.Channel, image: bytes) -> tuple[str, str]:
    """The status of one call without repeats, and the version that has answered."""
    stub = arrhythmia_pb2_grpc.ArrhythmiaServiceStub(channel)
    try:
        response = stub.ClassifyImage(pb.ClassifyImageRequest(image=image), timeout=30)
    except grpc.RpcError as error:
        return str(error.code().name), ""
    return "OK", str(response.classification.model_version)


@contextmanager
def _load(call: Callable[[int], str]) -> Iterator[Callable[[], Counter[str]]]:
    """Call from several threads during the block; what is yielded counts the outcomes afterwards."""
    ended = threading.Event()
    running: list[Future[Counter[str]]] = []

    def keep_calling(number: int) -> Counter[str]:
        counts: Counter[str] = Counter()
        while not ended.is_set():
            outcome = call(number)
            counts[outcome] += 1
            number += CALLERS
            if outcome != "OK":
                time.sleep(0.05)
        return counts

    with ThreadPoolExecutor(CALLERS) as callers:
        running.extend(callers.submit(keep_calling, number) for number in range(CALLERS))
        try:
            yield lambda: sum((caller.result() for caller in running), Counter())
        finally:
            ended.set()


def _put(version: Path, repository: Path, number: int) -> None:
    """The same model as another version, in its place all at once."""
    made = repository / f"new-{number}"
    shutil.copytree(version, made)
    metadata = json.loads((made / "metadata.json").read_text())
    (made / "metadata.json").write_text(json.dumps({**metadata, "version": str(number)}))
    (repository / "arrhythmia").mkdir(exist_ok=True)
    made.rename(repository / "arrhythmia" / str(number))


def _lost(server: BeatlensServer) -> float:
    """Workers lost so far, of pictures and of recordings."""
    return sum(server.counts(f"beatlens_{pool}_lost")[()] for pool in ("workers", "recording_workers"))


def _wait(condition: Callable[[], bool], seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise TimeoutError("The server did not come so far in time.")
        time.sleep(0.02)


def _report(figures: dict[str, Any] | Counter[str], *, good: bool) -> None:
    sys.stdout.write(json.dumps({**dict(sorted(figures.items())), "good": good}, indent=1) + "\n")
    if not good:
        raise typer.Exit(1)
