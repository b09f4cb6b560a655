from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import Future

import pytest

from inference_server.scheduling import Caller, DeadlinePassed, QueueFull, Scheduler

pytestmark = pytest.mark.asyncio


class Workers:
    """Workers whose work ends when the test says so."""

    def __init__(self) -> None:
        self.begun: list[str] = []
        self.futures: dict[str, Future[str]] = {}

    def submit(self, job: str) -> Future[str]:
        self.begun.append(job)
        self.futures[job] = Future()
        return self.futures[job]

    def finish(self, job: str) -> None:
        self.futures[job].set_result(job.upper())


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
    assert (await first).result == "A"
    assert (await second).result == "B"
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
    assert (await last).result == "PATIENT"
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
    after = scheduler.admit(["next"])[0]
    workers.finish("left")
    await until(lambda: "next" in workers.begun)
    workers.finish("next")
    assert (await after).result == "NEXT"


async def test_an_error_goes_to_its_own_caller_only() -> None:
    workers = Workers()
    scheduler = Scheduler(workers.submit, slots=2, capacity=0)
    bad, good = scheduler.admit(["bad", "good"])
    workers.futures["bad"].set_exception(ValueError("bad"))
    workers.finish("good")
    with pytest.raises(ValueError, match="bad"):
        await bad
    assert (await good).result == "GOOD"


async def test_a_worker_that_takes_no_work_does_not_stop_the_queue() -> None:
    def broken(job: str) -> Future[str]:
        raise RuntimeError("gone")

    scheduler: Scheduler[str, str] = Scheduler(broken, slots=1, capacity=5)
    for _ in range(3):
        with pytest.raises(RuntimeError, match="gone"):
            await scheduler.run("job")
    assert scheduler.running == 0


async def test_the_time_in_the_queue_is_told() -> None:
    workers = Workers()
    scheduler = Scheduler(workers.submit, slots=1, capacity=1)
    first, second = scheduler.admit(["first", "second"])
    await asyncio.sleep(0.05)
    workers.finish("first")
    await until(lambda: "second" in workers.begun)
    workers.finish("second")
    assert (await first).queue_seconds < 0.04
    assert (await second).queue_seconds >= 0.045
