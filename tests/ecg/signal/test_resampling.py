"""To 360 Hz: the same signal, the same bits however it is cut, gaps where they were."""

from __future__ import annotations

import numpy as np
import pytest

from ecg.recording import Annotations, Gap, Recording
from ecg.signal.resampling import RateError, Ratio, at_working_rate

RATES = (100.0, 128.0, 200.0, 250.0, 257.0, 300.0, 360.0, 500.0, 512.0, 977.5, 1000.0, 2000.0)


def recording(values: np.ndarray, rate: float) -> Recording:
    return Recording.of_array(
        np.atleast_2d(values), leads=tuple(f"ECG{n}" for n in range(len(np.atleast_2d(values)))), rate=rate
    )


def tone(frequency: float, rate: float, seconds: float = 20) -> np.ndarray:
    return np.sin(2 * np.pi * frequency * np.arange(round(seconds * rate)) / rate)


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("frequency", [0.5, 10.0, 35.0])
def test_what_an_ecg_holds_comes_through_unchanged_and_in_place(rate: float, frequency: float) -> None:
    out = at_working_rate(recording(tone(frequency, rate), rate)).read()[0]
    expected = tone(frequency, 360)[: len(out)]
    assert np.abs(out - expected)[360:-360].max() < 2e-3
    assert len(out) == pytest.approx(20 * 360, abs=4)


def test_what_360_hz_can_not_show_is_taken_away() -> None:
    out = at_working_rate(recording(tone(260, 1000), 1000)).read()[0]
    assert np.abs(out)[360:-360].max() < 2e-4


def test_a_constant_stays_the_same_to_its_ends() -> None:
    out = at_working_rate(recording(np.full(5000, 1.25), 250)).read()
    assert np.abs(out - 1.25).max() < 1e-6


@pytest.mark.parametrize("rate", [rate for rate in RATES if rate != 360])
def test_the_same_bits_however_it_is_cut(rate: float) -> None:
    random = np.random.default_rng(3)
    values = random.normal(0, 1, (2, round(12 * rate))).astype(np.float32)
    values[0, round(3 * rate) : round(3.1 * rate)] = np.nan
    values[1, random.integers(0, values.shape[1], 40)] = np.nan
    working = at_working_rate(recording(values, rate))
    whole = working.read()
    for _ in range(40):
        begin, end = sorted(random.integers(0, working.samples, 2))
        assert np.array_equal(working.read(begin, end), whole[:, begin:end], equal_nan=True)


def test_a_piece_with_what_it_needs_is_enough() -> None:
    values = np.random.default_rng(4).normal(0, 1, (1, 9000)).astype(np.float32)
    ratio = Ratio.of(500)
    whole = at_working_rate(recording(values, 500)).read()
    first, last = ratio.needed(2000, 3000)
    assert np.array_equal(ratio.resample(values[:, first:last], first, 2000, 3000), whole[:, 2000:3000])


def test_gaps_stay_gaps_and_leak_into_nothing() -> None:
    values = tone(1, 250)
    values[2000:2500] = np.nan
    out = at_working_rate(recording(values, 250)).read()[0]
    assert np.isnan(out[2880:3599]).all()
    assert np.isfinite(out[:2878]).all()
    assert np.isfinite(out[3601:]).all()
    assert np.nanmax(np.abs(out)) < 1.1


@pytest.mark.parametrize(("rate", "every"), [(250, 2), (500, 2), (500, 5), (1000, 10), (2000, 20)])
def test_samples_that_stand_as_close_together_as_at_the_least_rate_are_joined(rate: int, every: int) -> None:
    values = tone(1, rate)
    thinned = np.full_like(values, np.nan)
    thinned[::every] = values[::every]
    whole, joined = (at_working_rate(recording(each, rate)).read()[0] for each in (values, thinned))
    assert np.abs(joined - whole)[360:-360].max() < 2e-3


def test_samples_that_stand_further_apart_are_not_joined() -> None:
    values = tone(1, 500)
    values[1000:1005] = np.nan  # 12 ms from one to the next
    assert np.isnan(at_working_rate(recording(values, 500)).read()).any()
    assert np.isnan(at_working_rate(recording(np.where(np.arange(2560) % 2, np.nan, 0), 128)).read()).any()


def test_gaps_and_marks_move_along() -> None:
    values = np.zeros((1, 5000), np.float32)
    values[:, 1000:2000] = np.nan
    marks = Annotations(np.array([500, 2500]), np.array(["N", "V"]), np.array(["", ""]))
    source = Recording.of_array(values, leads=("II",), rate=250, annotations=marks)
    source = Recording(source.leads, source.rate, source.signal, gaps=(Gap(1000, 2000),), annotations=marks)
    working = at_working_rate(source)
    (gap,) = working.gaps
    missing = np.flatnonzero(np.isnan(working.read()[0]))
    assert (gap.begin, gap.end) == (missing[0], missing[-1] + 1)
    assert working.annotations.samples.tolist() == [720, 3600]


def test_places_go_there_and_back() -> None:
    samples = np.arange(0, 100_000, 37)
    for rate in (250.0, 500.0, 977.5):
        ratio = Ratio.of(rate)
        back = ratio.to_source(ratio.to_working(samples))
        assert np.abs(back - samples).max() <= max(1, rate / 720)


@pytest.mark.parametrize("rate", [99.0, 2001.0])
def test_rates_that_make_no_sense_are_refused(rate: float) -> None:
    with pytest.raises(RateError, match="2000 Hz are analysed"):
        at_working_rate(recording(np.zeros(1000), rate))


def test_at_the_working_rate_nothing_is_touched() -> None:
    source = recording(tone(5, 360), 360)
    assert at_working_rate(source) is source
