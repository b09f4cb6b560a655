from __future__ import annotations

import asyncio
import tracemalloc

import numpy as np
import pytest

from ecg.families.clustering import COMPARED, FamilyGroups
from ecg.signal.grid import BLOCK, BLOCK_SECONDS
from inference_server.models.recording_model import RecordingModel
from inference_server.recordings.digest import Digest
from inference_server.rpc.recordings import Digests
from inference_server.workers import recording_tasks
from inference_server.workers.recording_tasks import RecordingFacts
from inference_server.workers.recording_work import RecordingWork
from inference_server.workers.wire import Kind
from tests.inference_server.tiny_recording_models import write_recording_model

BEATS, BLOCKS, GROUPS = 4096, 100, 6


class Work:
    """A worker in this process."""

    def __init__(self, model: RecordingModel) -> None:
        self._work = RecordingWork(model)

    async def run(self, kind: Kind, body: bytes) -> bytes:
        return self._work.answer(kind, body, lambda: None)


@pytest.fixture(scope="module")
def work(tmp_path_factory: pytest.TempPathFactory) -> Work:
    return Work(RecordingModel.load(write_recording_model(tmp_path_factory.mktemp("models"))))


def segment(place: int) -> bytes:
    """Fast beats of many kinds, half of them odd."""
    random = np.random.default_rng(place)
    inside = np.sort(random.choice(BLOCKS * BLOCK // 90, BEATS, replace=False)) * 90
    return Digest(
        samples=(place * BLOCKS * BLOCK + inside).astype(np.int32),
        classes=random.integers(0, 3, BEATS).astype(np.int8),
        readable=random.random(BLOCKS * BLOCK_SECONDS) < 0.99,
        odds=np.full(BLOCKS * BLOCK_SECONDS, -8, np.float32),
        odd=random.random(BEATS) < 0.5,
        atrial=random.normal(size=(BLOCKS, 7)).astype(np.float32),
        groups=FamilyGroups(
            sums=np.random.default_rng(0).normal(size=(GROUPS, 2, COMPARED)).astype(np.float32),
            lead_weights=np.ones((GROUPS, 2), np.float32),
            counts=np.full(GROUPS, BEATS // GROUPS),
            early=np.arange(GROUPS) < 2,
            of_beat=random.integers(0, GROUPS, BEATS).astype(np.int32),
            likeness=random.random(BEATS).astype(np.float32),
        ),
    ).to_bytes()


def taken(work: Work, segments: int) -> tuple[int, int]:
    """Bytes that are held of a recording's segments at its end, and that its last task takes beyond them at most."""

    async def whole() -> tuple[int, int]:
        digests = Digests(work)  # type: ignore[arg-type]
        for place in range(segments):
            await digests.add(segment(place))
        samples = segments * BLOCKS * BLOCK
        facts = RecordingFacts(360.0, samples, ("II", "V1"), ((1.0, 0.0),) * 2, "INT16").to_bytes()
        body = recording_tasks.rhythm_to_bytes(facts, {}, digests.packed, digests.held)
        tracemalloc.start()
        try:
            await work.run(Kind.RHYTHM, body)
            return len(body), tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    return asyncio.run(whole())


def test_beats_of_a_long_recording_take_few_bytes_in_front_and_worker(work: Work) -> None:
    (_, less), (held, more) = (taken(work, segments) for segments in (10, 40))
    assert held < 2.2 * 2**20 + 9 * 40 * BEATS  # what is not packed yet, and what is
    assert more - less < 75 * 30 * BEATS
