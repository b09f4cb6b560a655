"""Lines of pictures as few points, none of whose waves loses its tip."""

from __future__ import annotations

import numpy as np
import pytest

from inference_server.models.read_trace import strokes_of, thinned


def line(points: int) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    x = np.linspace(0, 1, points)
    return np.stack([x, 0.5 + 0.1 * np.sin(40 * x)], axis=1)


def test_a_line_is_parted_where_it_is_interrupted() -> None:
    points = line(10)
    points[[0, 4, 5], 1] = np.nan
    assert [stroke.tolist() for stroke in strokes_of(points)] == [points[1:4].tolist(), points[6:].tolist()]
    assert strokes_of(np.full((3, 2), np.nan)) == []
    assert strokes_of(np.empty((0, 2))) == []


def test_few_points_stay_as_they_are() -> None:
    stroke = line(100)
    assert thinned([stroke], 400)[0] is stroke


@pytest.mark.parametrize("strokes", [1, 3, 250])
def test_many_points_become_few_and_keep_ends_and_tips(strokes: int) -> None:
    whole = line(20_000)
    spike = 10_001
    whole[spike, 1] = 0.0
    parts = np.array_split(whole, strokes)
    few = thinned(parts, 400)
    assert sum(len(stroke) for stroke in few) <= 400
    if strokes <= 100:
        assert min(float(stroke[:, 1].min()) for stroke in few) == 0.0
        assert len(few) == strokes
        assert [(stroke[0].tolist(), stroke[-1].tolist()) for stroke in few] == [
            (part[0].tolist(), part[-1].tolist()) for part in parts
        ]
    assert all((np.diff(stroke[:, 0]) >= 0).all() for stroke in few)
