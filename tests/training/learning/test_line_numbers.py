"""Numbers of the line: of drawings whose course is known."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

from training.learning import line_numbers

HEIGHT, WIDTH = 64, 96
PAIRS = WIDTH // 2


def drawn(rows: np.ndarray) -> np.ndarray:
    """A picture whose line is in these rows, one for each column; vertical strokes join them."""
    pixels = np.full((1, HEIGHT, WIDTH, 1), 255, np.uint8)
    for column, (row, before) in enumerate(zip(rows, np.concatenate([rows[:1], rows[:-1]]), strict=True)):
        pixels[0, min(row, before) : max(row, before) + 1, column, 0] = 0
    return pixels


def spike(column: int, height: int) -> np.ndarray:
    rows = np.full(WIDTH, 40)
    rows[column : column + 3] -= height
    return drawn(rows)


def numbers(pixels: np.ndarray) -> np.ndarray:
    return line_numbers.of_pictures(pixels)[0]


def course(of: np.ndarray) -> np.ndarray:
    return of[: PAIRS * 3].reshape(PAIRS, 3)


def test_a_flat_line_has_no_deflection() -> None:
    found = course(numbers(drawn(np.full(WIDTH, 30))))
    assert np.abs(found[:, 0]).max() < 1e-6
    assert found[:, 2] == pytest.approx(np.ones(PAIRS))  # a pixel of ink in each column


@pytest.mark.parametrize("column", [20, 47, 70])
def test_the_main_peak_is_found_and_its_surroundings_move_with_it(column: int) -> None:
    here, there = numbers(spike(column, 24)), numbers(spike(44, 24))
    around = slice(PAIRS * 3 + PAIRS - 1, PAIRS * 3 + PAIRS - 1 + 76)
    np.testing.assert_allclose(here[around], there[around], atol=1e-3)  # beyond the paper a line has no thickness
    peak = here[PAIRS * 3 + PAIRS - 1 + 76 + 5]
    assert column <= peak <= column + 3


def test_upward_is_more_and_downward_is_less() -> None:
    assert course(numbers(spike(46, 20)))[:, 0].max() > 0.1
    assert course(numbers(spike(46, -20)))[:, 0].min() < -0.1


def test_white_paper_has_numbers() -> None:
    assert np.isfinite(numbers(np.full((1, HEIGHT, WIDTH, 1), 255, np.uint8))).all()


def test_many_pictures_are_reckoned_as_each_is() -> None:
    pictures = np.concatenate([spike(column, 20) for column in range(10, 80, 7)])
    for one, together in zip(pictures, line_numbers.of_pictures(pictures), strict=True):
        np.testing.assert_allclose(line_numbers.of_pictures(one[None])[0], together, atol=1e-5)


def test_moments_are_those_of_the_ink() -> None:
    ink = np.zeros((1, 5, 2), np.float32)
    ink[0, 4, 0] = 1  # the lowest row of the first column
    found = np.asarray(line_numbers.moments(tf.constant(ink)))
    np.testing.assert_allclose(found[0], [[1, 0.5, 0.25], [0, 0, 0]], atol=1e-6)
