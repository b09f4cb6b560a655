"""Episode by episode: overlaps counted and measured."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from ecg.ec57.episodes import EpisodeComparison, compare_atrial_episodes, compare_ventricular_episodes
from ecg.ec57.marks import Marks, Period
from tests.ecg.ec57.made import RATE, marks, rhythm

PERIOD = Period(RATE, 60_000, learning_seconds=10)


def fibrillation(*bounds: int) -> Marks:
    """Atrial fibrillation from each first sample to each second one."""
    return marks(*(rhythm(sample, ("(AFIB", "(N")[place % 2]) for place, sample in enumerate(bounds)))


def counted(comparison: EpisodeComparison) -> tuple[int, int, int, int]:
    return (
        comparison.reference_found,
        comparison.reference_missed,
        comparison.test_true,
        comparison.test_false,
    )


def seconds(comparison: EpisodeComparison) -> tuple[float, float, float]:
    return comparison.reference_seconds, comparison.test_seconds, comparison.overlap_seconds


def test_any_overlap_is_enough_and_touching_is_none() -> None:
    comparison = compare_atrial_episodes(fibrillation(20_000, 30_000), fibrillation(29_999, 40_000), PERIOD)
    assert counted(comparison) == (1, 0, 1, 0)
    comparison = compare_atrial_episodes(fibrillation(20_000, 30_000), fibrillation(30_000, 40_000), PERIOD)
    assert counted(comparison) == (0, 1, 0, 1)


def test_one_episode_may_find_several_and_be_found_by_several() -> None:
    long, parts = fibrillation(20_000, 40_000), fibrillation(21_000, 22_000, 30_000, 31_000)
    assert counted(compare_atrial_episodes(long, parts, PERIOD)) == (1, 0, 2, 0)
    assert counted(compare_atrial_episodes(parts, long, PERIOD)) == (2, 0, 1, 0)


def test_durations_are_of_the_overlap() -> None:
    comparison = compare_atrial_episodes(fibrillation(20_000, 30_000), fibrillation(22_000, 27_000), PERIOD)
    assert seconds(comparison) == (10, 5, 5)
    assert comparison.statistics.duration_sensitivity == 50
    assert comparison.statistics.duration_predictivity == 100


def test_an_episode_that_reaches_into_the_test_period_counts_with_what_is_left() -> None:
    comparison = compare_atrial_episodes(fibrillation(0, 15_000), fibrillation(0, 10_000), PERIOD)
    assert counted(comparison) == (0, 1, 0, 0)
    assert seconds(comparison) == (5, 0, 0)


def test_an_episode_without_an_end_lasts_to_the_end_of_the_record() -> None:
    assert seconds(compare_atrial_episodes(fibrillation(50_000), fibrillation(55_000), PERIOD)) == (10, 5, 5)


def test_where_the_length_is_unknown_the_record_ends_with_the_last_mark_of_both() -> None:
    test = marks(rhythm(20_000, "(AFIB"), (30_000, "N"))
    assert seconds(compare_atrial_episodes(fibrillation(20_000), test, Period(RATE))) == (0, 0, 0)
    short = Period(RATE, learning_seconds=0)
    assert seconds(compare_atrial_episodes(fibrillation(20_000), test, short)) == (10, 10, 10)


def test_atrial_flutter_is_no_atrial_fibrillation() -> None:
    reference = marks(rhythm(20_000, "(AFIB"), rhythm(25_000, "(AFL"), rhythm(30_000, "(N"))
    assert seconds(compare_atrial_episodes(reference, reference, PERIOD)) == (5, 5, 5)


def test_ventricular_episodes_are_those_in_brackets() -> None:
    reference = marks((20_000, "["), rhythm(20_100, "(VFL"), (30_000, "]"))
    test = marks(rhythm(20_000, "(VFL"), (21_000, "["), (29_000, "]"))
    comparison = compare_ventricular_episodes(reference, test, PERIOD)
    assert counted(comparison) == (1, 0, 1, 0)
    assert seconds(comparison) == (10, 8, 8)


def test_without_episodes_there_are_no_shares() -> None:
    statistics = compare_atrial_episodes(marks(), marks(), PERIOD).statistics
    assert statistics.episode_sensitivity is statistics.duration_predictivity is None


bounds = st.lists(st.integers(10, 60), max_size=12, unique=True).map(sorted)


@settings(deadline=None)
@given(bounds, bounds)
def test_overlaps_are_those_of_every_sample(reference: list[int], test: list[int]) -> None:
    period = Period(1.0, 60, learning_seconds=10)

    def inside(bounds: list[int]) -> set[int]:
        ends = [*bounds, 60] if len(bounds) % 2 else bounds
        return {sample for begin, end in zip(ends[::2], ends[1::2], strict=True) for sample in range(begin, end)}

    comparison = compare_atrial_episodes(fibrillation(*reference), fibrillation(*test), period)
    ours, theirs = inside(reference), inside(test)
    assert seconds(comparison) == (len(ours), len(theirs), len(ours & theirs))
