"""Real worker processes, without gRPC in front of them."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from benchmarks.processes import programs
from ecg.pictures.decoding import ImageError, ImageLimits, ImageReason
from inference_server.models.model_files import ModelError, ModelFiles
from inference_server.workers import child as child_module
from inference_server.workers import pool as pool_module
from inference_server.workers.child import WorkerFailed, WorkerLost
from inference_server.workers.pool import WINDOW, Job, ServedModel, WorkerPool
from inference_server.workers.scheduling import DeadlinePassed, NotBegun, Scheduler
from inference_server.workers.wire import Classified, Configuration, Kind
from tests.inference_server.pictures import picture
from tests.inference_server.tiny_models import write_model

pytestmark = pytest.mark.asyncio


@asynccontextmanager
async def running(
    size: int = 1,
    *,
    job_seconds: float = 30,
    log_level: str = "ERROR",
    limits: ImageLimits | None = None,
    memory_bytes: int = 2**30,
) -> AsyncIterator[WorkerPool]:
    configuration = Configuration(limits or ImageLimits(), log_level, memory_bytes)
    async with (
        asyncio.timeout(60),
        WorkerPool(size, configuration, job_seconds=job_seconds, changed=lambda: None) as pool,
    ):
        yield pool


async def load(pool: WorkerPool, folder: Path) -> ServedModel:
    return await asyncio.to_thread(pool.load, ModelFiles.read(folder))


def classify(
    pool: WorkerPool, model: ServedModel, image: bytes, deadline: float | None = None
) -> asyncio.Future[bytes]:
    future: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()

    def ended(result: bytes | None, error: BaseException | None) -> None:
        if error is not None:
            future.set_exception(error)
        else:
            future.set_result(result or b"")

    try:
        running = pool.submit(Job(Kind.CLASSIFY, model, image), time.monotonic(), deadline, ended)
    except WorkerLost as error:
        future.set_exception(error)
    else:
        future.add_done_callback(lambda done: running.cancel() if done.cancelled() else None)
    return future


async def until(condition: Callable[[], bool]) -> None:
    while not condition():
        await asyncio.sleep(0.01)


def children() -> set[int]:
    return set(programs.children(os.getpid()))


def own_memory(pid: int) -> int:
    """Memory of a process that stands behind no file, bytes."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("RssAnon"))


async def test_every_worker_has_the_model_and_answers(models: Path) -> None:
    async with running(2) as pool:
        await until(lambda: pool.ready == 2)
        model = await load(pool, models / "arrhythmia" / "1")
        assert (model.info.version, len(model.info.classes)) == ("1", 7)
        answers = await asyncio.gather(*(classify(pool, model, picture(band)) for band in (0, 1, 2, 3)))
        classified = [Classified.from_bytes(answer) for answer in answers]
        assert [answer.beat_class for answer in classified] == ["NORMAL", "LBBB", "RBBB", "PAC"]
        assert all(answer.model_version == "1" and answer.inference_seconds > 0 for answer in classified)


async def test_what_is_wrong_with_a_picture_comes_back(models: Path) -> None:
    async with running(limits=ImageLimits(max_bytes=50_000)) as pool:
        model = await load(pool, models / "arrhythmia" / "1")
        with pytest.raises(ImageError, match="neither") as caught:
            await classify(pool, model, b"text")
        assert caught.value.reason is ImageReason.UNSUPPORTED_FORMAT
        with pytest.raises(ImageError) as caught:
            await classify(pool, model, picture() + b"\0" * 50_000)
        assert caught.value.reason is ImageReason.TOO_LARGE
        with pytest.raises(DeadlinePassed):
            await classify(pool, model, picture(), deadline=time.monotonic())


