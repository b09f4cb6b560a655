"""Beat by beat: who is counted where, RR errors, shutdown."""

from __future__ import annotations

import numpy as np
import pytest

from ecg.ec57.beats import LINE, ROWS, BeatComparison, compare_beats
from ecg.ec57.mapping import DE_CHAZAL, EC57, BeatMapping
from ecg.ec57.marks import Marks, Period
from tests.ecg.ec57.made import RATE, WHOLE, beats, in_order, marks, resume, shutdown


def compared(reference: Marks, test: Marks, period: Period = WHOLE, mapping: BeatMapping = EC57) -> BeatComparison:
    return compare_beats(reference, test, period, mapping)


def counts(comparison: BeatComparison) -> dict[str, int]:
    """What was counted, by reference and test letter."""
    return {
        f"{row}{column.lower()}": int(comparison.matrix[i, j])
        for i, row in enumerate(ROWS)
        for j, column in enumerate(ROWS)
        if comparison.matrix[i, j]
    }


def test_pairs_are_counted_by_the_classes_of_both() -> None:
    comparison = compared(marks(*beats("NASV/F")), marks(*beats("NSVVQV", shift=20)))
    assert counts(comparison) == {"Nn": 1, "Ss": 1, "Sv": 1, "Vv": 1, "Qq": 1, "Fv": 1}


def test_missed_and_extra_beats_have_no_partner() -> None:
    comparison = compared(marks(*beats("NNNV")), in_order(beats("NN N"), [(3000, "V")]))
    assert counts(comparison) == {"Nn": 2, "No": 1, "Vn": 1, "Ov": 1}


def test_the_mapping_decides_about_escape_beats() -> None:
    files = marks(*beats("Nje")), marks(*beats("NNN"))
    assert counts(compared(*files)) == {"Nn": 1, "Sn": 2}
    assert counts(compared(*files, mapping=DE_CHAZAL)) == {"Nn": 3}


class TestLearningPeriod:
    PERIOD = Period(RATE, 60_000, learning_seconds=2)

    def test_beats_before_it_ends_are_not_counted(self) -> None:
        assert counts(compared(marks(*beats("VNN")), marks(*beats("NNN")), self.PERIOD)) == {"Nn": 1}

    def test_a_beat_on_its_end_is_counted(self) -> None:
        assert counts(compared(marks((2000, "N")), marks((2000, "N")), self.PERIOD)) == {"Nn": 1}

    def test_a_pair_on_both_sides_of_its_end_leaves_one_beat_alone(self) -> None:
        assert counts(compared(marks((2010, "N")), marks((1990, "N")), self.PERIOD)) == {"No": 1}
        assert counts(compared(marks((1990, "N")), marks((2010, "N")), self.PERIOD)) == {"On": 1}


def test_beats_beyond_the_record_are_not_counted() -> None:
    files = marks((500, "N"), (1500, "N")), marks((500, "N"), (1500, "N"), (1800, "V"))
    assert counts(compared(*files, Period(RATE, 1000, learning_seconds=0))) == {"Nn": 1}
    assert counts(compared(*files, Period(RATE, None, learning_seconds=0))) == {"Nn": 2, "Ov": 1}


class TestVentricularFibrillation:
    def test_beats_in_it_are_left_out(self) -> None:
        waves = [(1800, "["), (2000, "N"), (2100, "!"), (2800, "]")]
        assert counts(compared(in_order(beats("N   N"), waves), in_order(beats("N   N"), waves))) == {"Nn": 2}

    def test_each_file_leaves_out_its_own(self) -> None:
        """So a beat that the test file has in the reference's episode, and not in its own, is an extra one."""
        reference = in_order(beats("N   N"), [(1800, "["), (2800, "]")])
        test = in_order(beats("N   N"), [(1850, "N"), (1900, "["), (2000, "V"), (2700, "]")])
        assert counts(compared(reference, test)) == {"Nn": 2, "On": 1}
        assert counts(compared(test, reference)) == {"Nn": 2, "No": 1}


class TestShutdown:
    def test_beats_missed_in_it_are_counted_apart(self) -> None:
        reference = marks(*beats("NVNN"))
        test = marks((1000, "N"), shutdown(1200), resume(3000), (3400, "N"))
        comparison = compared(reference, test)
        assert counts(comparison) == {"Nn": 2, "Nx": 1, "Vx": 1}
        assert comparison.missed_in_shutdown.tolist() == [1, 0, 1, 0, 0]
        assert comparison.reference_beats.tolist() == [3, 0, 1, 0, 0]
        assert comparison.shutdown_seconds == pytest.approx(1.8)

    def test_they_are_missed_all_the_same(self) -> None:
        test = marks((1000, "N"), shutdown(1200), resume(3000), (3400, "N"))
        assert compared(marks(*beats("NVNN")), test).fractions["qrs_sensitivity"] == (2, 4)

    def test_extra_beats_where_the_reference_is_unreadable_are_counted_apart(self) -> None:
        reference = marks((1000, "N"), shutdown(1200), resume(3000), (3400, "N"))
        assert counts(compared(reference, marks(*beats("NVNN")))) == {"Nn": 2, "Xn": 1, "Xv": 1}

    def test_beats_missed_beside_it_are_just_missed(self) -> None:
        test = marks((1000, "N"), shutdown(1900), resume(2500), (3400, "N"))
        assert counts(compared(marks(*beats("NNNN")), test)) == {"Nn": 2, "No": 2}

    def test_its_length_is_counted_in_the_test_period_only(self) -> None:
        test = marks(shutdown(1000), resume(3000), shutdown(4000), resume(4500))
        comparison = compared(marks(), test, Period(RATE, 60_000, learning_seconds=2))
        assert comparison.shutdown_seconds == pytest.approx(1.5)


