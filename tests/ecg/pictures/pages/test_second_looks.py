"""Pages of which little could be read are looked at again."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from PIL import Image

from ecg.pictures.pages import reading
from ecg.pictures.pages.reading import read
from ecg.pictures.pages.result import Kind, Lead, PageReading
from ecg.pictures.pages.sheet import Sheet
from tests.ecg.pictures.pages import drawn


def test_a_network_says_where_there_is_no_ink_if_rows_have_no_names() -> None:
    pixels, asked = drawn.two_rows_and_a_crease().pixels(), []

    def below(straight: np.ndarray) -> np.ndarray:
        asked.append(straight.shape)
        likely = np.ones(straight.shape[:2], np.float32)
        likely[: len(likely) // 4] = 0
        return likely

    assert [lead.name for lead in read(pixels).leads] == ["", "I", "II"]
    found = read(pixels, below)
    assert ([lead.name for lead in found.leads], found.warnings) == (["I", "II"], ())
    assert len(asked) == 1
    assert len(read(drawn.twelve(scale=5.0)[0].pixels(), below).leads) == 13
    assert len(asked) == 1, "A page whose names are read isn't looked at again."


def test_a_network_that_sees_no_ink_takes_nothing_away() -> None:
    pixels = drawn.two_rows_and_a_crease().pixels()
    found = read(pixels, lambda straight: np.zeros(straight.shape[:2], np.float32))
    assert [lead.name for lead in found.leads] == ["", "I", "II"]


def test_a_row_that_a_network_does_not_see_stays_where_it_begins_and_ends_with_the_others() -> None:
    page = drawn.Page(230, 80, 8.0)
    for y in (30, 60):
        page.trace(14, y, drawn.lead(8))
    page.text(14, 76, "25 mm/s  10 mm/mV")
    pixels = page.pixels()

    def below(straight: np.ndarray) -> np.ndarray:
        likely = np.ones(straight.shape[:2], np.float32)
        likely[: len(likely) // 2] = 0
        return likely

    assert [lead.name for lead in read(pixels, below).leads] == [lead.name for lead in read(pixels).leads] == ["", ""]


def test_a_sheet_whose_sides_are_seen_in_parts_is_read_if_rows_have_no_names(monkeypatch: pytest.MonkeyPatch) -> None:
    pixels = drawn.two_rows_and_a_crease().pixels()
    height, width = pixels.shape[:2]
    small = Image.fromarray(pixels).resize((320, round(320 * height / width)))
    corners = ((0.0, 240.0), (width, 240.0), (width, height), (0.0, height))
    shown = Image.new("L", small.size, 0)
    shown.paste(255, (0, round(240 * 320 / width), *small.size))
    monkeypatch.setattr(reading, "sheet_by_sides", lambda _: Sheet(corners, shown, small))
    assert [lead.name for lead in read(pixels).leads] == ["I", "II"]


@pytest.mark.parametrize(("off", "times"), [(3.0, 1), (90.0, 2)])
def test_the_same_sheet_is_read_once_however_it_was_found(
    monkeypatch: pytest.MonkeyPatch, off: float, times: int
) -> None:
    pixels = drawn.two_rows_and_a_crease().pixels()
    height, width = pixels.shape[:2]
    small = Image.fromarray(pixels).resize((320, round(320 * height / width)))
    shown = Image.new("L", small.size, 255)

    def sheet(top: float) -> Sheet:
        return Sheet(((0.0, top), (width, top), (width, height), (0.0, height)), shown, small)

    views: list[tuple[float, float]] = []
    read_on_sheet = reading._on_sheet

    def counted(image: Image.Image, on: Sheet, *others: Any) -> Any:
        views.append(on.corners[0])
        return read_on_sheet(image, on, *others)

    monkeypatch.setattr(reading, "sheet_of", lambda _: sheet(0.0))
    monkeypatch.setattr(reading, "sheet_by_sides", lambda _: sheet(off))
    monkeypatch.setattr(reading, "_on_sheet", counted)
    read(pixels)
    assert len(views) == times


def test_of_two_readings_that_which_has_words_counts_though_it_has_fewer_rows() -> None:
    def found(name: str, rows: int) -> reading._Found:
        samples, trace = np.zeros(500, np.float32), np.zeros((1, 2))
        leads = tuple(
            Lead(name, bool(name), row, 0, 0.0, 500.0, samples, trace, (0, 0, 1, 1), 1.0) for row in range(rows)
        )
        return reading._Found(PageReading(Kind.PAGE, (800, 600), layout=f"{rows}x1", leads=leads))

    strip = found("V5", 1)
    assert found("", 3).or_more(strip) is strip
    named = found("II", 3)
    named = named._replace(
        reading=replace(named.reading, leads=(*named.reading.leads[:2], *found("", 1).reading.leads))
    )
    assert named.or_more(strip) is named
