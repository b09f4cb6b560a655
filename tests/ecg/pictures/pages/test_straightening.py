"""Bent paper becomes flat by its grid, and never less even than it was."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from ecg.pictures.pages import straightening
from ecg.pictures.pages.straightening import Flat, smoothed

PERIOD = 8.0


def _flat(height: int, width: int) -> Flat:
    xs, ys = np.linspace(0, width, 13), np.linspace(0, height, 9)
    return Flat((width, height), xs, ys, *np.meshgrid(xs, ys))


def _grid(bend: float) -> NDArray[np.uint8]:
    """Lines every :data:`PERIOD` pixels, by up to ``bend`` pixels too far right and down in the middle."""
    y, x = np.mgrid[:384, :576] + 0.5
    off = bend * np.sin(np.pi * x / 576) * np.sin(np.pi * y / 384)
    lines = np.maximum(np.cos(2 * np.pi * (x - off) / PERIOD), np.cos(2 * np.pi * (y - off) / PERIOD))
    return np.where(lines > 0.8, 40, 0).astype(np.uint8)


def _most_off(flat: Flat, bend: float) -> float:
    """How far off nodes lie, pixels, a shift of all aside."""
    x, y = np.meshgrid(flat.xs, flat.ys)
    off = bend * np.sin(np.pi * flat.from_x / 576) * np.sin(np.pi * flat.from_y / 384)
    left = np.stack([flat.from_x - x - off, flat.from_y - y - off])[:, 1:-1, 1:-1]
    return float(np.abs(left - np.median(left, axis=(1, 2), keepdims=True)).max())


def test_bent_lines_become_even() -> None:
    depth = _grid(3.0)
    flat = smoothed(_flat(*depth.shape), depth, np.zeros(depth.shape, np.bool_), (PERIOD,))
    assert _most_off(flat, 3.0) < 1.0


def test_moves_that_make_lines_less_even_are_not_made(monkeypatch: pytest.MonkeyPatch) -> None:
    wild = np.random.default_rng(1).normal(0, 40, (9, 13))
    monkeypatch.setattr(straightening, "_moved", lambda *_, **__: wild)
    depth = _grid(0.0)
    flat = _flat(*depth.shape)
    after = smoothed(flat, depth, np.zeros(depth.shape, np.bool_), (5 * PERIOD, PERIOD))
    assert np.allclose(after.from_x, flat.from_x)
    assert np.allclose(after.from_y, flat.from_y)
