from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from ecg.pictures.pages.result import Basis, Calibration, Kind, Lead, PageReading, Reason, Warned
from ecg.recording import Recording
from tests.training.pages.made import RATE, twelve
from training.evaluation.pages.scoring import Beats, score
from training.evaluation.pages.signals import aligned, at_rate
from training.pages import making
from training.pages.capture import Medium
from training.pages.truth import PageTruth


@pytest.fixture(scope="module")
def truth() -> PageTruth:
    return making.drawn(twelve(), "3x4+1", Medium.CLEAN, seed=1, vary=False).truth


def read_as_drawn(truth: PageTruth, *, gain: float = 1.0, late: int = 0, scale: float = 1.0) -> PageReading:
    """A reading of every lead, ``late`` samples too late; ``scale``: of the millimetre."""
    leads = tuple(
        Lead(
            name=lead.name,
            name_read=True,
            row=lead.row,
            column=lead.column,
            begin=lead.begin,
            rate=500.0,
            millivolts=np.r_[np.full(late, np.nan), 0.2 + gain * lead.millivolts].astype(np.float32),
            trace=lead.trace,
            box=lead.box,
            confidence=1.0,
        )
        for lead in truth.leads
    )
    known = truth.calibration
    calibration = Calibration(known.pixels_per_mm * scale, 25.0, 10.0, Basis.GRID, Basis.PRINT, Basis.PRINT)
    return PageReading(Kind.PAGE, truth.size, layout=truth.layout, calibration=calibration, leads=leads)


def alternating(recording: Recording) -> Beats:
    """A beat each second, of two classes in turn."""
    places = np.arange(round(0.4 * recording.rate), recording.samples, round(recording.rate))
    return places, np.arange(len(places)) % 2


def test_what_is_read_as_it_was_drawn_has_no_noise_whenever_it_begins(truth: PageTruth) -> None:
    found = score(truth, read_as_drawn(truth, late=40), alternating)
    assert found.snr > 60
    assert found.peaks_right == found.peaks_drawn == found.peaks_read == 10
    assert found.amplitude_error == pytest.approx(0, abs=1e-5)
    assert found.layout_right
    assert found.names_right
    assert not found.scale_wrong
    assert found.beats == found.beats_alike == 10


def test_leads_that_begin_later_are_not_late_for_that(truth: PageTruth) -> None:
    reading = read_as_drawn(truth)
    cut = [replace(lead, begin=lead.begin + 0.06, millivolts=lead.millivolts[30:]) for lead in reading.leads]
    found = score(truth, replace(reading, leads=tuple(cut)), alternating)
    assert found.peaks_right == found.peaks_drawn == 10
    assert found.beats == found.beats_alike


def test_a_tenth_too_high_is_twenty_decibels_and_an_error_of_a_tenth(truth: PageTruth) -> None:
    found = score(truth, read_as_drawn(truth, gain=1.1))
    assert found.snr == pytest.approx(20, abs=0.1)
    assert found.amplitude_error == pytest.approx(0.1, abs=1e-4)


def test_a_lead_that_was_not_read_is_all_noise(truth: PageTruth) -> None:
    reading = read_as_drawn(truth)
    without = replace(reading, leads=reading.leads[:-1])
    whole, missing = score(truth, reading), score(truth, without)
    assert not missing.names_right
    assert missing.snr == pytest.approx(whole.snr * 12 / 13, rel=0.01)


def test_a_name_that_only_the_recorder_uses_need_not_be_read_but_a_standard_one_must(truth: PageTruth) -> None:
    own = replace(truth, leads=tuple(replace(lead, name="ECG1") for lead in truth.leads))
    reading = read_as_drawn(own)
    nameless = replace(reading, leads=tuple(replace(lead, name="") for lead in reading.leads))
    assert score(own, nameless).names_right
    assert not score(truth, nameless).names_right


def test_a_wrong_scale_is_seen_and_whether_it_was_warned_of(truth: PageTruth) -> None:
    wrong = read_as_drawn(truth, scale=1.06)
    assert score(truth, wrong).scale_wrong
    assert not score(truth, wrong).warned
    assert score(truth, replace(wrong, warnings=(Warned.SCALE_UNKNOWN,))).warned
    assert not score(truth, read_as_drawn(truth, scale=1.04)).scale_wrong


@pytest.mark.parametrize(("grid", "wrong"), [(True, True), (False, False)])
def test_in_a_photograph_without_a_grid_a_millimetre_is_only_a_name(truth: PageTruth, grid: bool, wrong: bool) -> None:
    drawn = replace(truth.calibration, mm_per_second=50.0, mm_per_mv=20.0, grid=grid)
    photograph = replace(truth, medium="photograph", calibration=drawn)
    # Half the millimetres a second, each twice as long.
    assert score(photograph, read_as_drawn(photograph, scale=2.0)).scale_wrong == wrong
    assert score(photograph, read_as_drawn(photograph, scale=1.0)).scale_wrong


def test_a_refused_page_counts_with_nothing_found(truth: PageTruth) -> None:
    found = score(truth, PageReading(Kind.NONE, truth.size, Reason.NO_ECG))
    assert not found.read
    assert found.snr == pytest.approx(0.0)
    assert (found.peaks_drawn, found.peaks_read, found.peaks_right) == (10, 0, 0)
    assert not found.scale_wrong
    assert not found.names_right


def test_a_gap_in_what_was_read_counts_as_zero() -> None:
    wave = np.sin(np.arange(1000) / 20)
    half = wave.copy()
    half[500:] = np.nan
    assert aligned(wave, half, RATE).snr == pytest.approx(3.0, abs=0.3)


def test_gaps_stay_gaps_at_another_rate() -> None:
    values = np.array([0.0, 1.0, np.nan, 3.0, 4.0])
    found = at_rate(values, 100.0, 200.0)
    np.testing.assert_array_equal(np.isnan(found), [False, False, False, True, True, True, False, False, False])
    assert found[1] == 0.5


@pytest.mark.parametrize(
    ("others", "told"),
    [
        ({"pulse": True, "grid": False, "printed": False, "mm_per_second": 50.0}, True),
        ({"pulse": False, "grid": True, "printed": False, "mm_per_second": 25.0}, True),
        ({"pulse": False, "grid": True, "printed": True, "mm_per_second": 50.0}, True),
        ({"pulse": False, "grid": True, "printed": False, "mm_per_second": 50.0}, False),
        ({"pulse": False, "grid": False, "printed": True, "mm_per_second": 25.0}, False),
    ],
    ids=["a pulse", "a grid and what is usual", "a grid and print", "a grid alone", "print alone"],
)
def test_a_scale_is_told_by_a_pulse_or_by_a_grid_and_what_it_is(
    truth: PageTruth, others: dict[str, float], told: bool
) -> None:
    known = replace(truth.calibration, mm_per_mv=10.0, **others)  # type: ignore[arg-type]
    page = replace(truth, calibration=known)
    assert score(page, read_as_drawn(truth)).scale_told == told
