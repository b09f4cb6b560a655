"""A line that is one sine is no heart's; fibrillation is never so regular."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image, ImageDraw

from ecg.pictures.ink.reading import read_beat
from ecg.pictures.ink.reasons import NotABeat
from ecg.pictures.ink.sines import is_one_sine, share_of_a_sine
from tests.ecg.pictures.ink.beats import millivolts

X = np.linspace(30, 400, 300)


def wave(periods: float, phase: float = 0.4) -> np.ndarray:
    return 60 + 25 * np.sin(np.linspace(0, 2 * np.pi * periods, len(X)) + phase)


@pytest.mark.parametrize("periods", [1.2, 2, 3.3, 6.28, 11.9])
@pytest.mark.parametrize("phase", [0.0, 1.1, 2.9])
def test_any_sine_is_one(periods: float, phase: float) -> None:
    assert is_one_sine(X, wave(periods, phase))


def test_gaps_and_a_little_noise_change_nothing() -> None:
    y = wave(4) + np.random.default_rng(0).normal(scale=0.5, size=len(X))
    y[100:104] = np.nan
    assert is_one_sine(X, y)


def test_beats_and_waves_that_change_are_none() -> None:
    beat = millivolts(np.linspace(-0.27, 0.27, len(X)))
    growing = np.linspace(0.5, 1.5, len(X)) * (wave(5) - 60)
    chirp = np.sin(2 * np.pi * np.linspace(0, 2.4, len(X)) ** 2)
    for y in (beat, growing, chirp):
        assert not is_one_sine(X, y)


def test_a_flat_line_and_one_without_points_are_none() -> None:
    assert share_of_a_sine(X, np.full(len(X), 3.0)) == 0
    assert share_of_a_sine(X, np.full(len(X), np.nan)) == 0


@pytest.mark.parametrize("size", [(192, 128), (420, 200)])
@pytest.mark.parametrize("periods", [1.3, 2.4, 3.1])
def test_a_picture_of_one_is_like_no_beat(size: tuple[int, int], periods: float) -> None:
    left, right = 0.125 * size[0], 0.9 * size[0]
    x = np.linspace(left, right, 300)
    y = size[1] / 2 + size[1] / 4 * np.sin(np.linspace(0, 2 * np.pi * periods, 300))
    page = Image.new("L", size, 255)
    ImageDraw.Draw(page).line(list(zip(x.tolist(), y.tolist(), strict=True)), fill=60, width=2)
    assert read_beat(page).reason is NotABeat.UNFAMILIAR
