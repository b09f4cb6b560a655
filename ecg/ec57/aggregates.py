"""Several records together: gross (every beat counts the same) and average (every record counts the same).

EC57 asks for both. ``sumstats``, the reference implementation, works on the lines that ``bxb``, ``rxr`` and ``epicmp``
print, so what these lines don't tell is lost to it. Its numbers are the published ones, so its habits are kept:

- A fusion beat that was called SVEB can't be told from a paced one in a line (``Fs'``), so neither is a false positive
  in gross and average, while the record's own SVEB predictivity counts fusion beats.
- Shares of duration are means of the printed whole percent (gross: weighted by the printed durations), total durations
  are sums of the printed milliseconds, and the mean RR error is that of the printed hundredths of a millisecond.
- Total shutdown is the sum of whole seconds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from ecg.ec57.beats import LINE, BeatStatistics
from ecg.ec57.comparison import RecordComparison
from ecg.ec57.episodes import EpisodeComparison, EpisodeStatistics
from ecg.ec57.ratios import mean, percent
from ecg.ec57.runs import RunComparison, RunCounts


@dataclass(frozen=True, slots=True)
class RunStatistics:
    """Shares in percent; None where there was nothing to take a share of."""

    couplet_sensitivity: float | None
    couplet_predictivity: float | None
    short_sensitivity: float | None
    short_predictivity: float | None
    long_sensitivity: float | None
    long_predictivity: float | None


@dataclass(frozen=True, slots=True)
class Statistics:
    """All of EC57 that is offered, for several records."""

    beats: BeatStatistics
    ventricular_runs: RunStatistics
    supraventricular_runs: RunStatistics
    atrial_fibrillation: EpisodeStatistics
    ventricular_fibrillation: EpisodeStatistics


def gross(records: Sequence[RecordComparison]) -> Statistics:
    """Shares of the beats, runs and episodes of all records together. There is no gross RR error.

    Raises:
        ValueError: no records.
    """
    _need(records)
    return Statistics(
        _of_line(line_sum(records), None),
        run_statistics(run_sum([record.ventricular_runs for record in records])),
        run_statistics(run_sum([record.supraventricular_runs for record in records])),
        _gross_episodes([record.atrial_fibrillation for record in records]),
        _gross_episodes([record.ventricular_fibrillation for record in records]),
    )


def average(records: Sequence[RecordComparison]) -> Statistics:
    """Means of the shares of those records that have them.

    Raises:
        ValueError: no records.
    """
    _need(records)
    return Statistics(
        _mean(BeatStatistics, [_of_line(record.beats.line, _printed_rr(record)) for record in records]),
        _mean(RunStatistics, [run_statistics(record.ventricular_runs) for record in records]),
        _mean(RunStatistics, [run_statistics(record.supraventricular_runs) for record in records]),
        _mean(EpisodeStatistics, [_printed(record.atrial_fibrillation.statistics) for record in records]),
        _mean(EpisodeStatistics, [_printed(record.ventricular_fibrillation.statistics) for record in records]),
    )


def _need(records: Sequence[RecordComparison]) -> None:
    if not records:
        raise ValueError("There are no records to take together.")


def line_sum(records: Sequence[RecordComparison]) -> NDArray[np.int64]:
    """Beats of all records together, ``[19]`` in the order of ``LINE``."""
    counts: NDArray[np.int64] = np.sum([record.beats.line for record in records], axis=0, dtype=np.int64)
    return counts


def run_sum(comparisons: Sequence[RunComparison]) -> RunComparison:
    """Runs of all records together."""
    lengths = zip(*(comparison.lengths for comparison in comparisons), strict=True)
    return RunComparison(*(sum(counts, RunCounts()) for counts in lengths))


def printed_seconds(seconds: float) -> float:
    """A duration to the millisecond, as it is printed."""
    return float(f"{seconds:.3f}")


def duration_sum(seconds: Sequence[float]) -> float:
    """Sum of durations as they are printed."""
    return sum(map(printed_seconds, seconds))


def _of_line(line: NDArray[np.int64], rr_error_ms: float | None) -> BeatStatistics:
    count = dict(zip(LINE, line.tolist(), strict=True))

    def share(part: tuple[str, ...], rest: tuple[str, ...]) -> float | None:
        right = sum(count[name] for name in part)
        return percent(right, right + sum(count[name] for name in rest))

    extra, missed = ("On'", "Os'", "Ov'"), ("No'", "So'", "Vo'", "Fo'")
    paired = tuple(name for name in LINE if name not in extra + missed)
    return BeatStatistics(
        qrs_sensitivity=share(paired, missed),
        qrs_predictivity=share(paired, extra),
        veb_sensitivity=share(("Vv",), ("Vn'", "Vs", "Vo'")),
        veb_predictivity=share(("Vv",), ("Nv", "Sv", "Ov'")),
        sveb_sensitivity=share(("Ss",), ("Sn'", "Sv", "So'")),
        sveb_predictivity=share(("Ss",), ("Ns", "Vs", "Os'")),
        rr_error_ms=rr_error_ms,
    )


def _printed_rr(record: RecordComparison) -> float | None:
    error = record.beats.rr_error_ms
    return None if error is None else float(f"{error:.2f}")


def run_statistics(comparison: RunComparison) -> RunStatistics:
    """Shares of each length class."""
    couplets, short, long = comparison.lengths
    return RunStatistics(
        couplets.sensitivity,
        couplets.predictivity,
        short.sensitivity,
        short.predictivity,
        long.sensitivity,
        long.predictivity,
    )


def _printed(statistics: EpisodeStatistics) -> EpisodeStatistics:
    """Shares of duration in whole percent."""
    return EpisodeStatistics(
        statistics.episode_sensitivity,
        statistics.episode_predictivity,
        _whole(statistics.duration_sensitivity),
        _whole(statistics.duration_predictivity),
    )


def _whole(share: float | None) -> float | None:
    return None if share is None else float(f"{share:.0f}")


def _gross_episodes(comparisons: Sequence[EpisodeComparison]) -> EpisodeStatistics:
    hits = sum(comparison.reference_found for comparison in comparisons)
    misses = sum(comparison.reference_missed for comparison in comparisons)
    true = sum(comparison.test_true for comparison in comparisons)
    false = sum(comparison.test_false for comparison in comparisons)
    shares = [_printed(comparison.statistics) for comparison in comparisons]
    return EpisodeStatistics(
        percent(hits, hits + misses),
        percent(true, true + false),
        _weighted(
            [statistics.duration_sensitivity for statistics in shares],
            [comparison.reference_seconds for comparison in comparisons],
        ),
        _weighted(
            [statistics.duration_predictivity for statistics in shares],
            [comparison.test_seconds for comparison in comparisons],
        ),
    )


def _weighted(shares: Sequence[float | None], seconds: Sequence[float]) -> float | None:
    """Mean of the shares that are defined, weighted by printed durations."""
    total = duration_sum(seconds)
    parts = [share * printed_seconds(part) for share, part in zip(shares, seconds, strict=True) if share is not None]
    return sum(parts) / total if total else None


AnyStatistics = TypeVar("AnyStatistics", BeatStatistics, RunStatistics, EpisodeStatistics)


def _mean(kind: type[AnyStatistics], records: Sequence[AnyStatistics]) -> AnyStatistics:
    """Mean of each field over the records in which it is defined."""
    return kind(**{field.name: mean(getattr(record, field.name) for record in records) for field in fields(kind)})
