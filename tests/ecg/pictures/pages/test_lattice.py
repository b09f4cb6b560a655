"""The paper's grid as a lattice, wherever in the picture it is."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import ndimage

from ecg.pictures.pages.lattice import lattices_of


@pytest.mark.parametrize("degrees", [-28.0, 7.0])
def test_a_strip_across_a_large_picture_is_enough(degrees: float) -> None:
    chance = np.random.default_rng(3)
    rows, columns = np.indices((1200, 1700))
    angle = np.radians(degrees)
    along = (columns - 850) * np.cos(angle) - (rows - 600) * np.sin(angle)
    across = (columns - 850) * np.sin(angle) + (rows - 600) * np.cos(angle)
    lines = [np.exp(-(((place + 14.55) % 29.1 - 14.55) ** 2) / 2) for place in (along, across)]
    strip = np.abs(across) < 90
    ink = np.where(strip, 4 * np.maximum(*lines) + 2, 6) + chance.normal(size=rows.shape) * np.where(strip, 0.5, 5)
    (lattice,) = lattices_of(np.clip(ink, 0, 20).astype(np.uint8))
    periods = 29.1 / lattice.pitch
    assert periods == pytest.approx(round(periods), rel=0.02)


def test_an_uneven_ground_has_none() -> None:
    chance = np.random.default_rng(3)
    ground = ndimage.gaussian_filter(chance.normal(size=(1200, 1700)), 2)
    assert not list(lattices_of(np.clip(6 * ground / ground.std() + 6, 0, 20).astype(np.uint8)))


def test_paper_is_seen_again_behind_a_stretch_that_shows_no_lines() -> None:
    chance = np.random.default_rng(5)
    rows, columns = np.indices((700, 1900))
    lines = [np.exp(-(((place + 14.55) % 29.1 - 14.55) ** 2) / 2) for place in (columns, rows)]
    hidden = (columns > 450) & (columns < 1000)
    ink = np.where(hidden, 6, 6 * np.maximum(*lines) + 2) + chance.normal(size=rows.shape) * np.where(hidden, 4, 0.5)
    lattice, *_ = lattices_of(np.clip(ink, 0, 20).astype(np.uint8))
    shown = lattice.shown(rows.shape)
    assert shown[:, 60:380].min() == shown[:, 1100:].min() == 255
    assert shown[:, 700:760].max() == 0


def test_waves_that_get_longer_until_there_are_none_are_no_grid() -> None:
    """As compression leaves them in an even ground: what is followed from tile to tile ends at nothing."""
    side = 1200
    y, x = np.indices((side, side)).astype(np.float64)
    waves = 7.5 / 256 * np.clip(1 - 2 * y / side, 0, 1)
    lines = 6 * np.cos(2 * np.pi * np.cumsum(waves, axis=0)) + 6 * np.cos(2 * np.pi * waves * (x - side + 128))
    shade = 25 * np.cos(2 * np.pi * x / 310) * np.cos(2 * np.pi * y / 310)
    depth = 30 + np.where((x > side - 256) & (2 * y <= side), lines, shade)
    depth += np.random.default_rng(0).normal(0, 0.5, depth.shape)
    assert not list(lattices_of(np.clip(depth, 0, 255).astype(np.uint8)))


@pytest.mark.parametrize("millimetre", [96 / 25.4, 3.6, 4.1])
@pytest.mark.parametrize("fine", [8, 20])
def test_lines_on_whole_pixels_are_as_far_apart_one_way_as_the_other(millimetre: float, fine: int) -> None:
    """As programs draw them for a screen: the seventh wave of bold lines is about as clear as the eighth."""
    ink = np.zeros((472, 1020), np.uint8)
    for depth, apart in ((fine, millimetre), (100, 5 * millimetre)):
        for lines in (ink, ink.T):
            lines[np.rint(np.arange(3.0, len(lines) - 1, apart)).astype(int)] = depth
    for lattice in lattices_of(ink):
        (right, below), (left, above) = lattice.periods(np.array([700.0, 300.0]), np.array([200.0, 400.0]))
        across, down = abs(right - below), abs(above - left)
        assert across / 400 == pytest.approx(down / 200, rel=0.02)
