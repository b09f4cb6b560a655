"""Blocks and their neighbours."""

from __future__ import annotations

import numpy as np

from ecg.recording import Recording
from ecg.signal.grid import BLOCK, MARGIN, block_count, read_block, widened, with_adjacent


def test_a_block_brings_its_margins_and_has_nothing_beyond_the_ends() -> None:
    values = np.arange(BLOCK + 100, dtype=np.float32)[None]
    recording = Recording.of_array(values, leads=("II",), rate=360)
    first, second = (read_block(recording, index)[0] for index in range(block_count(recording.samples)))
    assert np.isnan(first[:MARGIN]).all()
    assert first[MARGIN : MARGIN + 3].tolist() == [0, 1, 2]
    assert first[-1] != first[-1]
    assert second[0] == BLOCK - MARGIN
    assert np.isnan(second[MARGIN + 100 :]).all()


def test_neighbours_are_those_beside_a_block_and_none_beyond_the_ends() -> None:
    around = list(with_adjacent("abcd", 0, 1, range(4)))
    assert [item.items for item in around] == [(None, "a", "b"), ("a", "b", "c"), ("b", "c", "d"), ("c", "d", None)]
    assert [item.middle for item in around] == list("abcd")
    assert around[0].known == [(0, "a"), (1, "b")]


def test_only_wanted_blocks_are_yielded_and_nothing_is_read_ahead_without_need() -> None:
    read: list[int] = []
    items = (read.append(n) or n for n in range(5, 11))  # type: ignore[func-returns-value]
    stream = with_adjacent(items, 5, 2, range(7, 9))
    assert next(stream).items == (5, 6, 7, 8, 9)
    assert read == [5, 6, 7, 8, 9]
    assert [item.index for item in stream] == [8]


def test_blocks_are_widened_within_the_recording() -> None:
    assert widened(range(1, 3), 2, 4) == range(4)
