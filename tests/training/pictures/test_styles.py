"""How pictures really look, and what never changes about them."""

from __future__ import annotations

import numpy as np
import pytest

from ecg.pictures.canonical import canonical, to_pixels
from ecg.pictures.rendering import CLASSIC, draw
from training.pictures.styles import NAMED, Style, encoded, paint, random_style


def _spike_at(part: float) -> np.ndarray:
    """A beat whose only wave comes early or late in the window, millivolts, ``[1, 192]``."""
    time = np.arange(192) / 192
    return np.exp(-0.5 * ((time - part) / 0.02) ** 2)[None].astype(np.float32)


def test_the_robustness_table_has_its_styles() -> None:
    assert next(iter(NAMED)) == "plain"
    assert len(NAMED) - 1 >= 12


def test_the_plain_style_is_the_drawing_itself() -> None:
    picture = paint(_spike_at(0.5), NAMED["plain"], np.random.default_rng(0))[0]
    assert np.abs(np.asarray(picture, dtype=int) - draw(_spike_at(0.5))[0]).max() <= 1


@pytest.mark.parametrize("style", NAMED.values(), ids=list(NAMED))
def test_every_style_is_a_picture_that_the_server_takes(style: Style) -> None:
    picture = paint(_spike_at(0.5), style, np.random.default_rng(0))[0]
    assert picture.size == (style.width, round(style.width * 2 / 3))
    pixels = to_pixels(encoded(picture, style), height=64, width=96)
    assert pixels.min() == 0
    assert np.median(pixels) > 128


@pytest.mark.parametrize("style", NAMED.values(), ids=list(NAMED))
def test_time_runs_from_left_to_right_in_every_style(style: Style) -> None:
    """The wave's place in the picture follows its place in the beat: nothing is mirrored."""

    def tallest(part: float) -> int:
        signal = _spike_at(part)
        flat = np.zeros_like(signal)
        beat, line = (paint(values, style, np.random.default_rng(0))[0].convert("L") for values in (signal, flat))
        pixels = [canonical(picture, height=64, width=96)[..., 0].astype(int) for picture in (beat, line)]
        return int(np.abs(pixels[0] - pixels[1])[:40].sum(axis=0).argmax())

    early, late = tallest(0.25), tallest(0.75)
    assert early < 44
    assert late > 52


def test_random_styles_vary_repeat_with_their_seed_and_keep_the_geometry() -> None:
    styles = [random_style(np.random.default_rng(seed), CLASSIC) for seed in range(60)]
    again = [random_style(np.random.default_rng(seed), CLASSIC) for seed in range(60)]
    assert styles == again
    assert len({style.width for style in styles}) > 40
    assert all(64 <= style.width <= 420 for style in styles)
    assert all(style.geometry is CLASSIC for style in styles)
    assert all(-3 <= style.rotation <= 3 for style in styles)
    assert {style.jpeg is None for style in styles} == {True, False}
    assert {style.grid is None for style in styles} == {True, False}
    assert {style.axes for style in styles} == {True, False}
    dark = [style for style in styles if style.paper[0] < 128]
    assert dark
    assert all(abs(style.ink[0] - style.paper[0]) >= 90 for style in styles)


def test_a_painted_random_style_repeats_with_its_seed() -> None:
    def painted() -> np.ndarray:
        generator = np.random.default_rng(7)
        return np.asarray(paint(_spike_at(0.5), random_style(generator, CLASSIC), generator)[0])

    assert (painted() == painted()).all()
