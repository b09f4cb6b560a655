"""What was read of a page, as a message and back."""

from __future__ import annotations

import numpy as np
import pytest

from ecg.pictures.pages.reading import read
from ecg.pictures.pages.result import RATE
from inference_server.classification.page_messages import PLACES_APART, Digitized, from_response, to_response
from tests.ecg.pictures.pages import drawn


def test_places_stay_where_they_are_however_often_an_answer_is_handed_on() -> None:
    digitized = Digitized(read(drawn.strip().pixels()), b"")
    (first,) = digitized.reading.leads
    for _ in range(3):  # the server answers, the portal stores
        digitized = from_response(to_response(digitized))
        (lead,) = digitized.reading.leads
        assert len(lead.trace) == pytest.approx(len(first.millivolts) / PLACES_APART, abs=1)
        x = lead.trace[:, 0]
        seconds = np.arange(len(x)) * PLACES_APART / RATE
        known = np.isfinite(x)
        slope = np.polyfit(seconds[known], x[known], 1)[0]
        assert digitized.reading.calibration is not None
        scale = digitized.reading.calibration
        assert slope == pytest.approx(scale.pixels_per_mm * scale.mm_per_second, rel=0.02)
