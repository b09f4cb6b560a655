"""Keeps the fronts: starts them, replaces those that end, and is one server of all of them to the outside.

The port is theirs, shared (:mod:`inference_server.fronts.port`); no call passes through here. One health: a service is
SERVING as long as one front serves it. One set of metrics (:mod:`inference_server.fronts.sums`), one model switch
(:mod:`inference_server.fronts.switching`), one SIGTERM that drains all.
"""

from __future__ import annotations

import asyncio
import logging
import signal
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, suppress
from functools import partial
from typing import Final

from prometheus_client import CollectorRegistry, Gauge, Metric
from prometheus_client.registry import Collector

from inference_server.client.channel import SERVICE
from inference_server.fronts.arguments import FrontArguments
from inference_server.fronts.child import FrontProcess
from inference_server.fronts.control import Answer, AnswerFailed, OtherLost
from inference_server.fronts.port import kept_port
from inference_server.fronts.sums import Sums
from inference_server.fronts.switching import NOT_DONE, Switching
from inference_server.rpc.internal import InternalServer, turns
from inference_server.rpc.listening import check_protection
from inference_server.runtime.pauses import Pauses
from inference_server.runtime.settings import Settings
from inference_server.runtime.shared import SharedMemory

_log = logging.getLogger(__name__)

#: How often a front is asked what it has counted: what it had counted since is lost with it.
_BEAT_SECONDS: Final = 1.0
#: A front that has not answered for so long never will.
_START_SECONDS: Final = 60.0
#: A scrape waits so long for a front; then it gets the last that is known.
_SCRAPE_SECONDS: Final = 2.0
#: Longest time to the next look when fronts could not agree, or one waits to be let in.
_MAX_LOOK_SECONDS: Final = 60.0
_WAITING_SECONDS: Final = 5.0
#: What fronts get beyond the times in the settings to end.
_STOP_SECONDS: Final = 10.0


class FrontsFailed(Exception):  # noqa: N818 - reads as what happened
    """No front could take calls; ``str(error)`` says why."""


async def supervise(settings: Settings) -> None:
    """Serve with ``settings.fronts`` fronts until SIGTERM or SIGINT, then drain all.

    Raises:
        AddressUnavailable: the port is taken, or the address is not one of this machine.
        NotProtected: the settings would expose the service.
        FrontsFailed: see there.
    """
    check_protection(settings)
    told_to_stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, told_to_stop.set)
    shared = SharedMemory.create(fronts=settings.fronts, recordings=settings.max_recordings)
    with closing(shared), kept_port(settings.listen) as address:
        await Supervisor(settings, address, shared).run(told_to_stop)


