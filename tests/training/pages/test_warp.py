from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from training.pages.warp import Bend, Warp, placed


def _bent() -> Warp:
    bends = (Bend(6.0, 400.0, 1.0, 0.1, 1.7), Bend(1.0, 150.0, 2.0, 1.2, 0.3))
    corners = np.array([(0.02, 0.0), (-0.03, 0.01), (0.0, -0.02), (0.01, 0.03)])
    return placed((600, 400), degrees=25.0, perspective=corners, margin=(0.05, 0.02, 0.1, 0.0), bends=bends)


def test_a_place_comes_back_from_the_picture() -> None:
    places = np.random.default_rng(1).uniform((0, 0), (600, 400), (50, 2))
    warp = _bent()
    np.testing.assert_allclose(warp.to_sheet(warp.to_picture(places)), places, atol=0.01)


def test_a_dot_is_seen_where_the_map_says() -> None:
    warp = _bent()
    sheet = Image.new("L", (600, 400))
    sheet.paste(255, (300, 200, 306, 206))
    seen = np.asarray(warp.resampled(sheet, Image.Resampling.BILINEAR), np.float64)
    y, x = np.mgrid[: seen.shape[0], : seen.shape[1]] + 0.5
    middle = [(seen * x).sum() / seen.sum(), (seen * y).sum() / seen.sum()]
    np.testing.assert_allclose(middle, warp.to_picture(np.array([(303.0, 203.0)]))[0], atol=0.2)


def test_a_turn_is_counter_clockwise_and_keeps_lengths() -> None:
    warp = placed((600, 400), degrees=90.0)
    assert warp.size == (400, 600)
    np.testing.assert_allclose(warp.to_picture(np.array([(600.0, 0.0)])), [(0.0, 0.0)], atol=1e-6)
    assert warp.scale_at(np.array([(300.0, 200.0)])) == pytest.approx(1.0)
