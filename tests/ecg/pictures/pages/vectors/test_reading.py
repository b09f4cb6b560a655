"""ECGs that carts, watches and programs draw as lines of a PDF are read exactly."""

from __future__ import annotations

import io
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas

from ecg.pictures import confined
from ecg.pictures.documents.drawing import Drawing, Printed, Stroke
from ecg.pictures.pages.files import read_file
from ecg.pictures.pages.recording import recording_of
from ecg.pictures.pages.result import Kind, PageReading, Warned
from ecg.pictures.pages.vectors.reading import read
from tests.ecg.pictures.documents.printed import Style, page
from tests.ecg.pictures.pages import drawn
from tests.ecg.pictures.pages.drawn import RATE, STANDARD, Floats, lead

EXACT_MV = 0.002
TWELVE = {name: lead(2.5, height=0.4 + 0.1 * number, late=0.2) for number, name in enumerate(STANDARD)}
RHYTHM = lead(10.0)
ROWS = [[(name, TWELVE[name]) for name in STANDARD[row::3]] for row in range(3)]


def off_by(reading: PageReading) -> float:
    """The largest difference from what was drawn, millivolts."""
    wanted: list[tuple[str, Floats]] = [pair for row in ROWS for pair in row] + [("II", RHYTHM)]
    assert [found.name for found in reading.leads] == [name for name, _ in wanted]
    differences = []
    for found, (_, values) in zip(reading.leads, wanted, strict=True):
        assert len(found.millivolts) == len(values)
        differences.append(np.abs(found.millivolts - values).max())
    return float(np.max(differences))


@pytest.mark.parametrize(
    "style",
    [
        Style(),
        Style(scale=0.7),
        Style(pulse="before"),
        Style(joined=True, pieces=50),
        Style(pieces=1),
        Style(rows_in_one=True),
        Style(fine=False),
        Style(grid_as_bars=True),
        Style(in_form=True),
        Style(turned=90),
        Style(turned=180),
        Style(sideways=True),
        Style(sideways=True, turned=270),
        Style(mm_per_second=50, mm_per_mv=20),
        Style(mm_per_second=12.5, mm_per_mv=5),
    ],
    ids=str,
)
def test_a_page_is_read_to_the_microvolt_however_it_is_drawn(style: Style) -> None:
    reading = read_file(page([*ROWS, [("II", RHYTHM)]], RATE, style))
    assert (reading.kind, reading.layout, reading.warnings) == (Kind.PAGE, "3x4+1", ())
    assert reading.calibration is not None
    assert (reading.calibration.mm_per_second, reading.calibration.mm_per_mv) == (style.mm_per_second, style.mm_per_mv)
    assert off_by(reading) < EXACT_MV


@pytest.mark.parametrize("far", [1e12, 1e30, np.inf, np.nan])
def test_what_is_drawn_far_beyond_the_page_is_left_out(far: float) -> None:
    drawing = confined.drawing_of(page([*ROWS, [("II", RHYTHM)]], RATE))
    across = np.linspace(10, 2000, 4000)
    stroke = Stroke(np.stack([across, np.where(across < 1000, 500.0, far)], axis=1), drawing.strokes[-1].pen)
    word = Printed("V1", (10.0, 10.0, far, 40.0))
    reading = read(replace(drawing, strokes=(stroke, *drawing.strokes), words=(word, *drawing.words)))
    assert reading is not None
    assert off_by(reading) < EXACT_MV


def test_a_page_of_a_hundred_metres_is_not_read_by_its_lines() -> None:
    across = np.arange(0.0, 100_000.0)
    trace = Stroke(np.stack([across, 50 + 3 * np.sin(across)], axis=1), 0)
    upright = [Stroke(np.array([(x, 0.0), (x, 100.0)]), 1) for x in range(200)]
    level = [Stroke(np.array([(0.0, y), (200.0, y)]), 1) for y in range(100)]
    strokes = (trace, *upright, *level)
    assert read(Drawing((1000, 100), 1.0, 0, (Stroke(trace.points[:1000], 0), *upright, *level), ())) is not None
    assert read(Drawing((100_000, 100), 1.0, 0, strokes, ())) is None


