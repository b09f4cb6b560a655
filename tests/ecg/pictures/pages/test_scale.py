"""The page's scale by what is printed, and by pulses to parts of a pixel."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import ndimage

from ecg.pictures.pages.ink import ink_of
from ecg.pictures.pages.millimetre import Pitch
from ecg.pictures.pages.pulses import Pulse, boxes_of
from ecg.pictures.pages.result import Basis, Warned
from ecg.pictures.pages.scale import scale_of
from ecg.pictures.pages.words import Word

PITCH = Pitch(8.0, bold=True, five=True)


def words(number: tuple[int, int], unit: tuple[int, int], foot: int) -> list[Word]:
    """``50 mm/s``: upper and lower edge of the number and of the unit, and where the unit's letters stand."""
    return [
        Word("50", 0.9, (100, number[0], 134, number[1]), (), "50", number[1]),
        Word("mm/s", 0.9, (150, unit[0], 220, unit[1]), (), "mm/s", foot),
    ]


@pytest.mark.parametrize("unit", [(200, 222), (198, 228), (198, 232)], ids=["level", "lower", "lowest"])
def test_a_number_is_whole_however_far_down_the_slash_beside_it_goes(unit: tuple[int, int]) -> None:
    calibration = scale_of(PITCH, [], words((200, 222), unit, 222), 2000).calibration
    assert (calibration.mm_per_second, calibration.speed) == (50.0, Basis.PRINT)


def test_a_small_number_is_whole_where_its_edge_lies_between_two_pixels() -> None:
    calibration = scale_of(PITCH, [], words((567, 577), (567, 579), 579), 2000).calibration
    assert (calibration.mm_per_second, calibration.speed) == (50.0, Basis.PRINT)


def test_a_number_of_which_a_part_was_seen_is_not_believed() -> None:
    calibration = scale_of(PITCH, [], words((206, 222), (198, 228), 222), 2000).calibration
    assert calibration.speed is Basis.ASSUMED


@pytest.mark.parametrize("off", [0.0, 0.2, 0.45, 0.7])
def test_a_pulse_is_measured_to_parts_of_a_pixel(off: float) -> None:
    finer, pen = 20, 2.6
    layer = np.zeros((120 * finer, 110 * finer))

    def stroke(left: float, top: float, right: float, bottom: float) -> None:
        rows, columns = (
            slice(round((low - pen / 2 + off) * finer), round((high + pen / 2 + off) * finer))
            for low, high in ((top, bottom), (left, right))
        )
        layer[rows, columns] = 220

    for place in (
        (20, 95, 28, 95),
        (28, 20.3, 28, 95),
        (28, 20.3, 65.4, 20.3),
        (65.4, 20.3, 65.4, 95),
        (65.4, 95, 73, 95),
    ):
        stroke(*place)
    page = np.zeros((220, 700))
    page[40:160, 30:140] = layer.reshape(120, finer, 110, finer).mean(axis=(1, 3))
    ink = ink_of(np.rint(ndimage.gaussian_filter(page, 0.7)).astype(np.uint8))
    assert ink is not None
    (pulse,) = boxes_of(ink, 7.47).values()
    assert pulse.height == pytest.approx(74.7, abs=0.1)
    assert pulse.width == pytest.approx(37.4, abs=0.1)


@pytest.mark.parametrize(
    ("rows", "columns", "across", "seconds"),
    [
        (4, 1, 1960.0, 10.0),
        (4, 1, 2060.0, 10.0),
        (4, 1, 1800.0, 9.0),
        (4, 1, 1880.0, 9.4),
        (4, 4, 1880.0, 10.0),
        (4, 4, 1800.0, 9.0),
        (4, 4, 2400.0, 12.0),
        (1, 1, 1960.0, 9.8),
        (1, 1, 1990.0, 10.0),
    ],
    ids=[
        "a little less",
        "a little more",
        "much less",
        "less",
        "less, in columns",
        "much less, in columns",
        "longer columns",
        "a strip",
        "a strip as far as its pulse can tell",
    ],
)
def test_a_page_of_about_ten_seconds_has_ten_where_only_a_pulse_says_how_long_a_second_is(
    rows: int, columns: int, across: float, seconds: float
) -> None:
    pulse = Pulse(left=40.0, right=80.0, top=100.0, foot=180.0)
    scale = scale_of(None, [pulse] * rows, [], across, rows=rows, columns=columns)
    assert across / scale.pixels_per_second == pytest.approx(seconds)
    assert scale.calibration.speed is Basis.PULSE


@pytest.mark.parametrize(("number", "seconds"), [("12.5", 20.0), ("25", 10.0), ("50", 5.0)])
def test_where_nothing_says_how_long_a_row_is_paper_holds_as_much_as_its_speed_allows(
    number: str, seconds: float
) -> None:
    printed = [
        Word(number, 0.9, (100, 700, 130, 724), (), number, 724),
        Word("mm/s", 0.9, (138, 700, 190, 724), (), "mm/s", 724),
    ]
    scale = scale_of(None, [], printed, 1500.0)
    assert 1500.0 / scale.pixels_per_second == pytest.approx(seconds)
    assert Warned.SCALE_UNKNOWN in scale.warnings
