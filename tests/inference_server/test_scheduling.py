from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

import pytest

from inference_server.scheduling import Caller, DeadlinePassed, Ended, QueueFull, Scheduler

pytestmark = pytest.mark.asyncio


class Workers:
    """Workers whose work ends when the test says so."""

    def __init__(self) -> None:
        self.begun: list[str] = []
        self.ended: dict[str, Ended[str]] = {}
        self.times: dict[str, tuple[float, float | None]] = {}
        self.abandoned: list[str] = []

    def submit(self, job: str, admitted: float, deadline: float | None, ended: Ended[str]) -> Work:
        self.begun.append(job)
        self.times[job] = admitted, deadline
        self.ended[job] = ended
        return Work(self, job)

    def finish(self, job: str) -> None:
        self.ended[job](job.upper(), None)


class Work:
    """A job that has been begun."""

    def __init__(self, workers: Workers, job: str) -> None:
        self._workers, self._job = workers, job

    def cancel(self) -> None:
        self._workers.abandoned.append(self._job)


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not condition():
            await asyncio.sleep(0)


async def test_a_free_worker_begins_at_once() -> None:
    workers = Workers()
    scheduler = Scheduler(workers.submit, slots=2, capacity=0)
    first = scheduler.admit(["a"])[0]
    second = scheduler.admit(["b"])[0]
    assert workers.begun == ["a", "b"]
    workers.finish("b")
    workers.finish("a")
    assert await first == "A"
    assert await second == "B"
    assert scheduler.running == 0


async def test_beyond_the_bound_a_job_is_refused_at_once_with_a_hint() -> None:
    workers = Workers()
    scheduler = Scheduler(workers.submit, slots=1, capacity=2)
    scheduler.admit(["running"])
    scheduler.admit(["waiting"])
    scheduler.admit(["waiting too"])
    with pytest.raises(QueueFull) as caught:
        scheduler.admit(["one too many"])
    assert caught.value.retry_after > 0
    assert scheduler.waiting == 2
    assert workers.begun == ["running"]


async def test_a_batch_is_let_in_as_a_whole_or_not_at_all() -> None:
    workers = Workers()
    scheduler = Scheduler(workers.submit, slots=1, capacity=3)
    with pytest.raises(QueueFull):
        scheduler.admit(["1", "2", "3", "4", "5"])
    assert scheduler.waiting == 0
    assert len(scheduler.admit(["1", "2", "3", "4"])) == 4
    assert scheduler.waiting == 3


async def test_refused_callers_are_not_all_told_the_same_time() -> None:
    scheduler = Scheduler(Workers().submit, slots=1, capacity=1)
    scheduler.admit(["running", "waiting"])
    hints = []
    for _ in range(5000):
        with pytest.raises(QueueFull) as caught:
            scheduler.admit(["refused"])
        hints.append(caught.value.retry_after)
    assert 0.0499 < hints[0] < 0.1001
    assert hints[20] > hints[10] > hints[0]
    assert max(hints) <= 10


async def test_callers_take_turns() -> None:
    workers = Workers()
    scheduler = Scheduler(workers.submit, slots=1, capacity=10)
    scheduler.admit(["batch 1", "batch 2", "batch 3"])
    scheduler.admit(["single"])
    for number, job in enumerate(["batch 1", "batch 2", "single", "batch 3"]):
        await until(lambda number=number: len(workers.begun) > number)  # type: ignore[misc]
        assert workers.begun[number] == job
        workers.finish(job)


async def test_jobs_admitted_one_by_one_for_the_same_caller_share_its_turn() -> None:
    workers = Workers()
    scheduler = Scheduler(workers.submit, slots=1, capacity=10)
    stream: Caller[str, str] = Caller()
    for job in ("stream 1", "stream 2", "stream 3"):
        scheduler.admit([job], caller=stream)
    scheduler.admit(["single"])
    for number, job in enumerate(["stream 1", "stream 2", "single", "stream 3"]):
        await until(lambda number=number: len(workers.begun) > number)  # type: ignore[misc]
        assert workers.begun[number] == job
        workers.finish(job)
    await until(lambda: scheduler.running == 0)
    scheduler.admit(["stream 4"], caller=stream)
    assert workers.begun[-1] == "stream 4"


