"""What attacks do to the inference server and to those who call it meanwhile."""

from __future__ import annotations

import tempfile
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc

from benchmarks.processes.programs import BeatlensServer, Program, resident, tree
from benchmarks.serving.attackers import SILENCE
from inference_server.client import ArrhythmiaClient, ClientError
from inference_server.runtime.settings import Settings
from inference_server.runtime.tokens import Scope, TokenStore

#: The bounds. Memory of each process: twice what it holds at rest and 200 MB. At rest again: 1.5 times of it.
HEALTH_SECONDS: Final = 1.0
REST_SECONDS: Final = 30.0
_MEMORY_FACTOR: Final = 2
_MEMORY_MORE: Final = 200 * 1024 * 1024
_REST_FACTOR: Final = 1.5

_PROBE_PAUSE: Final = 0.2
_CALL_PAUSE: Final = 0.1
_SAMPLE_PAUSE: Final = 0.05
_START_SECONDS: Final = 60.0
#: Of each pool.
_WORKERS: Final = 2
_OWN_CONNECTION: Final = (("grpc.use_local_subchannel_pool", 1),)


@dataclass(frozen=True, slots=True)
class Assault:
    """One kind of attack, by a stranger or by a caller with a token."""

    name: str
    with_token: bool = False

    @property
    def title(self) -> str:
        """For the report."""
        return f"{self.name}, with a token" if self.with_token else self.name


ASSAULTS: Final = (
    Assault("rapid-reset-of-probes"),
    Assault("rapid-reset"),
    Assault("gzip-bombs"),
    Assault("gzip-bombs", with_token=True),
    Assault("half-sent-messages"),
    Assault("half-sent-messages", with_token=True),
    Assault("ping-flood"),
    Assault("settings-flood"),
    Assault("header-flood"),
    Assault("watches"),
    Assault(SILENCE),
)


@dataclass(slots=True)
class _Seen:
    """What those saw who watched the server."""

    slowest_probe: float = 0.0
    probes: int = 0
    failed_probes: int = 0
    slowest_call: float = 0.0
    answered: int = 0
    not_answered: list[str] = field(default_factory=list)
    largest: dict[int, int] = field(default_factory=dict)
    """Largest resident memory of each process, bytes."""


def assail(assault: Assault, models: Path, image: bytes, *, seconds: float, connections: int) -> dict[str, Any]:
    """Attack a server for some seconds while others call it; the figures, with ``good``."""
    with tempfile.TemporaryDirectory() as folder:
        tokens = TokenStore(Path(folder, "tokens.json"))
        token = tokens.create("innocent", [Scope.CLASSIFY])
        attacker = tokens.create("attacker", [Scope.CLASSIFY]) if assault.with_token else ""
        with BeatlensServer(
            Path(folder, "log"), models=models, access_log=False, tokens=Path(folder, "tokens.json")
        ) as server:
            rest = _rest(server, token, image, recordings=has_recordings(models))
            with _Watchers(server, token, image) as observed:
                arguments = ("-m", "benchmarks.serving.attackers", assault.name, server.address)
                with Program(*arguments, f"{seconds}", f"{connections}", *filter(None, [attacker])) as program:
                    program.read()
                    sent = int(program.read())
                quiet_again = _seconds_until_rest(server, rest)
    bounds = {pid: _MEMORY_FACTOR * held + _MEMORY_MORE for pid, held in rest.items()}
    small = all(held <= bounds.get(pid, min(bounds.values())) for pid, held in observed.largest.items())
    alive = observed.slowest_probe <= HEALTH_SECONDS and not observed.failed_probes
    good = small and alive and not observed.not_answered and quiet_again is not None
    front = server.pid
    return {
        "sent": sent,
        "front, MB": _megabytes(rest[front], observed.largest[front]),
        "workers, MB": _megabytes(
            *(
                max((held for pid, held in sizes.items() if pid != front), default=0)
                for sizes in (rest, observed.largest)
            )
        ),
        "memory within its bound": small,
        "health checks": observed.probes,
        "slowest health check, s": round(observed.slowest_probe, 3),
        "health checks failed": observed.failed_probes,
        "innocent calls answered": observed.answered,
        "slowest innocent call, s": round(observed.slowest_call, 3),
        "innocent calls not answered": observed.not_answered,
        "at rest again, s": quiet_again,
        "good": good,
    }


