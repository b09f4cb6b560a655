"""Numbers of the line: of drawings whose course is known, and the same in every runtime."""

from __future__ import annotations

import numpy as np
import onnxruntime
import pytest

from training.export.onnx_conversion import to_onnx
from training.learning import line_numbers

HEIGHT, WIDTH = 64, 96
PAIRS = WIDTH // 2
#: The course by pairs, then slopes, then the surroundings of the peak, then widths, then where the peak is.
_AROUND = slice(4 * PAIRS - 1, 4 * PAIRS - 1 + 76)
_PEAK = _AROUND.stop + 5


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
    """Height above the baseline, extent and ink of each pair of columns."""
    return of[: 3 * PAIRS].reshape(PAIRS, 3)


def test_a_flat_line_has_no_deflection_and_no_extent() -> None:
    np.testing.assert_array_equal(course(numbers(drawn(np.full(WIDTH, 30)))), np.tile([0, 0, 255], (PAIRS, 1)))


@pytest.mark.parametrize("column", [20, 48, 70])
def test_the_main_peak_is_found_and_its_surroundings_move_with_it(column: int) -> None:
    here, there = numbers(spike(column, 24)), numbers(spike(44, 24))
    np.testing.assert_array_equal(here[_AROUND], there[_AROUND])
    assert here[_PEAK] - there[_PEAK] == column - 44


def test_upward_is_more_and_downward_is_less() -> None:
    assert course(numbers(spike(45, 20)))[:, 0].max() == 20
    assert course(numbers(spike(45, -20)))[:, 0].min() == -20


def test_paper_without_a_line_has_numbers() -> None:
    for level in (255, 0):
        assert np.isfinite(numbers(np.full((1, HEIGHT, WIDTH, 1), level, np.uint8))).all()


def test_every_runtime_and_every_batch_comes_to_the_same_numbers_to_the_last_bit() -> None:
    random = np.random.default_rng(0)
    courses = np.clip(32 + np.cumsum(random.normal(scale=3, size=(300, WIDTH)), axis=1), 0, HEIGHT - 1).astype(int)
    pictures = np.concatenate([drawn(rows) for rows in courses])
    grey = random.integers(0, 256, pictures.shape, dtype=np.uint8)
    pictures = np.where(pictures == 0, grey, np.uint8(255))  # a line of all shades
    model = to_onnx(lambda pixels: {"n": line_numbers.line_numbers(pixels)}, height=HEIGHT, width=WIDTH, channels=1)
    session = onnxruntime.InferenceSession(model.SerializeToString())
    together = line_numbers.of_pictures(pictures)
    np.testing.assert_array_equal(session.run(["n"], {"pixels": pictures})[0], together)
    np.testing.assert_array_equal(numbers(pictures[7:8]), together[7])
