"""Episode by episode: atrial and ventricular fibrillation."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ecg.ec57.marks import Marks, Period, Stretches
from ecg.ec57.ratios import percent
from ecg.ec57.rhythms import atrial_state, ventricular_state
from ecg.ec57.rhythms import episodes as episodes_of


@dataclass(frozen=True, slots=True)
class EpisodeStatistics:
    """Shares in percent; None where there was nothing to take a share of."""

    episode_sensitivity: float | None
    episode_predictivity: float | None
    duration_sensitivity: float | None
    duration_predictivity: float | None


@dataclass(frozen=True, slots=True)
class EpisodeComparison:
    """Episodes of one record, counted and measured."""

    reference_found: int
    """Episodes of the reference that an episode of the test file overlaps (TP by sensitivity)."""
    reference_missed: int
    test_true: int
    """Episodes of the test file that an episode of the reference overlaps (TP by predictivity)."""
    test_false: int
    reference_seconds: float
    test_seconds: float
    overlap_seconds: float
    """How long both files are in an episode at once."""

    @property
    def statistics(self) -> EpisodeStatistics:
        """Each episode counted once, or each second of them."""
        return EpisodeStatistics(
            percent(self.reference_found, self.reference_found + self.reference_missed),
            percent(self.test_true, self.test_true + self.test_false),
            percent(self.overlap_seconds, self.reference_seconds),
            percent(self.overlap_seconds, self.test_seconds),
        )


def compare_atrial_episodes(reference: Marks, test: Marks, period: Period) -> EpisodeComparison:
    """Episodes of atrial fibrillation, from a rhythm mark ``(AFIB`` to the next other one, or the end of the record.

    Atrial flutter is no fibrillation here, and no time is left out for it (``epicmp`` without ``-x``).
    """
    return _compare(reference, test, atrial_state(reference), atrial_state(test), period)


def compare_ventricular_episodes(reference: Marks, test: Marks, period: Period) -> EpisodeComparison:
    """Episodes of ventricular fibrillation and flutter, from ``[`` to ``]`` or to the end of the record."""
    return _compare(reference, test, ventricular_state(reference), ventricular_state(test), period)


def _compare(
    reference: Marks, test: Marks, reference_state: NDArray[np.bool_], test_state: NDArray[np.bool_], period: Period
) -> EpisodeComparison:
    """Count episodes that overlap, and for how long.

    What lies before the test period is cut off, so an episode that reaches into it counts with what is left of it.
    Any overlap is enough.
    """
    end = period.closed_by(reference, test)
    ours, theirs = (
        episodes_of(marks, state, end).clipped(period.start, end)
        for marks, state in ((reference, reference_state), (test, test_state))
    )
    of_ours, of_theirs = _overlaps(ours, theirs), _overlaps(theirs, ours)
    return EpisodeComparison(
        reference_found=int((of_ours > 0).sum()),
        reference_missed=int((of_ours == 0).sum()),
        test_true=int((of_theirs > 0).sum()),
        test_false=int((of_theirs == 0).sum()),
        reference_seconds=ours.total / period.rate,
        test_seconds=theirs.total / period.rate,
        overlap_seconds=int(of_ours.sum()) / period.rate,
    )


def _overlaps(queried: Stretches, stretches: Stretches) -> NDArray[np.int64]:
    """For how many samples each of ``queried`` overlaps any of ``stretches``, ``[n]``."""
    lengths = np.append(0, np.cumsum(stretches.ends - stretches.begins))

    def covered(until: NDArray[np.int64]) -> NDArray[np.int64]:
        """Samples of ``stretches`` before ``until``."""
        before = np.searchsorted(stretches.begins, until, side="right") - 1
        if not len(stretches.begins):
            return np.zeros(len(until), np.int64)
        within = np.minimum(until, stretches.ends[before]) - stretches.begins[before]
        return np.where(before >= 0, lengths[before] + within, 0)

    return covered(queried.ends) - covered(queried.begins)
