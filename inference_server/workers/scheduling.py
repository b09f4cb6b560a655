"""Bounded, fair admission in front of the workers.

What can't start at once waits in a queue with two bounds, jobs and bytes; beyond either it is refused at once.
Callers take turns: each gets one picture started before any gets its next, so a batch of hundreds does not hold up a
single call. What a caller no longer waits for (cancelled, or past its deadline) leaves the queue without costing any
work. What a lost worker had not begun comes back, to the head of the queue.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections import deque
from collections.abc import Callable, Sequence
from functools import partial
from typing import Final, Generic, Protocol, TypeVar, cast

from inference_server.runtime.failures import Failure, Status

#: Bounds of the hint to a refused caller, seconds.
_MIN_RETRY_SECONDS: Final = 0.05
_MAX_RETRY_SECONDS: Final = 10.0

#: Workers may be lost so often with a job in hand that none of them has begun, before it is given up: what ends worker
#: after worker is then not the picture in work, and may be this one.
_MAX_RETURNS: Final = 3

Job = TypeVar("Job")
Result = TypeVar("Result")


class QueueFull(Failure):
    """There is no room for more waiting jobs; ``retry_after`` seconds from now there may be."""

    status = Status.RESOURCE_EXHAUSTED
    reason = "QUEUE_FULL"
    retry_after: float

    def __init__(self, retry_after: float) -> None:
        super().__init__(f"The server is busy. Try again in {retry_after:.2f} s.")
        self.retry_after = retry_after


class DeadlinePassed(Failure):
    """The caller's deadline passed while the job waited; it was not started."""

    status = Status.DEADLINE_EXCEEDED
    reason = "DEADLINE_PASSED"


class NotBegun(Exception):  # noqa: N818 - reads as what happened
    """The worker has ended without having begun the job, so another one may do it."""


class Running(Protocol):
    """A job on a worker."""

    def cancel(self) -> None:
        """Nobody waits for it any more: it may be left out if it has not been begun. It ends all the same."""


#: Called when a job on a worker has ended, with its result or with what it raised.
Ended = Callable[[Result | None, BaseException | None], None]


class _Entry(asyncio.Future[Result], Generic[Job, Result]):
    """One admitted job, and the future of its result. Cancelling it takes it out of the queue."""

    def __init__(self, scheduler: Scheduler[Job, Result], job: Job, size: int, deadline: float | None) -> None:
        super().__init__()
        self.job: Job | None = job
        self.size = size
        """Bytes that it holds until it has ended."""
        self.deadline = deadline
        self.admitted = time.monotonic()
        self.returned = 0
        """How often a lost worker has given it back."""
        self.running: Running | None = None
        self._scheduler = scheduler

    def cancel(self, msg: object = None) -> bool:
        """The caller has left."""
        left = super().cancel(msg)
        if left:
            self.job = None  # an abandoned picture must not stay in memory until its turn
            if self.running is None:
                self._scheduler.left_queue()
                self._scheduler.let_go(self)
            else:
                self.running.cancel()
        return left


class Caller(Generic[Job, Result]):
    """Someone who takes turns with others; jobs admitted for the same caller wait for each other only."""

    __slots__ = ("entries",)

    def __init__(self) -> None:
        self.entries: deque[_Entry[Job, Result]] = deque()