def test_columns_follow_each_other_in_time() -> None:
    reading = read_file(page([*ROWS, [("II", RHYTHM)]], RATE))
    begins = {found.column: found.begin for found in reading.leads if found.row < 3}
    assert list(begins.values()) == pytest.approx([0, 2.5, 5, 7.5], abs=1e-4)
    recording = recording_of(reading)
    assert recording.leads == STANDARD
    assert recording.seconds == pytest.approx(10, abs=0.01)


def test_what_is_not_printed_is_said_to_be_assumed() -> None:
    reading = read_file(page([*ROWS, [("II", RHYTHM)]], RATE, Style(printed=False, pulse="none", names=False)))
    assert set(reading.warnings) >= {Warned.SPEED_ASSUMED, Warned.GAIN_ASSUMED, Warned.NAMES_ASSUMED}
    by_pulse = read_file(page([*ROWS, [("II", RHYTHM)]], RATE, Style(printed=False, mm_per_mv=5)))
    assert by_pulse.calibration is not None
    assert by_pulse.calibration.mm_per_mv == 5
    assert not by_pulse.warnings


def test_half_a_minute_of_a_watch_is_one_lead() -> None:
    """Rows that go on, with the one name in the header."""
    whole = lead(30.0, rate=63)
    rows = [[("", part)] for part in np.split(whole, 3)]
    style = Style(pulse="none", printed=False, header=("25 mm/s, 10 mm/mV, Lead I, 512Hz",))
    recording = recording_of(read_file(page(rows, RATE, style)))
    assert recording.leads == ("I",)
    # Each row has a zero of its own, and nothing lies between its last sample and the next row's first.
    difference = recording.read()[0][: len(whole)] - whole
    assert np.abs(difference - np.median(difference)).max() < 0.01


def test_six_rows_of_the_limb_leads_are_no_twelve() -> None:
    limb = [(name, lead(10.0, height=0.4 + 0.1 * number)) for number, name in enumerate(STANDARD[:6])]
    reading = read_file(page([[row] for row in limb], RATE))
    assert (reading.layout, tuple(found.name for found in reading.leads)) == ("6x1", STANDARD[:6])


def test_two_leads_of_which_one_is_named_are_two() -> None:
    reading = read_file(page([[("II", lead(6.0))], [("channel", lead(6.0, rate=90))]], RATE))
    assert [(found.name, found.begin) for found in reading.leads] == [("II", 0), ("", 0)]
    assert Warned.NAME_UNKNOWN in reading.warnings


def test_a_strip_at_another_rate_is_read_at_ours() -> None:
    values = lead(8.0)
    reading = read_file(page([[("V2", values[::2])]], RATE / 2))
    assert (reading.kind, reading.layout) == (Kind.STRIP, "1x1")
    np.testing.assert_allclose(reading.leads[0].millivolts[::2], values[::2], atol=EXACT_MV)


def test_places_are_those_of_the_drawn_page() -> None:
    for turned in (0, 90):
        reading = read_file(page([[("V2", lead(6.0))]], RATE, Style(turned=turned)))
        (found,) = reading.leads
        assert reading.degrees == -turned
        left, top, right, bottom = found.box
        assert 0 < left < right < reading.size[0]
        assert 0 < top < bottom < reading.size[1]
        assert (right - left > bottom - top) == (turned == 0)


def test_a_scanned_page_goes_the_way_of_pictures() -> None:
    picture = drawn.strip(6).pixels()
    buffer = io.BytesIO()
    height, width = picture.shape[:2]
    canvas = Canvas(buffer, pagesize=(width / 3, height / 3))
    canvas.drawImage(ImageReader(Image.fromarray(picture)), 0, 0, width / 3, height / 3)
    canvas.showPage()
    canvas.save()
    reading = read_file(buffer.getvalue())
    assert (reading.kind, reading.leads[0].name) == (Kind.STRIP, "II")
    assert drawn.difference(reading.leads[0].millivolts, lead(6)) < 0.1


def test_a_chart_with_a_few_lines_is_no_page() -> None:
    buffer = io.BytesIO()
    canvas = Canvas(buffer, pagesize=(400, 300))
    canvas.grid(list(range(40, 400, 60)), list(range(40, 300, 60)))
    path = canvas.beginPath()
    path.moveTo(40, 60)
    for x in range(41, 360):
        path.lineTo(x, 60 + 0.4 * x)
    canvas.drawPath(path)
    canvas.showPage()
    canvas.save()
    assert read(confined.drawing_of(buffer.getvalue())) is None
