"""The whole page of an analysed recording in a real browser: letters, keys, drags, for everybody."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe
from django.urls import reverse
from playwright.sync_api import ConsoleMessage, Page
from pytest_django.live_server_helper import LiveServer

from inference_server.classification.recordings import RecordingAnalysis as Answer
from tests.webportal.recordings.viewer_pages import page, settled
from tests.webportal.test_accessibility import TAGS
from webportal.recordings import models

__all__ = ["page"]  # a fixture

pytestmark = [pytest.mark.django_db(transaction=True)]

RATE = 360


@pytest.fixture
def recording(analysed: models.RecordingAnalysis) -> models.Recording:
    return analysed.recording


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("width", "language"), [(1280, "en"), (360, "de")])
def test_nobody_is_left_out_and_nothing_sticks_out(
    scheme: Any,
    width: int,
    language: str,
    page: Page,
    live_server: LiveServer,
    recording: models.Recording,
) -> None:
    complaints: list[str] = []

    def heard(message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            complaints.append(message.text)

    page.on("console", heard)
    page.set_viewport_size({"width": width, "height": 740})
    page.emulate_media(color_scheme=scheme)
    page.context.add_cookies([{"name": "django_language", "value": language, "url": live_server.url}])
    for address in (
        recording.get_absolute_url(),
        reverse("recordings:beats-table", args=[recording.pk]),
        reverse("recordings:episodes-table", args=[recording.pk]),
    ):
        page.goto(live_server.url + address)
        if page.locator("#viewer-strip").count():
            settled(page)
        found = Axe().run(page, options={"runOnly": {"type": "tag", "values": TAGS}})
        assert found.violations_count == 0, found.generate_report()
        assert page.evaluate("() => document.documentElement.scrollWidth") <= width
    assert complaints == []


def test_the_page_without_the_signal_is_light(page: Page, live_server: LiveServer, recording: models.Recording) -> None:
    page.goto(live_server.url + recording.get_absolute_url())
    settled(page)
    sizes: dict[str, int] = page.evaluate(
        "() => Object.fromEntries(performance.getEntries().filter((one) => one.decodedBodySize)"
        ".map((one) => [one.name, one.decodedBodySize]))"
    )
    signal = ("/signal/", "/beats/", "/overview", "/episodes")
    without = {name: size for name, size in sizes.items() if not any(word in name for word in signal)}
    assert any(name.endswith("viewer.js") for name in without)
    assert sum(without.values()) <= 150_000, without


def test_keys_alone_go_from_beat_to_beat(
    page: Page, live_server: LiveServer, recording: models.Recording, said: Answer
) -> None:
    page.goto(live_server.url + recording.get_absolute_url())
    settled(page)
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.evaluate("() => document.activeElement.id") == "viewer-strip":
            break
    ventricular = [kind.short for kind in said.model.classes].index("PVC")
    places = np.flatnonzero((said.beats.classes == ventricular) & ~said.beats.fibrillates)
    chosen = "() => window.beatlensViewer.strip.chosen?.sample"
    page.keyboard.press("Home")
    for place in places[said.beats.samples[places] > 7 * RATE][:3].tolist():
        page.keyboard.press("v")
        page.wait_for_function(f"() => window.beatlensViewer.strip.chosen?.sample === {said.beats.samples[place]}")
    assert "Premature Ventricular Contraction" in page.locator("#viewer-said").inner_text()
    here = page.evaluate(chosen)
    page.keyboard.press("n")
    page.wait_for_function(f"() => window.beatlensViewer.strip.chosen.sample > {here}")
    page.keyboard.press("p")
    page.wait_for_function(f"() => window.beatlensViewer.strip.chosen.sample === {here}")
    page.keyboard.press("h")
    greatest = said.measures.heart_rate.greatest
    assert greatest is not None
    assert f"{greatest.rate:.0f}/min" in page.locator("#viewer-said").inner_text()
    for missing in ("o", "r"):  # its beats come in less than a second, and no two ventricular ones together
        page.keyboard.press(missing)
        assert page.locator("#viewer-said").inner_text() == "There is none in this recording."
        page.keyboard.press("h")
    page.keyboard.press("?")
    page.get_by_role("heading", name="Keys and gestures").wait_for()
    page.keyboard.press("Escape")
    page.get_by_role("heading", name="Keys and gestures").wait_for(state="hidden")


def test_letters_are_those_of_the_beats_in_sight(
    page: Page, live_server: LiveServer, recording: models.Recording, said: Answer
) -> None:
    page.goto(live_server.url + recording.get_absolute_url() + "?at=100")
    settled(page)
    page.wait_for_function("() => window.beatlensViewer.beats.store.known.size > 0")
    shown = page.evaluate(
        "() => {const {strip, beats} = window.beatlensViewer; const {begin, end} = strip.sight;"
        " const shown = [...beats.between(begin, end)];"
        " return [begin, end, shown.map((beat) => [beat.sample, beat.kind, beat.isCertain])]}"
    )
    begin, end, beats = shown
    first, last = np.searchsorted(said.beats.samples, (begin, end)).tolist()
    part = slice(first, last)
    assert last - first > 5
    expected = zip(said.beats.samples[part], said.beats.classes[part], said.beats.confident[part], strict=True)
    assert beats == [[int(sample), int(kind), bool(certain)] for sample, kind, certain in expected]


def test_a_map_is_dragged_and_a_wheel_zooms(page: Page, live_server: LiveServer, recording: models.Recording) -> None:
    page.goto(live_server.url + recording.get_absolute_url() + "?at=100")
    settled(page)
    box = page.locator("#viewer-strip").bounding_box()
    assert box is not None
    begin = "() => window.beatlensViewer.scale.begin"
    before = page.evaluate(begin)
    page.mouse.move(box["x"] + 600, box["y"] + 120)
    page.mouse.down()
    page.mouse.move(box["x"] + 400, box["y"] + 120, steps=5)
    page.wait_for_timeout(150)  # no flick
    page.mouse.up()
    assert page.evaluate(begin) - before == pytest.approx(200 / (25 * 96 / 25.4), abs=0.03)
    page.keyboard.down("Control")
    page.mouse.wheel(0, 120)
    page.keyboard.up("Control")
    page.wait_for_function("() => window.beatlensViewer.scale.speed === 12.5")
