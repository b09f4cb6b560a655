from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

import pytest

from inference_server.workers.scheduling import (
    _MAX_RETURNS,
    Caller,
    DeadlinePassed,
    Ended,
    NotBegun,
    QueueFull,
    Scheduler,
)

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

    def return_job(self, job: str) -> None:
        self.ended[job](None, NotBegun())


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


def weighing(workers: Workers, *, slots: int, capacity_bytes: int) -> Scheduler[str, str]:
    """A scheduler to which every letter is a byte."""
    return Scheduler(workers.submit, slots=slots, capacity=10, capacity_bytes=capacity_bytes, size=len)


async def test_beyond_the_bytes_that_may_be_held_a_job_is_refused_with_a_hint() -> None:
    workers = Workers()
    scheduler = weighing(workers, slots=1, capacity_bytes=10)
    scheduler.admit(["aaaa"])
    scheduler.admit(["bbbb"])
    assert scheduler.held_bytes == 8
    with pytest.raises(QueueFull) as caught:
        scheduler.admit(["ccc"])
    assert caught.value.retry_after > 0
    with pytest.raises(QueueFull):
        scheduler.admit(["c", "dd"])
    scheduler.admit(["cc"])
    assert scheduler.held_bytes == 10
    workers.finish("aaaa")
    scheduler.admit(["dddd"])


async def test_what_is_too_large_for_the_bytes_is_let_in_alone() -> None:
    workers = Workers()
    scheduler = weighing(workers, slots=1, capacity_bytes=3)
    large = scheduler.admit(["aaaa", "bbbb"])
    with pytest.raises(QueueFull):
        scheduler.admit(["c"])
    workers.finish("aaaa")
    await until(lambda: "bbbb" in workers.begun)
    workers.finish("bbbb")
    assert await asyncio.gather(*large) == ["AAAA", "BBBB"]
    scheduler.admit(["cccc"])


async def test_however_a_job_ends_it_holds_nothing_any_more() -> None:
    workers = Workers()
    scheduler = weighing(workers, slots=1, capacity_bytes=100)
    running, waiting = scheduler.admit(["running", "waiting"])
    late = scheduler.admit(["late"], timeout=0.001)[0]
    failing = scheduler.admit(["failing"])[0]
    waiting.cancel()
    running.cancel()
    await asyncio.sleep(0.01)
    workers.finish("running")
    workers.ended["failing"](None, ValueError())
    assert isinstance(late.exception(), DeadlinePassed)
    assert isinstance(failing.exception(), ValueError)
    assert (scheduler.held_bytes, scheduler.waiting, scheduler.running) == (0, 0, 0)

    def broken(job: str, admitted: float, deadline: float | None, ended: Ended[str]) -> Work:
        raise RuntimeError("gone")

    gone = Scheduler(broken, slots=1, capacity=5, capacity_bytes=100, size=len)
    with pytest.raises(RuntimeError):
        await gone.run("job")
    assert gone.held_bytes == 0


async def test_who_waits_for_room_is_woken_when_bytes_are_let_go() -> None:
    workers = Workers()
    scheduler = weighing(workers, slots=2, capacity_bytes=4)
    scheduler.admit(["aaaa"])
    waiting = asyncio.ensure_future(scheduler.room())
    await asyncio.sleep(0)
    workers.finish("aaaa")
    async with asyncio.timeout(10):
        await waiting
    scheduler.admit(["bbbb"])


async def test_what_a_lost_worker_had_not_begun_goes_to_another_one_before_the_queue() -> None:
    workers = Workers()
    scheduler = weighing(workers, slots=3, capacity_bytes=100)
    first, second, third = scheduler.admit(["first", "second", "third"])
    scheduler.admit(["waiting"])
    scheduler.resize(0)  # the worker is gone
    for job in ("third", "second"):
        workers.return_job(job)
    workers.ended["first"](None, ValueError("lost"))
    assert (scheduler.waiting, scheduler.held_bytes) == (3, len("secondthirdwaiting"))
    assert not second.done()
    workers.begun.clear()
    scheduler.resize(2)  # another one is there
    assert workers.begun == ["second", "third"]
    workers.finish("second")
    workers.finish("third")
    assert (await second, await third) == ("SECOND", "THIRD")
    with pytest.raises(ValueError, match="lost"):
        await first
    assert workers.begun[-1] == "waiting"


async def test_what_nobody_waits_for_is_not_begun_again() -> None:
    workers = Workers()
    scheduler = weighing(workers, slots=2, capacity_bytes=100)
    before, after = scheduler.admit(["before", "after"])
    before.cancel()
    scheduler.resize(0)
    workers.return_job("before")
    workers.return_job("after")
    after.cancel()
    scheduler.resize(2)
    assert workers.begun == ["before", "after"]
    assert (scheduler.waiting, scheduler.running, scheduler.held_bytes) == (0, 0, 0)


async def test_a_returned_job_keeps_its_deadline() -> None:
    workers = Workers()
    scheduler = weighing(workers, slots=1, capacity_bytes=100)
    late = scheduler.admit(["late"], timeout=0.01)[0]
    scheduler.resize(0)
    workers.return_job("late")
    await asyncio.sleep(0.02)
    scheduler.resize(1)
    with pytest.raises(DeadlinePassed):
        await late


async def test_a_job_that_worker_after_worker_gives_back_is_given_up() -> None:
    workers = Workers()
    scheduler = weighing(workers, slots=1, capacity_bytes=100)
    unlucky = scheduler.admit(["unlucky"])[0]
    for number in range(_MAX_RETURNS):
        assert len(workers.begun) == number + 1
        workers.return_job("unlucky")
    workers.return_job("unlucky")
    with pytest.raises(NotBegun):
        await unlucky
    assert scheduler.held_bytes == 0
