"""Beat by beat: the matrix of EC57's table 3, RR interval errors and shutdown."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

import numpy as np
from numpy.typing import NDArray

from ecg.ec57.mapping import CLASSES, NOT_A_BEAT, BeatMapping, F, N, Q, S, V
from ecg.ec57.marks import Marks, Period, Samples, Stretches
from ecg.ec57.pairing import NONE, pair
from ecg.ec57.ratios import percent
from ecg.ec57.rhythms import begins, shutdowns, ventricular_state

#: Rows (reference) of the matrix; columns (test) are the same in small letters. O: no beat in this file; X: no beat
#: because the file says that the signal was unreadable (shutdown).
ROWS = CLASSES + "OX"
O, X = len(CLASSES), len(CLASSES) + 1  # noqa: E741 - the standard's letters


@dataclass(frozen=True, slots=True)
class BeatStatistics:
    """EC57's shares, in percent; None where there was nothing to take a share of."""

    qrs_sensitivity: float | None
    qrs_predictivity: float | None
    veb_sensitivity: float | None
    veb_predictivity: float | None
    sveb_sensitivity: float | None
    sveb_predictivity: float | None
    rr_error_ms: float | None
    """Root mean square of the differences of RR intervals, milliseconds."""
    veb_false_positive_rate: float | None = None
    sveb_false_positive_rate: float | None = None


@dataclass(frozen=True, slots=True)
class BeatComparison:
    """Beats of one record, counted."""

    matrix: NDArray[np.int64]
    """``[7, 7]``, reference by test in the order of ``ROWS``."""
    rr_error_ms: float | None
    """Root mean square of the differences of RR intervals, milliseconds; None where there were none."""
    shutdown_seconds: float
    """How long the test file says that the signal was unreadable."""

    @property
    def reference_beats(self) -> NDArray[np.int64]:
        """Beats of the reference by class, found or not, ``[5]``."""
        counts: NDArray[np.int64] = self.matrix[:O].sum(axis=1)
        return counts

    @property
    def missed_in_shutdown(self) -> NDArray[np.int64]:
        """Beats of the reference by class that the test file missed in shutdown, ``[5]``."""
        return self.matrix[:O, X]

    @property
    def fractions(self) -> dict[str, tuple[int, int]]:
        """Part and whole of each share of :class:`BeatStatistics`, with beats missed in shutdown among the missed ones.

        What the test file calls VEB where the reference has a fusion, paced or unclassifiable beat is no false
        positive, and neither is what it calls SVEB where the reference has a paced or unclassifiable one. A false
        positive rate is FP / (FP + TN), where TN are the beats that neither file calls VEB (SVEB).
        """
        m = self.matrix
        paired = int(m[:O, :O].sum())
        return {
            "qrs_sensitivity": (paired, int(m[:O].sum())),
            "qrs_predictivity": (paired, int(m[:, :O].sum())),
            "veb_sensitivity": (int(m[V, V]), int(m[V].sum())),
            "veb_predictivity": (int(m[V, V]), int(m[[N, S, V, O, X], V].sum())),
            "sveb_sensitivity": (int(m[S, S]), int(m[S].sum())),
            "sveb_predictivity": (int(m[S, S]), int(m[[N, S, V, F, O, X], S].sum())),
            "veb_false_positive_rate": self._false_positives(V, [N, S, O, X]),
            "sveb_false_positive_rate": self._false_positives(S, [N, V, F, O, X]),
        }

    def _false_positives(self, kind: int, wrong: list[int]) -> tuple[int, int]:
        false_positives = int(self.matrix[wrong, kind].sum())
        other_kinds = np.delete(np.delete(self.matrix, kind, axis=0), kind, axis=1)
        return false_positives, false_positives + int(other_kinds.sum())

    @property
    def statistics(self) -> BeatStatistics:
        """The record's shares; see :attr:`fractions`."""
        shares = {name: percent(*fraction) for name, fraction in self.fractions.items()}
        return BeatStatistics(**shares, rr_error_ms=self.rr_error_ms)

    @property
    def line(self) -> NDArray[np.int64]:
        """The 19 counts of EC57's table A.2, in the order of :data:`LINE`."""
        m = self.matrix
        unclear = [N, F, Q]
        return np.array(
            [
                *(m[row, unclear].sum() for row in (N, S, V)),
                m[np.ix_([F, Q], unclear)].sum(),
                m[np.ix_([O, X], unclear)].sum(),
                *(count for column in (S, V) for count in self._line_of_column(column)),
                *(m[row, [O, X]].sum() for row in (N, S, V)),
                m[np.ix_([F, Q], [O, X])].sum(),
            ],
            np.int64,
        )

    def _line_of_column(self, column: int) -> list[int]:
        m = self.matrix[:, column]
        return [int(m[N]), int(m[S]), int(m[V]), int(m[F] + m[Q]), int(m[O] + m[X])]


