from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from inference_server.recordings import pieces
from inference_server.rpc.segmenting import MOST_BLOCK_BYTES, Segmenting
from inference_server.workers import recording_work
from inference_server.workers.recording_tasks import (
    RecordingFacts,
    RecordingRefused,
    Segment,
    plan_from_bytes,
    plan_to_bytes,
    segment_from_bytes,
)

RATE, SAMPLES = 200.0, 400_000
LEADS = ("II", "V1")


@pytest.fixture(autouse=True)
def short_segments(monkeypatch: pytest.MonkeyPatch) -> None:
    """Segments of seven minutes."""
    monkeypatch.setattr(pieces, "MOST_BLOCKS", 14)


def facts(encoding: str = "FLOAT32") -> RecordingFacts:
    return RecordingFacts(RATE, SAMPLES, LEADS, ((1.0, 0.0), (0.005, -1.0)), encoding)


def plan() -> list[Segment]:
    cut = pieces.segments(SAMPLES, RATE, 2)
    return [Segment(one.first, one.last, one.begin, one.end) for one in cut]


def sent(segmenting: Segmenting, frames: NDArray[Any], stretches: list[tuple[int, int]]) -> list[bytes]:
    """The bodies of all tasks, ``frames`` of those stretches being sent."""
    bodies = [body for first, end in stretches for body in segmenting.add(first, frames[first:end].tobytes())]
    bodies += segmenting.add(SAMPLES, b"")
    segmenting.finish()
    return bodies


def read(body: bytes) -> tuple[Segment, NDArray[np.float32]]:
    known, segment, stretches = segment_from_bytes(body)
    return segment, recording_work.millivolts(known, segment, stretches)


@pytest.mark.parametrize("size", [7, 1000, 32_768])
def test_every_segment_has_exactly_its_samples_whatever_the_size_of_the_blocks(size: int) -> None:
    frames = np.random.default_rng(1).normal(size=(SAMPLES, 2)).astype("<f4")
    frames[1000:1100, 0] = np.nan
    bounds = [*range(0, SAMPLES, size), SAMPLES]
    whole = RecordingFacts(RATE, SAMPLES, LEADS, ((1.0, 0.0), (1.0, 0.0)), "FLOAT32")
    bodies = sent(Segmenting(whole, plan()), frames, list(itertools.pairwise(bounds)))
    assert [read(body)[0] for body in bodies] == plan()
    assert len(bodies) > 1
    for body in bodies:
        segment, values = read(body)
        np.testing.assert_array_equal(values, frames[segment.begin : segment.end].T)


@pytest.mark.parametrize(("encoding", "kind"), [("INT16", "<i2"), ("INT32", "<i4")])
def test_whole_numbers_become_millivolts_and_gaps_are_gaps(encoding: str, kind: str) -> None:
    frames = np.random.default_rng(1).integers(-900, 900, (SAMPLES, 2)).astype(kind)
    missing = np.iinfo(kind).min
    frames[50:60, 1] = missing
    # A gap of a few samples, one of minutes, and one at the end.
    stretches = [(0, 400), (410, 30_000), (150_000, 182_000), (390_000, 399_990)]
    expected = np.full((SAMPLES, 2), np.nan)
    for first, end in stretches:
        expected[first:end] = frames[first:end] * np.array([1.0, 0.005]) + np.array([0.0, -1.0])
    expected[50:60, 1] = np.nan
    for body in sent(Segmenting(facts(encoding), plan()), frames, stretches):
        segment, values = read(body)
        np.testing.assert_array_equal(values, expected[segment.begin : segment.end].T.astype(np.float32))


def test_no_more_is_held_than_the_next_segment_needs() -> None:
    segmenting = Segmenting(facts("INT16"), plan())
    block = bytes(4 * 10_000)
    held = []
    for first in range(0, SAMPLES, 10_000):
        list(segmenting.add(first, block))
        held.append(sum(len(values) for _, values in segmenting._held))
    longest = max(one.end - one.begin for one in plan())
    assert max(held) <= 4 * longest + MOST_BLOCK_BYTES


def test_single_samples_with_gaps_between_are_few_stretches() -> None:
    segmenting = Segmenting(facts("INT16"), plan())
    for first in range(0, 100_000, 2):
        list(segmenting.add(first, bytes(4)))
    assert len(segmenting._held) < 5


@pytest.mark.parametrize(
    ("first", "values", "reason", "field"),
    [
        (0, bytes(MOST_BLOCK_BYTES + 8), "RECORDING_BLOCK_TOO_LARGE", "block.values"),
        (10, bytes(9), "RECORDING_BLOCK_INVALID", "block.values"),
        (9, bytes(8), "RECORDING_BLOCK_MISPLACED", "block.first_sample"),
        (-1, bytes(8), "RECORDING_BLOCK_MISPLACED", "block.first_sample"),
        (SAMPLES - 1, bytes(16), "RECORDING_TOO_LONG", "header.samples"),
    ],
)
def test_a_block_that_can_not_be_is_refused(first: int, values: bytes, reason: str, field: str) -> None:
    segmenting = Segmenting(facts(), plan())
    list(segmenting.add(0, bytes(80)))
    with pytest.raises(RecordingRefused) as caught:
        list(segmenting.add(first, values))
    assert (caught.value.reason, caught.value.field) == (reason, field)
    assert RecordingRefused.from_bytes(caught.value.to_bytes()).reason == reason


def test_a_recording_that_ends_early_is_refused() -> None:
    segmenting = Segmenting(facts(), plan())
    list(segmenting.add(0, bytes(80)))
    with pytest.raises(RecordingRefused, match="10 samples of each lead came") as caught:
        segmenting.finish()
    assert caught.value.reason == "RECORDING_INCOMPLETE"


def test_a_plan_goes_over_the_wire() -> None:
    assert plan_from_bytes(plan_to_bytes(plan())) == plan()