async def test_who_waits_for_room_is_woken() -> None:
    workers = Workers()
    scheduler = Scheduler(workers.submit, slots=1, capacity=0)
    scheduler.admit(["running"])
    waiting = asyncio.ensure_future(scheduler.room())
    await asyncio.sleep(0.01)
    assert not waiting.done()
    workers.finish("running")
    async with asyncio.timeout(10):
        await waiting
    scheduler.admit(["next"])


async def test_a_caller_who_left_costs_no_work_and_no_room() -> None:
    workers = Workers()
    scheduler = Scheduler(workers.submit, slots=1, capacity=1)
    scheduler.admit(["running"])
    scheduler.admit(["abandoned"])[0].cancel()
    await until(lambda: scheduler.waiting == 0)
    last = scheduler.admit(["patient"])[0]
    workers.finish("running")
    await until(lambda: "patient" in workers.begun)
    workers.finish("patient")
    assert await last == "PATIENT"
    assert workers.begun == ["running", "patient"]


async def test_a_deadline_that_passes_in_the_queue_costs_no_work() -> None:
    workers = Workers()
    scheduler = Scheduler(workers.submit, slots=1, capacity=1)
    scheduler.admit(["running"])
    late = scheduler.admit(["late"], timeout=0.01)[0]
    await asyncio.sleep(0.02)
    workers.finish("running")
    with pytest.raises(DeadlinePassed):
        await late
    assert workers.begun == ["running"]


async def test_a_caller_who_leaves_during_the_work_does_not_disturb_the_next() -> None:
    workers = Workers()
    scheduler = Scheduler(workers.submit, slots=1, capacity=1)
    scheduler.admit(["left"])[0].cancel()
    assert workers.abandoned == ["left"]
    after = scheduler.admit(["next"])[0]
    assert workers.begun == ["left"]
    workers.finish("left")
    await until(lambda: "next" in workers.begun)
    workers.finish("next")
    assert await after == "NEXT"


async def test_an_error_goes_to_its_own_caller_only() -> None:
    workers = Workers()
    scheduler = Scheduler(workers.submit, slots=2, capacity=0)
    bad, good = scheduler.admit(["bad", "good"])
    workers.ended["bad"](None, ValueError("bad"))
    workers.finish("good")
    with pytest.raises(ValueError, match="bad"):
        await bad
    assert await good == "GOOD"


async def test_a_worker_that_takes_no_work_does_not_stop_the_queue() -> None:
    def broken(job: str, admitted: float, deadline: float | None, ended: Ended[str]) -> Work:
        raise RuntimeError("gone")

    scheduler: Scheduler[str, str] = Scheduler(broken, slots=1, capacity=5)
    for _ in range(3):
        with pytest.raises(RuntimeError, match="gone"):
            await scheduler.run("job")
    assert scheduler.running == 0


async def test_a_worker_learns_when_a_job_came_and_when_it_is_too_late() -> None:
    workers = Workers()
    scheduler = Scheduler(workers.submit, slots=1, capacity=1)
    begun = time.monotonic()
    scheduler.admit(["first"])
    scheduler.admit(["second"], timeout=5)
    came = time.monotonic()
    await asyncio.sleep(0.02)
    workers.finish("first")
    await until(lambda: "second" in workers.begun)
    assert workers.times["first"][1] is None
    admitted, deadline = workers.times["second"]
    assert begun <= admitted <= came
    assert deadline == pytest.approx(came + 5, abs=0.1)


async def test_workers_come_and_go() -> None:
    workers = Workers()
    scheduler = Scheduler(workers.submit, slots=0, capacity=3)
    scheduler.admit(["first", "second", "third"])
    assert workers.begun == []
    scheduler.resize(2)
    assert workers.begun == ["first", "second"]
    scheduler.resize(1)
    workers.finish("first")
    await asyncio.sleep(0.01)
    assert workers.begun == ["first", "second"]
    workers.finish("second")
    await until(lambda: "third" in workers.begun)


async def test_with_fewer_workers_the_queue_keeps_its_bound() -> None:
    workers = Workers()
    scheduler = Scheduler(workers.submit, slots=4, capacity=1)
    scheduler.admit(["one", "two", "three", "four"])
    scheduler.resize(0)
    scheduler.admit(["waiting"])
    with pytest.raises(QueueFull):
        scheduler.admit(["one too many"])
