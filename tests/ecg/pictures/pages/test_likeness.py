"""What is no ECG is refused, and what is one is read however little its heart does."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image, ImageDraw

from ecg.pictures.pages.likeness import Signs
from ecg.pictures.pages.reading import read
from ecg.pictures.pages.result import Kind, Reason
from tests.ecg.pictures.pages import drawn

TIMES = np.arange(8 * drawn.RATE) / drawn.RATE
GENERATOR = np.random.default_rng(4)
#: Hearts that have no beats as others have.
ENDS = {
    "asystole": GENERATOR.normal(0, 0.008, len(TIMES)),
    "fibrillation": sum(
        GENERATOR.uniform(0.1, 0.3) * np.sin(2 * np.pi * rate * TIMES + GENERATOR.uniform(0, 6))
        for rate in (3.1, 4.4, 5.2, 6.3, 7.9)
    ),
    "noise": 0.12 * np.convolve(GENERATOR.normal(0, 1, len(TIMES) + 8), np.ones(9) / 3, "valid"),
    "pacing": drawn.lead(8) + 1.2 * (np.abs((TIMES - 0.2) % (60 / 72)) < 0.003),
}


@pytest.mark.parametrize("values", ENDS.values(), ids=list(ENDS))
@pytest.mark.parametrize("named", [True, False])
def test_whatever_a_heart_does_on_millimetre_paper_is_read(values: np.ndarray, named: bool) -> None:
    page = drawn.Page(222, 46, 7.0)
    page.trace(10, 25, values)
    if named:
        page.text(11, 10, "V5")
        page.text(8, 43, "25 mm/s  10 mm/mV")
    assert read(page.pixels()).kind is Kind.STRIP


@pytest.mark.parametrize("across", [(4, 228), (60, 150)], ids=["all of it", "a part"])
@pytest.mark.parametrize("below", [True, False])
def test_the_edge_of_the_paper_is_no_row(below: bool, across: tuple[int, int]) -> None:
    page = drawn.Page(232, 70, 7.0)
    page.trace(18, 36, drawn.lead(7.6))
    page.text(19, 22, "V5")
    edge = [(x, (63.0 if below else 7.0) + 0.4 * np.sin(x / 20)) for x in range(*across, 2)]
    page.line(edge)
    reading = read(page.pixels())
    assert (reading.kind, [lead.name for lead in reading.leads]) == (Kind.STRIP, ["V5"])


@pytest.mark.parametrize(("across", "rows"), [((9, 204), 3), ((18, 190), 4), ((18, 208), 4)])
def test_below_rows_that_beat_what_begins_and_ends_elsewhere_is_none(across: tuple[int, int], rows: int) -> None:
    page = drawn.Page(232, 120, 6.0)
    for y, name in ((25, "II"), (52, "V1"), (79, "V5")):
        page.trace(18, y, drawn.lead(7.6))
        page.text(19, y - 12, name)
    page.line([(x, 106 + 0.3 * np.sin(x / 7)) for x in range(*across, 2)])
    assert len(read(page.pixels()).leads) == rows


def test_a_lead_in_which_nothing_beats_is_a_row_as_others_are() -> None:
    page = drawn.Page(232, 80, 7.0)
    for y, name, values in ((36, "II", drawn.lead(7.6)), (66, "V1", GENERATOR.normal(0, 0.008, 3800))):
        page.trace(18, y, values)
        page.text(19, y - 12, name)
    assert [lead.name for lead in read(page.pixels()).leads] == ["II", "V1"]


@pytest.mark.parametrize("late", [3, 6])
def test_beats_are_beats_however_their_baseline_drifts(late: int) -> None:
    page = drawn.Page(222, 70, 6.0, paper=(0, 0, 0), fine=None, bold=None, pen=(255, 255, 255))
    page.trace(10, 45, drawn.lead(8, height=0.5) + 1.5 * (TIMES / 8) ** late)
    assert read(page.pixels()).kind is Kind.STRIP


def test_a_few_spikes_on_a_rising_curve_are_no_beats_where_nothing_else_says_so() -> None:
    page = drawn.Page(222, 70, 6.0, paper=(0, 0, 0), fine=None, bold=None, pen=(255, 255, 255))
    page.trace(10, 45, drawn.lead(8, height=0.5, rate=30, late=0.8) + 1.5 * (TIMES / 8) ** 3)
    assert not read(page.pixels()).leads


def sine(page: drawn.Page) -> None:
    x = np.linspace(20, 200, 900)
    page.line(list(zip(x.tolist(), (40 - 20 * np.sin(x / 9)).tolist(), strict=True)))


def axes(page: drawn.Page) -> None:
    page.line([(20, 5), (20, 70), (205, 70)])
    for place in range(20, 205, 15):
        page.line([(place, 70), (place, 72)])


def bars(page: drawn.Page) -> None:
    for number, high in enumerate((10, 40, 25, 55, 30, 48, 12, 33)):
        left = 25 + 22 * number
        page.line([(left, 70), (left, 70 - high), (left + 14, 70 - high), (left + 14, 70), (left, 70)])
    page.line([(20, 70), (205, 70)])


def zigzag(page: drawn.Page) -> None:
    heights = np.random.default_rng(2).uniform(10, 65, 16)
    page.line([(20 + 11 * number, float(height)) for number, height in enumerate(heights)], thick=0.5)


def writing(page: drawn.Page) -> None:
    for row in range(6):
        page.text(12, 12 + 12 * row, "Remember to buy paper, pens and a new ruler", high=5)


def puzzle(page: drawn.Page) -> None:
    for place in range(10):
        page.line([(20, 5 + 7 * place), (90, 5 + 7 * place)])
        page.line([(20 + 70 / 9 * place, 5), (20 + 70 / 9 * place, 68)])
    for row, column in np.argwhere(np.random.default_rng(6).random((9, 9)) < 0.25).tolist():
        x, y = 20 + 70 / 9 * column, 5 + 7 * row
        page.line([(x, y + 3.5), (x + 70 / 9, y + 3.5)], thick=7)


@pytest.mark.parametrize("paint", [sine, axes, bars, zigzag, writing, puzzle])
@pytest.mark.parametrize("lines", [True, False])
def test_what_is_drawn_on_any_paper_is_no_strip(paint: object, lines: bool) -> None:
    colours = {} if lines else {"fine": None, "bold": None}
    page = drawn.Page(220, 80, 6.0, **colours)  # type: ignore[arg-type]
    paint(page)  # type: ignore[operator]
    assert not read(page.pixels()).leads


def test_millimetre_paper_alone_is_no_ecg() -> None:
    assert read(drawn.Page(220, 80, 6.0).pixels()).kind is Kind.NONE


def test_bars_of_a_histogram_are_not_one_beat() -> None:
    image = Image.new("RGB", (500, 420), (255, 255, 255))
    pen = ImageDraw.Draw(image)
    for bar, high in enumerate((4, 9, 21, 40, 72, 95, 130, 160, 175, 168, 150, 122, 90, 66, 41, 22, 12, 5)):
        pen.rectangle((60 + 21 * bar, 360 - 1.8 * high, 81 + 21 * bar, 360), fill=(120, 160, 210), outline=(0, 0, 0))
    pen.line((60, 30, 60, 360, 450, 360), fill=(0, 0, 0))
    found = read(np.asarray(image))
    assert (found.kind, found.reason is Reason.BLANK) == (Kind.NONE, False)


def test_names_where_no_layout_has_them_make_no_ecg() -> None:
    """Sources of voltage in a circuit bear the names of leads."""
    page = drawn.Page(200, 120, 6.0, paper=(255, 255, 255), fine=None, bold=None)
    for late, y in ((0, 30), (10, 60), (20, 90)):
        resistor = [(60 + late, y), (64 + late, y - 4), (68 + late, y + 4), (72 + late, y)]
        page.line([(20, y), *resistor, (180, y)])
    for name, x, y in (("V1", 95, 24), ("V2", 140, 52), ("V3", 120, 83), ("V4", 150, 24), ("V5", 110, 52)):
        page.text(x, y, name)
    assert not read(page.pixels()).leads


TRACED = Signs(words=0, lines=False, bold=False, beating=0.0, alone=1.0, sharpness=12.0, sides=0.0)


@pytest.mark.parametrize(
    ("signs", "is_ecg"),
    [
        (TRACED, False),  # a line by itself may be anything
        (TRACED._replace(beating=1.0), True),
        (TRACED._replace(beating=1.0, sharpness=3.0), False),  # waves by chance
        (TRACED._replace(beating=1.0, alone=0.9), False),
        (TRACED._replace(beating=1.0, alone=0.9, sharpness=25.0, rows=2), True),  # one runs into the other
        (TRACED._replace(words=1), False),
        (TRACED._replace(words=1, lines=True), True),
        (TRACED._replace(words=1, beating=1.0, alone=0.9), True),
        (TRACED._replace(words=1, beating=1.0, alone=0.8), False),  # noise has letters
        (TRACED._replace(words=1, beating=1.0, alone=0.8, sharpness=45.0, sides=0.2), False),
        (TRACED._replace(words=1, beating=1.0, alone=0.3, sharpness=45.0), True),  # a pen's stroke below
        (TRACED._replace(words=2), False),  # numbers that were read as names
        (TRACED._replace(words=4, alone=0.2), True),
        (TRACED._replace(words=1, lines=True, flat=True), False),  # a table
        (TRACED._replace(lines=True, bold=True, beating=1.0, alone=0.0), False),  # writing
        (TRACED._replace(lines=True), True),
        (TRACED._replace(lines=True, alone=0.9), False),  # something crosses it
        (TRACED._replace(lines=True, bold=True, alone=0.9), True),
        (TRACED._replace(lines=True, bold=True, sharpness=1.5), False),  # a sine
        (TRACED._replace(lines=True, sides=0.3), False),  # a polygon
        (TRACED._replace(lines=True, words=2, beating=1.0, sides=0.15), True),  # wide waves, slowly written
        (TRACED._replace(lines=True, words=1, beating=1.0, sides=0.15), False),
        (TRACED._replace(lines=True, sharpness=260.0), False),  # edges of bars
        (TRACED._replace(lines=True, beating=1.0, sharpness=22.0, sides=0.2), True),  # wide waves between sharp beats
        (TRACED._replace(beating=1.0, sharpness=40.0, sides=0.2), False),
        (TRACED._replace(words=1, beating=1.0, sharpness=22.0, sides=0.2), True),  # fast paper, one name
        (TRACED._replace(lines=True, beating=1.0, sharpness=4.0, sides=0.2), False),  # a chart that goes up and down
        (TRACED._replace(beating=1.0, ruled=True), False),  # a puzzle
        (TRACED._replace(words=4, beating=1.0, ruled=True), True),
        (TRACED._replace(lines=True, alone=0.7, beating=1.0, sharpness=30.0), True),  # beats, and something beside them
        (TRACED._replace(lines=True, alone=0.91, beating=1.0), True),
        (TRACED._replace(lines=True, alone=0.95, beating=1.0, sharpness=3.5), False),  # waves by chance
        (TRACED._replace(lines=True, beating=1.0, sharpness=3.5), True),
        (TRACED._replace(lines=True, alone=0.5, beating=1.0, sharpness=30.0), False),  # bars, and what stands on them
        (TRACED._replace(lines=True, bold=True, beating=1.0, sharpness=2.5, sides=0.3), False),  # a chart by hand
        (TRACED._replace(lines=True, bold=True, beating=1.0, sharpness=25.0, sides=0.3), True),
        (TRACED._replace(lines=True, bold=True, sharpness=85.0), False),  # outlines of boxes
        (TRACED._replace(lines=True, bold=True, beating=1.0, sharpness=85.0), True),
        (TRACED._replace(lines=True, rows=12), False),  # lines of writing on squares
        (TRACED._replace(lines=True, words=1, rows=12, beating=0.3), False),
        (TRACED._replace(lines=True, rows=12, beating=0.8), True),
        (TRACED._replace(lines=True, bold=True, rows=12), True),
        (TRACED._replace(lines=True, words=4, rows=12), True),
    ],
)
def test_words_paper_and_shape_speak_together(signs: Signs, is_ecg: bool) -> None:
    assert signs.is_ecg is is_ecg


def beats(qrs: float, t_wave: float, s_wave: float) -> np.ndarray:
    """Beats with waves of such heights, millivolts."""
    values = np.zeros(len(TIMES))
    for begin in np.arange(0.3, 9, 0.8):
        for after, high, wide in ((0.0, qrs, 0.008), (0.03, -s_wave, 0.008), (0.28, t_wave, 0.05)):
            values += high * np.exp(-(((TIMES - begin - after) / wide) ** 2) / 2)
    return values


@pytest.mark.parametrize(("s_wave", "name"), [(1.4, "V2"), (0.0, "V3")])
def test_t_waves_as_tall_as_what_comes_before_them_are_those_of_beats(s_wave: float, name: str) -> None:
    page = drawn.Page(222, 46, 7.0, fine=None, bold=None)
    page.trace(10, 25, beats(0.9, 0.9, s_wave))
    page.text(11, 10, name)
    assert [lead.name for lead in read(page.pixels()).leads] == [name]


def test_a_unit_of_the_scale_speaks_for_an_ecg() -> None:
    page = drawn.Page(222, 46, 7.0, fine=None, bold=None)
    page.trace(10, 25, drawn.lead(8))
    page.line([(60, 31), (200, 31)])  # a pen's stroke
    assert not read(page.pixels()).leads
    page.text(12, 43, "mm/mV")
    assert read(page.pixels()).leads
