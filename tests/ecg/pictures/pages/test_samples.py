"""The strips and pages that ship are read as they were drawn."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import numpy as np
import pytest

from ecg.pictures.pages.corrections import Corrections
from ecg.pictures.pages.files import read_file
from ecg.pictures.pages.result import RATE, Kind, PageReading
from tests.ecg.pictures.pages import drawn

SAMPLES: Final = Path(__file__).parents[4] / "samples" / "pictures"
DATA: Final = Path(__file__).with_name("data") / "samples.npz"
"""What is drawn, microvolts, 500 a second: ``places`` (``FILE/ROW/COLUMN/NAME``), their ``lengths``, and second
differences of all, one after the other.
"""

#: How far leads may be from what was drawn, as a share of their height: 12 dB.
OFF = 0.25
STRIPS = ("strip-scan.jpg", "strip-photograph.jpg", "strip-screenshot.png")
PAGES = ("page-scan.jpg", "page-photograph.jpg")


def shown(file: str) -> dict[tuple[int, int], tuple[str, drawn.Floats]]:
    """By row and column, the lead's name and what is drawn of it, millivolts."""
    with np.load(DATA) as stored:
        bends = np.split(stored["bends"].astype(np.int64), np.cumsum(stored["lengths"])[:-1])
        drawn_ones = zip(stored["places"].tolist(), bends, strict=True)
    own = [(place.split("/")[1:], bend.cumsum().cumsum()) for place, bend in drawn_ones if place.startswith(file + "/")]
    return {(int(row), int(column)): (name, values / 1000) for (row, column, name), values in own}


def off_by(reading: PageReading, file: str) -> float:
    wanted = shown(file)
    assert {(lead.row, lead.column): lead.name for lead in reading.leads} == {
        place: name for place, (name, _) in wanted.items()
    }
    differences = [drawn.difference(lead.millivolts, wanted[lead.row, lead.column][1]) for lead in reading.leads]
    return float(np.sqrt(np.mean(np.square(differences))))


@pytest.mark.parametrize("file", [*STRIPS, *PAGES])
def test_it_is_read_as_it_was_drawn(file: str) -> None:
    reading = read_file((SAMPLES / file).read_bytes())
    strip = file in STRIPS
    assert (reading.kind, reading.layout) == ((Kind.STRIP, "1x1") if strip else (Kind.PAGE, "3x4+1"))
    assert all(lead.rate == RATE for lead in reading.leads)
    assert off_by(reading, file) < OFF


@pytest.mark.parametrize("file", ["strip-photograph.jpg", "page-photograph.jpg"])
def test_corners_that_were_found_can_be_stated(file: str) -> None:
    data = (SAMPLES / file).read_bytes()
    corners = read_file(data).corners
    assert corners is not None
    first, second, third, fourth = ((float(x), float(y)) for x, y in corners)
    stated = Corrections(corners=(first, second, third, fourth))
    assert off_by(read_file(data, corrections=stated), file) < OFF


def test_they_are_small_and_say_whose_they_are() -> None:
    assert sum(path.stat().st_size for path in SAMPLES.iterdir()) <= 600_000
    notice = " ".join((SAMPLES / "README.md").read_text(encoding="utf-8").split())
    assert {path.name for path in SAMPLES.iterdir()} == {*STRIPS, *PAGES, "README.md"}
    for words in (*STRIPS, *PAGES, "ODC Attribution License", "PTB-XL", "CC BY 4.0"):
        assert words in notice
