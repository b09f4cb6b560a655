"""Ink of traces is told from that of the grid, whatever their colours."""

from __future__ import annotations

import numpy as np
import pytest

from ecg.pictures.pages.ink import trace_depth

Colour = tuple[int, int, int]


@pytest.mark.parametrize(
    ("pen", "grid"),
    [
        ((0, 0, 0), (240, 150, 150)),
        ((31, 63, 191), (136, 136, 136)),
        ((31, 63, 191), (240, 150, 150)),
        ((150, 20, 30), (150, 150, 150)),
        ((0, 0, 0), (150, 150, 150)),
    ],
    ids=["black on pink", "blue on grey", "blue on pink", "red on grey", "black on grey"],
)
def test_a_pen_is_deeper_than_the_grid(pen: Colour, grid: Colour) -> None:
    sheet = np.full((300, 600, 3), 255, np.uint8)
    sheet[::12] = sheet[:, ::12] = grid
    sheet[150:153] = pen
    depth = trace_depth(sheet, dark=False)
    assert np.median(depth[151]) > 1.4 * np.median(depth[12]) + 20
