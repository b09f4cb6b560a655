"""Four straight sides among edges that are in pieces."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from ecg.pictures.pages.sides import four_sided

Mask = NDArray[np.bool_]
CORNERS = [(21.0, 40.0), (270.0, 12.0), (301.0, 120.0), (40.0, 170.0)]


def outline(parts: list[tuple[int, float, float]], size: tuple[int, int] = (320, 190)) -> Image.Image:
    """Edges along sides of a sheet, each as a side's number and the shares from which and to which it is seen."""
    image = Image.new("1", size)
    for side, begin, end in parts:
        first, last = np.array(CORNERS[side]), np.array(CORNERS[(side + 1) % 4])
        ends = [tuple((first + share * (last - first)).tolist()) for share in (begin, end)]
        ImageDraw.Draw(image).line(ends, fill=1)
    return image


def edges(image: Image.Image) -> Mask:
    return np.array(image)


def off(found: NDArray[np.float64] | None) -> float:
    assert found is not None
    return float(np.abs(found - np.array(CORNERS)).max())


@pytest.mark.parametrize("hidden", [0.0, 0.15, 0.3])
def test_sides_are_found_though_a_part_of_each_is_hidden(hidden: float) -> None:
    assert off(four_sided(edges(outline([(side, hidden / 2, 1 - hidden / 2) for side in range(4)])))) < 3


def test_what_a_sheet_lies_on_may_have_edges_that_are_longer() -> None:
    image = outline([(0, 0.0, 0.4), (0, 0.7, 1.0), (1, 0.0, 1.0), (2, 0.0, 1.0), (3, 0.0, 1.0)])
    draw = ImageDraw.Draw(image)
    draw.ellipse((90, -60, 200, 40), outline=1)
    draw.line([(0, 8), (100, 30)], fill=1)
    draw.line([(200, 189), (319, 60)], fill=1)
    assert off(four_sided(edges(image))) < 3


def test_three_sides_are_no_sheet() -> None:
    assert four_sided(edges(outline([(side, 0.0, 1.0) for side in range(3)]))) is None


def test_the_frame_of_a_picture_is_no_side() -> None:
    image = Image.new("1", (320, 190))
    ImageDraw.Draw(image).rectangle((2, 2, 317, 187), outline=1)
    assert four_sided(edges(image)) is None


@pytest.mark.parametrize("share", [0.0, 0.02, 0.3])
def test_scattered_edges_are_no_sheet(share: float) -> None:
    assert four_sided(np.random.default_rng(1).random((190, 320)) < share) is None
