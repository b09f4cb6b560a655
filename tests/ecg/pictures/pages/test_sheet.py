"""A sheet in a photograph is told from what it lies on."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from ecg.pictures.pages.sheet import sheet_by_sides, sheet_of
from tests.ecg.pictures.pages import drawn

CORNERS = np.array([(180.0, 120.0), (820.0, 60.0), (900.0, 520.0), (140.0, 560.0)])


def photographed(table: tuple[int, int, int], paper: tuple[int, int, int], *, shade: bool = False) -> Image.Image:
    y, x = np.mgrid[0:640, 0:1000] + 0.5
    inside = np.ones(x.shape, np.bool_)
    for (ax, ay), (bx, by) in zip(CORNERS, np.roll(CORNERS, -1, axis=0), strict=True):
        inside &= (bx - ax) * (y - ay) - (by - ay) * (x - ax) > 0
    pixels = np.where(inside[..., None], np.array(paper), np.array(table)).astype(np.float64)
    if shade:
        pixels *= np.where(x + y < 700, 0.45, 1.0)[..., None]
    pixels[300:304, 300:700] = 20
    noise = np.random.default_rng(4).normal(0, 3, pixels.shape)
    return Image.fromarray(np.clip(pixels + noise, 0, 255).astype(np.uint8))


@pytest.mark.parametrize("shade", [False, True])
@pytest.mark.parametrize("table", [(90, 60, 40), (30, 30, 34), (130, 30, 160)])
def test_paper_on_a_table_has_four_corners_in_light_and_shadow(table: tuple[int, int, int], shade: bool) -> None:
    sheet = sheet_of(photographed(table, (244, 236, 234), shade=shade))
    assert sheet is not None
    np.testing.assert_allclose(np.array(sheet.corners), CORNERS, atol=22)


@pytest.mark.parametrize("scale", [4.5, 8.0])
def test_bare_paper_on_a_bare_ground_is_a_sheet(scale: float) -> None:
    strip = drawn.Page(160, 50, scale)
    strip.trace(4, 30, drawn.lead(6))
    paper = Image.new("RGB", (round(184 * scale), round(72 * scale)), (255, 245, 242))
    paper.paste(Image.fromarray(strip.pixels()), (round(10 * scale), round(12 * scale)))
    window = Image.new("RGB", (round(200 * scale), round(95 * scale)), (30, 30, 30))
    window.paste(paper, (round(12 * scale), round(15 * scale)))
    sheet = sheet_of(window)
    assert sheet is not None
    places = np.array([(12, 15), (196, 15), (196, 87), (12, 87)]) * scale
    np.testing.assert_allclose(np.array(sheet.corners), places, atol=16)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("size", [(20000, 20), (20, 20000), (4000, 150)])
def test_a_picture_that_is_no_wider_than_an_edge_shows_no_sheet(size: tuple[int, int]) -> None:
    assert sheet_of(Image.new("RGB", size, "white")) is None


def test_a_dark_screen_is_a_sheet() -> None:
    sheet = sheet_of(photographed((190, 40, 80), (8, 8, 12)))
    assert sheet is not None
    np.testing.assert_allclose(np.array(sheet.corners), CORNERS, atol=22)


def test_a_screen_before_a_wall_of_many_colours_is_told_by_how_dark_it_is() -> None:
    picture = np.asarray(photographed((120, 120, 120), (8, 8, 12))).astype(np.float64)
    y, x = np.mgrid[0:640, 0:1000]
    waves = np.stack([np.sin(x / 90 + phase) + np.cos(y / 70 - phase) for phase in (0.0, 2.0, 4.0)], axis=2)
    wall = np.where(picture.max(axis=2, keepdims=True) > 60, picture + 28 * waves, picture)
    sheet = sheet_of(Image.fromarray(np.clip(wall, 0, 255).astype(np.uint8)))
    assert sheet is not None
    np.testing.assert_allclose(np.array(sheet.corners), CORNERS, atol=22)


@pytest.mark.parametrize("paper", [(250, 225, 225), (255, 255, 255)])
def test_a_grid_printed_on_a_white_page_is_no_sheet_of_its_own(paper: tuple[int, int, int]) -> None:
    assert sheet_of(photographed((255, 255, 255), paper)) is None


def test_a_shadow_is_no_sheet() -> None:
    y, x = np.mgrid[0:640, 0:1000]
    light = 245 - 130 / (1 + np.exp(-(x + 0.3 * y - 500) / 60))
    assert sheet_of(Image.fromarray(np.repeat(light[..., None], 3, axis=2).astype(np.uint8))) is None


def test_words_at_the_edge_of_a_screen_are_on_it() -> None:
    picture = Image.new("RGB", (740, 420), (12, 18, 24))
    draw = ImageDraw.Draw(picture)
    draw.rectangle((0, 30, 683, 395), fill=(6, 10, 34))
    for place, words in (((36, 40), "GARCIA, PAUL  ID 133681"), ((36, 374), "25 mm/s  20 mm/mV")):
        draw.text(place, words, fill=(255, 255, 90), font=ImageFont.load_default(16), stroke_width=1)
    sheet = sheet_of(picture)
    assert sheet is not None
    shown = np.asarray(sheet.shown.resize(picture.size))
    assert shown[44:56, 40:180].min() == shown[374:386, 40:180].min() == 255


def test_a_screen_that_ends_with_the_picture_is_shown_to_its_edge() -> None:
    picture = Image.new("RGB", (740, 420), (60, 62, 66))
    ImageDraw.Draw(picture).rectangle((0, 60, 640, 420), fill=(4, 6, 10))
    sheet = sheet_of(picture)
    assert sheet is not None
    shown = np.asarray(sheet.shown)
    assert shown[60:, 0].min() == shown[-1, 4:240].min() == 255
    assert shown[:, -20:].max() == shown[:15].max() == 0


def test_a_screen_that_lies_askew_is_not_moved_to_the_edge() -> None:
    picture = Image.new("RGB", (740, 420), (150, 40, 160))
    ImageDraw.Draw(picture).polygon([(40, 4), (690, 20), (700, 330), (30, 300)], fill=(4, 6, 10))
    sheet = sheet_of(picture)
    assert sheet is not None
    np.testing.assert_allclose(np.array(sheet.corners), [(40, 4), (690, 20), (700, 330), (30, 300)], atol=16)
    assert np.asarray(sheet.shown.resize(picture.size))[8, 660] == 0


@pytest.mark.parametrize("patch", [(884, 296, 940, 344), (884, 250, 914, 360)])
def test_a_patch_of_the_table_beside_a_screen_that_has_its_colour_is_no_part_of_it(
    patch: tuple[int, int, int, int],
) -> None:
    picture = photographed((190, 40, 80), (8, 8, 12))
    draw = ImageDraw.Draw(picture)
    for place in ((860, 310, 888, 330), patch):
        draw.rectangle(place, fill=(10, 10, 14))
    sheet = sheet_of(picture)
    assert sheet is not None
    np.testing.assert_allclose(np.array(sheet.corners), CORNERS, atol=30)


def test_a_sheet_is_told_by_its_sides_where_what_it_lies_on_has_its_colour() -> None:
    """A lamp above it and one beside it, as light as the paper."""
    picture = photographed((90, 60, 40), (244, 236, 234))
    ImageDraw.Draw(picture).rectangle((420, 0, 640, 110), fill=(243, 236, 232))
    ImageDraw.Draw(picture).polygon([(860, 250), (999, 250), (999, 420), (885, 400)], fill=(244, 235, 234))
    assert sheet_of(picture) is None
    sheet = sheet_by_sides(picture)
    assert sheet is not None
    np.testing.assert_allclose(np.array(sheet.corners), CORNERS, atol=22)
