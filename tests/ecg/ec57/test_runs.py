"""Run by run: what a run is, where it ends, and where it is found again."""

from __future__ import annotations

import pytest

from ecg.ec57.mapping import DE_CHAZAL, EC57, BeatMapping
from ecg.ec57.marks import Marks, Period
from ecg.ec57.runs import Run, RunComparison, RunKind, compare_runs, longest_run, runs
from tests.ecg.ec57.made import RATE, WHOLE, Mark, beats, in_order, marks, rhythm

V, S = RunKind.VENTRICULAR, RunKind.SUPRAVENTRICULAR


def lengths(annotations: Marks, kind: RunKind, period: Period = WHOLE, mapping: BeatMapping = EC57) -> list[int]:
    return [run.length for run in runs(annotations, period, mapping, kind)]


def tallies(reference: Marks, test: Marks, kind: RunKind = V, period: Period = WHOLE) -> list[tuple[int, ...]]:
    """Found, missed, true and false runs: couplets, short, long."""
    comparison: RunComparison = compare_runs(reference, test, period, EC57, kind)
    return [
        (counts.reference_found, counts.reference_missed, counts.test_true, counts.test_false)
        for counts in comparison.lengths
    ]


NOTHING = (0, 0, 0, 0)


class TestWhatARunIs:
    def test_two_or_more_in_a_row_and_no_more_than_six_are_told_apart(self) -> None:
        assert lengths(marks(*beats("NVNVVNVVVNVVVVVVVVN")), V) == [2, 3, 6]

    def test_fusion_beats_belong_to_ventricular_runs(self) -> None:
        assert lengths(marks(*beats("NVFEN")), V) == [3]

    @pytest.mark.parametrize("other", "NSQ/")
    def test_any_other_beat_ends_it(self, other: str) -> None:
        assert lengths(marks(*beats(f"VV{other}VV")), V) == [2, 2]

    def test_other_marks_do_not_end_it(self) -> None:
        between: list[Mark] = [rhythm(1500, "(VT"), (1600, "~"), (1700, "|"), (1750, '"'), rhythm(1760, "(AFIB")]
        assert lengths(in_order(beats("VVV"), between), V) == [3]

    def test_supraventricular_runs_follow_the_mapping(self) -> None:
        assert lengths(marks(*beats("NAajSN")), S) == [4]
        assert lengths(marks(*beats("NAajSN")), S, mapping=DE_CHAZAL) == [2]

    def test_a_run_at_the_end_of_the_record_counts(self) -> None:
        assert lengths(marks(*beats("NVVV")), V) == [3]

    def test_it_reaches_from_its_first_beat_to_its_last(self) -> None:
        assert runs(marks(*beats("NVVVN")), WHOLE, EC57, V) == [Run(1800, 3400, 3)]


class TestLearningPeriod:
    PERIOD = Period(RATE, 60_000, learning_seconds=2.5)

    def test_only_beats_after_it_count(self) -> None:
        assert lengths(marks(*beats("VVVVN")), V, self.PERIOD) == [2]
        assert lengths(marks(*beats("VVVN")), V, self.PERIOD) == []

    def test_fibrillation_that_is_on_at_its_end_begins_a_long_run_there(self) -> None:
        annotations = in_order(beats("NNNVNNN"), [rhythm(500, "(AFIB")])
        assert runs(annotations, self.PERIOD, EC57, S) == [Run(2500, 2600, 6), Run(4200, 5800, 3)]
        flutter = in_order([(500, "["), (4000, "]")], beats("NNNNNNN"))
        assert lengths(flutter, V, self.PERIOD) == [6]


class TestAtrialFibrillation:
    def test_normal_beats_in_it_count_as_supraventricular(self) -> None:
        annotations = in_order(beats("NVNNNVNNN"), [rhythm(100, "(N"), rhythm(1500, "(AFIB"), rhythm(5500, "(N")])
        assert lengths(annotations, S) == [6, 3]

    @pytest.mark.parametrize("note", ["(AFIB", "(AFL"])
    def test_it_begins_a_long_run(self, note: str) -> None:
        assert runs(in_order(beats("NNVN"), [rhythm(1500, note)]), WHOLE, EC57, S) == [Run(1500, 1800, 6)]

    def test_flutter_after_fibrillation_begins_no_other(self) -> None:
        annotations = in_order(beats("NNVNNV"), [rhythm(1500, "(AFIB"), rhythm(3000, "(AFL")])
        assert lengths(annotations, S) == [6, 2]

    def test_a_run_that_goes_on_already_is_counted_by_its_beats(self) -> None:
        annotations = in_order(beats("NSNNNV"), [rhythm(2000, "(AFIB")])
        assert runs(annotations, WHOLE, EC57, S) == [Run(1800, 4200, 4)]

    def test_it_may_begin_a_run_without_a_beat(self) -> None:
        assert runs(in_order(beats("NVNV"), [rhythm(1500, "(AFIB")]), WHOLE, EC57, S) == [Run(1500, None, 6)]

    def test_its_end_ends_no_run_but_the_next_normal_beat_does(self) -> None:
        end = [rhythm(900, "(AFIB"), rhythm(2000, "(N")]
        assert runs(in_order(beats("NNSSN"), end), WHOLE, EC57, S) == [Run(900, 3400, 6)]

    def test_ventricular_beats_in_it_are_ventricular(self) -> None:
        assert lengths(in_order(beats("NVVN"), [rhythm(100, "(AFIB")]), V) == [2]


