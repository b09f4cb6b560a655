"""Several records together: gross, average, and what is lost to printed digits."""

from __future__ import annotations

import numpy as np
import pytest

from ecg.ec57.aggregates import average, duration_sum, gross
from ecg.ec57.beats import ROWS, BeatComparison
from ecg.ec57.comparison import RecordComparison
from ecg.ec57.episodes import EpisodeComparison
from ecg.ec57.runs import RunComparison, RunCounts

NO_RUNS = RunComparison(RunCounts(), RunCounts(), RunCounts())
NO_EPISODES = EpisodeComparison(0, 0, 0, 0, 0.0, 0.0, 0.0)


def beats(rr_error_ms: float | None = None, **cells: int) -> BeatComparison:
    matrix = np.zeros((7, 7), np.int64)
    for name, count in cells.items():
        matrix[ROWS.index(name[0]), ROWS.lower().index(name[1])] = count
    return BeatComparison(matrix, rr_error_ms, 0.0)


def record(
    name: str = "1",
    counted: BeatComparison | None = None,
    runs: RunComparison = NO_RUNS,
    episodes: EpisodeComparison = NO_EPISODES,
) -> RecordComparison:
    return RecordComparison(name, counted or beats(), runs, runs, episodes, episodes)


def test_gross_counts_beats_and_average_counts_records() -> None:
    records = [record(counted=beats(Vv=90, Vn=10)), record(counted=beats(Vv=1, Vo=1))]
    assert gross(records).beats.veb_sensitivity == pytest.approx(100 * 91 / 102)
    assert average(records).beats.veb_sensitivity == pytest.approx(70)


def test_records_without_a_share_have_no_part_in_the_average() -> None:
    records = [record(counted=beats(Vv=1, Vo=1)), record(counted=beats(Nn=5))]
    assert average(records).beats.veb_sensitivity == 50
    assert average(records).beats.sveb_sensitivity is None


def test_fusion_beats_called_sveb_count_in_a_record_alone() -> None:
    """A line has them together with paced beats, so gross and average leave both out."""
    counted = beats(Ss=8, Ns=1, Fs=1)
    assert counted.statistics.sveb_predictivity == 80
    assert gross([record(counted=counted)]).beats.sveb_predictivity == pytest.approx(100 * 8 / 9)
    assert average([record(counted=counted)]).beats.sveb_predictivity == pytest.approx(100 * 8 / 9)


def test_rr_errors_are_averaged_as_they_are_printed() -> None:
    records = [record(counted=beats(10.004)), record(counted=beats(20.004)), record(counted=beats(None))]
    assert average(records).beats.rr_error_ms == 15.0
    assert gross(records).beats.rr_error_ms is None


def test_runs_are_averaged_as_they_are_counted() -> None:
    two_thirds = RunComparison(RunCounts(2, 1, 1, 1), RunCounts(), RunCounts())
    none = RunComparison(RunCounts(0, 1, 0, 1), RunCounts(), RunCounts())
    together = average([record(runs=two_thirds), record(runs=none)]).ventricular_runs
    assert together.couplet_sensitivity == pytest.approx(100 / 3)
    assert gross([record(runs=two_thirds), record(runs=none)]).ventricular_runs.couplet_sensitivity == 50


def test_shares_of_duration_are_taken_as_they_are_printed() -> None:
    """25.4 % of 10 s and 50.4 % of 30 s: 25 and 50, weighted by duration or not; episodes as they are counted."""
    records = [
        record(episodes=EpisodeComparison(1, 2, 1, 0, 10.0, 10.0, 2.54)),
        record(episodes=EpisodeComparison(1, 0, 1, 0, 30.0, 30.0, 15.12)),
        record(),
    ]
    assert gross(records).atrial_fibrillation.duration_sensitivity == pytest.approx((10 * 25 + 30 * 50) / 40)
    assert average(records).atrial_fibrillation.duration_sensitivity == pytest.approx(37.5)
    assert gross(records).atrial_fibrillation.episode_sensitivity == 50
    assert average(records).atrial_fibrillation.episode_sensitivity == pytest.approx((100 / 3 + 100) / 2)


def test_durations_are_summed_as_they_are_printed() -> None:
    assert duration_sum([1.0004, 1.0004, 1.0004]) == pytest.approx(3.0)


@pytest.mark.parametrize("together", [gross, average])
def test_no_records_have_nothing_together(together: object) -> None:
    assert callable(together)
    with pytest.raises(ValueError, match="no records"):
        together([])
