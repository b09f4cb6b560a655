"""How long the window of a trace without a scale is, by its shape, and the beat that is cut out of it."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from ecg.pictures.ink import window_length
from ecg.pictures.ink.window_length import LONG, inputs_of, one_beat, seconds_of
from tests.ecg.pictures.ink.beats import correlation, millivolts, window

Trace = tuple[NDArray[np.float64], NDArray[np.float64], float]


def _trace(before: float, after: float, pixels: float = 300.0) -> Trace:
    """x and y, pixels, of the beat from so many seconds before its R peak to so many after it, and x of the peak."""
    seconds = np.linspace(-before, after, 200)
    return (
        (seconds + before) * pixels / (before + after),
        -100 * millivolts(seconds),
        before * pixels / (before + after),
    )


@pytest.mark.parametrize(("before", "after"), [(0.25, 0.25), (0.267, 0.264), (0.4, 0.6), (0.5, 0.5)])
def test_the_shape_tells_how_long_the_window_is(before: float, after: float) -> None:
    assert seconds_of(*_trace(before, after)) == pytest.approx(before + after, rel=0.2)


def test_size_and_gain_of_the_picture_say_nothing() -> None:
    x, y, r_peak = _trace(0.4, 0.6)
    assert seconds_of(3 * x + 40, 0.5 * y + 10, 3 * r_peak + 40) == pytest.approx(seconds_of(x, y, r_peak))


def test_of_a_long_window_the_beat_is_shown_and_the_rest_lies_beyond_the_plot() -> None:
    times, heights = one_beat(*_trace(0.4, 0.6))
    assert times[0] < -0.1
    assert times[-1] > 1.1
    assert correlation(times, heights, window()) > 0.9
    shown = (times >= 0) & (times <= 1)
    assert heights[shown].min() == pytest.approx(0.1)
    assert heights[shown].max() == pytest.approx(0.9)


def test_a_window_of_one_beat_stays_whole() -> None:
    times, _ = one_beat(*_trace(0.25, 0.25))
    assert (times[0], times[-1]) == (0, 1)


def test_a_trace_with_too_little_around_its_peak_stays_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    x, y, r_peak = _trace(0.4, 0.6)
    y[np.abs(x - r_peak) < 90] = np.nan
    monkeypatch.setattr(window_length, "seconds_of", lambda *_trace: LONG)
    times, _ = one_beat(x, y, r_peak)
    assert (times[0], times[-1]) == (0, 1)


def test_what_is_no_beat_once_it_is_cut_out_stays_whole() -> None:
    x = np.linspace(0, 300, 200)
    teeth = 40 * np.sin(x / 300 * 40 * np.pi) + 60 * (x > 150)
    times, _ = one_beat(x, teeth, 150.0)
    assert (times[0], times[-1]) == (0, 1)


def test_a_flat_or_interrupted_trace_has_inputs_all_the_same() -> None:
    x = np.arange(50.0)
    assert np.isfinite(inputs_of(x, np.zeros(50), 20.0)).all()
    assert np.isfinite(inputs_of(x, np.where(x % 7 == 0, np.nan, x), 20.0)).all()
