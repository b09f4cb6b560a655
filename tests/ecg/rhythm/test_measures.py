"""All measures together, and their definitions with them."""

from __future__ import annotations

import json

import numpy as np
import pytest

from ecg.rhythm.brevity import Untold
from ecg.rhythm.measures import measures
from ecg.rhythm.settings import RhythmSettings
from ecg.rhythm.timeline import Timeline
from tests.ecg.rhythm.made import timeline


def test_a_recording_is_measured_in_what_can_be_read_of_it() -> None:
    found = measures(timeline("N" * 40 + "V" + "P" * 9 + "?" * 10, unreadable=[(8, 16)], fibrillation=[(40, 44)]))
    assert found.recorded_seconds == 48
    assert found.analysable_seconds == 36
    assert found.beats < 60
    assert found.unclassified > 0
    assert found.paced_share == pytest.approx(100 * 9 / (found.beats - found.unclassified))
    assert [(episode.begin, episode.end) for episode in found.ventricular_fibrillation] == [(40, 44)]


def test_definitions_and_what_is_not_measured_come_with_it() -> None:
    found = measures(timeline("NNN"), RhythmSettings(tachycardia_rate=120))
    assert found.settings.lines()["tachycardia_rate"] == 120
    assert set(found.settings.lines()) >= {"pauses_seconds", "rate_intervals", "sustained_seconds"}
    assert "ST is not measured" in found.st


def test_it_is_a_document() -> None:
    document = measures(timeline("NNVNN" * 20)).document()
    text = json.dumps(document)
    assert json.loads(text)["ventricular"]["beats"] == 20


def test_an_empty_recording_has_no_measures_but_is_measured() -> None:
    nothing = np.empty(0, np.int64)
    for seconds in (0, 5):
        empty = Timeline(nothing, np.empty(0, np.str_), np.ones(seconds, np.bool_), np.empty((0, 2), np.int64))
        found = measures(empty)
        assert found.heart_rate.mean is None
        assert found.beats == 0


def test_beats_must_be_in_order() -> None:
    with pytest.raises(ValueError, match="in order"):
        Timeline(np.array([5, 3]), np.array(["N", "N"]), np.ones(1, np.bool_), np.empty((0, 2), np.int64))
    with pytest.raises(ValueError, match="one kind"):
        Timeline(np.array([5]), np.array(["N", "N"]), np.ones(1, np.bool_), np.empty((0, 2), np.int64))


@pytest.mark.parametrize(
    ("seconds", "untold"),
    [
        (10, set(Untold)),
        (29, set(Untold)),
        (30, set(Untold) - {Untold.ATRIAL_FIBRILLATION}),
        (31, {Untold.HOURLY_RATES, Untold.VARIABILITY}),
        (299, {Untold.HOURLY_RATES, Untold.VARIABILITY}),
        (300, {Untold.HOURLY_RATES}),
        (899, {Untold.HOURLY_RATES}),
        (900, set()),
    ],
)
def test_a_recording_tells_what_it_is_too_short_for(seconds: int, untold: set[Untold]) -> None:
    found = measures(timeline("NNNVN" * (seconds // 5), [1.0] * (5 * (seconds // 5) - 1), seconds=seconds))
    assert found.analysable_seconds == seconds
    assert set(found.too_short) == untold
    numbers = {
        Untold.HOURLY_RATES: (found.ventricular.each_hour, found.supraventricular.each_hour),
        Untold.VARIABILITY: (found.variability.sdnn, found.variability.rmssd, found.variability.pnn50),
        Untold.ATRIAL_FIBRILLATION: (found.atrial_fibrillation.burden,),
    }
    for measure, values in numbers.items():
        assert {value is None for value in values} == {measure in untold}, measure
    assert (found.ventricular.beats, found.variability.intervals > 0) == (seconds // 5, True)  # what is counted stands


def test_unreadable_seconds_make_a_recording_shorter() -> None:
    whole, broken = (timeline("N" * 900, [1.0] * 899, seconds=900, unreadable=gaps) for gaps in ([], [(10, 20)]))
    assert measures(whole).too_short == ()
    assert measures(broken).too_short == (Untold.HOURLY_RATES,)


def test_who_defines_it_otherwise_gets_the_numbers() -> None:
    short = timeline("NNNVN" * 4, [1.0] * 19)
    found = measures(short, RhythmSettings(hourly_seconds=10, variability_seconds=10))
    assert found.ventricular.each_hour == pytest.approx(4 * 3600 / found.analysable_seconds)
    assert found.variability.sdnn is not None