async def test_a_bad_model_is_refused_with_its_reason(models: Path, tmp_path: Path) -> None:
    bad = write_model(tmp_path, metadata={"licence": None})
    async with running() as pool:
        with pytest.raises(ModelError, match="lacks metadata: licence"):
            await load(pool, bad)
        model = await load(pool, models / "arrhythmia" / "1")
        assert Classified.from_bytes(await classify(pool, model, picture(3))).beat_class == "PAC"


async def test_a_model_that_nobody_holds_is_forgotten(models: Path) -> None:
    async with running() as pool:
        model = await load(pool, models / "arrhythmia" / "1")
        handle, info = model.handle, model.info
        assert pool.model_bytes == (models / "arrhythmia" / "1" / "model.onnx").stat().st_size
        under_way = classify(pool, model, picture(5))
        del model
        assert Classified.from_bytes(await under_way).beat_class == "VF"
        del under_way
        await asyncio.sleep(0.05)
        assert pool.model_bytes == 0
        with pytest.raises(WorkerFailed):
            await classify(pool, ServedModel(handle, info), picture())


async def test_a_killed_worker_loses_what_it_was_at_and_is_replaced_with_the_same_models(tmp_path: Path) -> None:
    folder = write_model(tmp_path, work=100)
    before = children()
    async with running() as pool:
        model = await load(pool, folder)
        (folder / "model.onnx").unlink()  # whatever becomes of the files
        (pid,) = children() - before
        in_hand = [classify(pool, model, picture()) for _ in range(WINDOW)]
        await in_hand[0]  # it is at the second one now, or as far as this process was slow to see it
        os.kill(pid, signal.SIGKILL)
        outcomes = await asyncio.gather(*in_hand, return_exceptions=True)
        answered = sum(isinstance(outcome, bytes) for outcome in outcomes)
        lost = outcomes[answered:]
        assert answered >= 1
        assert all(isinstance(error, WorkerLost) for error in lost)
        assert all(isinstance(error, NotBegun) for error in lost[1:])
        await until(lambda: pool.ready == 0)
        with pytest.raises(WorkerLost):
            await classify(pool, model, picture())
        await until(lambda: pool.ready == 1)
        assert Classified.from_bytes(await classify(pool, model, picture(6))).beat_class == "PACED"
        assert pool.lost == 1
    assert children() <= before


async def test_a_worker_that_hangs_is_replaced(models: Path) -> None:
    before = children()
    async with running(job_seconds=2) as pool:
        model = await load(pool, models / "arrhythmia" / "1")
        (pid,) = children() - before
        os.kill(pid, signal.SIGSTOP)
        with pytest.raises(WorkerLost):
            await classify(pool, model, picture())
        await until(lambda: pool.ready == 1)
        assert Classified.from_bytes(await classify(pool, model, picture(1))).beat_class == "LBBB"


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGSTOP], ids=["killed", "hanging"])
@pytest.mark.parametrize("size", [1, 2])
async def test_a_lost_worker_costs_the_picture_that_it_was_at_and_nothing_else(
    size: int, how: signal.Signals, tmp_path: Path
) -> None:
    folder, before = write_model(tmp_path, work=20), children()
    scheduler: Scheduler[Job, bytes]

    def changed() -> None:
        scheduler.resize(pool.slots)

    configuration = Configuration(ImageLimits(), "ERROR", 2**30)
    async with asyncio.timeout(90):
        pool = WorkerPool(size, configuration, job_seconds=2, changed=changed)
        scheduler = Scheduler(pool.submit, slots=0, capacity=100)
        async with pool:
            await until(lambda: pool.ready == size)
            model = await load(pool, folder)
            victim = min(children() - before)
            answers = [scheduler.run(Job(Kind.CLASSIFY, model, picture())) for _ in range(40)]
            under_way = asyncio.gather(*answers, return_exceptions=True)
            await until(lambda: scheduler.running > 0)
            os.kill(victim, how)
            outcomes = await under_way
    lost = [outcome for outcome in outcomes if isinstance(outcome, BaseException)]
    assert all(isinstance(error, WorkerLost) for error in lost)
    assert len(lost) <= 1  # none, where it was between two pictures


