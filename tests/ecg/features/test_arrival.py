"""How a beat came: early or not among irregular ones, with the usual P wave, another one or none."""

from __future__ import annotations

import numpy as np

from ecg.features.arrival import ARRIVAL, arrival_numbers

NAMES = list(ARRIVAL)
CREST = np.array([1.0, 1.0], np.float32)
BEATS = 40
P_WAVE = 52
"""Samples of a shape to the middle of the usual P wave; the R peak is at 108."""


def bump(middle: float, height: float = 0.15, width: float = 9) -> np.ndarray:
    return height * np.exp(-0.5 * ((np.arange(252) - middle) / width) ** 2)


def usual() -> np.ndarray:
    lead = bump(P_WAVE) + bump(108, 1.0, 4) + bump(205, 0.3, 18)
    return np.stack([0.2 * lead, lead]).astype(np.float32)


def shapes(seed: int = 1) -> np.ndarray:
    return (usual() + np.random.default_rng(seed).normal(0, 0.01, (BEATS, 2, 252))).astype(np.float32)


def numbers(intervals: np.ndarray, made: np.ndarray, odd: np.ndarray | None = None) -> dict[str, np.ndarray]:
    odd = np.zeros(len(made), np.bool_) if odd is None else odd
    found = arrival_numbers(intervals, slice(0, len(made)), odd, made, usual(), CREST, odd)
    assert found.shape == (len(made), len(ARRIVAL))
    assert found.dtype == np.float32
    return dict(zip(NAMES, found.T, strict=True))


def regular() -> np.ndarray:
    intervals = np.full(BEATS + 1, 0.8)
    intervals[[0, -1]] = np.nan
    return intervals


def test_an_early_beat_is_short_beside_its_neighbours_and_its_pause_long() -> None:
    intervals = regular()
    intervals[20], intervals[21] = 0.5, 1.1
    found = numbers(intervals, shapes())
    assert abs(found["own_to_upper_48"][20] - 0.5 / 0.8) < 1e-5
    assert abs(found["after_to_upper"][20] - 1.1 / 0.8) < 1e-5
    assert abs(found["both_to_upper"][20] - 1) < 1e-5
    assert found["run_before"][[19, 20, 21]].tolist() == [0, 1, 0]
    assert found["own_to_upper_48"][10] == 1
    assert np.isnan(found["own_to_upper_48"][0])


def test_where_most_beats_come_early_the_long_intervals_are_what_they_are_compared_with() -> None:
    intervals = regular()
    intervals[1:-1] = np.where(np.arange(BEATS - 1) % 3, 0.5, 1.2)
    found = numbers(intervals, shapes())
    early = np.flatnonzero(intervals[:-1] == 0.5)[5:-5]
    assert (found["own_to_upper_48"][early] < 0.5).all()
    assert (found["short_share"][early] > 0.5).all()


def test_beside_ventricular_beats_and_their_pauses_usual_beats_are_in_time() -> None:
    trigeminy = regular()
    trigeminy[1:-1] = np.tile([0.8, 0.5, 1.1], 13)
    odd = np.zeros(BEATS, np.bool_)
    odd[2::3] = True
    plain, told = (numbers(trigeminy, shapes(), which)["own_to_upper_48"] for which in (None, odd))
    usual_ones = np.arange(10, BEATS - 10, 3)
    assert (plain[usual_ones] < 0.75).all()
    assert (told[usual_ones] == 1).all()


def test_pairs_that_come_again_are_near_each_other_and_those_by_chance_are_not() -> None:
    bigeminy, chance = regular(), regular()
    bigeminy[1:-1] = np.where(np.arange(BEATS - 1) % 2, 0.5, 1.1)
    chance[1:-1] = np.exp(np.random.default_rng(2).normal(np.log(0.7), 0.25, BEATS - 1))
    again, alone = (np.nanmedian(numbers(one, shapes())["third_pair"][5:-5]) for one in (bigeminy, chance))
    assert again < 0.01
    assert alone > 0.05


def test_a_p_wave_of_another_form_or_none_is_told_from_the_usual_one() -> None:
    made = shapes()
    made[20] -= np.stack([0.4 * bump(P_WAVE), 2 * bump(P_WAVE)]).astype(np.float32)
    made[25] -= np.stack([0.2 * bump(P_WAVE), bump(P_WAVE)]).astype(np.float32)
    found = numbers(regular(), made)
    assert found["p_alike"][10] > 0.95
    assert found["p_alike"][20] < -0.8
    assert abs(found["p_size"][25]) < 0.2
    assert found["p_size"][10] > 0.8
    assert found["p_below"][20] > 1.5
    assert found["p_height"][25] < found["p_height"][10] - 0.5
    assert (found["p_usual_share"] > 0.9).all()


def test_the_t_wave_of_the_beat_before_is_no_p_wave() -> None:
    intervals, made = regular(), shapes()
    intervals[20] = 0.5
    before = 108 - 180  # the beat before, on the samples of this one
    t_wave = bump(before + 205 - 108, 0.3, 18)
    made[20] += np.stack([0.2 * t_wave, t_wave]).astype(np.float32)
    found = numbers(intervals, made)
    assert found["p_alike"][20] > 0.8


def test_fibrillation_has_no_usual_p_wave() -> None:
    random = np.random.default_rng(3)
    made = np.stack([0.1 * np.sin(2 * np.pi * 6 * np.arange(252) / 360 + random.uniform(0, 6.3)) for _ in range(BEATS)])
    waves = (usual() + made[:, None]).astype(np.float32)
    waves[:, :, :90] -= usual()[:, :90]
    found = numbers(regular(), waves)
    assert np.nanmedian(found["p_of_others"]) < 0.5 < np.nanmedian(numbers(regular(), shapes())["p_of_others"])


def test_without_a_usual_beat_only_intervals_are_known() -> None:
    nothing = np.full((2, 252), np.nan, np.float32)
    odd = np.zeros(BEATS, np.bool_)
    found = arrival_numbers(regular(), slice(0, BEATS), odd, shapes(), nothing, CREST, odd)
    assert np.isfinite(found[:, NAMES.index("own_to_upper_48")]).any()
    assert not np.isfinite(found[:, NAMES.index("p_alike")]).any()
