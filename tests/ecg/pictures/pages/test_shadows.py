"""Shadows are taken from paper, and nothing from paper without any."""

from __future__ import annotations

import numpy as np
import pytest

from ecg.pictures.pages.shadows import without_shadows
from tests.ecg.pictures.pages import drawn


def test_paper_is_as_light_in_a_shadow_as_beside_it() -> None:
    pixels = drawn.strip(fine=None, bold=None).pixels()
    shadow = np.where(np.arange(pixels.shape[1]) < pixels.shape[1] // 2, 1.0, 0.5)
    shown = without_shadows(np.rint(pixels * shadow[:, None]).astype(np.uint8), 8.0)
    assert shown is not None
    # The light of the paper is told to a few pixels, where no shadow in a photograph is as sharp as this one.
    shown = np.delete(shown, np.s_[pixels.shape[1] // 2 - 6 : pixels.shape[1] // 2 + 6], axis=1)
    light = np.median(shown.max(axis=2), axis=0)
    assert light.max() - light.min() <= 6
    # What is drawn is as dark beside its paper as it was.
    ink = (shown.min(axis=2) < 0.5 * np.median(light)).mean()
    assert ink == pytest.approx((pixels.min(axis=2) < 127).mean(), rel=0.1)


@pytest.mark.parametrize("shape", [(1, 1), (3, 900), (60, 150), (400, 900)])
def test_even_paper_of_any_size_has_no_shadow(shape: tuple[int, int]) -> None:
    assert without_shadows(np.full((*shape, 3), 200, np.uint8), 8.0) is None


def test_a_soft_shadow_across_a_corner_of_a_large_page_is_one() -> None:
    rows, columns = 1100, 2000
    y, x = np.mgrid[0:rows, 0:columns]
    inside = 1 / (1 + np.exp((y - 0.35 * x + 100) / 6))
    shade = 1 - 0.4 * inside
    paper = np.rint(np.broadcast_to([240.0, 232.0, 210.0], (rows, columns, 3)) * shade[..., None]).astype(np.uint8)
    shown = without_shadows(paper, 6.3)
    assert shown is not None
    light = shown.max(axis=2)[100:-100, 100:-100].astype(np.float64)
    assert light.max() - light.min() <= 12
    # Light that falls off all over the page is no shadow's edge.
    slope = np.linspace(1.0, 0.6, columns)[None, :, None]
    assert without_shadows(np.rint(np.full((rows, columns, 3), 230.0) * slope).astype(np.uint8), 6.3) is None
