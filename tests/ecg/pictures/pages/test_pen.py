"""The pen's way found from the edges of what it drew."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from ecg.pictures.ink.strokes import runs_of
from ecg.pictures.pages.pen import edges_of, line_within

_FINER = 8


def _drawn(places: list[tuple[float, float]], pen: float) -> NDArray[np.uint8]:
    """Ink of a stroke, 255 deep, ``[60, 80]``."""
    image = Image.new("L", (80 * _FINER, 60 * _FINER))
    points = [(x * _FINER, y * _FINER) for x, y in places]
    ImageDraw.Draw(image).line(points, fill=255, width=round(pen * _FINER), joint="curve")
    return np.array(image.resize((80, 60), Image.Resampling.BOX))


@pytest.mark.parametrize("pen", [0.75, 1.5, 3.0])
@pytest.mark.parametrize("tip", [40.0, 40.4])
def test_a_wave_hardly_wider_than_the_pen_is_followed_to_its_tip(pen: float, tip: float) -> None:
    places = [(2.0, 50.0), (tip - 2.5, 50.0), (tip, 10.0), (tip + 2.5, 50.0), (78.0, 50.0)]
    depth = _drawn(places, pen)
    x, y = line_within(edges_of(runs_of(depth > 80), depth))
    assert float(y.min()) == pytest.approx(10.0, abs=3.0)
    assert float(x[y.argmin()]) == pytest.approx(tip, abs=0.5)
    at, wanted = np.array(places).T
    assert float(np.sqrt(np.mean((y - np.interp(x, at, wanted)) ** 2))) < 1.2


def test_nothing_is_drawn_where_nothing_was_seen() -> None:
    depth = _drawn([(2.0, 30.0), (78.0, 30.0)], 2.0)
    depth[:, 30:40] = 0
    x, _ = line_within(edges_of(runs_of(depth > 80), depth))
    assert not ((x > 30.0) & (x < 40.0)).any()
    assert {29.5, 40.5} <= set(x.tolist())
