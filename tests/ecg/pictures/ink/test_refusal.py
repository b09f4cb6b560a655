"""What isn't one beat gets a reason of its own; beats get none."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image, ImageDraw

from ecg.pictures.ink.reading import ink_pixels, read_beat
from ecg.pictures.ink.reasons import NotABeat
from ecg.pictures.rendering import CLASSIC, Geometry
from tests.ecg.pictures.ink.beats import drawn, millivolts


def strip(beats: int, rate: float = 1.25, size: tuple[int, int] = (900, 200)) -> np.ndarray:
    """So many beats in a row, drawn."""
    seconds = np.arange(0, beats / rate, 1 / 360)
    signal = millivolts((seconds % (1 / rate)) - 0.4 / rate)
    return drawn(signal, Geometry(*size, 10.0, size[0] - 10.0, 10.0, size[1] - 10.0, -1.0, 1.0, 1.5, 0))


def noise(size: tuple[int, int]) -> Image.Image:
    """Light and shade of all sizes."""
    generator = np.random.default_rng(0)
    layers = [
        np.asarray(
            Image.fromarray(generator.integers(0, 256, (side, side, 3), dtype=np.uint8)).resize(size), dtype=np.float64
        )
        for side in (4, 8, 16, 32, 64)
    ]
    return Image.fromarray(np.mean(layers, axis=0).astype(np.uint8))


def spectrogram() -> Image.Image:
    time, frequency = np.linspace(0, 6, 300), np.linspace(1, 0, 200)[:, None]
    power = np.exp(-3 * frequency) * (0.3 + np.exp(-((((time % 1) - 0.5) / 0.1) ** 2)))
    power = (power - power.min()) / np.ptp(power)
    corners = ((68, 1, 84), (59, 82, 139), (33, 145, 140), (94, 201, 98), (253, 231, 37))
    channels = [np.interp(power, np.linspace(0, 1, 5), [corner[channel] for corner in corners]) for channel in range(3)]
    return Image.fromarray(np.stack(channels, axis=-1).astype(np.uint8))


def face() -> Image.Image:
    page = Image.new("L", (300, 300), 255)
    pen = ImageDraw.Draw(page)
    pen.ellipse((40, 40, 260, 260), outline=0, width=3)
    pen.line([(60, 90), (50, 20), (120, 50), (180, 50), (250, 20), (240, 90)], fill=0, width=3)
    pen.arc((100, 140, 200, 220), 0, 180, fill=0, width=3)
    return page


def words() -> Image.Image:
    page = Image.new("L", (400, 300), 255)
    pen = ImageDraw.Draw(page)
    for row in range(8):
        pen.text((20, 20 + 32 * row), "what was written here is no heartbeat", fill=0, font_size=18)
    return page


def page_of_leads() -> Image.Image:
    return Image.fromarray(np.vstack([strip(9)] * 3))


@pytest.mark.parametrize(
    ("picture", "reason"),
    [
        (Image.new("L", (192, 128), 200), NotABeat.BLANK),
        (words(), NotABeat.NO_LINE),
        (page_of_leads(), NotABeat.SEVERAL_LINES),
        (Image.fromarray(strip(8)), NotABeat.SEVERAL_BEATS),
        (spectrogram(), NotABeat.SPECTROGRAM),
        (noise((300, 220)), NotABeat.PHOTOGRAPH),
        (face(), NotABeat.NOT_A_TRACE),
    ],
    ids=lambda value: value.value if isinstance(value, NotABeat) else "",
)
def test_each_reason(picture: Image.Image, reason: NotABeat) -> None:
    assert read_beat(picture).reason is reason


def test_the_beats_of_a_strip_are_counted() -> None:
    assert read_beat(Image.fromarray(strip(8))).beats == 8


def test_a_strip_in_the_size_of_the_classic_drawing_is_a_strip() -> None:
    seconds = np.arange(0, 6, 1 / 360)
    signal = millivolts((seconds % 0.8) - 0.3)
    assert read_beat(Image.fromarray(drawn(signal, CLASSIC))).reason is NotABeat.SEVERAL_BEATS


@pytest.mark.parametrize("beats", [1, 2])
def test_one_beat_with_its_neighbour_is_no_strip(beats: int) -> None:
    assert read_beat(Image.fromarray(strip(beats, rate=2.0, size=(400, 300)))).reason is None


def test_where_nothing_is_read_the_pixels_are_paper() -> None:
    assert (ink_pixels(Image.new("L", (300, 200), 255), height=64, width=96) == 255).all()


def test_codes_are_stable() -> None:
    assert {reason.value for reason in NotABeat} == {
        "BLANK",
        "NO_LINE",
        "SEVERAL_LINES",
        "SEVERAL_BEATS",
        "SPECTROGRAM",
        "PHOTOGRAPH",
        "NOT_A_TRACE",
        "UNFAMILIAR",
    }
