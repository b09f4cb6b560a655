"""Ectopic beats: burden, couplets, runs, bigeminy, trigeminy."""

from __future__ import annotations

import pytest

from ecg.rhythm.ectopy import alternation, ectopy, ventricular_tachycardia
from ecg.rhythm.settings import RhythmSettings
from ecg.rhythm.timeline import BeatKind
from tests.ecg.rhythm.made import timeline

SETTINGS = RhythmSettings()
V, S = BeatKind.VENTRICULAR, BeatKind.SUPRAVENTRICULAR


def test_company_of_ectopic_beats() -> None:
    kinds = "NVN" + "NVVN" + "NVVVN" + "NVVVVVN" + "NVVVVVVN" + "NVSVN"
    found = ectopy(timeline(kinds).rhythmic(), V, SETTINGS, 0.5)
    assert (found.isolated, found.couplets, found.short_runs, found.long_runs) == (3, 1, 2, 1)
    assert found.beats == kinds.count("V")
    assert found.each_hour == 2 * found.beats
    assert found.longest is not None
    assert found.longest.beats == 6
    assert ectopy(timeline(kinds).rhythmic(), S, SETTINGS, 0.5).isolated == 1


def test_burden_is_of_classified_beats() -> None:
    found = ectopy(timeline("NNNV????").rhythmic(), V, SETTINGS, 1)
    assert found.burden == 25
    assert ectopy(timeline("????").rhythmic(), V, SETTINGS, 1).burden is None


def test_an_unreadable_second_parts_a_run() -> None:
    found = ectopy(timeline("NVVVVN", [1.0, 1.0, 3.0, 1.0, 1.0], unreadable=[(4, 5)]).rhythmic(), V, SETTINGS, 1)
    assert (found.couplets, found.short_runs) == (2, 0)


def test_ventricular_tachycardia_is_fast_and_sustained_from_half_a_minute_on() -> None:
    kinds = "N" + "V" * 70 + "N" + "V" * 5 + "N" + "V" * 5 + "N"
    intervals = [0.8] + [0.45] * 70 + [0.8] + [0.45] * 5 + [0.8] + [0.9] * 5
    found = ventricular_tachycardia(ectopy(timeline(kinds, intervals).rhythmic(), V, SETTINGS, 1), SETTINGS)
    assert [run.beats for run in found.sustained] == [70]
    assert [run.beats for run in found.non_sustained] == [5]
    assert found.sustained[0].rate == pytest.approx(60 / 0.45, rel=0.01)


@pytest.mark.parametrize(
    ("kinds", "bigeminy", "trigeminy"),
    [
        ("NNNVNVNVNN", 3, 0),
        ("NNNVNVNN", 0, 0),
        ("NNVNNVNNVNN", 0, 3),
        ("NNNVNNNVNNNVNNNV", 0, 0),
        ("NVNVNVNVNNVNNVNNVN", 4, 3),
        ("NVVNVVNVV", 0, 0),
        ("SVNVSVN", 3, 0),
    ],
)
def test_alternation_is_three_cycles_or_more(kinds: str, bigeminy: int, trigeminy: int) -> None:
    rhythm = timeline(kinds).rhythmic()
    assert alternation(rhythm, 1, SETTINGS).beats == bigeminy
    assert alternation(rhythm, 2, SETTINGS).beats == trigeminy


def test_alternation_does_not_cross_what_cannot_be_read() -> None:
    broken = timeline("NVNVNV", [1.0, 1.0, 1.0, 3.0, 1.0], unreadable=[(5, 6)])
    assert alternation(broken.rhythmic(), 1, SETTINGS).episodes == ()
