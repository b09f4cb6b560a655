"""From which depth on pixels are ink."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

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
    found = told(depth, depth[::2, ::2].ravel())
    assert found is not None
    mask, grid, deepest = found
    assert mask[trace].all()
    assert mask[~trace].mean() < 1e-4
    assert 60 <= grid <= 90
    assert deepest > 200
