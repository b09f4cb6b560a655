"""Strips and pages, from a picture to millivolts."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image, ImageFilter

from ecg.pictures.pages import overlay, reading
from ecg.pictures.pages.opening import read_picture
from ecg.pictures.pages.reading import read
from ecg.pictures.pages.recording import recording_of
from ecg.pictures.pages.result import Basis, Kind, Reason, Warned
from ecg.pictures.pages.sheet import Sheet
from tests.ecg.pictures.pages import drawn

ALIKE = 0.1
"""A tenth of the height is a signal-to-noise ratio of 20 dB."""


def test_a_strip_becomes_its_lead_in_millivolts_and_seconds() -> None:
    reading = read(drawn.strip().pixels())
    (lead,) = reading.leads
    assert (reading.kind, reading.layout, lead.name, lead.name_read) == (Kind.STRIP, "1x1", "II", True)
    assert drawn.difference(lead.millivolts, drawn.lead(8)) < ALIKE
    assert len(lead.millivolts) / lead.rate == pytest.approx(8, abs=0.05)
    assert float(np.nanmax(lead.millivolts)) == pytest.approx(1.0, abs=0.05)
    assert reading.warnings == ()


def test_the_scale_is_told_with_what_it_rests_on() -> None:
    calibration = read(drawn.strip(scale=7.3).pixels()).calibration
    assert calibration is not None
    assert calibration.pixels_per_mm == pytest.approx(7.3, rel=0.005)
    assert (calibration.mm_per_second, calibration.mm_per_mv) == (25, 10)
    assert (calibration.millimetre, calibration.speed, calibration.gain) == (Basis.GRID, Basis.PRINT, Basis.PRINT)


def test_a_lit_part_of_a_table_does_not_hide_the_page(monkeypatch: pytest.MonkeyPatch) -> None:
    page = drawn.twelve(scale=5.0)[0].pixels()
    table = np.empty((page.shape[0] + 240, page.shape[1] + 240, 3), np.uint8)
    table[:] = (70, 75, 200)
    table[120:-120, 120:-120] = page
    photograph = Image.fromarray(table).filter(ImageFilter.GaussianBlur(0.8))
    noise = np.random.default_rng(1).normal(0, 4, table.shape)
    pixels = np.clip(np.asarray(photograph) + noise, 0, 255).astype(np.uint8)
    width, height = photograph.size
    corners = ((0.0, 3.0), (0.31 * width, 3.0), (1.24 * width, height - 3.0), (0.0, height - 3.0))
    small = photograph.resize((320, round(320 * height / width)))
    lit = Sheet(corners, Image.new("L", small.size, 255), small)
    monkeypatch.setattr(reading, "sheet_of", lambda _: lit)
    found = read(pixels)
    assert (found.layout, len(found.leads)) == ("3x4+1", 13)
    assert found.warnings == ()


def test_a_stroke_before_a_row_does_not_move_its_beats() -> None:
    page = drawn.Page(232, 110, 6.0)
    for y, name in ((30, "II"), (60, "V1"), (90, "V5")):
        page.trace(20, y, drawn.lead(8))
        page.text(20, y - 12, name)
    page.line([(8, 90), (20, 90)])
    leads = read(page.pixels()).leads
    assert [lead.name for lead in leads] == ["II", "V1", "V5"]
    peaks = [lead.begin + int(np.nanargmax(lead.millivolts[:500])) / lead.rate for lead in leads]
    assert peaks == pytest.approx([peaks[0]] * 3, abs=0.01)


def test_a_letter_that_looks_like_a_pulse_does_not_hide_the_words() -> None:
    page = drawn.Page(222, 70, 5.3, paper=(255, 255, 255), fine=None, bold=None)
    for y, name in ((30, "II"), (55, "V5")):
        page.trace(10, y, drawn.lead(8))
        page.text(10, y - 8, name)
    page.text(10, 10, "n n n", high=2.6)
    page.text(10, 66, "25 mm/s  10 mm/mV")
    assert [lead.name for lead in read(page.pixels()).leads] == ["II", "V5"]


def test_without_print_and_pulse_the_usual_scale_is_said_to_be_assumed() -> None:
    page = drawn.Page(220, 40, 8)
    page.trace(8, 25, drawn.lead(8))
    reading = read(page.pixels())
    assert reading.calibration is not None
    assert reading.calibration.assumed
    assert {Warned.SPEED_ASSUMED, Warned.GAIN_ASSUMED, Warned.NAME_UNKNOWN} <= set(reading.warnings)
    assert reading.leads[0].name == ""


def test_a_pulse_tells_the_gain_where_nothing_is_printed() -> None:
    page = drawn.Page(225, 40, 8)
    page.pulse(5, 25, gain=5)
    page.trace(14, 25, drawn.lead(8), gain=5)
    reading = read(page.pixels())
    assert reading.calibration is not None
    assert (reading.calibration.mm_per_mv, reading.calibration.gain) == (5, Basis.PULSE)
    assert float(np.nanmax(reading.leads[0].millivolts)) == pytest.approx(1.0, abs=0.06)


def test_a_pulse_tells_the_speed_though_ink_stands_before_it() -> None:
    page = drawn.Page(235, 40, 8)
    page.line([(0.2, 24.9), (4, 24.9)])
    page.pulse(11, 25, speed=50)
    page.trace(24, 25, drawn.lead(4), speed=50)
    reading = read(page.pixels())
    assert reading.calibration is not None
    assert (reading.calibration.mm_per_second, reading.calibration.speed) == (50, Basis.PULSE)


@pytest.mark.parametrize("name", ["V1", "aVF"])
def test_small_print_is_read_at_the_resolution_of_a_screen(name: str) -> None:
    page = drawn.Page(225, 40, 4.0)
    page.trace(14, 25, drawn.lead(4), speed=50, gain=5)
    page.text(15, 10, name, high=3.4)
    page.text(8, 37, "50 mm/s  5 mm/mV", high=3.4)
    reading = read(page.pixels())
    assert reading.calibration is not None
    assert (reading.calibration.speed, reading.calibration.gain) == (Basis.PRINT, Basis.PRINT)
    assert (reading.calibration.mm_per_second, reading.calibration.mm_per_mv) == (50, 5)
    assert [lead.name for lead in reading.leads] == [name]


def test_a_wave_that_is_taller_than_most_is_read_to_its_tip() -> None:
    page = drawn.Page(140, 75, 5.0)
    page.trace(14, 60, drawn.lead(4, height=4.5))
    reading = read(page.pixels())
    assert reading.degrees == pytest.approx(0.0, abs=0.3)
    assert float(np.nanmax(reading.leads[0].millivolts)) == pytest.approx(4.5, abs=0.15)


def test_tall_waves_of_a_thin_pen_on_grey_lines_are_read_to_their_tips() -> None:
    page = drawn.Page(260, 60, 5.2, paper=(252, 252, 252), fine=(236, 236, 236), bold=(178, 178, 178))
    beats = drawn.lead(10, height=1.4)
    page.line([(14 + 25 * at / drawn.RATE, 35 - 10 * float(value)) for at, value in enumerate(beats)], thick=0.12)
    page.text(8, 57, "25 mm/s  10 mm/mV")
    (lead,) = read(page.pixels()).leads
    tips = [float(np.nanmax(lead.millivolts[begin : begin + 400])) for begin in range(0, 4400, 400)]
    assert tips == pytest.approx([1.4] * len(tips), abs=0.25)


def test_a_page_of_twelve_leads_is_read_lead_by_lead() -> None:
    page, shown = drawn.twelve()
    reading = read(page.pixels())
    assert (reading.kind, reading.layout, reading.cabrera) == (Kind.PAGE, "3x4+1", False)
    assert len(reading.leads) == 13
    recording = recording_of(reading)
    assert recording.leads == drawn.STANDARD
    for number, name in enumerate(drawn.STANDARD):
        begin = 0 if name == "II" else number // 3 * 1250
        values = recording.lead(name)[begin : begin + len(shown[name])]
        assert drawn.difference(values, shown[name]) < 1.5 * ALIKE, name
    # What stands nowhere on the page is missing, not zero.
    assert np.isnan(recording.lead("V1")[:1100]).all()


@pytest.mark.parametrize(
    ("edge", "dark", "soft", "slope"),
    [(0.55, 0.3, 40, 0.1), (0.75, 0.5, 25, 0.05), (0.55, 0.36, 4, 0.4)],
    ids=["half the page", "a quarter", "sharp"],
)
def test_a_shadow_over_a_page_takes_nothing_away_and_adds_nothing(
    edge: float, dark: float, soft: float, slope: float
) -> None:
    pixels = drawn.twelve()[0].pixels()
    rows, columns = np.indices(pixels.shape[:2])
    inside = np.tanh((columns + slope * rows - edge * pixels.shape[1]) / soft)
    reading = read(np.rint(pixels * ((1 + dark) / 2 - (1 - dark) / 2 * inside)[..., None]).astype(np.uint8))
    assert reading.layout == "3x4+1"
    assert {lead.name for lead in reading.leads} == set(drawn.STANDARD)
    whole = [lead for lead in reading.leads if lead.row == 3]
    assert [len(lead.millivolts) / lead.rate for lead in whole] == pytest.approx([10.0], abs=0.05)


def test_what_begins_and_ends_elsewhere_than_all_rows_is_none() -> None:
    page, _ = drawn.twelve()
    page.line([(34, 9.5), (90, 9), (150, 10.5), (200, 9.5)])
    assert read(page.pixels()).layout == "3x4+1"


def test_without_a_grid_a_pulse_tells_both_scales_of_a_picture_taken_askew() -> None:
    image = Image.fromarray(drawn.strip(8, fine=None, bold=None).pixels())
    (lead,) = read(np.asarray(image.resize((round(image.width * 1.07), image.height)))).leads
    assert len(lead.millivolts) / lead.rate == pytest.approx(8, rel=0.015)
    assert float(np.nanmax(lead.millivolts)) == pytest.approx(1.0, abs=0.05)


@pytest.mark.parametrize(("height", "warned"), [(0.8, False), (2.6, True)])
def test_traces_that_touch_are_told(height: float, warned: bool) -> None:
    page = drawn.Page(240, 70, 8.0)
    for row, (name, tall) in enumerate((("I", 0.5), ("II", height))):
        page.pulse(5, 28 + 22 * row)
        page.trace(14, 28 + 22 * row, drawn.lead(8, height=tall))
        page.text(15, 14 + 22 * row, name)
    page.text(8, 67, "25 mm/s  10 mm/mV")
    assert (Warned.TRACES_TOUCH in read(page.pixels()).warnings) == warned


def test_the_order_of_cabrera_is_told_by_the_names() -> None:
    order = ("aVL", "I", "-aVR", "II", "aVF", "III", *drawn.STANDARD[6:])
    reading = read(drawn.twelve(order=order)[0].pixels())
    assert reading.cabrera
    assert {lead.name for lead in reading.leads} == set(order)


@pytest.mark.parametrize("degrees", [-4.0, 2.5, 90.0, 180.0])
def test_a_turned_page_is_read_as_an_upright_one(degrees: float) -> None:
    pixels = np.asarray(
        Image.fromarray(drawn.strip(6).pixels()).rotate(
            degrees, Image.Resampling.BICUBIC, expand=True, fillcolor=(255, 246, 244)
        )
    )
    reading = read(pixels)
    assert reading.degrees % 360 == pytest.approx(degrees % 360, abs=0.3)
    assert [lead.name for lead in reading.leads] == ["II"]
    assert drawn.difference(reading.leads[0].millivolts, drawn.lead(6)) < 1.5 * ALIKE


def test_a_dark_screen_is_read_as_paper_is() -> None:
    colours = {"paper": (8, 12, 20), "fine": (24, 34, 44), "bold": (38, 56, 70), "pen": (90, 255, 120)}
    reading = read(drawn.strip(6, **colours).pixels())  # type: ignore[arg-type]
    assert reading.kind is Kind.STRIP
    assert drawn.difference(reading.leads[0].millivolts, drawn.lead(6)) < 1.5 * ALIKE


def test_a_small_screenshot_is_a_strip_and_no_single_beat() -> None:
    image = Image.fromarray(drawn.strip(6).pixels())
    small = image.resize((400, round(image.height * 400 / image.width)), Image.Resampling.LANCZOS)
    reading = read(np.asarray(small))
    assert reading.kind is Kind.STRIP
    assert len(reading.leads[0].millivolts) / reading.leads[0].rate == pytest.approx(6, rel=0.03)
    assert drawn.difference(reading.leads[0].millivolts, drawn.lead(6)) < 2.5 * ALIKE


def test_numbers_beside_a_trace_are_not_its_end() -> None:
    page = drawn.Page(200, 50, 5.0, paper=(0, 0, 0), fine=None, bold=None, pen=(90, 255, 120))
    page.trace(5, 30, drawn.lead(6))
    page.text(168, 36, "72", high=18)
    (lead,) = read(page.pixels()).leads
    assert lead.box[2] == pytest.approx(155 * 5, abs=6)


def test_places_are_those_of_the_picture() -> None:
    scale = 8.0
    (lead,) = read(drawn.strip(6, scale=scale).pixels()).leads
    left, top, right, bottom = lead.box
    assert left == pytest.approx(14 * scale, abs=4)
    assert right == pytest.approx((14 + 150) * scale, abs=4)
    assert top == pytest.approx(18 * scale, abs=6)
    assert 28 * scale < bottom < 33 * scale


@pytest.mark.parametrize(
    ("pixels", "reason"),
    [
        (np.full((300, 800, 3), 255, np.uint8), Reason.BLANK),
        (np.full((20, 90, 3), 255, np.uint8), Reason.TOO_SMALL),
    ],
)
def test_what_is_no_ecg_has_a_reason(pixels: np.ndarray, reason: Reason) -> None:
    reading = read(pixels)
    assert (reading.kind, reading.reason, reading.leads) == (Kind.NONE, reason, ())


def test_a_page_of_text_is_no_ecg() -> None:
    page = drawn.Page(180, 120, 6, fine=None, bold=None)
    for row in range(9):
        page.text(10, 14 + 12 * row, "Call me Ishmael. Some years ago, never mind how long", high=5)
    assert read(page.pixels()).kind is Kind.NONE


def test_a_file_is_read_in_its_own_pixels_however_large_it_is() -> None:
    buffer = io.BytesIO()
    Image.fromarray(drawn.strip(10, scale=22.0).pixels()).save(buffer, "JPEG", quality=90)
    reading = read_picture(buffer.getvalue())
    assert reading.size == (5984, 1012)
    assert reading.calibration is not None
    assert reading.calibration.pixels_per_mm == pytest.approx(22, rel=0.01)


def test_the_overlay_shows_the_trace_where_it_lies_and_nothing_else() -> None:
    reading = read(drawn.strip(6).pixels())
    shown = np.asarray(overlay.drawn(reading).convert("RGBA"))
    assert shown[..., 3].mean() < 0.06 * 255
    x, y = reading.leads[0].trace[len(reading.leads[0].trace) // 2] * shown.shape[1] / reading.size[0]
    assert shown[round(y) - 2 : round(y) + 3, round(x) - 2 : round(x) + 3, 3].any()


def test_work_ends_when_its_caller_has_left() -> None:
    class LeftError(Exception):
        pass

    def leave() -> None:
        raise LeftError

    with pytest.raises(LeftError):
        read(drawn.strip(4).pixels(), go_on=leave)


def test_waves_that_come_as_evenly_as_lines_cut_nothing_off() -> None:
    """Looked at coarsely, S and T waves are a lattice; without lines it says nothing about where the paper ends."""
    times = np.arange(10 * drawn.RATE) / drawn.RATE
    values = np.zeros(len(times))
    for begin in np.arange(0.3, 11, 0.85):
        for after, high, wide in ((0.0, 0.5, 0.008), (0.03, -0.75, 0.012), (0.22, 0.45, 0.05)):
            values += high * np.exp(-(((times - begin - after) / wide) ** 2) / 2)
    page = drawn.Page(270, 58, 8.0, paper=(0, 0, 0), fine=None, bold=None, pen=(50, 255, 80))
    page.trace(12, 32, values)
    page.text(14, 18, "V2")
    page.text(12, 52, "25 mm/s  10 mm/mV")
    (lead,) = read(page.pixels()).leads
    assert lead.name == "V2"
    assert lead.box[0] / 8.0 == pytest.approx(12, abs=1.0)
    assert lead.box[2] / 8.0 == pytest.approx(262, abs=1.0)