class Scheduler(Generic[Job, Result]):
    """Hands jobs to workers. Belongs to one event loop.

    ``submit(job, admitted, deadline, ended)`` starts a job on a worker and later calls ``ended`` once; the times are
    those of ``time.monotonic()``. It is called with at most ``slots`` jobs outstanding; ``capacity`` is the number of
    jobs that may wait beside those. ``ended`` submits what waits at once: it is never called from within ``submit``,
    and where a worker is lost only after :meth:`resize`. A job that ends with :class:`NotBegun` is started again.

    ``size(job)`` is what a job holds in memory, bytes; all that have not ended, on workers included, hold at most
    ``capacity_bytes``. A job that is larger than that all alone is let in where nothing else is held.
    """

    def __init__(
        self,
        submit: Callable[[Job, float, float | None, Ended[Result]], Running],
        *,
        slots: int,
        capacity: int,
        capacity_bytes: float = math.inf,
        size: Callable[[Job], int] = lambda _: 0,
    ) -> None:
        self._submit = submit
        self._slots = slots
        self._free = slots
        self._capacity = capacity
        self._capacity_bytes = capacity_bytes
        self._size = size
        self._held = 0
        # Callers that have something waiting, in the order of their turns.
        self._callers: deque[Caller[Job, Result]] = deque()
        self._room_made: asyncio.Event | None = None
        self._waiting = 0
        # Seconds from one completion to the next while jobs wait, smoothed: tells a refused caller when to come back.
        self._pace = 0.005
        self._last_completion = 0.0
        # When the caller that was refused last may come back.
        self._last_turn = 0.0

    @property
    def waiting(self) -> int:
        """Jobs in the queue."""
        return self._waiting

    @property
    def running(self) -> int:
        """Jobs on workers."""
        return self._slots - self._free

    @property
    def held_bytes(self) -> int:
        """What the jobs hold that wait or are on workers."""
        return self._held

    def resize(self, slots: int) -> None:
        """From now on so many jobs may be outstanding; what is outstanding beyond that goes on."""
        self._free += slots - self._slots
        self._slots = slots
        self._start()
        self._announce_room()

    async def run(self, job: Job, *, timeout: float | None = None) -> Result:
        """Run one job; see :meth:`admit`."""
        (future,) = self.admit([job], timeout=timeout)
        return await future

    async def room(self) -> None:
        """Wait until a job has left the queue or a worker since this was called."""
        if self._room_made is None:
            self._room_made = asyncio.Event()
        await self._room_made.wait()

    def admit(
        self, jobs: Sequence[Job], *, timeout: float | None = None, caller: Caller[Job, Result] | None = None
    ) -> list[asyncio.Future[Result]]:
        """Let all jobs of one caller in, or none. Cancelling a future takes its job out of the queue.

        Without ``caller``, these jobs are a caller of their own.

        A job that has not been started after ``timeout`` seconds is dropped: its future raises
        :class:`DeadlinePassed`. Otherwise the future has the job's result or the exception that it raised.

        Raises:
            QueueFull: there is no room for all of them.
        """
        sizes = [self._size(job) for job in jobs]
        crowded = len(jobs) > max(0, self._free) + self._capacity - self._waiting
        heavy = self._held > 0 and self._held + sum(sizes) > self._capacity_bytes
        if crowded or heavy:
            raise QueueFull(retry_after=self._turn(len(jobs)))
        deadline = None if timeout is None else time.monotonic() + timeout
        entries = [_Entry(self, job, size, deadline) for job, size in zip(jobs, sizes, strict=True)]
        self._waiting += len(entries)
        self._held += sum(sizes)
        caller = caller or Caller()
        if entries and not caller.entries:
            self._callers.append(caller)
        caller.entries.extend(entries)
        self._start()
        return [*entries]

    def _turn(self, jobs: int) -> float:
        """Seconds after which refused jobs may come back: behind the queue, and behind who was refused before them.

        If all were told the same time, they would all come back at once and be refused again.
        """
        now = time.monotonic()
        first = now + max(_MIN_RETRY_SECONDS, self._waiting * self._pace)
        self._last_turn = min(max(first, self._last_turn + jobs * self._pace), now + _MAX_RETRY_SECONDS)
        return self._last_turn - now

    def left_queue(self) -> None:
        """A job that waited has left."""
        self._waiting -= 1
        self._announce_room()

    def let_go(self, entry: _Entry[Job, Result]) -> None:
        """An entry has ended, and holds nothing any more."""
        self._held -= entry.size
        entry.job = None

    def _announce_room(self) -> None:
        if self._room_made is not None:
            self._room_made.set()
            self._room_made = None

    def _start(self) -> None:
        """Give free workers what waits, one job of each caller in turn."""
        while self._free > 0 and self._callers:
            caller = self._callers.popleft()
            entry = caller.entries.popleft()
            if caller.entries:
                self._callers.append(caller)
            job = entry.job
            if job is None:  # it has left the queue before
                continue
            self.left_queue()
            if entry.deadline is not None and time.monotonic() >= entry.deadline:
                self.let_go(entry)
                entry.set_exception(DeadlinePassed("The deadline passed before the work was begun."))
                continue
            try:
                entry.running = self._submit(job, entry.admitted, entry.deadline, partial(self._complete, entry))
            except Exception as error:  # the workers are gone or closing; the caller learns it, the queue lives on
                self.let_go(entry)
                entry.set_exception(error)
                continue
            self._free -= 1

    def _complete(self, entry: _Entry[Job, Result], result: Result | None, error: BaseException | None) -> None:
        self._free += 1
        entry.running = None
        now = time.monotonic()
        if self._waiting:
            self._pace += 0.1 * (min(now - self._last_completion, 1.0) - self._pace)
        self._last_completion = now
        if isinstance(error, NotBegun) and not entry.done() and entry.returned < _MAX_RETURNS:
            self._take_back(entry)
        else:
            self.let_go(entry)
            if not entry.done():  # else the caller has left
                if error is not None:
                    entry.set_exception(error)
                else:
                    entry.set_result(cast("Result", result))
        self._start()
        self._announce_room()

    def _take_back(self, entry: _Entry[Job, Result]) -> None:
        """Put a job that was not begun at the head of the queue: it has waited its turn. It may exceed the bounds."""
        entry.returned += 1
        self._waiting += 1
        caller: Caller[Job, Result] = Caller()
        caller.entries.append(entry)
        self._callers.appendleft(caller)
