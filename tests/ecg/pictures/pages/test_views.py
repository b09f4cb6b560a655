"""How a picture is enlarged where it is read."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from ecg.pictures.pages.views import usual_scale

SIZE = (1700, 420)


def test_a_map_that_only_enlarges_has_its_factor_as_scale() -> None:
    assert usual_scale(lambda places: 1.25 * places + (30.0, -7.0), SIZE) == pytest.approx(1.25)


def test_a_bend_in_the_middle_does_not_change_the_scale_of_the_whole() -> None:
    def bent(places: NDArray[np.float64]) -> NDArray[np.float64]:
        away = (places - np.array(SIZE) / 2) / 60.0
        bump = np.exp(-(away**2).sum(axis=1, keepdims=True))
        return places + 20.0 * away * bump

    assert usual_scale(bent, SIZE) == pytest.approx(1.0, abs=0.005)
