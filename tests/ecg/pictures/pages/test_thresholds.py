"""From which depth on pixels are ink."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from ecg.pictures.pages.ruling import ruled_part
from ecg.pictures.pages.thresholds import told

Bytes = NDArray[np.uint8]


def paper(bold: int, ink: int) -> tuple[Bytes, NDArray[np.bool_]]:
    """A wide page with bold lines as deep as that, one in forty and here and there deeper, and a thin trace."""
    chance = np.random.default_rng(0)
    depth = chance.integers(10, 34, (720, 2400)).astype(np.float64)
    for lines in (depth[::41], depth.T[::41]):
        lines[:] = np.maximum(lines, bold + chance.normal(0, 6, lines.shape))
    trace = np.zeros(depth.shape, np.bool_)
    rows = 360 + np.rint(40 * np.sin(np.arange(2400) / 60)).astype(int)
    for thick in range(3):
        trace[rows + thick, np.arange(2400)] = True
    depth[trace] = ink
    return np.clip(depth, 0, 255).astype(np.uint8), trace


def test_bold_lines_are_no_ink_however_few_they_are() -> None:
    depth, trace = paper(bold=74, ink=215)
    found = told(depth, depth[::2, ::2].ravel(), ruled_part(depth))
    assert found is not None
    mask, grid, deepest = found
    assert mask[trace].all()
    assert mask[~trace].mean() < 1e-4
    assert 60 <= grid <= 90
    assert deepest > 200


def test_the_ruled_part_is_the_strip_in_the_middle_of_a_page_with_writing() -> None:
    strip, _ = paper(bold=74, ink=215)
    strip = np.where(strip < 40, strip // 4 + 15, strip)[:400, :1200].astype(np.uint8)
    page = np.zeros((1800, 1400), np.uint8)
    page[700:1100, 100:1300] = strip
    for top in (80, 160, 1300, 1700):
        page[top : top + 16, 100:700:7] = 255
    rows, columns = ruled_part(page)
    edges = [rows.start, rows.stop, columns.start, columns.stop]
    assert edges == pytest.approx([700, 1100, 100, 1300], abs=30)


def test_all_of_a_page_is_ruled_where_its_grid_is_all_over_it_or_nowhere() -> None:
    everywhere, _ = paper(bold=74, ink=215)
    nowhere = np.zeros_like(everywhere)
    nowhere[300:420, 200:2200:11] = 215
    for page in (everywhere, nowhere, np.zeros_like(everywhere)):
        assert ruled_part(page) == (slice(0, 720), slice(0, 2400))
