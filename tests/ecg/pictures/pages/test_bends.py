"""Bends of the grid's lines are taken away, and none are put in."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import ndimage

from ecg.pictures.pages import straightening
from ecg.pictures.pages.bends import smoothed
from ecg.pictures.pages.straightening import Flat
from tests.ecg.pictures.pages.test_millimetre import grid

SHAPE = (470, 1400)
Floats = NDArray[np.float64]


def unbent(
    depth: NDArray[np.uint8], millimetre: float, other: NDArray[np.bool_] | None = None, *, five: bool = True
) -> tuple[Flat, Floats, Floats]:
    """How the lines, of which each fifth is ``five`` apart from the others, are made even, and by how much that moves
    each node to the right and down.
    """
    before = straightening.turned((SHAPE[1], SHAPE[0]), 0.0)
    nothing = np.zeros(SHAPE, np.bool_)
    period = 5 * millimetre if five else millimetre
    after = smoothed(before, depth, nothing if other is None else other, period, fifths=five)
    return after, after.from_x - before.from_x, after.from_y - before.from_y


def bent(depth: NDArray[np.uint8], across: Floats, down: Floats) -> NDArray[np.uint8]:
    """Paper whose places are moved by so many pixels, ``[rows, columns]``, to the right and down."""
    y, x = np.mgrid[0 : SHAPE[0], 0 : SHAPE[1]]
    moved = ndimage.map_coordinates(depth.astype(np.float64), [y - down, x - across], order=1, mode="nearest")
    return np.rint(moved).astype(np.uint8)


def off(moves: Floats, wanted: Floats) -> float:
    """How far moves are from those wanted but for one that all have, pixels: the mean away from the edges."""
    wrong = (moves - wanted)[1:-1, 1:-1]
    return float(np.abs(wrong - np.median(wrong)).mean())


@pytest.mark.parametrize(("fine", "bold"), [(60, 60), (60, 130), (0, 90)])
@pytest.mark.parametrize("millimetre", [4.35, 8.54, 9.3])
def test_straight_lines_in_a_frame_stay_where_they_are(millimetre: float, fine: int, bold: int) -> None:
    depth = grid(millimetre, SHAPE, fine=fine, bold=bold, whole=True)
    framed = np.zeros_like(depth)
    framed[60:410, 80:1320] = bold
    framed[62:408, 82:1318] = depth[62:408, 82:1318]
    _, across, down = unbent(framed, millimetre, five=fine != bold)
    assert max(np.ptp(across), np.ptp(down)) < 0.5


@pytest.mark.parametrize(
    ("size", "length"), [(3.0, 1885.0), (1.5, 260.0), (18.0, 2400.0)], ids=["a bend", "a wrinkle", "a large one"]
)
def test_bends_are_taken_away(size: float, length: float) -> None:
    depth = grid(8.54, SHAPE)
    y, x = np.mgrid[0 : SHAPE[0], 0 : SHAPE[1]].astype(np.float64)

    def across(x: Floats, y: Floats) -> Floats:
        return size / 2 * np.cos(2 * np.pi * (x + 2 * y) / length)

    def down(x: Floats, y: Floats) -> Floats:
        return size * np.sin(2 * np.pi * x / length)

    flat, right, lower = unbent(bent(depth, across(x, y), down(x, y)), 8.54)
    # The picture was drawn by where places come from, so that moves are looked up where they lead to.
    assert off(right, across(flat.from_x, flat.from_y)) < 0.25
    assert off(lower, down(flat.from_x, flat.from_y)) < 0.25


def test_a_table_beside_the_paper_and_waves_on_it_bend_nothing() -> None:
    depth = grid(8.54, SHAPE, fine=20, bold=30)
    table = np.zeros(SHAPE, np.bool_)
    table[:, :200] = True
    chance = np.random.default_rng(1)
    texture = ndimage.gaussian_filter(chance.normal(size=SHAPE), 6)
    depth = np.where(table, np.clip(150 + 800 * texture, 0, 255), depth).astype(np.uint8)
    waves = np.zeros(SHAPE, np.bool_)
    for left in range(260, 1400, 130):
        waves[120:350, left : left + 4] = True
    blurred = np.maximum(depth, 255 * ndimage.gaussian_filter(waves.astype(np.float64), 2)).astype(np.uint8)
    _, across, down = unbent(blurred, 8.54, table | waves)
    within = np.s_[1:-1, 6:-1]
    assert max(np.ptp(across[within]), np.ptp(down[within])) < 0.8


def test_a_scrap_that_shows_no_lines_stays_as_it_is() -> None:
    flat = straightening.turned((40, 12), 0.0)
    depth = np.zeros((12, 40), np.uint8)
    assert smoothed(flat, depth, depth > 0, 20.0, fifths=True) is flat
