"""Each row of a page is found once, wherever its trace wanders."""

from __future__ import annotations

import numpy as np
import pytest

from ecg.pictures.pages.ink import ink_of
from ecg.pictures.pages.reading import read
from ecg.pictures.pages.rows import ends_of, rows_of
from tests.ecg.pictures.pages.drawn import Page, difference, lead


def strokes(*lines: tuple[slice, int]) -> np.ndarray:
    """Depth of a page with level strokes, joined where one ends as the next begins."""
    depth = np.zeros((500, 1000), np.uint8)
    before: tuple[slice, int] | None = None
    for columns, row in lines:
        depth[row : row + 3, columns] = 220
        if before is not None and before[0].stop == columns.start:
            top, bottom = sorted((before[1], row))
            depth[top : bottom + 3, columns.start - 1 : columns.start + 2] = 220
        before = (columns, row)
    return depth


@pytest.mark.parametrize(
    ("lines", "rows"),
    [
        (((slice(50, 500), 150), (slice(500, 950), 250)), 1),
        (((slice(50, 950), 150), (slice(50, 950), 250)), 2),
        (((slice(50, 480), 150), (slice(520, 950), 250)), 2),
        (((slice(50, 500), 150), (slice(500, 950), 250), (slice(50, 490), 250), (slice(510, 950), 150)), 2),
    ],
    ids=["one that wanders", "two", "two that aren't one piece", "two that a tall wave joins"],
)
def test_a_trace_that_lies_lower_at_its_end_is_one_row(lines: tuple[tuple[slice, int], ...], rows: int) -> None:
    ink = ink_of(strokes(*lines))
    assert ink is not None
    assert len(rows_of(ink, 7.0)) == rows


def test_a_strip_whose_baseline_sinks_by_a_centimetre_is_read_from_its_beginning() -> None:
    page = Page(272, 60, 8.0)
    seconds = np.arange(10 * 500) / 500
    values = lead(10, height=0.5) - 1.4 / (1 + np.exp(-(seconds - 4) / 0.4))
    page.pulse(5, 20)
    page.trace(14, 20, values)
    page.text(15, 8, "II")
    page.text(8, 57, "25 mm/s  10 mm/mV")
    (read_lead,) = read(page.pixels()).leads
    assert len(read_lead.millivolts) / read_lead.rate == pytest.approx(10, abs=0.1)
    assert difference(read_lead.millivolts, values) < 0.1


@pytest.mark.parametrize(
    ("places", "begin"),
    [
        ([100.0, 101.0, 100.0, 240.0], 100.0),
        ([60.0, 100.0, 101.0, 100.0], 100.0),
        ([60.0, 60.0, 100.0, 101.0], 100.5),
        ([60.0, 100.0, 140.0], 100.0),
        ([100.0], 100.0),
    ],
    ids=["one is seen later", "something before one", "before two of four", "no two alike", "one row"],
)
def test_rows_begin_where_most_do(places: list[float], begin: float) -> None:
    assert ends_of(places, [900.0] * len(places), 7.0, sure=True) == (begin, 900.0)


@pytest.mark.parametrize(
    ("begins", "sure", "begin"),
    [
        ([112.0, 127.0, 129.0, 113.0], True, 112.5),
        ([112.0, 127.0, 129.0, 113.0], False, 128.0),
        ([40.0, 41.0, 112.0, 113.0], True, 112.5),
        ([112.0, 127.0, 129.0, 128.0], True, 128.0),
    ],
    ids=["two begin later", "of a guessed millimetre", "something before two", "most begin later"],
)
def test_of_two_places_where_rows_may_begin_it_is_that_of_ten_seconds(
    begins: list[float], sure: bool, begin: float
) -> None:
    assert ends_of(begins, [1225.5, 1226.0, 1225.0, 1225.5], 4.452, sure=sure) == (begin, 1225.5)
