"""Other ways to serve the same picture, and what was measured of each."""

from __future__ import annotations

import base64
import json
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from benchmarks.processes.free_ports import free_port
from benchmarks.processes.programs import Program
from benchmarks.processes.project import ROOT
from benchmarks.serving.load import GRPC, framed
from benchmarks.serving.peers.deciding import MODEL_FOLDER
from benchmarks.serving.peers.environments import PeerUnavailable, python_of
from inference_server.generated.ecg.v1 import arrhythmia_pb2 as pb

SERVICE: Final = pb.DESCRIPTOR.services_by_name["ArrhythmiaService"].full_name
PEERS: Final = ("kserve", "mlserver")

_JSON: Final = "application/json"
#: Over HTTP/1.1 each call at once has its connection.
_REST_LOADS: Final = ((1, 1), (16, 16), (64, 64))
_START_SECONDS: Final = 120.0
_WARM_CALLS: Final = 50


@dataclass(slots=True)
class Series:
    """What was measured of one kind of load, a value for each round."""

    title: str
    concurrency: int
    connections: int
    ratio: list[float] = field(default_factory=list)
    """Pictures a second ÷ pictures a second of the floor."""
    pictures_per_second: list[float] = field(default_factory=list)
    p50: list[float] = field(default_factory=list)
    """Median time of a call, seconds."""
    p99: list[float] = field(default_factory=list)
    cpu_seconds: list[float] = field(default_factory=list)
    """Of the server, for a picture."""
    failed: list[float] = field(default_factory=list)
    """Share of the calls that failed."""


@dataclass(frozen=True, slots=True)
class Rival:
    """Another way to serve the same picture."""

    title: str
    program: Program
    url: str
    body: bytes
    content_type: str
    loads: tuple[tuple[int, int], ...]
    """Calls at once, and connections."""

    @property
    def grpc(self) -> bool:
        """Whether it speaks gRPC, so that HTTP's status says nothing of the answer."""
        return self.content_type == GRPC

    @classmethod
    def old_way(cls, program: Program, image: bytes) -> Rival:
        """The old way, just started."""
        url = f"http://127.0.0.1:{program.read().strip()}/predict"
        return cls("old way", program, url, image, "application/octet-stream", ((1, 1), (16, 16)))

    @classmethod
    def plain_grpc(cls, program: Program, image: bytes) -> Rival:
        """The plain gRPC server, just started."""
        url = f"http://127.0.0.1:{program.read().strip()}/{SERVICE}/ClassifyImage"
        body = framed(pb.ClassifyImageRequest(image=image).SerializeToString())
        return cls("plain gRPC server", program, url, body, GRPC, ((1, 1), (16, 4), (64, 8), (256, 16)))

    @classmethod
    def kserve(cls, program: Program, port: int, image: bytes) -> Rival:
        """KServe's REST server, serving."""
        url = f"http://127.0.0.1:{port}/v1/models/arrhythmia:predict"
        body = json.dumps({"instances": [{"b64": base64.b64encode(image).decode()}]}).encode()
        return cls("KServe REST", program, url, body, _JSON, _REST_LOADS)

    @classmethod
    def mlserver(cls, program: Program, port: int, image: bytes) -> Rival:
        """MLServer, serving."""
        url = f"http://127.0.0.1:{port}/v2/models/arrhythmia/infer"
        picture = {"name": "image", "shape": [1], "datatype": "BYTES", "data": [base64.b64encode(image).decode()]}
        return cls("MLServer REST", program, url, json.dumps({"inputs": [picture]}).encode(), _JSON, _REST_LOADS)

    def series(self) -> list[Series]:
        """Room for what will be measured."""
        return [Series(self.title, *load) for load in self.loads]

    def answered(self) -> int:
        """Calls answered so far, where HTTP's status does not tell."""
        return int(self.program.ask("")) if self.grpc else 0


@contextmanager
def peer(name: str, environments: Path, folder: Path, image: bytes, log: Path, *, workers: int) -> Iterator[Rival]:
    """A peer (``kserve``, ``mlserver``) with the model version in ``folder``, its worker processes all warm.

    Raises:
        PeerUnavailable: it can't be installed, or does not answer.
    """
    python, port = python_of(name, environments), free_port()
    environment = {
        MODEL_FOLDER: str(folder),
        "PYTHONPATH": str(ROOT),
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    command = ("-m", f"benchmarks.serving.peers.{name}_rest", str(port), str(workers))
    with Program(*command, environment=environment, log=log, by=(str(python),), answers=False) as started:
        rival = {"kserve": Rival.kserve, "mlserver": Rival.mlserver}[name](started, port, image)
        _wait_for(rival, log)
        yield rival


def _wait_for(rival: Rival, log: Path) -> None:
    """Ask until it has answered often enough for every worker to have had its turn."""
    end, answered = time.perf_counter() + _START_SECONDS, 0
    headers = {"content-type": rival.content_type}
    request = urllib.request.Request(rival.url, rival.body, headers)  # noqa: S310 - on loopback
    while answered < _WARM_CALLS:
        try:
            with urllib.request.urlopen(request, timeout=_START_SECONDS) as response:  # noqa: S310
                response.read()
            answered += 1
        except OSError as error:
            if time.perf_counter() > end or rival.program.process.poll() is not None:
                raise PeerUnavailable(f"{rival.title} does not answer: {error}. {log.read_text()[-2000:]}") from error
            time.sleep(0.1)
