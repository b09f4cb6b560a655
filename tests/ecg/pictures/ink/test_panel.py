"""Straight lines taken out of a panel."""

from __future__ import annotations

import numpy as np

from ecg.pictures.ink.panel import without_lines


def test_where_rows_took_everything_columns_find_nothing_left() -> None:
    cleared, _ = without_lines(np.full((40, 60), 200, dtype=np.uint8), 40)
    assert not cleared.any()
