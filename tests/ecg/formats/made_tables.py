"""Signals as tables of text."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tests.ecg.formats.made import digital


def table(
    rows: NDArray[np.float64 | np.int64] | None = None,
    *,
    head: str = "time (s),II (mV),V1 (mV)\n",
    separator: str = ",",
    decimal: str = ".",
    end: str = "\n",
    rate: float = 250.0,
    times: bool = True,
    digits: int = 3,
) -> str:
    """A table of decimal numbers, one line a sample."""
    rows = digital(gain=1000) / 1000 if rows is None else rows
    lines = []
    for index, values in enumerate(rows.T):
        fields = [f"{value:.{digits}f}".replace(".", decimal) for value in values]
        lines.append(separator.join([f"{index / rate:.3f}".replace(".", decimal), *fields] if times else fields))
    return head.replace("\n", end) + end.join(lines) + end
