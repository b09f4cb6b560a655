"""Lines of a grid that are as dark as the ink are taken out, and what the pen drew is left."""

from __future__ import annotations

import time

import numpy as np
import pytest
from numpy.typing import NDArray

from ecg.pictures.pages.ruling import ruled_part, without_lines

Bytes = NDArray[np.uint8]
INK = 200
SIZE = (400, 900)
ALL = (slice(0, SIZE[0]), slice(0, SIZE[1]))


def ruled(apart: float, line: int, *, askew: float = 0.0) -> Bytes:
    """Lines both ways, each put on a whole pixel, which fall so many pixels from one end to the other."""
    depth = np.zeros(SIZE, np.uint8)
    for axis, ink in enumerate((depth, depth.T)):
        for place in np.arange(apart / 2, SIZE[axis], apart):
            rows = np.rint(place + askew * np.linspace(-0.5, 0.5, ink.shape[1])).astype(int)
            inside = (rows >= 0) & (rows < len(ink))
            ink[rows[inside], np.flatnonzero(inside)] = line
    return depth


def drawn_on(depth: Bytes, level: int, high: float = 60.0) -> tuple[Bytes, NDArray[np.bool_]]:
    """Ink with a trace of two pixels, mostly level, that rises seven times; and where that is."""
    places = np.arange(SIZE[1])
    waves = high * np.exp(-((((places % 120) - 60) / 9.0) ** 2))
    trace = np.zeros(SIZE, np.bool_)
    rows = np.rint(level - waves).astype(int)
    before = np.r_[rows[:1], rows[:-1]]
    for column, (one, other) in enumerate(zip(rows, before, strict=True)):
        trace[min(one, other) : max(one, other) + 2, column] = True
    return np.where(trace, np.maximum(depth, INK), depth).astype(np.uint8), trace


@pytest.mark.parametrize("line", [120, INK, 240], ids=["fainter", "as dark", "darker"])
@pytest.mark.parametrize("apart", [18.9, 29.53, 40.0])
def test_what_is_left_is_the_trace(apart: float, line: int) -> None:
    between = round(apart * (300 // apart + 0.9))
    depth, trace = drawn_on(ruled(apart, line), between)
    left = without_lines(depth) >= 100
    assert (left & trace).sum() >= 0.95 * trace.sum()
    assert (left & ~trace).sum() <= 0.02 * trace.sum()


@pytest.mark.parametrize("off", [-2, -1, 0, 1, 2])
def test_a_trace_that_lies_along_a_line_is_left_where_it_is_beside_it(off: int) -> None:
    lines = ruled(29.53, INK)
    level = int(np.flatnonzero(np.median(lines, axis=1))[9]) + off
    depth, trace = drawn_on(lines, level)
    left = without_lines(depth) >= 100
    assert (left & trace).any(axis=0).mean() >= 0.95
    assert (left & ~trace).sum() <= 0.02 * trace.sum()


def test_a_trace_that_is_darker_than_the_line_it_lies_on_is_left_whole() -> None:
    lines = ruled(29.53, 110)
    depth, trace = drawn_on(lines, int(np.flatnonzero(np.median(lines, axis=1))[9]))
    left = without_lines(depth) >= 100
    assert (left & trace).sum() >= 0.98 * trace.sum()


def test_lines_that_lie_askew_by_pixels_are_taken_out() -> None:
    depth, trace = drawn_on(ruled(29.53, INK, askew=2.0), level=322)
    left = without_lines(depth) >= 100
    assert (left & ~trace).sum() <= 0.1 * (depth > 0)[~trace].sum()
    assert (left & trace).sum() >= 0.9 * trace.sum()


@pytest.mark.parametrize(
    "depth",
    [ruled(29.53, 60), np.zeros(SIZE, np.uint8), ruled(200.0, INK)],
    ids=["a faint grid", "an empty page", "two lines"],
)
def test_other_pages_stay_as_they_are(depth: Bytes) -> None:
    page, _ = drawn_on(depth, level=310)
    assert (without_lines(page) == page).all()


def test_level_traces_below_each_other_are_no_lines() -> None:
    page = np.zeros(SIZE, np.uint8)
    traces = np.zeros(SIZE, np.bool_)
    for level in (70, 118, 171, 223, 280, 331, 383):
        page, trace = drawn_on(page, level, high=20.0)
        traces |= trace
    left = without_lines(page) >= 100
    assert (left == traces).all()


def test_hundreds_of_lines_at_any_distance_are_soon_looked_at() -> None:
    chance = np.random.default_rng(7)
    places = np.cumsum(chance.integers(5, 12, 260))
    page = np.zeros((int(places[-1]) + 9,) * 2, np.uint8)
    page[places] = page[:, places] = INK
    begin = time.process_time()
    without_lines(page)
    looked_at = time.process_time() - begin
    begin = time.process_time()
    for _ in range(8):
        np.sort(page, axis=1)
        np.sort(page, axis=0)
    assert looked_at < 5 * (time.process_time() - begin)


def test_a_screen_of_dots_is_no_grid() -> None:
    page = np.zeros(SIZE, np.uint8)
    odd = np.arange(SIZE[1]) % 2 == 1
    for number, row in enumerate(range(21, 380, 20)):
        page[row - 1, odd] = page[row + 1, ~odd] = INK
        if number % 9 == 0:
            page[row, odd] = INK
    assert (without_lines(page) == page).all()
    assert ruled_part(page) == ALL
