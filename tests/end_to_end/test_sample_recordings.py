"""A whole recording without an account: the strip, the next run by a key, calipers, the report; and on a phone."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.end_to_end.system import System

pytestmark = pytest.mark.xdist_group("system")

PHONE = {"width": 360, "height": 740}
Visit = Callable[..., Page]
Shot = Callable[[Page, str], None]


def opened(page: Page) -> None:
    """Wait for the strip, its beats and the overview. A server that has just started answers a moment later."""
    page.wait_for_function("() => window.beatlensViewer?.tiles.known.size > 0")
    end = time.monotonic() + 120
    while not page.evaluate("() => Boolean(window.beatlensViewer.beats)") and time.monotonic() < end:
        page.wait_for_timeout(5_000)
        page.reload()
        page.wait_for_function("() => window.beatlensViewer?.tiles.known.size > 0")
    page.wait_for_function("() => window.beatlensViewer.beats?.store.known.size && window.beatlensViewer.overview.data")


def test_from_the_strip_to_the_report(system: System, visitor: Visit, shot: Shot) -> None:
    nora = visitor(viewport={"width": 1280, "height": 900})
    nora.goto(f"{system.portal}/try/")
    nora.get_by_role("link", name="Ventricular couplets and runs").click()
    opened(nora)
    nora.locator("#viewer-strip").focus()
    nora.keyboard.press("r")
    expect(nora.locator("#viewer-said")).to_contain_text("Ventricular run")
    shot(nora, "recording-run")
    nora.keyboard.press("v")
    expect(nora.locator("#viewer-said")).to_contain_text("Premature Ventricular Contraction")
    nora.keyboard.press("m")
    expect(nora.locator("#viewer-said")).to_contain_text("ms,")
    shot(nora, "recording-calipers")
    with nora.expect_download() as download:
        nora.get_by_role("link", name="Report as PDF").click()
    assert download.value.path().read_bytes().startswith(b"%PDF")


def test_on_a_phone_in_the_dark_in_german(system: System, visitor: Visit, shot: Shot) -> None:
    olaf = visitor(viewport=PHONE, has_touch=True, is_mobile=True, color_scheme="dark", locale="de-DE")
    olaf.goto(f"{system.portal}/try/recordings/atrial-fibrillation/")
    opened(olaf)
    expect(olaf.locator("h1")).to_have_text("Vorhofflimmern")
    assert olaf.evaluate("() => document.documentElement.scrollWidth <= innerWidth")
    box = olaf.locator("#viewer-strip").bounding_box()
    assert box is not None
    assert box["y"] < PHONE["height"] - 100, "the strip begins below the first screen"
    olaf.locator("#viewer-strip").scroll_into_view_if_needed()
    shot(olaf, "recording-phone")
