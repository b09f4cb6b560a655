"""One record, compared in every way."""

from __future__ import annotations

from dataclasses import dataclass

from ecg.ec57.beats import BeatComparison, compare_beats
from ecg.ec57.episodes import EpisodeComparison, compare_atrial_episodes, compare_ventricular_episodes
from ecg.ec57.mapping import EC57, BeatMapping
from ecg.ec57.marks import Marks, Period
from ecg.ec57.runs import RunComparison, RunKind, compare_runs


@dataclass(frozen=True, slots=True)
class RecordComparison:
    """All of EC57 that is offered, for one record."""

    record: str
    beats: BeatComparison
    ventricular_runs: RunComparison
    supraventricular_runs: RunComparison
    atrial_fibrillation: EpisodeComparison
    ventricular_fibrillation: EpisodeComparison


def compare(
    record: str, reference: Marks, test: Marks, period: Period, mapping: BeatMapping = EC57
) -> RecordComparison:
    """Compare a test annotator's marks with the reference's. Both are at the period's rate."""
    return RecordComparison(
        record,
        compare_beats(reference, test, period, mapping),
        compare_runs(reference, test, period, mapping, RunKind.VENTRICULAR),
        compare_runs(reference, test, period, mapping, RunKind.SUPRAVENTRICULAR),
        compare_atrial_episodes(reference, test, period),
        compare_ventricular_episodes(reference, test, period),
    )
