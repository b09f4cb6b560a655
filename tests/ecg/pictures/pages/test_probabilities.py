"""Where a page may have ink, by a network's word."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from ecg.pictures.pages.probabilities import may_be_ink


@pytest.mark.parametrize("millimetre", [4.0, 8.0, 12.0])
def test_ink_may_be_where_a_network_sees_it_and_right_beside(millimetre: float) -> None:
    pixels = np.full((240, 480, 3), 255, np.uint8)
    pixels[100:112, 50:400] = 0
    shapes = []

    def dark(seen: NDArray[np.uint8]) -> NDArray[np.float32]:
        shapes.append(seen.shape[:2])
        return (seen.min(axis=2) < 128).astype(np.float32)

    ink = may_be_ink(pixels, dark, millimetre)
    assert shapes == [(round(240 * 8 / millimetre), round(480 * 8 / millimetre))]
    assert ink.shape == (240, 480)
    assert ink[99:113, 49:401].all()
    assert not ink[:95].any()
    assert not ink[117:].any()


def test_a_millimetre_that_was_misread_makes_no_picture_larger_than_can_be_looked_at() -> None:
    def size(seen: NDArray[np.uint8]) -> NDArray[np.float32]:
        assert seen.size <= 3 * 10_100_000
        return np.zeros(seen.shape[:2], np.float32)

    assert not may_be_ink(np.zeros((1800, 2400, 3), np.uint8), size, 0.5).any()
