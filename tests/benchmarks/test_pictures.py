"""The benchmark of reading: both ways are timed, and compared."""

from __future__ import annotations

import pytest

from benchmarks import pictures
from benchmarks.processes.project import SAMPLES


def test_both_ways_are_timed_in_one_run() -> None:
    sample = min(SAMPLES.glob("[A-Z]*/*.png")).read_bytes()
    figures = pictures.measure([sample], rounds=2, repeats=2)
    assert figures["canonical"] > 0
    assert figures["ratio"] == pytest.approx(figures["ink"] / figures["canonical"], rel=0.05)
