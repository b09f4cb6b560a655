"""Beats as they are read of pictures by the ink, without drawing most of them."""

from __future__ import annotations

import io

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from ecg.beats import SAMPLING_RATE
from ecg.pictures.canvas import HEIGHT, WIDTH
from ecg.pictures.ink.opening import open_picture
from ecg.pictures.ink.reading import pixels_of, read_beat
from tests.ecg.pictures.ink.beats import drawn, millivolts, window
from training.pictures import ink_readings
from training.pictures.augmentation import SignalAugmentation, augment
from training.pictures.ink_readings import REACH, plain, varied


def _rhythm(interval: float) -> NDArray[np.float32]:
    """Beats at even intervals, seconds, R of one of them in the middle."""
    seconds = np.arange(-REACH, REACH) / SAMPLING_RATE
    beats = [millivolts(seconds - number * interval) + 0.3 for number in range(-4, 5)]
    return np.asarray(np.sum(beats, axis=0) - 0.3, dtype=np.float32)


def _ink_in_columns(pixels: NDArray[np.uint8]) -> NDArray[np.bool_]:
    return np.asarray((pixels[..., 0] < 200).any(axis=0))


def test_a_plain_beat_is_what_reading_its_drawing_gives() -> None:
    file = io.BytesIO()
    Image.fromarray(drawn()).save(file, "PNG")
    read = pixels_of(read_beat(open_picture(file.getvalue())), height=HEIGHT, width=WIDTH)
    difference = np.abs(plain(window()[None])[0, ..., 0].astype(int) - read)
    assert difference.mean() < 2


def test_the_generator_decides_and_no_two_are_alike() -> None:
    signals = np.stack([_rhythm(0.8)] * 12)
    intervals = np.full((12, 2), 0.8)
    first, second = (varied(signals, intervals, np.random.default_rng(3)) for _ in range(2))
    assert first.shape == (12, HEIGHT, WIDTH, 1)
    assert (first == second).all()
    assert len({pixels.tobytes() for pixels in first}) > 4  # those of known scale are all the same


@pytest.mark.parametrize("drawn_share", [0.0, 1.0])
def test_each_shows_one_line_from_left_to_right(drawn_share: float, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ink_readings, "_DRAWN", drawn_share)
    signals = np.stack([_rhythm(0.8)] * 40)
    pixels = varied(signals, np.full((40, 2), 0.8), np.random.default_rng(0))
    inked = np.array([_ink_in_columns(beat).mean() for beat in pixels])
    assert (inked > 0.5).all()  # half a second of ruled paper leaves the ends of the plot empty
    assert np.median(inked) > 0.75


def test_some_show_the_neighbours_and_some_the_beat_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ink_readings, "_CLASSIC", 0.0)
    monkeypatch.setattr(ink_readings, "_ON_PAPER", 0.0)
    monkeypatch.setattr(ink_readings, "_DRAWN", 0.0)
    signals = np.stack([_rhythm(0.5)] * 60)
    pixels = varied(signals, np.full((60, 2), 0.5), np.random.default_rng(1))
    top = np.asarray((pixels[:, : HEIGHT // 4, :, 0] < 128).any(axis=1))
    complexes = (np.diff(top.astype(int), axis=1) == 1).sum(axis=1) + top[:, 0]
    assert (complexes == 1).sum() > 20
    assert (complexes > 1).sum() > 4


def test_a_flat_lead_and_long_intervals_are_drawn_all_the_same() -> None:
    pixels = varied(np.zeros((30, 2 * REACH), dtype=np.float32), np.full((30, 2), 9.0), np.random.default_rng(2))
    assert all(_ink_in_columns(beat).any() for beat in pixels)


def test_signals_reach_as_far_as_the_longest_window_asks() -> None:
    reach = int(SignalAugmentation().reach(REACH)) + 2
    stored = np.tile(np.arange(2 * reach, dtype=np.float32), (3, 1))
    assert augment(stored, np.random.default_rng(0), samples=REACH).shape == (3, 2 * REACH)