class TestVentricularFibrillation:
    def test_it_begins_a_long_run_in_which_ectopic_beats_go_on(self) -> None:
        annotations = in_order(beats("N  VVN"), [(1500, "["), (1700, "!"), (3000, "]")])
        assert runs(annotations, WHOLE, EC57, V) == [Run(1500, 4200, 6)]


class TestLongestRun:
    def longest(self, *annotations: Mark, begin: int = 1000, end: int = 5000, kind: RunKind = V) -> int:
        return longest_run(in_order(annotations), begin, end, EC57, kind)

    def test_only_beats_in_between_count(self) -> None:
        assert self.longest(*beats("VVVV"), begin=1001, end=3399) == 2
        assert self.longest(*beats("VVVV"), begin=1000, end=3400) == 4

    def test_no_more_than_six_are_told_apart(self) -> None:
        assert self.longest(*beats("VVVVVVVV"), end=9000) == 6

    def test_fibrillation_that_reaches_over_the_begin_is_long(self) -> None:
        assert self.longest((500, "["), (1500, "]"), (2000, "N")) == 6
        assert self.longest((500, "["), (1000, "]"), (2000, "N")) == 0

    def test_fibrillation_that_begins_in_between_is_long(self) -> None:
        assert self.longest((2000, "N"), (3000, "[")) == 6
        assert self.longest((2000, "N"), (5001, "[")) == 0
        assert self.longest(rhythm(3000, "(AFL"), kind=S) == 6

    def test_atrial_fibrillation_that_begins_among_ventricular_beats_ends_their_run(self) -> None:
        assert self.longest(*beats("VVVV"), rhythm(2700, "(AFIB")) == 3
        assert self.longest(*beats("VVVV"), rhythm(500, "(AFIB"), rhythm(2700, "(VT")) == 4

    def test_ventricular_fibrillation_that_begins_among_supraventricular_beats_ends_their_run(self) -> None:
        assert self.longest(*beats("SSSS"), (2700, "["), (2750, "]"), kind=S) == 3

    def test_nothing_has_no_run(self) -> None:
        assert self.longest() == 0


class TestComparison:
    def test_a_run_is_found_if_one_of_its_length_class_or_longer_is_there(self) -> None:
        assert tallies(marks(*beats("NVVVN")), marks(*beats("NVVVN"))) == [NOTHING, (1, 0, 1, 0), NOTHING]
        assert tallies(marks(*beats("NVVNN")), marks(*beats("NVVVN"))) == [(1, 0, 0, 0), (0, 0, 0, 1), NOTHING]

    def test_a_run_broken_in_two_is_missed_if_neither_part_is_long_enough(self) -> None:
        broken = tallies(marks(*beats("NVVVVVN")), marks(*beats("NVVNVVN")))
        assert broken == [(0, 0, 2, 0), (0, 1, 0, 0), NOTHING]

    def test_beats_up_to_a_match_window_from_its_ends_count(self) -> None:
        reference = marks((1000, "V"), (1800, "V"))
        assert tallies(reference, marks((850, "V"), (1950, "V")))[0] == (1, 0, 1, 0)
        assert tallies(reference, marks((849, "V"), (1800, "V")))[0] == (0, 1, 1, 0)

    def test_an_episode_without_a_beat_is_found_only_inside_an_episode_that_began_before(self) -> None:
        alone = in_order(beats("NNVNN"), [rhythm(2400, "(AFIB"), rhythm(2700, "(N")])
        assert tallies(alone, alone, S)[2] == (0, 1, 0, 1)
        inside = in_order(beats("NNVNN"), [rhythm(500, "(AFIB")])
        assert tallies(alone, inside, S)[2][:2] == (1, 0)

    def test_a_ventricular_run_with_a_mark_of_atrial_fibrillation_in_it_does_not_find_itself(self) -> None:
        annotations = in_order(beats("NVVVN"), [rhythm(3000, "(AFIB")])
        assert tallies(annotations, annotations)[1] == (0, 1, 0, 1)

    def test_shares_of_runs(self) -> None:
        comparison = compare_runs(marks(*beats("NVVNVVN")), marks(*beats("NVVNVNN")), WHOLE, EC57, V)
        assert (comparison.couplets.sensitivity, comparison.couplets.predictivity) == (50, 100)
        assert comparison.long.sensitivity is None
