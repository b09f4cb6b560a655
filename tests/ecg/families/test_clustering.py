"""Families of beats that look and come alike."""

from __future__ import annotations

import numpy as np

from ecg.families.clustering import MOST_FAMILIES, FamilyGathering
from ecg.families.family import Families
from ecg.features.stream import BeatBlock, beat_blocks
from ecg.recording import Recording
from tests.ecg.signal.synthetic import noise, regular, signal_of, two_leads


def gathered(blocks: list[BeatBlock]) -> Families:
    gathering = FamilyGathering()
    for block in blocks:
        gathering.add(block)
    return gathering.finish()


def blocks_of(beats: list[tuple[float, str]], seconds: float) -> list[BeatBlock]:
    return list(beat_blocks(two_leads(beats, seconds)))


def test_beats_of_another_shape_are_another_family() -> None:
    beats = [(t, "V" if index % 5 == 3 else "N") for index, (t, _) in enumerate(regular(120))]
    families = gathered(blocks_of(beats, 120))
    wide = [place for place, (_, kind) in enumerate(beats) if kind == "V"]
    assert [sorted(family.members.tolist()) for family in families.families] == [
        [place for place in range(len(beats)) if place not in wide],
        wide,
    ]
    assert families.of_beat.tolist() == [int(place in wide) for place in range(len(beats))]


def test_beats_that_come_early_are_a_family_of_their_own() -> None:
    beats = [(t - (0.25 if index % 12 == 7 else 0), "N") for index, (t, _) in enumerate(regular(120))]
    families = gathered(blocks_of(beats, 120)).families
    assert [family.early for family in families] == [False, True]
    assert sorted(families[1].members.tolist()) == list(range(7, len(beats), 12))


def test_where_the_rhythm_is_irregular_throughout_early_means_nothing() -> None:
    times = 1 + np.cumsum(np.random.default_rng(5).uniform(0.45, 1.05, 150))
    beats = [(float(t), "N") for t in times if t < 100]
    largest = gathered(blocks_of(beats, 101)).families[0]
    assert len(largest.members) >= len(beats) - 2  # at the ends few intervals are known


def test_the_least_typical_come_first_and_the_typical_one_is_the_last() -> None:
    lead = signal_of(regular(120), 120) + noise(120 * 360, 0.02)
    odd = 60
    begin = round((regular(120)[odd][0] + 0.1) * 360)
    lead[begin : begin + 60] += 0.22 * np.hanning(60)
    (family,) = gathered(list(beat_blocks(Recording.of_array(lead[None], leads=("II",), rate=360)))).families
    assert family.members[0] == odd
    assert family.typical == family.members[-1] != odd


def test_a_beat_that_was_like_no_other_at_first_is_never_the_typical_one() -> None:
    """Groups that a single odd beat founded go to the families that they are most like when there are too many."""
    lead = signal_of(regular(400), 400) + noise(400 * 360, 0.02)
    oddest = [round(time * 360) for time, _ in regular(400)[3::4]]
    random = np.random.default_rng(7)
    for r_peak in oddest:
        lead[r_peak - 80 : r_peak + 100] += 2 * np.convolve(random.normal(size=180), np.hanning(15) / 4, "same")
    blocks = list(beat_blocks(Recording.of_array(lead[None], leads=("II",), rate=360)))
    samples = np.concatenate([block.windows.samples for block in blocks])
    largest = gathered(blocks).families[0]
    assert np.abs(samples[largest.typical] - np.array(oddest)).min() > 100
    assert {largest.typical} == {largest.members[-1]}


def test_noise_makes_no_more_families_than_a_person_can_judge() -> None:
    values = noise((1, 600 * 360), 0.3)
    blocks = list(beat_blocks(Recording.of_array(values, leads=("II",), rate=360)))
    families = gathered(blocks)
    assert 1 < len(families.families) <= MOST_FAMILIES
    members = np.concatenate([family.members for family in families.families])
    assert sorted(members.tolist()) == list(range(sum(map(len, blocks))))
    sizes = [len(family.members) for family in families.families]
    assert sizes == sorted(sizes, reverse=True)


def test_the_same_beats_make_the_same_families() -> None:
    blocks = list(beat_blocks(Recording.of_array(noise((2, 300 * 360), 0.3), leads=("a", "b"), rate=360)))
    assert np.array_equal(gathered(blocks).of_beat, gathered(blocks).of_beat)


def test_no_beats_no_families() -> None:
    assert gathered([]).families == ()
    assert gathered(list(beat_blocks(two_leads([], 40)))).families == ()
