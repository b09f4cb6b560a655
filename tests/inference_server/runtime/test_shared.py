"""What the fronts of one server count together."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import closing

import pytest

from inference_server.runtime.shared import SharedBuckets, SharedCallers, SharedMemory


class FullError(Exception):
    """As many as there may be."""


@pytest.fixture
def memory() -> Iterator[SharedMemory]:
    with closing(SharedMemory.create(fronts=2, recordings=3)) as made:
        yield made


def token(number: int) -> str:
    return hashlib.sha256(str(number).encode()).hexdigest()


def test_a_token_s_calls_are_counted_over_all_fronts(memory: SharedMemory) -> None:
    one, other = SharedBuckets(memory), SharedBuckets(memory)
    assert [one.wait(token(1), 2, 10.0), other.wait(token(1), 2, 10.0)] == [0, 0]
    assert one.wait(token(1), 2, 10.0) == 0.5
    assert other.wait(token(1), 2, 10.25) == 0.25
    assert other.wait(token(2), 2, 10.25) == 0
    assert other.wait(token(1), 2, 10.5) == 0


def test_another_rate_begins_anew(memory: SharedMemory) -> None:
    buckets = SharedBuckets(memory)
    assert [buckets.wait(token(1), 1, 1.0) > 0 for _ in range(2)] == [False, True]
    assert [buckets.wait(token(1), 2, 1.0) > 0 for _ in range(3)] == [False, False, True]


def test_more_tokens_than_there_is_room_for_never_fail(memory: SharedMemory) -> None:
    buckets = SharedBuckets(memory)
    assert all(buckets.wait(token(number), 1, float(number)) == 0 for number in range(6000))
    assert buckets.wait(token(5999), 1, 5999.0) > 0


def test_recordings_are_counted_over_all_fronts_and_a_dead_front_s_are_forgotten(memory: SharedMemory) -> None:
    one, other = SharedCallers(memory, 0), SharedCallers(memory, 1)
    seen: list[tuple[int, int]] = []

    def check(taken: int, of_caller: int) -> None:
        seen.append((taken, of_caller))
        if taken >= 3:
            raise FullError

    place = one.add("ward", check)
    one.add("clinic", check)
    other.add("ward", check)
    with pytest.raises(FullError):
        other.add("ward", check)
    assert seen == [(0, 0), (1, 0), (2, 1), (3, 2)]
    assert (one.own, other.own) == (2, 1)
    one.remove(place)
    other.add("ward", check)
    assert seen[-1] == (2, 1)
    memory.forget(0)
    other.add("ward", check)
    assert seen[-1] == (2, 2)
