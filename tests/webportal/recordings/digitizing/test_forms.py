"""What is written into the form of the check page is what is stated, or is explained to its writer."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ecg.pictures.pages.corrections import NOTHING, Corrections
from ecg.pictures.pages.result import PageReading
from inference_server.classification.page_messages import Digitized
from webportal.recordings.digitizing.answers import corrections_from_json, corrections_to_json
from webportal.recordings.digitizing.forms import CORNERS, PageForm

FOUR = ((10.0, 12.0), (800.0, 14.0), (790.0, 500.0), (8.0, 498.0))
CORNER_TEXTS = {name: f"{x:.0f}, {y:.0f}" for (name, _label), (x, y) in zip(CORNERS, FOUR, strict=True)}


@pytest.fixture
def read(strip_found: Digitized) -> PageReading:
    return strip_found.reading


@pytest.mark.parametrize(
    ("written", "stated"),
    [
        ({}, NOTHING),
        ({"mm_per_second": "50", "mm_per_mv": "5"}, Corrections(mm_per_second=50.0, mm_per_mv=5.0)),
        ({"layout": "3x4+1/cabrera"}, Corrections(layout="3x4+1", cabrera=True)),
        ({"region": "10, 20, 400.5, 300"}, Corrections(region=(10.0, 20.0, 400.5, 300.0))),
        ({"pixels_per_second": "200", "pixels_per_mv": "80"}, Corrections(pixels_per_second=200.0, pixels_per_mv=80.0)),
        ({"top": "90"}, Corrections(degrees=90.0)),
        (CORNER_TEXTS | {"top": "90"}, Corrections(corners=FOUR)),
    ],
)
def test_what_is_written_is_stated_stored_and_stands_in_the_form_again(
    read: PageReading, written: dict[str, str], stated: Corrections
) -> None:
    form = PageForm(replace(read, degrees=0.0), NOTHING, {"lead-0": " II "} | written)
    assert form.is_valid(), form.errors
    assert (form.corrections, form.names) == (stated, ("II",))
    assert corrections_from_json(corrections_to_json(stated)) == stated
    again = PageForm(read, stated)
    for name in written.keys() - ({"top"} if stated.corners else set()):
        assert str(again[name].value()).removesuffix(".0").startswith(written[name].split(".")[0])


@pytest.mark.parametrize(
    ("written", "field", "said"),
    [
        ({"mm_per_second": "-3"}, "mm_per_second", "That is no paper speed."),
        ({"mm_per_mv": "1e9"}, "mm_per_mv", "That is no gain."),
        ({"region": "1, 2, 3"}, "region", "Write 4 numbers"),
        ({"region": "1, 2, nan, inf"}, "region", "Write 4 numbers"),
        ({"region": "5, 5, 5, 5"}, "region", "too small"),
        ({"pixels_per_second": "200"}, "pixels_per_mv", "Give pixels for both"),
        ({"upper_left": "1, 1"}, "lower_left", "all four corners"),
        (dict.fromkeys(CORNER_TEXTS, "5, 5"), "upper_left", "That is no page"),
        ({"layout": "99x99"}, "layout", "99x99"),
    ],
)
def test_what_cannot_be_is_explained_at_its_field(
    read: PageReading, written: dict[str, str], field: str, said: str
) -> None:
    form = PageForm(read, NOTHING, {"lead-0": "II"} | written)
    assert not form.is_valid()
    assert said in str(form.errors[field])


def test_a_page_that_lies_on_its_side_keeps_the_tilt_that_was_found(read: PageReading) -> None:
    form = PageForm(replace(read, degrees=93.0), NOTHING, {"lead-0": "II", "top": "180"})
    assert form.is_valid()
    assert form.corrections.degrees == pytest.approx(183.0)
    assert PageForm(read, form.corrections)["top"].value() == "180"