def _megabytes(rest: int, largest: int) -> str:
    return f"{rest // 1_000_000} at rest, {largest // 1_000_000} at most"


def _rest(server: BeatlensServer, token: str, image: bytes, *, recordings: bool) -> dict[int, int]:
    """Resident memory of each process once all of them have worked, bytes."""
    wait_for_workers(server, recordings=recordings)
    with ArrhythmiaClient(server.address, token=token, timeout=30) as client:
        for _ in range(20):
            client.classify(image)
    return {pid: resident(pid) for pid in tree(server.pid)}


def wait_for_workers(server: BeatlensServer, *, recordings: bool) -> None:
    """Return once all workers hold their models, those ``recordings`` are analysed by as well."""
    end = time.monotonic() + _START_SECONDS
    pools = ("beatlens_workers", "beatlens_recording_workers") if recordings else ("beatlens_workers",)
    while not all(server.counts(pool)[()] >= _WORKERS for pool in pools) and time.monotonic() < end:
        time.sleep(0.05)


def has_recordings(models: Path) -> bool:
    """Whether a repository has a model for recordings."""
    return (models / Settings().recording_model_name).is_dir()


def _seconds_until_rest(server: BeatlensServer, rest: dict[int, int]) -> float | None:
    """How long after an attack the memory is what it was and no call of the attacker is left; None: too long."""
    begun = time.monotonic()
    while (after := time.monotonic() - begun) < REST_SECONDS:
        held = {pid: resident(pid) for pid in tree(server.pid)}
        small = all(size <= _REST_FACTOR * rest.get(pid, min(rest.values())) for pid, size in held.items())
        if small and server.counts("beatlens_calls_in_flight")[()] <= 2:  # the watchers' own
            return round(after, 1)
        time.sleep(0.1)
    return None


class _Watchers:
    """Who probe, call and weigh the server during the block, each in a thread of its own."""

    def __init__(self, server: BeatlensServer, token: str, image: bytes) -> None:
        self._server, self._token, self._image = server, token, image
        self._seen, self._over = _Seen(), threading.Event()
        self._threads = [threading.Thread(target=watch) for watch in (self._probe, self._call, self._weigh)]

    def __enter__(self) -> _Seen:
        for thread in self._threads:
            thread.start()
        return self._seen

    def __exit__(self, *_: object) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join()

    def _probe(self) -> None:
        observed = self._seen
        while not self._over.wait(_PROBE_PAUSE):
            begun = time.monotonic()
            # As orchestrators do it: a connection for each probe.
            with grpc.insecure_channel(self._server.address, options=_OWN_CONNECTION) as channel:
                try:
                    health_pb2_grpc.HealthStub(channel).Check(health_pb2.HealthCheckRequest(), timeout=10)
                    observed.probes += 1
                except grpc.RpcError:
                    observed.failed_probes += 1
            observed.slowest_probe = max(observed.slowest_probe, time.monotonic() - begun)

    def _call(self) -> None:
        observed = self._seen
        with ArrhythmiaClient(self._server.address, token=self._token, timeout=5) as client:
            while not self._over.wait(_CALL_PAUSE):
                begun = time.monotonic()
                try:
                    client.classify(self._image)
                    observed.answered += 1
                except ClientError as error:
                    observed.not_answered.append(f"{type(error).__name__}: {error}")
                observed.slowest_call = max(observed.slowest_call, time.monotonic() - begun)

    def _weigh(self) -> None:
        largest = self._seen.largest
        while not self._over.wait(_SAMPLE_PAUSE):
            for pid in tree(self._server.pid):
                largest[pid] = max(resident(pid), largest.get(pid, 0))
