from __future__ import annotations

import numpy as np
import pytest

from tests.training.pages.made import RATE, twelve
from training.pages import making
from training.pages.arrangements import CABRERA, panels_of
from training.pages.capture import Medium
from training.pages.truth import GRID, MARK, TRACE


@pytest.mark.parametrize(
    ("layout", "medium"),
    [
        *((layout, Medium.CLEAN) for layout in making.LAYOUTS),
        ("1x1", Medium.PHOTOGRAPH),
        ("3x4+1", Medium.PHOTOGRAPH),
        ("12x1", Medium.SCAN),
        ("2x1", Medium.MONITOR),
        ("3x4", Medium.SCREENSHOT),
    ],
)
def test_the_trace_of_every_lead_lies_where_the_page_says(layout: str, medium: Medium) -> None:
    page = making.drawn(twelve(), layout, medium, seed=5)
    height, width = page.labels.shape
    for lead in page.truth.leads:
        x, y = np.floor(lead.trace).astype(int).T
        inside = (x >= 1) & (x < width - 1) & (y >= 1) & (y < height - 1)
        near = np.max([page.labels[y[inside] + dy, x[inside]] == TRACE for dy in (-1, 0, 1)], axis=0)
        assert near.mean() > 0.9, lead.name


def test_a_clean_page_is_as_large_as_its_scale_says() -> None:
    page = making.drawn(twelve(), "3x4+1", Medium.CLEAN, seed=1, vary=False)
    rhythm = page.truth.leads[-1]
    scale = page.truth.calibration.pixels_per_mm
    across = np.hypot(*(rhythm.trace[-1] - rhythm.trace[0]))
    assert across == pytest.approx((len(rhythm.millivolts) - 1) / RATE * 25.0 * scale, rel=1e-3)
    foot, peak = 160, 200  # of the first beat, at 0.4 s
    height = float(rhythm.millivolts[peak] - rhythm.millivolts[foot])
    assert rhythm.trace[foot, 1] - rhythm.trace[peak, 1] == pytest.approx(height * 10.0 * scale, rel=0.02)


def test_a_page_holds_each_lead_of_its_layout_for_its_time() -> None:
    page = making.drawn(twelve(), "3x4+1", Medium.CLEAN, seed=1, vary=False)
    leads = page.truth.leads
    assert [lead.name for lead in leads[:4]] == ["I", "aVR", "V1", "V4"]
    assert [lead.begin for lead in leads[:4]] == [0.0, 2.5, 5.0, 7.5]
    assert leads[-1].name == "II"
    assert len(leads[-1].millivolts) / RATE == pytest.approx(10.0)
    heart = twelve()
    np.testing.assert_array_equal(leads[1].millivolts, heart.lead("aVR")[1250:2501])


def test_equal_seeds_make_equal_pages_and_others_do_not() -> None:
    first, again, other = (making.drawn(twelve(3.0), "1x1", Medium.SCAN, seed=seed) for seed in (3, 3, 4))
    np.testing.assert_array_equal(first.pixels, again.pixels)
    np.testing.assert_array_equal(first.labels, again.labels)
    assert first.pixels.shape != other.pixels.shape or (first.pixels != other.pixels).any()


def test_leads_in_the_order_of_cabrera_show_avr_turned_round() -> None:
    heart = twelve()
    assert [panel.lead for panel in panels_of("12x1", heart.leads, 10.0, cabrera=True)][:6] == [*CABRERA]
    np.testing.assert_array_equal(heart.lead("-aVR"), -heart.lead("aVR"))


def test_grid_and_text_are_told_from_traces() -> None:
    page = making.drawn(twelve(), "3x4+1", Medium.CLEAN, seed=1, vary=False)
    shares = np.bincount(page.labels.ravel(), minlength=4) / page.labels.size
    assert 0.1 < shares[GRID] < 0.5
    assert 0.002 < shares[TRACE] < 0.05
    assert 0.002 < shares[MARK] < 0.05


def test_fewer_leads_than_the_layout_needs_are_refused() -> None:
    heart = twelve()
    with pytest.raises(ValueError, match="twelve standard leads"):
        making.drawn(type(heart)(("II",), RATE, heart.millivolts[:1]), "3x4", Medium.CLEAN, seed=1)