class Supervisor:
    """Belongs to one event loop. ``address`` is the port that is kept for the fronts."""

    def __init__(self, settings: Settings, address: str, shared: SharedMemory) -> None:
        self._settings = settings
        self._address = address
        self._shared = shared
        self._fronts: dict[int, FrontProcess] = {}
        self._switching = Switching(self._living)
        self._sums = Sums()
        self._ready: dict[str, bool] = {}
        self._arrived = asyncio.Event()
        self._listening = asyncio.Event()
        self._stopping = False
        self._lost = 0
        self._telling: set[asyncio.Task[None]] = set()
        self._loop = asyncio.get_running_loop()

    async def run(self, told_to_stop: asyncio.Event) -> None:
        """Keep the fronts until told to stop, and then until they have drained.

        Raises:
            AddressUnavailable: metrics can't be served where they should be.
            FrontsFailed: see there.
        """
        with ExitStack() as beside:
            addresses = {"address": self._address}
            if self._settings.metrics_listen:
                addresses["metrics"] = beside.enter_context(self._internal()).address
            keepers = [asyncio.ensure_future(self._keep(number)) for number in range(self._settings.fronts)]
            looking = asyncio.ensure_future(self._keep_looking())
            stop = asyncio.ensure_future(told_to_stop.wait())
            telling = asyncio.ensure_future(self._tell_start(addresses))
            try:
                await asyncio.wait([looking, stop], return_when=asyncio.FIRST_COMPLETED)
            finally:
                looking.cancel()
                telling.cancel()
                stop.cancel()
                await self._drain(keepers)
                ended = await asyncio.gather(looking, telling, stop, return_exceptions=True)
            if isinstance(ended[0], Exception):
                raise ended[0]

    def _internal(self) -> InternalServer:
        registry = CollectorRegistry()
        registry.register(_Fresh(self))
        Gauge("beatlens_fronts", "Fronts that take calls.", registry=registry).set_function(
            lambda: sum(front.joined for front in self._living())
        )
        Gauge("beatlens_fronts_lost", "Fronts that have ended without being told to.", registry=registry).set_function(
            lambda: self._lost
        )
        return InternalServer(
            registry,
            self._settings.metrics_listen,
            live=partial(turns, self._loop),
            ready=lambda: self._ready.get(SERVICE, False),
        )

    def _living(self) -> Sequence[FrontProcess]:
        return [self._fronts[number] for number in sorted(self._fronts)]

    async def _tell_start(self, addresses: dict[str, str]) -> None:
        await self._listening.wait()
        extra = {**addresses, "fronts": self._settings.fronts, "workers": self._settings.workers}
        _log.info("listening", extra=extra)
        if self._ready.get(SERVICE):
            _log.info("serving", extra={"models": self._switching.plan})
        else:
            _log.error("no model to serve", extra={"folder": str(self._settings.models)})

    async def _keep(self, number: int) -> None:
        """Have one front at all times: start it, and another one when it has ended."""
        pauses = Pauses()
        while not self._stopping:
            why: object
            try:
                why = await self._live(number)
            except OSError as error:
                why = str(error)
            if self._stopping:
                return
            self._lost += 1
            _log.error("front lost", extra={"number": number, "why": why})
            await asyncio.sleep(pauses.next())

    async def _live(self, number: int) -> str:
        """One front from its start to its end; returns how it has ended."""
        arguments = FrontArguments(number, self._settings.fronts, self._address, control=-1, shared=self._shared.file)
        answers: dict[str, Answer] = {
            "ready": partial(self._take_ready, number),
            "load": self._load,
            "unload": self._unload,
        }
        front = self._fronts[number] = await FrontProcess.start(arguments, answers)
        if self._stopping:
            front.drain()
        serving, watching = asyncio.ensure_future(front.serve()), asyncio.ensure_future(self._watch(front))
        try:
            self._arrived.set()
            await asyncio.wait([serving, watching], return_when=asyncio.FIRST_COMPLETED)
            trouble = _trouble(serving, watching)
            if trouble is not None:
                front.lose()
            code = await front.end()
        finally:
            front.lose()
            for task in (serving, watching):
                task.cancel()
            await asyncio.gather(serving, watching, return_exceptions=True)
            del self._fronts[number]
            self._sums.end(number)
            self._shared.forget(number)
            self._follow()
        return f"exit code {code}" if trouble is None else str(trouble)

    async def _watch(self, front: FrontProcess) -> None:
        """Ask the front again and again what it has counted.

        Raises:
            TimeoutError, AnswerFailed: it does not answer.
            OtherLost: it has ended.
        """
        seconds = _START_SECONDS
        while True:
            self._sums.update(front.number, await front.metrics(seconds))
            await asyncio.sleep(_BEAT_SECONDS)
            seconds = _START_SECONDS / 2

    async def _keep_looking(self) -> None:
        """Look for models, and for fronts to be let in.

        Raises:
            FrontsFailed: no front could be let in so far, and none will be.
        """
        at_disk = bool(self._settings.reload_seconds)
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(self._pause()):
                    await self._arrived.wait()
            self._arrived.clear()
            try:
                await self._switching.look(at_disk=at_disk)
            except Exception:
                _log.exception("looking for new models failed")
            self._follow()
            if any(front.joined for front in self._living()):
                self._listening.set()
            elif self._switching.refused is not None and not self._listening.is_set():
                raise FrontsFailed(str(self._switching.refused))

    def _pause(self) -> float | None:
        """Seconds to the next look, which is earlier when a front arrives; None: only then."""
        seconds = self._settings.reload_seconds
        if any(not front.joined for front in self._living()):
            seconds = min(seconds or _WAITING_SECONDS, _WAITING_SECONDS)
        if not seconds:
            return None
        longer: float = seconds * 2 ** min(self._switching.disagreements, 10)
        return min(longer, max(seconds, _MAX_LOOK_SECONDS))

    async def _take_ready(self, number: int, *, ready: dict[str, bool]) -> None:
        if (front := self._fronts.get(number)) is not None:
            front.ready = ready
            self._follow()

    async def _load(self) -> None:
        await self._switching.load()
        self._follow()

    async def _unload(self) -> None:
        await self._switching.unload()
        self._follow()

    def _follow(self) -> None:
        """Tell every front what all together are ready for, where it was not told."""
        joined = [front for front in self._living() if front.joined]
        services = {service for front in joined for service in front.ready} | self._ready.keys()
        self._ready = {service: any(front.ready.get(service) for front in joined) for service in sorted(services)}
        for front in joined:
            if front.told != self._ready:
                telling = asyncio.ensure_future(_tell(front, self._ready))
                self._telling.add(telling)
                telling.add_done_callback(self._telling.discard)

    async def refresh(self) -> None:
        """Ask every front what it has counted by now."""

        async def ask(front: FrontProcess) -> None:
            with suppress(*NOT_DONE):
                self._sums.update(front.number, await front.metrics(_SCRAPE_SECONDS))

        await asyncio.gather(*(ask(front) for front in self._living()))

    def collect(self) -> Iterator[Metric]:
        """What all fronts have counted, up to now where they answer; called from another thread."""
        with suppress(TimeoutError, RuntimeError):  # RuntimeError: the loop is closed
            asyncio.run_coroutine_threadsafe(self.refresh(), self._loop).result(2 * _SCRAPE_SECONDS)
        return self._sums.collect()

    async def _drain(self, keepers: list[asyncio.Task[None]]) -> None:
        """Have all fronts finish what they have; those that do not in time are ended."""
        self._stopping = True
        _log.info("draining", extra={"fronts": len(self._fronts)})
        for front in self._living():
            front.drain()
        patience = self._settings.drain_seconds + self._settings.grace_seconds + _STOP_SECONDS
        _, late = await asyncio.wait(keepers, timeout=patience)
        for keeper in late:
            keeper.cancel()
        await asyncio.gather(*keepers, return_exceptions=True)
        _log.info("stopped")


def _trouble(*talks: asyncio.Task[None]) -> BaseException | None:
    """What has ended one of the talks with a front, if not the front's own end."""
    errors = (talk.exception() for talk in talks if talk.done())
    return next((error for error in errors if error is not None and not isinstance(error, OtherLost)), None)


async def _tell(front: FrontProcess, ready: dict[str, bool]) -> None:
    try:
        await front.say(ready)
    except OtherLost:
        pass  # another takes its place, and is told
    except (AnswerFailed, TimeoutError) as error:
        _log.warning("front not told the health of all", extra={"number": front.number, "why": str(error)})


class _Fresh(Collector):
    """What a scrape gets."""

    def __init__(self, supervisor: Supervisor) -> None:
        self._supervisor = supervisor

    def collect(self) -> Iterator[Metric]:
        """Part of prometheus_client's interface."""
        return self._supervisor.collect()
