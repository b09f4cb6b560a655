"""Calibration pulses that stand by themselves."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ecg.pictures.pages.ink import Ink, ink_of
from ecg.pictures.pages.pulses import boxes_of, guessed_millimetre
from tests.ecg.pictures.pages import drawn


def pulse(lean: float, scale: float = 8.0) -> Ink:
    """A pulse of 20 mm that leans so many millimetres, on paper without lines."""
    page = drawn.Page(120, 46, scale, fine=None, bold=None)
    low, high = 34.0, 14.0
    page.line([(9, low), (10, low), (10 + lean, high), (15 + lean, high), (15, low), (16, low)])
    page.line([(20, 30), (110, 30)])
    ink = ink_of(255 - page.pixels().min(axis=2))
    assert ink is not None
    return ink


@pytest.mark.parametrize("lean", [-1.0, -0.4, 0.0, 0.6, 1.0])
def test_a_pulse_is_measured_though_it_leans(lean: float) -> None:
    (box,) = boxes_of(pulse(lean), 8.0).values()
    assert box.width == pytest.approx(5 * 8, rel=0.04)
    assert box.height == pytest.approx(20 * 8, rel=0.02)


def test_a_pulse_is_measured_beside_a_trace_that_trembles_by_more_than_the_pen_is_wide() -> None:
    (box,) = boxes_of(replace(pulse(0.1), thickness=16.0), 8.0).values()
    assert box.width == pytest.approx(5 * 8, rel=0.02)
    assert box.height == pytest.approx(20 * 8, rel=0.02)


@pytest.mark.parametrize("guess", [0.6, 1.0, 1.5])
def test_a_pulse_says_how_long_a_millimetre_is_that_was_guessed(guess: float) -> None:
    found = guessed_millimetre(pulse(0.2), guess * 8.0)
    assert found is not None
    assert found == pytest.approx(8.0, rel=0.05)
