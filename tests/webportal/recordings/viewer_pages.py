"""A browser in which the owner is logged in, a recording full of spikes, and what its strip shows."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

import numpy as np
import pytest
from django.test import Client
from numpy.typing import NDArray
from playwright.sync_api import Browser, Page
from pytest_django.fixtures import Settings
from pytest_django.live_server_helper import LiveServer

from ecg.recording import Gap, Recording
from webportal.recordings import models

RATE = 360
GAP = (200 * RATE, 215 * RATE)

#: Rows of ink (darker than any paper) of each pixel column of the strip, [first, last], or nothing.
INK = """(below) => {
  const canvas = document.querySelector("#viewer-strip canvas");
  const {strip} = window.beatlensViewer;
  const [top, bottom] = [strip.lanes[0].top + (below || 0), strip.lanes[0].bottom];
  const pixels = canvas.getContext("2d").getImageData(0, top, canvas.width, bottom - top);
  return Array.from({length: canvas.width}, (_, x) => {
    const rows = [];
    for (let y = 0; y < pixels.height; y += 1) {
      const at = 4 * (y * canvas.width + x);
      const [red, green, blue] = pixels.data.slice(at, at + 3);
      // Red arrows at the edge say that a peak goes on beyond it.
      if (red + green + blue < 330 && red - blue < 60) rows.push(y + top);
    }
    return rows.length ? [rows[0], rows[rows.length - 1]] : null;
  });
}"""


def spiky() -> NDArray[np.float32]:
    """Five minutes of one lead: slow waves, and spikes of a single sample up and down, one or two a second."""
    samples = 300 * RATE
    times = np.arange(samples) / RATE
    values = 0.25 * np.sin(2 * np.pi * times * 1.1)
    random = np.random.default_rng(5)
    places = random.choice(samples, 500, replace=False)
    values[places] += random.choice([-0.8, 0.9], 500)
    values[slice(*GAP)] = np.nan
    return np.round(values, 3).astype(np.float32)[None]


@pytest.fixture(scope="module")
def values() -> NDArray[np.float32]:
    return spiky()


@pytest.fixture
def spikes(keep_recording: Callable[..., models.Recording], values: NDArray[np.float32]) -> models.Recording:
    recording = Recording.of_array(values, leads=("II",), rate=float(RATE))
    recording = Recording(
        recording.leads, recording.rate, recording.signal, gaps=(Gap(*GAP),), start=datetime(2024, 3, 5, 23, 58)
    )
    return keep_recording(recording, name="spikes")


def view(page: Page) -> dict[str, Any]:
    script = """() => {
      const {scale, strip} = window.beatlensViewer;
      return JSON.stringify({origin: scale.origin, perSecond: scale.pixelsPerSecond, middle: strip.middle(0),
        perMillivolt: scale.pixelsPerMillivolt, shift: strip.shifts[0], ratio: scale.ratio, gutter: strip.gutter,
        width: strip.canvas.width, factor: strip.factor, top: strip.top, bottom: strip.bottom});
    }"""
    found: dict[str, Any] = json.loads(page.evaluate(script))
    return found


@pytest.fixture(params=[1, 2], ids=["1x", "2x"])
def page(
    request: pytest.FixtureRequest,
    chromium: Browser,
    live_server: LiveServer,
    owner_client: Client,
    settings: Settings,
) -> Iterator[Page]:
    settings.ALLOWED_HOSTS = ["*"]
    context = chromium.new_context(viewport={"width": 1000, "height": 800}, device_scale_factor=request.param)
    session = owner_client.cookies["sessionid"].value
    context.add_cookies([{"name": "sessionid", "value": session, "url": live_server.url}])
    opened = context.new_page()
    opened.on("pageerror", lambda error: pytest.fail(f"the page's script failed: {error}"))
    yield opened
    context.close()


def settled(page: Page) -> None:
    """Wait until all that is in sight is there and drawn."""
    page.wait_for_function(
        "() => {const {tiles} = window.beatlensViewer; return tiles.known.size && !tiles.wanted.size ||"
        " [...tiles.wanted.keys()].every((key) => tiles.has(key))}"
    )
    page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
