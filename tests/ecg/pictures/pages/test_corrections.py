"""What a person states of a page: what can't be is refused, the rest is taken as it is."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from PIL import Image

from ecg.pictures.pages.corrections import Corrections, CorrectionsError
from ecg.pictures.pages.reading import read
from ecg.pictures.pages.result import Basis, Kind, Reason, Warned
from tests.ecg.pictures.pages import drawn

ALIKE = 0.15
SQUARE = ((0.0, 0.0), (100.0, 0.0), (100.0, 50.0), (0.0, 50.0))


@pytest.mark.parametrize(
    ("field", "stated"),
    [
        ("corners", {"corners": (*SQUARE[:3], (math.nan, 5.0))}),
        ("corners", {"corners": (*SQUARE[:3], (0.0, 1e9))}),
        ("corners", {"corners": SQUARE[::-1]}),
        ("corners", {"corners": (SQUARE[0],) * 4}),
        ("corners", {"corners": SQUARE[:3]}),
        ("degrees", {"degrees": math.inf}),
        ("degrees", {"degrees": 90.0, "corners": SQUARE}),
        ("region", {"region": (50.0, 0.0, 10.0, 90.0)}),
        ("mm_per_second", {"mm_per_second": 0.0}),
        ("mm_per_mv", {"mm_per_mv": -10.0}),
        ("pixels_per_mm", {"pixels_per_mm": math.nan}),
        ("pixels_per_mv", {"pixels_per_second": 200.0}),
        ("pixels_per_mv", {"pixels_per_second": 200.0, "pixels_per_mv": 80.0, "pixels_per_mm": 8.0}),
        ("layout", {"layout": "3x5"}),
        ("layout", {"layout": "9" * 100_000}),
        ("cabrera", {"cabrera": True}),
        ("names", {"names": ((0, 0, "II"), (0, 0, "V1"))}),
        ("names", {"names": ((-1, 0, "II"),)}),
        ("names", {"names": ((0, 0, "V1\n"),)}),
        ("names", {"names": ((0, 0, "V" * 17),)}),
    ],
)
def test_what_cannot_be_is_refused_with_its_field(field: str, stated: dict[str, Any]) -> None:
    with pytest.raises(CorrectionsError) as refusal:
        Corrections(**stated).check()
    assert refusal.value.field == field
    assert len(str(refusal.value)) < 120


def test_stated_speed_and_gain_are_taken_and_what_is_printed_is_said_to_differ() -> None:
    reading = read(drawn.strip().pixels(), corrections=Corrections(mm_per_second=50.0, mm_per_mv=5.0))
    calibration = reading.calibration
    assert calibration is not None
    assert (calibration.mm_per_second, calibration.mm_per_mv) == (50, 5)
    assert (calibration.millimetre, calibration.speed, calibration.gain) == (Basis.GRID, Basis.STATED, Basis.STATED)
    (lead,) = reading.leads
    assert len(lead.millivolts) / lead.rate == pytest.approx(4, abs=0.05)
    assert float(np.nanmax(lead.millivolts)) == pytest.approx(2.0, abs=0.1)
    assert Warned.STATED_SCALE in reading.warnings


def test_what_is_stated_and_found_is_no_contradiction() -> None:
    stated = Corrections(mm_per_second=25.0, mm_per_mv=10.0, pixels_per_mm=8.0, layout="1x1", names=((0, 0, "II"),))
    reading = read(drawn.strip().pixels(), corrections=stated)
    assert reading.warnings == ()
    assert reading.calibration is not None
    assert reading.calibration.millimetre is Basis.STATED


def test_a_stated_millimetre_that_is_not_the_grids_is_taken() -> None:
    reading = read(drawn.strip().pixels(), corrections=Corrections(pixels_per_mm=16.0))
    assert reading.calibration is not None
    assert reading.calibration.pixels_per_mm == pytest.approx(16, rel=0.01)
    assert Warned.STATED_SCALE in reading.warnings


def test_without_a_grid_pixels_of_a_second_and_a_millivolt_make_the_scale() -> None:
    page = drawn.Page(220, 46, 8, fine=None, bold=None)
    page.trace(14, 28, drawn.lead(8))
    reading = read(page.pixels(), corrections=Corrections(pixels_per_second=200.0, pixels_per_mv=80.0))
    (lead,) = reading.leads
    assert len(lead.millivolts) / lead.rate == pytest.approx(8, abs=0.05)
    assert float(np.nanmax(lead.millivolts)) == pytest.approx(1.0, abs=0.06)
    assert Warned.SCALE_UNKNOWN not in reading.warnings


def test_names_and_their_order_can_be_stated() -> None:
    page, _ = drawn.twelve()
    stated = Corrections(layout="3x4+1", names=((3, 0, "V5"), (0, 0, "X")))
    reading = read(page.pixels(), corrections=stated)
    names = {(lead.row, lead.column): lead.name for lead in reading.leads}
    assert (names[3, 0], names[0, 0], names[1, 2]) == ("V5", "X", "V2")
    assert Warned.STATED_NAMES in reading.warnings


def test_a_stated_layout_is_taken_where_no_names_stand() -> None:
    page = drawn.Page(280, 100, 6)
    for row in range(3):
        page.trace(18, 25 + 25 * row, drawn.lead(10))
    reading = read(page.pixels(), corrections=Corrections(layout="3x4"))
    assert (reading.layout, len(reading.leads)) == ("3x4", 12)
    assert Warned.NAMES_ASSUMED in reading.warnings
    assert Warned.STATED_LAYOUT not in reading.warnings


def test_a_layout_of_more_rows_than_there_are_is_said_to_be_contradicted() -> None:
    reading = read(drawn.strip().pixels(), corrections=Corrections(layout="3x4+1"))
    assert Warned.STATED_LAYOUT in reading.warnings
    assert {lead.row for lead in reading.leads} == {0}


@pytest.mark.parametrize("quarters", [0, 1, 2, 3])
def test_stated_corners_make_the_page_upright_and_places_stay_the_pictures(quarters: int) -> None:
    plain = drawn.strip(6).pixels()
    height, width = plain.shape[:2]
    canvas = Image.new("RGB", (width + 300, height + 500), (90, 60, 40))
    skew = (1, -0.06, -140, 0.02, 1, -220)
    page = Image.fromarray(plain).transform(canvas.size, Image.Transform.AFFINE, skew, Image.Resampling.BICUBIC)
    shown = Image.new("L", (width, height), 255).transform(canvas.size, Image.Transform.AFFINE, skew)
    canvas.paste(page, (0, 0), shown)
    forward = np.linalg.inv(np.array([skew[:3], skew[3:], (0, 0, 1)]))
    corners = [tuple((forward @ (x, y, 1))[:2]) for x, y in ((0, 0), (width, 0), (width, height), (0, height))]
    turned = np.rot90(np.asarray(canvas), quarters)
    wide, high = canvas.size
    for _ in range(quarters):
        corners = [(y, wide - x) for x, y in corners]
        wide, high = high, wide
    reading = read(turned, corrections=Corrections(corners=tuple(corners)))  # type: ignore[arg-type]
    (lead,) = reading.leads
    assert lead.name == "II"
    assert drawn.difference(lead.millivolts, drawn.lead(6)) < ALIKE
    assert reading.corners is not None
    np.testing.assert_allclose(reading.corners, corners, atol=40)
    middle = np.nanmean(lead.trace, axis=0)
    assert np.all(middle > np.array(corners).min(axis=0))
    assert np.all(middle < np.array(corners).max(axis=0))


def test_a_stated_turn_is_taken_and_words_that_say_otherwise_are_told() -> None:
    turned = np.rot90(drawn.twelve()[0].pixels(), 2)
    right = read(turned, corrections=Corrections(degrees=180.0))
    assert right.layout == "3x4+1"
    assert Warned.STATED_TURN not in right.warnings
    wrong = read(turned, corrections=Corrections(degrees=0.0))
    assert abs(wrong.degrees) < 2
    assert Warned.STATED_TURN in wrong.warnings


def test_only_the_stated_region_is_read() -> None:
    page, shown = drawn.twelve()
    scale = 6.0
    rhythm = (10 * scale, 92 * scale, 275 * scale, 122 * scale)
    reading = read(page.pixels(), corrections=Corrections(region=rhythm))
    (lead,) = reading.leads
    assert drawn.difference(lead.millivolts, shown["II"]) < ALIKE
    assert lead.box[1] > rhythm[1]
    assert lead.box[3] < rhythm[3]
    # Within stated corners, too.
    height, width = page.pixels().shape[:2]
    corners = ((0.0, 0.0), (float(width), 0.0), (float(width), float(height)), (0.0, float(height)))
    reading = read(page.pixels(), corrections=Corrections(region=rhythm, corners=corners))
    assert len(reading.leads) == 1
    assert reading.leads[0].box[1] > rhythm[1]


def test_a_region_beside_the_picture_shows_nothing() -> None:
    reading = read(drawn.strip().pixels(), corrections=Corrections(region=(9000.0, 9000.0, 9900.0, 9900.0)))
    assert (reading.kind, reading.reason) == (Kind.NONE, Reason.TOO_SMALL)


def test_stated_places_are_those_of_the_picture_in_its_own_size() -> None:
    corrections = Corrections(region=(10.0, 20.0, 30.0, 40.0), corners=SQUARE, pixels_per_mm=8.0)
    half = corrections.scaled(0.5, 0.25)
    assert half.region == (5, 5, 15, 10)
    assert half.corners is not None
    assert half.corners[2] == (50, 12.5)
    assert half.pixels_per_mm == pytest.approx(8 * math.sqrt(0.125))
    assert replace(half, region=None, corners=None, pixels_per_mm=None) == Corrections()
