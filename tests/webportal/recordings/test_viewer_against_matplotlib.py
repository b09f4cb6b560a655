"""The strip in a real browser against what Matplotlib draws of the same samples on the same pixels, at every zoom."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from numpy.typing import NDArray
from playwright.sync_api import Page
from pytest_django.live_server_helper import LiveServer

from tests.webportal.recordings.viewer_pages import INK, RATE, page, settled, spikes, values, view
from webportal.recordings import models

__all__ = ["page", "spikes", "values"]  # fixtures

pytestmark = [pytest.mark.django_db(transaction=True)]

_DPI = 100
#: Rows and columns of pixels by which two ways to draw the same line may differ, for each pixel of the screen's ratio.
SLACK = 2


def plotted(lead: NDArray[np.float32], seen: Mapping[str, Any]) -> list[tuple[int, int] | None]:
    """First and last row of ink in each column of pixels, as Matplotlib draws a lead where the viewer has it."""
    width, height = seen["width"], seen["bottom"] - seen["top"]
    figure = Figure(figsize=(width / _DPI, height / _DPI), dpi=_DPI)
    canvas = FigureCanvasAgg(figure)
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set_axis_off()
    axes.set_xlim(0, width)
    axes.set_ylim(height, 0)
    columns = np.arange(len(lead)) / RATE * seen["perSecond"] - seen["origin"]
    rows = seen["middle"] - (lead - seen["shift"]) * seen["perMillivolt"] - seen["top"]
    near = (columns > -50) & (columns < width + 50)
    with mpl.rc_context({"path.simplify": False, "agg.path.chunksize": 5000}):
        axes.plot(columns[near], rows[near], color="black", linewidth=1.25 * seen["ratio"] * 72 / _DPI)
        canvas.draw()  # type: ignore[no-untyped-call]
    pixels: NDArray[np.uint8] = np.asarray(canvas.buffer_rgba())  # type: ignore[no-untyped-call]
    ink: NDArray[np.bool_] = pixels[:, :, 0] < 128
    first, last = ink.argmax(axis=0), height - 1 - ink[::-1].argmax(axis=0)
    return [
        (int(top) + seen["top"], int(bottom) + seen["top"]) if there else None
        for there, top, bottom in zip(np.any(ink, axis=0), first, last, strict=True)
    ]


@pytest.mark.parametrize("speed", ["100", "50", "25", "12.5", "5", "2.5", "1", "whole"])
def test_a_column_has_the_extremes_that_matplotlib_draws_and_nothing_else(
    speed: str, page: Page, live_server: LiveServer, spikes: models.Recording, values: NDArray[np.float32]
) -> None:
    page.goto(live_server.url + spikes.get_absolute_url() + "?at=60")
    page.select_option("#viewer-speed", speed)
    settled(page)
    drawn, seen = page.evaluate(INK), view(page)
    expected = plotted(values[0], seen)
    slack, reach = SLACK * seen["ratio"], 1 + round(seen["ratio"])
    # Where something was recorded: elsewhere words say that nothing was.
    samples = np.floor((seen["origin"] + np.arange(seen["width"])) / seen["perSecond"] * RATE).astype(np.int64)
    there = (samples >= 0) & (samples < values.shape[1])
    recorded = there & np.isfinite(values[0, np.where(there, samples, 0)])
    inside = [
        column
        for column in range(seen["gutter"] + reach, seen["width"] - reach)
        if recorded[column - reach : column + reach + 1].all()
    ]
    for column in inside:
        for one, other in ((expected, drawn), (drawn, expected)):
            if (ink := one[column]) is None:
                continue
            beside = [rows for rows in other[column - reach : column + reach + 1] if rows]
            assert beside, column
            assert min(top for top, _ in beside) <= ink[0] + slack, column
            assert max(bottom for _, bottom in beside) >= ink[1] - slack, column
    assert len(inside) > 300
