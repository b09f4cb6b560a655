"""The viewer in a real browser: what its canvas shows against what NumPy says of the same samples."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from playwright.sync_api import Page
from pytest_django.live_server_helper import LiveServer

from tests.webportal.recordings.viewer_pages import INK, RATE, page, settled, spikes, values, view
from webportal.recordings import models

__all__ = ["page", "spikes", "values"]  # fixtures

pytestmark = [pytest.mark.django_db(transaction=True)]


@pytest.mark.parametrize("speed", [100, 50, 25, 12.5, 5, 2.5, 1, "whole"])
def test_every_peak_is_in_its_pixel_column(
    speed: float | str, page: Page, live_server: LiveServer, spikes: models.Recording, values: NDArray[np.float32]
) -> None:
    page.goto(live_server.url + spikes.get_absolute_url() + "?at=60")
    page.select_option("#viewer-speed", str(speed) if isinstance(speed, str) else f"{speed:g}")
    settled(page)
    drawn, seen = page.evaluate(INK), view(page)
    perfect = np.floor(np.arange(values.shape[1]) / RATE * seen["perSecond"]).astype(np.int64) - seen["origin"]
    checked = 0
    for column in range(seen["gutter"] + 2, seen["width"] - 2):
        inside = values[0, perfect == column]
        inside = inside[np.isfinite(inside)]
        if not inside.size:
            continue
        top, bottom = (
            seen["middle"] - (edge - seen["shift"]) * seen["perMillivolt"] for edge in (inside.max(), inside.min())
        )
        if top < seen["top"] or bottom > seen["bottom"]:
            continue
        # The line is between the pixels of its own and the next columns; a bucket may lie a quarter of a column aside.
        near = [ink for ink in drawn[column - 1 : column + 2] if ink]
        assert near, (column, top, bottom)
        assert min(first for first, _ in near) <= top + 2 * seen["ratio"], column
        assert max(last for _, last in near) >= bottom - 2 * seen["ratio"], column
        checked += 1
    assert checked > 300


@pytest.mark.parametrize("speed", ["25", "1"])
def test_nothing_is_drawn_that_was_not_recorded(
    speed: str, page: Page, live_server: LiveServer, spikes: models.Recording, values: NDArray[np.float32]
) -> None:
    page.goto(live_server.url + spikes.get_absolute_url() + "?at=100")
    page.select_option("#viewer-speed", speed)
    settled(page)
    drawn, seen = page.evaluate(INK), view(page)
    places = np.floor(np.arange(values.shape[1]) / RATE * seen["perSecond"]).astype(np.int64) - seen["origin"]
    wrong = 0
    for column in range(seen["gutter"] + 2, seen["width"] - 2):
        around = values[0, (places >= column - 2) & (places <= column + 2)]
        around = around[np.isfinite(around)]
        if not around.size or drawn[column] is None:
            continue
        top, bottom = (
            seen["middle"] - (edge - seen["shift"]) * seen["perMillivolt"] for edge in (around.max(), around.min())
        )
        wrong += drawn[column][0] < top - 3 * seen["ratio"] or drawn[column][1] > bottom + 3 * seen["ratio"]
    assert wrong == 0


#: The strip's paper and lines, as it has them and as it would draw them from nothing; how many pixels differ.
DIFFERENCE = """() => {
  const {strip} = window.beatlensViewer;
  const {canvas} = strip;
  const seen = () => canvas.getContext("2d").getImageData(strip.gutter, strip.top, canvas.width, strip.bottom).data;
  strip.draw();
  const moved = seen();
  strip.roll.forget();
  strip.draw();
  const anew = seen();
  let different = 0;
  for (let place = 0; place < anew.length; place += 4) {
    different += [0, 1, 2].some((colour) => Math.abs(anew[place + colour] - moved[place + colour]) > 40);
  }
  return different;
}"""


@pytest.mark.parametrize("speed", ["25", "2.5"])
def test_what_is_moved_is_as_if_it_were_drawn_anew(
    speed: str, page: Page, live_server: LiveServer, spikes: models.Recording
) -> None:
    page.goto(live_server.url + spikes.get_absolute_url() + "?at=195")
    page.select_option("#viewer-speed", speed)
    settled(page)
    for pixels in (1, 37, 260, -5, -700, 1500, 3):
        page.evaluate(
            "(pixels) => {const viewer = window.beatlensViewer;"
            " viewer.pan(pixels * viewer.scale.ratio / viewer.scale.pixelsPerSecond);}",
            pixels,
        )
        settled(page)
        assert page.evaluate(DIFFERENCE) == 0, pixels


def test_moving_a_little_draws_a_little(page: Page, live_server: LiveServer, spikes: models.Recording) -> None:
    page.goto(live_server.url + spikes.get_absolute_url() + "?at=60")
    settled(page)
    painted = page.evaluate(
        """() => {
          const viewer = window.beatlensViewer, {roll} = viewer.strip, {moveTo} = roll;
          let columns = 0;
          roll.moveTo = (origin, stale, paint) => moveTo.call(roll, origin, stale, (context, left, right) => {
            columns += right - left;
            paint(context, left, right);
          });
          viewer.pan(20 * viewer.scale.ratio / viewer.scale.pixelsPerSecond);
          viewer.strip.draw();
          return columns / viewer.scale.ratio;
        }"""
    )
    assert painted == pytest.approx(20, abs=1)


def test_a_millimetre_is_a_millimetre(page: Page, live_server: LiveServer, spikes: models.Recording) -> None:
    page.goto(live_server.url + spikes.get_absolute_url())
    settled(page)
    seen = view(page)
    css_mm = 96 / 25.4
    assert seen["perSecond"] / seen["ratio"] == pytest.approx(25 * css_mm, rel=0.01)
    assert seen["perMillivolt"] / seen["ratio"] == pytest.approx(10 * css_mm, rel=0.01)
    # A card of 85.6 mm that is 400 pixels wide.
    page.get_by_role("button", name="Screen size").click()
    page.evaluate("() => {const box = document.getElementById('viewer-card-width'); box.value = 400; box.oninput();}")
    page.get_by_role("button", name="It fits").click()
    page.wait_for_function("() => window.beatlensViewer.scale.perMm > 4")
    seen = view(page)
    assert seen["perSecond"] / seen["ratio"] == pytest.approx(25 * 400 / 85.6, rel=0.01)
    page.reload()
    settled(page)
    assert view(page)["perSecond"] == pytest.approx(seen["perSecond"])


def test_the_drawn_calibration_mark_is_one_millivolt(
    page: Page, live_server: LiveServer, spikes: models.Recording
) -> None:
    page.goto(live_server.url + spikes.get_absolute_url() + "?at=60")
    settled(page)
    for _ in range(2):  # as large as it gets: pixels are whole
        page.locator("#viewer-strip").press(".")
    settled(page)
    seen = view(page)
    below_the_name = 22 * seen["ratio"]
    drawn = [ink for ink in page.evaluate(INK, below_the_name)[: seen["gutter"] - 2] if ink]
    flat = [(first + last) / 2 for first, last in drawn if last - first < 3 * seen["ratio"]]
    assert seen["perMillivolt"] == pytest.approx(40 * 96 / 25.4 * seen["ratio"], rel=0.001)
    assert max(flat) - min(flat) == pytest.approx(seen["perMillivolt"], rel=0.01)


def test_gaps_and_ends_are_said_and_not_left_blank(
    page: Page, live_server: LiveServer, spikes: models.Recording
) -> None:
    said: list[str] = []

    def heard(text: str) -> None:
        said.append(text)

    page.expose_function("heard", heard)
    page.add_init_script(
        "const fill = CanvasRenderingContext2D.prototype.fillText;"
        "CanvasRenderingContext2D.prototype.fillText = function (text, ...rest) {"
        " window.heard?.(String(text)); return fill.call(this, text, ...rest); };"
    )
    page.goto(live_server.url + spikes.get_absolute_url() + "?at=205")
    settled(page)
    assert "not recorded" in said
    page.locator("#viewer-strip").press("End")
    page.locator("#viewer-strip").press("ArrowRight")
    settled(page)
    assert "after the recording" in said
    page.locator("#viewer-strip").press("Home")
    page.locator("#viewer-strip").press("ArrowLeft")
    settled(page)
    assert "before the recording" in said


def test_what_fails_to_load_is_said_and_tried_again(
    page: Page, live_server: LiveServer, spikes: models.Recording
) -> None:
    failures: list[str] = []

    def fail_twice(route: Any) -> None:
        if len(failures) < 2:
            failures.append(route.request.url)
            route.fulfill(status=503)
        else:
            route.continue_()

    page.route("**/signal/1/*", fail_twice)
    page.goto(live_server.url + spikes.get_absolute_url())
    settled(page)
    assert len(failures) == 2
    assert page.evaluate("() => window.beatlensViewer.tiles.known.size") >= 1


def test_who_was_logged_out_is_told(page: Page, live_server: LiveServer, spikes: models.Recording) -> None:
    page.goto(live_server.url + spikes.get_absolute_url())
    settled(page)
    page.context.clear_cookies()
    page.evaluate("() => window.beatlensViewer.tiles.known.clear()")
    page.locator("#viewer-strip").press("End")
    page.get_by_role("alert").filter(has_text="Reload the page").wait_for()


def test_the_clock_is_the_recorders(page: Page, live_server: LiveServer, spikes: models.Recording) -> None:
    page.goto(live_server.url + spikes.get_absolute_url())
    settled(page)
    page.fill("#viewer-goto input", "00:01:30")  # three and a half minutes after 23:58
    page.press("#viewer-goto input", "Enter")
    assert page.evaluate("() => window.beatlensViewer.scale.middle") == pytest.approx(210, abs=0.1)
    page.fill("#viewer-goto input", "half past two")
    page.press("#viewer-goto input", "Enter")
    assert "no time of this recording" in page.locator("#viewer-said").inner_text()


def test_calipers_measure_what_is_between_them(page: Page, live_server: LiveServer, spikes: models.Recording) -> None:
    page.goto(live_server.url + spikes.get_absolute_url() + "?at=60")
    settled(page)
    strip = page.locator("#viewer-strip")
    strip.press("m")
    box = strip.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 200, box["y"] + 60)
    page.mouse.down()
    page.mouse.move(box["x"] + 300, box["y"] + 40, steps=4)
    page.mouse.up()
    per_second = 25 * 96 / 25.4
    said = page.locator("#viewer-said").inner_text()
    milliseconds = round(1000 * 100 / per_second)
    assert said.startswith(f"{milliseconds} ms, {round(60_000 / (1000 * 100 / per_second))}/min; II: 0.53 mV")
    for _ in range(10):
        strip.press("ArrowRight")
    assert page.locator("#viewer-said").inner_text().startswith(f"{round(1000 * 110 / per_second)} ms")
    strip.press("Escape")
    assert page.evaluate("() => window.beatlensViewer.strip.calipers") is None
