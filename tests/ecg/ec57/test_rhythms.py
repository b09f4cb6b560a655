"""Fibrillation and shutdown, read off marks."""

from __future__ import annotations

from ecg.ec57.marks import Marks, Stretches
from ecg.ec57.rhythms import atrial_state, begins, episodes, shutdowns, ventricular_state
from tests.ecg.ec57.made import Mark, marks, resume, rhythm, shutdown

END = 10_000
WINDOW = 150


def pairs(stretches: Stretches) -> list[tuple[int, int]]:
    return list(zip(stretches.begins.tolist(), stretches.ends.tolist(), strict=True))


def atrial(*annotations: Mark, flutter: bool = False) -> list[tuple[int, int]]:
    made = marks(*annotations)
    return pairs(episodes(made, atrial_state(made, flutter=flutter), END))


def ventricular(*annotations: Mark) -> list[tuple[int, int]]:
    made = marks(*annotations)
    return pairs(episodes(made, ventricular_state(made), END))


def unreadable(*annotations: Mark) -> list[tuple[int, int]]:
    return pairs(shutdowns(marks(*annotations), WINDOW, END))


def test_atrial_fibrillation_lasts_to_the_next_other_rhythm() -> None:
    assert atrial(rhythm(100, "(AFIB"), (150, "N"), rhythm(200, "(N"), rhythm(300, "(AFIB")) == [(100, 200), (300, END)]


def test_marks_before_the_first_rhythm_are_in_none() -> None:
    made = marks((10, "N"), rhythm(100, "(AFIB"), (150, "N"), rhythm(200, "(VT"), (250, "N"))
    assert atrial_state(made).tolist() == [False, True, True, False, False]
    assert begins(atrial_state(made)).tolist() == [False, True, False, False, False]


def test_the_same_rhythm_again_goes_on() -> None:
    assert atrial(rhythm(100, "(AFIB"), rhythm(200, "(AFIB"), rhythm(300, "(N")) == [(100, 300)]


def test_flutter_ends_fibrillation_unless_both_are_meant() -> None:
    annotations = (rhythm(100, "(AFIB"), rhythm(200, "(AFL"), rhythm(300, "(N"))
    assert atrial(*annotations) == [(100, 200)]
    assert atrial(*annotations, flutter=True) == [(100, 300)]


def test_only_rhythm_marks_say_what_the_rhythm_is() -> None:
    assert atrial((100, "N", "(AFIB"), (200, '"', "(AFIB")) == []


def test_ventricular_fibrillation_stands_in_brackets() -> None:
    assert ventricular((100, "["), (120, "!"), (200, "]"), (300, "[")) == [(100, 200), (300, END)]


def test_brackets_without_their_partner_are_ignored() -> None:
    assert ventricular((50, "]"), (100, "["), (150, "["), (200, "]"), (250, "]")) == [(100, 200)]


def test_no_marks_have_no_episodes() -> None:
    assert atrial() == ventricular() == unreadable() == []


def test_shutdown_lasts_to_the_next_noise_mark() -> None:
    assert unreadable((900, "N"), shutdown(1000), rhythm(1100, "(N"), (1500, "~", "", 3), (1600, "N")) == [(1000, 1500)]


def test_both_bits_of_the_subtype_must_be_set() -> None:
    assert unreadable((1000, "~", "", 0x10), (1500, "~", "", 0x20), (2000, "~", "", 3)) == []
    assert unreadable((1000, "~", "", 0x31), resume(1500)) == [(1000, 1500)]


def test_a_beat_before_the_next_noise_mark_ends_shutdown_a_window_early() -> None:
    """As in the AHA database: one mark, a match window away from the beats on both sides."""
    assert unreadable((800, "N"), shutdown(1000), (2000, "V"), resume(2500)) == [(950, 1850)]
    assert unreadable((800, "N"), shutdown(1000), (2000, "V")) == [(950, 1850)]
    assert unreadable(shutdown(1000), (2000, "V")) == [(1000, 1850)]


def test_shutdown_between_near_beats_has_no_length() -> None:
    assert unreadable((900, "N"), shutdown(1000), (1100, "N")) == []


def test_shutdown_without_anything_after_it_lasts_to_the_end() -> None:
    assert unreadable((900, "N"), shutdown(1000)) == [(1000, END)]


def test_states_follow_the_order_of_the_file_on_one_sample() -> None:
    assert ventricular_state(Marks.of([5, 5, 5, 5], ["N", "[", "N", "]"])).tolist() == [False, True, True, False]
