from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from ecg.pictures.canonical import Placement
from ecg.pictures.ink.extent import Extent
from inference_server.models.saliency import MAX_SIDE, over_picture


def test_the_strongest_evidence_is_1_and_evidence_against_is_0() -> None:
    activation = np.array([[-3.0, 0.0, 2.0, 4.0]], dtype=np.float32).repeat(2, axis=0)
    saliency = over_picture(activation, (96, 64), height=64, width=96)
    assert saliency.values.shape == (64, 96)
    assert saliency.values.max() == pytest.approx(1.0)
    assert saliency.values[:, :24].max() == 0.0
    assert (np.diff(saliency.values[0]) >= 0).all()


def test_what_lies_beside_the_picture_is_cut_off() -> None:
    activation = np.zeros((1, 3), dtype=np.float32)
    activation[0, 1] = 1.0
    square = over_picture(activation, (500, 500), height=60, width=120)  # the picture is the middle half of the view
    assert square.values.shape == (60, 60)
    assert square.values[0].argmax() in range(25, 35)


def test_a_picture_that_was_stretched_fills_the_view() -> None:
    activation = np.zeros((1, 3), dtype=np.float32)
    activation[0, 2] = 1.0
    stretched = over_picture(activation, (500, 500), height=60, width=120, place=Placement(0, 0, 120, 60))
    assert stretched.values.shape == (60, 120)
    assert stretched.values[0].argmax() >= 100


def test_a_picture_of_which_the_model_sees_a_part_has_no_evidence_beyond() -> None:
    activation = np.ones((1, 3), dtype=np.float32)
    # The view is the middle third of the picture along x, and all of it along y.
    wide = over_picture(activation, (300, 100), height=60, width=120, place=Extent(-120.0, 0.0, 240.0, 60.0))
    assert wide.values.shape == (60, 360)
    assert wide.values[:, 125:235].min() == pytest.approx(1.0)
    assert not wide.values[:, :115].any()
    assert not wide.values[:, 245:].any()


def test_no_evidence_is_all_zero() -> None:
    saliency = over_picture(np.full((2, 2), -1.0, dtype=np.float32), (96, 64), height=64, width=96)
    assert not saliency.values.any()


@pytest.mark.parametrize(("size", "drawn"), [((300, 200), (300, 200)), ((4000, 2000), (MAX_SIDE, MAX_SIDE // 2))])
def test_the_png_has_the_proportions_of_the_picture(size: tuple[int, int], drawn: tuple[int, int]) -> None:
    saliency = over_picture(np.eye(4, 6, dtype=np.float32), size, height=64, width=96)
    image = Image.open(io.BytesIO(saliency.png()))
    assert (image.size, image.mode) == (drawn, "L")
    assert np.asarray(image).max() > 200
