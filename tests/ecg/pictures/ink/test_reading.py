"""Whatever a beat is drawn on, the same trace is read and the same pixels come of it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFilter

from ecg.pictures.ink.placing import Scale
from ecg.pictures.ink.reading import ReadBeat, ink_pixels, pixels_of, pixels_of_signal, read_beat
from ecg.pictures.rendering import CLASSIC, Geometry
from tests.ecg.pictures.ink.beats import correlation, drawn, in_colours, millivolts, on_millimetres, window


def read_of(image: Image.Image) -> ReadBeat:
    read = read_beat(image)
    assert read.reason is None
    assert read.placed is not None
    return read


def agreement(read: ReadBeat) -> float:
    assert read.placed is not None
    return correlation(*read.placed, window())


def test_the_plain_drawing_is_read_as_it_was_drawn() -> None:
    read = read_of(Image.fromarray(drawn()))
    assert read.scale is Scale.CLASSIC
    assert agreement(read) > 0.99


def test_pixels_of_a_picture_are_those_of_its_signal() -> None:
    pixels = ink_pixels(Image.fromarray(drawn()), height=64, width=96)
    assert pixels.shape == (64, 96)
    assert pixels.dtype == np.uint8
    drawn_directly = pixels_of_signal(window(), height=64, width=96)
    assert np.corrcoef(pixels.ravel(), drawn_directly.ravel())[0, 1] > 0.97
    assert np.abs(pixels.astype(int) - drawn_directly).mean() < 2


@pytest.mark.parametrize("zero", [-6.0, 2.5, 40.0])
def test_a_signal_whose_zero_lies_elsewhere_is_drawn_all_the_same(zero: float) -> None:
    moved = window() + np.float32(zero)
    moved[5] = np.nan
    pixels = pixels_of_signal(moved, height=64, width=96)
    centred = window() - np.median(window()) - np.float32(0.3)
    assert np.corrcoef(pixels.ravel(), pixels_of_signal(centred, height=64, width=96).ravel())[0, 1] > 0.97


@pytest.mark.parametrize("line_width", [0.5, 0.9, 1.3, 1.8, 2.2, 3.0, 4.0])
def test_pixels_are_the_same_whatever_the_pen(line_width: float) -> None:
    image = Image.fromarray(drawn(geometry=replace(CLASSIC, line_width=line_width)))
    pixels = ink_pixels(image, height=64, width=96)
    drawn_directly = pixels_of_signal(window(), height=64, width=96)
    assert np.corrcoef(pixels.ravel(), drawn_directly.ravel())[0, 1] > 0.96
    assert (drawn_directly < 255).mean() == pytest.approx((pixels < 255).mean(), abs=0.01)


@pytest.mark.parametrize("periods", [4, 9])
def test_a_line_that_is_level_nowhere_is_no_thicker_than_its_pen(periods: int) -> None:
    image = Image.new("L", (192, 128), 255)
    x = np.linspace(20, 172, 300)
    y = 64 + 40 * np.sin(np.linspace(0, 2 * np.pi * periods, 300))
    ImageDraw.Draw(image).line(list(zip(x.tolist(), y.tolist(), strict=True)), fill=100, width=1)
    line = read_beat(image).line
    assert line is not None
    assert line.thickness < 1.5


def test_the_default_size_is_that_of_the_classic_drawing() -> None:
    assert ink_pixels(Image.fromarray(drawn())).shape == (128, 192)
    assert pixels_of_signal(window()).shape == (128, 192)


def test_a_trace_that_leaves_the_plot_is_drawn_up_to_its_edge() -> None:
    tall = window() * 2
    read = read_of(Image.fromarray(drawn(tall)))
    assert read.points is not None
    assert np.isnan(read.points[1]).any()
    pixels = pixels_of(read, height=64, width=96)
    assert np.corrcoef(pixels.ravel(), pixels_of_signal(tall, height=64, width=96).ravel())[0, 1] > 0.95
    assert (pixels[: int(CLASSIC.top / 2) - 1] == 255).all()


@pytest.mark.parametrize(
    ("ink", "paper"),
    [
        ((0, 0, 0), (255, 255, 255)),
        ((220, 20, 20), (255, 255, 255)),
        ((31, 119, 180), (255, 255, 255)),
        ((80, 230, 120), (10, 10, 14)),
        ((255, 80, 80), (30, 30, 30)),
        ((235, 235, 235), (0, 0, 0)),
    ],
)
def test_any_line_on_any_paper(ink: tuple[int, int, int], paper: tuple[int, int, int]) -> None:
    read = read_of(in_colours(drawn(), ink, paper))
    assert read.scale is Scale.CLASSIC
    assert agreement(read) > 0.99


@pytest.mark.parametrize("sides", [(2, 2, 2, 2), (2, 0, 0, 0), (0, 3, 0, 3)])
def test_a_frame_is_taken_away(sides: tuple[int, int, int, int]) -> None:
    left, top, right, bottom = sides
    framed = drawn()
    framed[:, :left] = framed[:top] = 0
    framed[:, 192 - right :] = framed[128 - bottom :] = 0
    read = read_of(Image.fromarray(framed))
    assert read.scale is Scale.CLASSIC
    assert agreement(read) > 0.99


def test_margins_leave_the_beat_as_it_is() -> None:
    wide = np.full((384, 576), 255, dtype=np.uint8)
    wide[200:328, 90:282] = drawn()
    read = read_of(Image.fromarray(wide))
    assert read.scale is Scale.UNKNOWN
    assert agreement(read) > 0.99


@pytest.mark.parametrize("size", [(640, 427), (224, 224), (96, 64), (1920, 1280)])
def test_size_and_proportion_leave_the_beat_as_it_is(size: tuple[int, int]) -> None:
    large = drawn(geometry=replace(CLASSIC, line_width=1.2))
    read = read_of(Image.fromarray(large).resize(size, Image.Resampling.BICUBIC))
    assert agreement(read) > (0.98 if size[0] > 100 else 0.96)


def test_axes_with_ticks_and_numbers_are_taken_away() -> None:
    geometry = Geometry(640, 480, 80.0, 576.0, 60.0, 430.0, -0.8, 0.8, 1.5, 0)
    image = Image.fromarray(drawn(geometry=geometry))
    pen = ImageDraw.Draw(image)
    pen.rectangle((80, 58, 576, 432), outline=0)
    for place in range(5):
        pen.line((100 + 110 * place, 432, 100 + 110 * place, 438), fill=0)
        pen.text((100 + 110 * place, 440), f"0.{place}", fill=0, font_size=14, anchor="mt")
        pen.line((74, 90 + 80 * place, 80, 90 + 80 * place), fill=0)
        pen.text((72, 90 + 80 * place), f"{place}.5", fill=0, font_size=14, anchor="rm")
    pen.text((320, 40), "Heartbeat", fill=0, font_size=18, anchor="mm")
    read = read_of(image)
    assert read.panel is not None
    assert read.panel[0] == pytest.approx(81, abs=2)
    assert read.panel[3] == pytest.approx(432, abs=2)
    assert agreement(read) > 0.99


@pytest.mark.parametrize("pixels", [6.0, 11.0, 19.5])
def test_millimetres_give_the_scale(pixels: float) -> None:
    image, r_peak = on_millimetres(pixels)
    read = read_of(image)
    assert read.scale is Scale.MILLIMETRES
    assert read.millimetre == pytest.approx((pixels, pixels), rel=0.02)
    assert read.placed is not None
    times, heights = read.placed
    # The window around R at 360 Hz, whatever part of it the crop shows.
    assert times[0] == pytest.approx((96 - 90) / 191, abs=0.02)
    shown = (np.arange(192) / 191 > times[0]) & (np.arange(192) / 191 < times[-1])
    assert np.corrcoef(np.interp(np.arange(192) / 191, times, heights)[shown], window()[shown])[0, 1] > 0.98
    gain = np.ptp(heights[np.isfinite(heights)]) * (CLASSIC.highest_mv - CLASSIC.lowest_mv)
    assert gain == pytest.approx(np.ptp(millivolts(np.arange(-90, 91) / 360)), rel=0.08)
    assert r_peak > 0


def test_lines_of_one_kind_give_no_scale() -> None:
    read = read_of(on_millimetres(10, fine=None)[0])
    assert read.millimetre is None
    assert read.scale is Scale.UNKNOWN


@pytest.mark.parametrize("degrees", [-4.0, 2.5])
def test_turned_paper_is_turned_back(degrees: float) -> None:
    image = on_millimetres(14)[0].rotate(degrees, Image.Resampling.BICUBIC, fillcolor=(255, 255, 255))
    read = read_of(image)
    assert read.degrees == pytest.approx(degrees, abs=0.4)
    assert read.millimetre == pytest.approx((14, 14), rel=0.03)


def test_the_trace_lies_on_the_line_of_the_picture_as_it_was_sent() -> None:
    image = on_millimetres(14)[0].rotate(-4, Image.Resampling.BICUBIC, fillcolor=(255, 255, 255))
    trace = read_of(image).trace
    assert trace is not None
    grey = np.asarray(image.convert("L"))
    inside = np.isfinite(trace[:, 1]) & (trace > 2).all(axis=1) & (trace < np.array(image.size) - 2).all(axis=1)
    x, y = trace[inside].astype(int).T
    assert np.mean(grey[y, x] < 128) > 0.9


def test_shade_blur_and_noise_of_a_photograph_are_borne() -> None:
    image = on_millimetres(14)[0].filter(ImageFilter.GaussianBlur(0.8))
    light = np.linspace(0.55, 1.0, image.width)[None, :, None] * np.linspace(1.0, 0.8, image.height)[:, None, None]
    noise = np.random.default_rng(0).normal(0, 3, (image.height, image.width, 3))
    photograph = Image.fromarray(np.clip(np.asarray(image) * light + noise, 0, 255).astype(np.uint8))
    read = read_of(photograph)
    assert read.placed is not None
    times, heights = read.placed
    shown = (np.arange(192) / 191 > times[0]) & (np.arange(192) / 191 < times[-1])
    assert np.corrcoef(np.interp(np.arange(192) / 191, times, heights)[shown], window()[shown])[0, 1] > 0.97


@pytest.mark.parametrize("line_width", [1.0, 4.0, 9.0])
def test_the_tip_of_a_narrow_spike_is_kept_whatever_the_pen(line_width: float) -> None:
    geometry = Geometry(400, 300, 20.0, 380.0, 20.0, 280.0, -1.0, 1.0, line_width, 0)
    spike = np.zeros(361)
    spike[178:183] = (0.2, 0.9, 0.95, 0.4, -0.6)
    read = read_of(Image.fromarray(drawn(spike, geometry)))
    assert read.points is not None
    per_mv = 260 / 2
    assert np.nanmin(read.points[1]) == pytest.approx(150 - 0.95 * per_mv, abs=0.12 * per_mv)
    assert np.nanmax(read.points[1]) == pytest.approx(150 + 0.6 * per_mv, abs=0.12 * per_mv)
