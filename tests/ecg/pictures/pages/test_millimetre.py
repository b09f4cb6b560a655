"""How long a millimetre is, told by the lines of the paper alone."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from ecg.pictures.pages.millimetre import pitch_of


def grid(
    millimetre: float, shape: tuple[int, int] = (420, 900), *, fine: int = 60, bold: int = 130, whole: bool = False
) -> NDArray[np.uint8]:
    """Ink of lines every millimetre and bolder ones every five; on whole pixels as programs draw, or smooth."""
    ink = np.zeros(shape)
    for axis, length in enumerate(shape):
        places = np.arange(0.3 * millimetre, length, millimetre)
        profile = np.zeros(length)
        for number, place in enumerate(places):
            depth = fine if number % 5 else bold
            if whole:
                profile[min(round(place), length - 1)] = depth
            else:
                profile += depth * np.exp(-((np.arange(length) + 0.5 - place) ** 2) / 2)
        ink = np.maximum(ink, np.expand_dims(profile, 1 - axis))
    return np.clip(ink, 0, 255).astype(np.uint8)


@pytest.mark.parametrize("whole", [False, True], ids=["smooth", "on whole pixels"])
@pytest.mark.parametrize("millimetre", [3.78, 4.331, 5.5, 5.906, 6.3, 7.87, 9.1, 11.811, 13.3])
def test_fine_and_bold_lines_give_the_millimetre(millimetre: float, whole: bool) -> None:
    pitch = pitch_of(grid(millimetre, whole=whole))
    assert pitch is not None
    assert pitch.millimetre == pytest.approx(millimetre, rel=0.005)
    assert pitch.bold


@pytest.mark.parametrize("shape", [(151, 649), (206, 885), (420, 420), (1200, 1600)])
def test_small_pieces_of_paper_are_enough(shape: tuple[int, int]) -> None:
    pitch = pitch_of(grid(5.906, shape, whole=True))
    assert pitch is not None
    assert pitch.millimetre == pytest.approx(5.906, rel=0.01)


@pytest.mark.parametrize("whole", [False, True], ids=["smooth", "on whole pixels"])
@pytest.mark.parametrize("millimetre", [5.906, 7.3, 11.811])
def test_fine_lines_alone_are_a_millimetre_apart(millimetre: float, whole: bool) -> None:
    pitch = pitch_of(grid(millimetre, fine=90, bold=90, whole=whole))
    assert pitch is not None
    assert pitch.millimetre == pytest.approx(millimetre, rel=0.005)
    assert not pitch.bold


@pytest.mark.parametrize("whole", [False, True], ids=["smooth", "on whole pixels"])
@pytest.mark.parametrize("millimetre", [3.1, 4.331, 5.906, 7.3, 11.811])
def test_wide_lines_alone_are_five_millimetres_apart(millimetre: float, whole: bool) -> None:
    pitch = pitch_of(grid(millimetre, fine=0, whole=whole))
    assert pitch is not None
    assert pitch.millimetre == pytest.approx(millimetre, rel=0.005)
    assert not pitch.bold
    assert pitch.five


def test_without_lines_there_is_no_pitch() -> None:
    assert pitch_of(np.random.default_rng(0).integers(0, 40, (400, 700)).astype(np.uint8)) is None


@pytest.mark.parametrize("millimetre", [7.66, 8.79])
def test_the_millimetre_is_told_where_the_second_wave_of_its_lines_is_the_strongest(millimetre: float) -> None:
    shape = (600, 1700)
    ink = np.zeros(shape)
    for axis, length in enumerate(shape):
        places = (np.arange(length) + 0.5) / millimetre
        # Of lines every millimetre, and, faintly, every five.
        waves = {1.0: 33, 2.0: 40, 3.0: 21, 0.6: 5, 0.8: 5, 1.2: 5, 2.8: 5, 3.2: 5}
        profile = sum(high * np.cos(2 * np.pi * wave * places) for wave, high in waves.items())
        ink = ink + np.expand_dims(profile, 1 - axis)
    noise = np.random.default_rng(0).normal(0, 4, shape)
    pitch = pitch_of(np.clip(90 + ink / 2 + noise, 0, 255).astype(np.uint8))
    assert pitch is not None
    assert pitch.millimetre == pytest.approx(millimetre, rel=0.01)


def test_what_compression_left_of_an_even_ground_is_no_grid() -> None:
    chance = np.random.default_rng(5)
    rows, columns = np.indices((420, 900))
    likely = 0.2 + 0.1 * ((rows % 8 == 0) | (columns % 8 == 0))
    assert pitch_of((chance.random(rows.shape) < likely).astype(np.uint8)) is None
    assert pitch_of((20 * (chance.random(rows.shape) < likely)).astype(np.uint8)) is not None


def test_a_wave_that_is_no_line_does_not_make_the_millimetre_three_times_as_long() -> None:
    lines = grid(4.6, (420, 1260), fine=0) + np.random.default_rng(0).normal(0, 20, (420, 1260))
    down, across = (np.cos(2 * np.pi * np.arange(side) / (3 * 5 * 4.6)) for side in lines.shape)
    pitch = pitch_of(np.clip(np.rint(lines + 12 + 10 * (down[:, None] + across)), 0, 255).astype(np.uint8))
    assert pitch is not None
    assert pitch.millimetre == pytest.approx(4.6, rel=0.01)


def test_one_wave_that_is_no_line_does_not_make_lines_sharper_than_waves_three_times_as_far_apart() -> None:
    chance = np.random.default_rng(0).normal(0, 10, (280, 1254))
    waves = ((22.1, 10), (22.1 / 2, 11), (22.1 / 3, 6), (3 * 22.1 / 5, 2.5))
    down, across = (
        sum(size * np.cos(2 * np.pi * np.arange(side) / period) for period, size in waves) for side in chance.shape
    )
    pitch = pitch_of(np.clip(np.rint(60 + down[:, None] + across + chance), 0, 255).astype(np.uint8))
    assert pitch is not None
    assert pitch.millimetre == pytest.approx(22.1 / 5, rel=0.01)


def test_lines_closer_than_any_grid_has_them_are_none() -> None:
    down, across = (20 * np.cos(2 * np.pi * np.arange(side) / 2.19) for side in (420, 900))
    twice = 6 * np.cos(2 * np.pi * np.arange(900) / 4.38)
    chance = np.random.default_rng(0).normal(0, 10, (420, 900))
    ink = np.clip(60 + down[:, None] + across + twice + chance, 0, 255).astype(np.uint8)
    pitch = pitch_of(ink)
    assert pitch is None or pitch.millimetre > 2.2