async def test_a_worker_that_is_ended_before_it_has_begun_anything_costs_nothing(models: Path) -> None:
    scheduler: Scheduler[Job, bytes]
    configuration = Configuration(ImageLimits(), "ERROR", 2**30)
    before = children()
    async with asyncio.timeout(90):
        pool = WorkerPool(1, configuration, job_seconds=2, changed=lambda: scheduler.resize(pool.slots))
        scheduler = Scheduler(pool.submit, slots=0, capacity=100)
        async with pool:
            await until(lambda: pool.ready == 1)
            model = await load(pool, models / "arrhythmia" / "1")
            (pid,) = children() - before
            os.kill(pid, signal.SIGSTOP)
            answers = [scheduler.run(Job(Kind.CLASSIFY, model, picture(band))) for band in range(3)]
            classes = [Classified.from_bytes(body).beat_class for body in await asyncio.gather(*answers)]
    assert classes == ["NORMAL", "LBBB", "RBBB"]
    assert pool.lost == 1


async def test_a_worker_has_a_limit_on_memory_and_lives_on(models: Path) -> None:
    large = picture(size=(4000, 4000))
    async with running(memory_bytes=8 * 2**20) as pool:
        model = await load(pool, models / "arrhythmia" / "1")
        for _ in range(3):
            with pytest.raises(WorkerFailed):
                await classify(pool, model, large)
            assert Classified.from_bytes(await classify(pool, model, picture(2))).beat_class == "RBBB"
        # Models are beside the limit.
        again = await load(pool, models / "arrhythmia" / "1")
        assert Classified.from_bytes(await classify(pool, again, picture(3))).beat_class == "PAC"
        assert pool.lost == 0


async def test_a_worker_gives_back_what_large_pictures_took(models: Path) -> None:
    before = children()
    async with running() as pool:
        model = await load(pool, models / "arrhythmia" / "1")
        (pid,) = children() - before
        for _ in range(20):
            await classify(pool, model, picture())
        at_rest = own_memory(pid)
        for width, height in ((4000, 3000), (3000, 4000), (1500, 900), (2500, 2500)):
            await classify(pool, model, picture(size=(width, height)))
            await classify(pool, model, picture())
        assert own_memory(pid) < at_rest + 4 * 2**20


async def test_a_model_that_ends_workers_is_refused(models: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(child_module, "_PROGRAM", "tests.inference_server.workers.dying")
    async with running() as pool:
        with pytest.raises(ModelError, match="ended the worker process"):
            await load(pool, models / "arrhythmia" / "1")


async def test_a_worker_that_never_comes_up_is_given_up(models: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(child_module, "_PROGRAM", "tests.inference_server.workers.dying")
    monkeypatch.setattr(pool_module, "_START_SECONDS", 0.2)
    async with running(log_level="DEBUG") as pool:
        with pytest.raises(TimeoutError):
            await load(pool, models / "arrhythmia" / "1")
        await until(lambda: pool.lost >= 2)
        assert pool.ready == 0


async def test_a_worker_leaves_out_what_nobody_waits_for_any_more(tmp_path: Path) -> None:
    folder = write_model(tmp_path, work=100)
    async with running() as pool:
        model = await load(pool, folder)
        outcomes: list[BaseException | None] = []

        def ended(_: bytes | None, error: BaseException | None) -> None:
            outcomes.append(error)

        job = Job(Kind.CLASSIFY, model, picture())
        begun = time.monotonic()
        in_hand = [pool.submit(job, begun, None, ended) for _ in range(4)]
        for submitted in in_hand[1:3]:
            submitted.cancel()
        await until(lambda: len(outcomes) == 4)
        assert [type(error) for error in outcomes] == [type(None), DeadlinePassed, DeadlinePassed, type(None)]