#: Columns of EC57's table A.2 (``bxb -L``). A prime means that classes are taken together: test f and q with n,
#: reference Q with F, shutdown with missing beats.
LINE = (
    *("Nn'", "Sn'", "Vn'", "Fn'", "On'", "Ns", "Ss", "Vs", "Fs'", "Os'"),
    *("Nv", "Sv", "Vv", "Fv'", "Ov'", "No'", "So'", "Vo'", "Fo'"),
)


@dataclass(frozen=True, slots=True)
class _Beats:
    """Beats of one file in the test period, outside ventricular fibrillation."""

    samples: Samples
    classes: NDArray[np.int8]
    intervals: Samples
    """RR interval that ends with each beat, samples; 0 where it can't be measured."""
    shutdowns: Stretches


def compare_beats(reference: Marks, test: Marks, period: Period, mapping: BeatMapping) -> BeatComparison:
    """Pair the beats of two files and count.

    - Each file's beats in its own episodes of ventricular fibrillation or flutter (``[`` to ``]``) are left out, so
      where the episodes differ, beats of the other file stand alone.
    - A beat that stands alone is missing in the other file (O), or lost to shutdown (X) if it lies in a period that the
      other file calls unreadable.
    """
    end = period.closed_by(reference, test)
    files = [_beats(marks, period, mapping, end) for marks in (reference, test)]
    steps = pair(files[0].samples, files[1].samples, period.window)
    matrix = np.zeros((len(ROWS), len(ROWS)), np.int64)
    np.add.at(matrix, (_sides(steps, files, 0), _sides(steps, files, 1)), 1)
    shutdown = files[1].shutdowns.clipped(period.start, end).total / period.rate
    return BeatComparison(matrix, _rr_error(steps, files, period.rate), shutdown)


def _beats(marks: Marks, period: Period, mapping: BeatMapping, end: int) -> _Beats:
    classes, fibrillates = mapping.of(marks.symbols), ventricular_state(marks)
    counted = (classes != NOT_A_BEAT) & ~fibrillates
    samples, classes = marks.samples[counted], classes[counted]
    unreadable = shutdowns(marks, period.window, end)
    breaks = np.sort(np.concatenate([unreadable.begins, marks.samples[begins(fibrillates)]]))
    inside = period.inside(samples)
    return _Beats(samples[inside], classes[inside], _intervals(samples, breaks)[inside], unreadable)


def _intervals(samples: Samples, breaks: Samples) -> Samples:
    """RR interval that ends with each beat; 0 for the first and for those in which a break begins."""
    intervals = np.diff(samples, prepend=samples[:1])
    broken = np.diff(np.searchsorted(breaks, samples), prepend=0) > 0
    return np.where(broken, 0, intervals)


def _sides(steps: NDArray[np.int64], files: list[_Beats], side: int) -> NDArray[np.int64]:
    """Place in ``ROWS`` of what one file has at each step."""
    own, other = files[side], files[1 - side]
    rows = np.full(len(steps), O, np.int64)
    present = steps[:, side] != NONE
    rows[present] = own.classes[steps[present, side]]
    lost = own.shutdowns.hold(other.samples[steps[~present, 1 - side]])
    rows[np.flatnonzero(~present)[lost]] = X
    return rows


def _rr_error(steps: NDArray[np.int64], files: list[_Beats], rate: float) -> float | None:
    """Root mean square of the differences of RR intervals in milliseconds.

    At every step, whether a pair or a beat that stands alone, the intervals that end with the two beats next in turn
    are compared. So a missed beat counts twice: its own interval and the one after it both meet the interval that spans
    them. Intervals in which shutdown or ventricular fibrillation begins, in either file, are left out, and so is what
    comes after the last beat of either file. The first interval begins with the last beat of the learning period.
    """
    differences = np.zeros(len(steps))
    measured = np.ones(len(steps), np.bool_)
    for side, sign in ((0, 1), (1, -1)):
        taken = steps[:, side] != NONE
        next_in_turn = np.cumsum(taken) - taken
        measured &= next_in_turn < len(files[side].samples)
        intervals = np.append(files[side].intervals, 0)[next_in_turn]
        measured &= intervals > 0
        differences += sign * intervals
    if not measured.any():
        return None
    return sqrt(float(np.mean(differences[measured] ** 2))) * 1000 / rate
