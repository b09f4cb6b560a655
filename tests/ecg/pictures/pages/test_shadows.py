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