class TestRrError:
    def test_intervals_are_compared_at_every_pair(self) -> None:
        reference, test = marks((1000, "N"), (1800, "N"), (2600, "N")), marks((1000, "N"), (1830, "N"), (2600, "N"))
        assert compared(reference, test).rr_error_ms == pytest.approx(30)  # 30 too long, 30 too short

    def test_a_missed_beat_counts_twice(self) -> None:
        """Its own interval and the next both meet the one that spans them: 0, 800 and 800 over."""
        comparison = compared(marks(*beats("NNNN")), marks(*beats("NN N")))
        assert comparison.rr_error_ms == pytest.approx(np.sqrt((0 + 800**2 + 800**2) / 3))

    def test_the_first_interval_begins_in_the_learning_period(self) -> None:
        reference, test = marks((1000, "N"), (2100, "N")), marks((1040, "N"), (2100, "N"))
        assert compared(reference, test, Period(RATE, 60_000, learning_seconds=2)).rr_error_ms == pytest.approx(40)

    def test_after_the_last_beat_of_a_file_nothing_is_compared(self) -> None:
        comparison = compared(marks(*beats("NNNN")), marks(*beats("NN")))
        assert (counts(comparison), comparison.rr_error_ms) == ({"Nn": 2, "No": 2}, 0)

    @pytest.mark.parametrize("pause", [[shutdown(2000), resume(2400)], [(2000, "["), (2400, "]")]])
    @pytest.mark.parametrize("side", [0, 1])
    def test_intervals_in_which_shutdown_or_fibrillation_begins_are_left_out(
        self, pause: list[tuple[int, str]], side: int
    ) -> None:
        files = [beats("NN N"), [(1000, "N"), (1800, "N"), (3430, "N")]]
        reference, test = (
            in_order(annotations, pause if place == side else []) for place, annotations in enumerate(files)
        )
        assert compared(reference, test).rr_error_ms == 0

    def test_without_intervals_there_is_none(self) -> None:
        assert compared(marks((1000, "N")), marks((1000, "N"))).rr_error_ms is None
        assert compared(marks(), marks()).rr_error_ms is None


class TestShares:
    """One matrix whose every cell has its own count."""

    MATRIX = np.arange(1, 50).reshape(7, 7)

    def comparison(self) -> BeatComparison:
        matrix = self.MATRIX.copy()
        matrix[5:, 5:] = 0
        return BeatComparison(matrix, None, 0.0)

    def cells(self, *names: str) -> int:
        return sum(int(self.comparison().matrix[ROWS.index(name[0]), ROWS.lower().index(name[1])]) for name in names)

    def test_fusion_paced_and_unclassifiable_beats_called_veb_are_no_false_positives(self) -> None:
        assert self.comparison().fractions["veb_predictivity"] == (
            self.cells("Vv"),
            self.cells("Vv", "Nv", "Sv", "Ov", "Xv"),
        )

    def test_fusion_beats_called_sveb_are(self) -> None:
        assert self.comparison().fractions["sveb_predictivity"] == (
            self.cells("Ss"),
            self.cells("Ss", "Ns", "Vs", "Fs", "Os", "Xs"),
        )

    def test_false_positive_rates_are_of_all_that_is_of_the_class_in_neither_file(self) -> None:
        false, whole = self.comparison().fractions["veb_false_positive_rate"]
        other_cells = [
            row + column for row in "NSFQOX" for column in "nsfqox" if (row not in "OX" or column not in "ox")
        ]
        assert false == self.cells("Nv", "Sv", "Ov", "Xv")
        assert whole == false + self.cells(*other_cells)

    def test_what_was_missed_counts_against_sensitivity(self) -> None:
        fractions = self.comparison().fractions
        assert fractions["veb_sensitivity"] == (self.cells("Vv"), self.cells(*("V" + letter for letter in "nsvfqox")))
        assert fractions["sveb_sensitivity"] == (self.cells("Ss"), self.cells(*("S" + letter for letter in "nsvfqox")))

    def test_the_line_takes_classes_together(self) -> None:
        line = dict(zip(LINE, self.comparison().line.tolist(), strict=True))
        assert line["Nn'"] == self.cells("Nn", "Nf", "Nq")
        assert line["Fn'"] == self.cells("Fn", "Ff", "Fq", "Qn", "Qf", "Qq")
        assert line["On'"] == self.cells("On", "Of", "Oq", "Xn", "Xf", "Xq")
        assert line["Os'"] == self.cells("Os", "Xs")
        assert line["Fv'"] == self.cells("Fv", "Qv")
        assert line["No'"] == self.cells("No", "Nx")
        assert line["Fo'"] == self.cells("Fo", "Fx", "Qo", "Qx")
        assert sum(line.values()) == int(self.comparison().matrix.sum())

    def test_shares_of_nothing_are_not_defined(self) -> None:
        assert compared(marks(), marks()).statistics.qrs_sensitivity is None
