"""A browser in which the owner is logged in, and when the strip of a recording is drawn."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.test import Client
from playwright.sync_api import Browser, Page
from pytest_django.fixtures import Settings
from pytest_django.live_server_helper import LiveServer


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
