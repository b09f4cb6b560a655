"""Premature beats are told only where there is no doubt."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from ecg.recording import Recording
from training.databases import certainty, certainty_measurement
from training.databases.database import Beats, DatabaseRecord, Entry
from training.databases.labels import Label
from training.databases.odd_beats import Comparison

_BOTH = {Label.PVC, Label.PAC}


def _compared(
    likeness: list[float] | None = None, before: list[float] | None = None, usual: list[bool] | None = None
) -> Comparison:
    """Ten beats, of which the sixth is as given in place of a usual one."""
    shape = np.array(likeness or [0.99] * 10)
    intervals = np.array(before or [1.0] * 10)
    intervals[0] = np.nan
    after = np.append(intervals[1:], np.nan)
    return Comparison(shape, np.ones(10), intervals, after, np.array(usual or [True] * 10))


_EARLY = [1.0] * 5 + [0.7, 1.3] + [1.0] * 3
_WIDE = [0.99] * 5 + [0.3] + [0.99] * 4
_ODD = [True] * 5 + [False] + [True] * 4


def test_an_early_beat_of_another_shape_with_a_pause_is_ventricular() -> None:
    kinds = certainty.premature(_compared(_WIDE, _EARLY, _ODD), _BOTH)
    assert kinds.tolist() == [""] * 5 + ["PVC"] + [""] * 4


def test_an_early_beat_of_the_usual_shape_is_atrial() -> None:
    kinds = certainty.premature(_compared(None, _EARLY), _BOTH)
    assert kinds.tolist() == [""] * 5 + ["PAC"] + [""] * 4


@pytest.mark.parametrize(
    ("beats", "labels"),
    [
        (_compared(_WIDE, _EARLY, _ODD), {Label.PAC}),
        (_compared(None, _EARLY), {Label.PVC}),
        (_compared(_WIDE, None, _ODD), _BOTH),
        (_compared(_WIDE, [1.0] * 5 + [0.7, 1.0] + [1.0] * 3, _ODD), {Label.PVC}),
        (_compared(None, [1.0] * 5 + [0.84, 1.16] + [1.0] * 3), _BOTH),
        (_compared(None, [1.0, 1.0, 1.2, 0.9, 1.1, 0.7, 1.3, 0.9, 1.2, 1.0]), _BOTH),
        (_compared(_WIDE, [1.0, 1.0, 1.2, 0.9, 1.1, 0.7, 1.3, 0.9, 1.2, 1.0], _ODD), _BOTH),
        (_compared([0.3, 0.99] * 5, [0.7, 1.3] * 5, [False, True] * 5), _BOTH),
    ],
    ids=[
        "another shape, but no ventricular beats stated",
        "early, but no atrial beats stated",
        "another shape in time",
        "no pause",
        "hardly early",
        "irregular rhythm",
        "another shape in an irregular rhythm",
        "every second beat: which is the usual one?",
    ],
)
def test_where_there_is_doubt_nothing_is_told(beats: Comparison, labels: set[Label]) -> None:
    assert set(certainty.premature(beats, labels)) == {""}


def test_the_measurement_counts_beats_and_people_of_each_set() -> None:
    """Ten seconds with one wide early beat, twice; the second piece has none and is not asked about."""
    rate, peaks = 360, [*range(200, 1900, 300), 1850, 2300, *range(2600, 3500, 300)]
    signal = np.zeros((1, 7200))
    time = np.arange(7200)
    for peak in peaks:
        width, height = (18, -1.5) if peak == 1850 else (5, 1.0)
        signal += height * np.exp(-0.5 * ((time - peak) / width) ** 2)
    kinds = np.array(["PVC" if peak == 1850 else "NORMAL" for peak in peaks])
    beats = Beats(np.array(peaks), np.full(len(peaks), "N"), kinds)
    recording = Recording.of_array(signal, leads=("MLII",), rate=rate)
    records = [
        DatabaseRecord(Entry("mitdb", name, f"mitdb-{name}", Path(name)), recording, beats) for name in ("101", "102")
    ]
    scores = certainty_measurement.measured(records)
    score = scores["DS1", Label.PVC]
    assert (score.predicted, score.right, score.marked) == (1, 1, 1)
    assert score.people == score.carriers == {"mitdb-101"}  # 102 is in neither set
    assert scores["DS2", Label.PVC].marked == 0
    assert "| DS1 | PVC | 1 | 100.0% | 1 | 100.0% | 1 of 1 |" in certainty_measurement.table(scores)
