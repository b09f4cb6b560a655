"""Strips and pages as people have them, from the picture to the report: through the real portal, workers and server."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable
from typing import Final

import pytest
from playwright.sync_api import Page, expect

from tests.end_to_end.people import sign_up
from tests.end_to_end.system import ROOT, System
from tests.end_to_end.test_recording_journeys import PATIENCE, Shot, Visit, analysed, enter, tab_to

pytestmark = pytest.mark.xdist_group("system")

PICTURES: Final = ROOT / "samples" / "pictures"


def read_again(page: Page, change: Callable[[], object]) -> None:
    """Change something, and wait until the picture was read with it."""
    change()
    expect(page.locator(".page-form--reading")).to_be_visible()
    expect(page.locator(".page-form--reading")).to_have_count(0, timeout=PATIENCE)


def test_a_screenshot_is_pasted_and_checked_by_keyboard_alone(system: System, visitor: Visit, shot: Shot) -> None:
    adam = visitor(viewport={"width": 1280, "height": 900})
    sign_up(adam, system, "adam")
    adam.goto(f"{system.portal}/recordings/new/")
    adam.evaluate(
        """(encoded) => {
          const bytes = Uint8Array.from(atob(encoded), (letter) => letter.charCodeAt(0));
          const clipboardData = new DataTransfer();
          clipboardData.items.add(new File([bytes], "image.png", { type: "image/png" }));
          document.dispatchEvent(new ClipboardEvent("paste", { clipboardData, bubbles: true }));
        }""",
        base64.b64encode((PICTURES / "strip-screenshot.png").read_bytes()).decode(),
    )
    expect(adam.locator("#chosen li")).to_have_count(1)
    tab_to(adam, "(one) => one.matches('#recording-form button[type=submit]')")
    adam.keyboard.press("Enter")
    adam.wait_for_url(re.compile(r"/recordings/[0-9a-f-]{36}/$"), timeout=PATIENCE)
    adam.get_by_role("link", name="Look at what was read").wait_for(timeout=PATIENCE)
    enter(adam, "a", "Look at what was read")
    checking = adam.url

    tab_to(adam, "(one) => one.id === 'page-beat'")
    adam.keyboard.press("Enter")
    whole = adam.locator("#id_beat").input_value()
    adam.keyboard.press("ArrowRight")
    adam.keyboard.press("Shift+ArrowDown")
    assert adam.locator("#id_beat").input_value() != whole
    shot(adam, "picture-one-beat")
    enter(adam, "button", "Classify this beat")
    expect(adam.locator("#status")).to_be_visible()

    adam.goto(checking)
    tab_to(adam, "(one) => one.id === 'page-region'")
    adam.keyboard.press("Enter")
    read_again(adam, lambda: adam.keyboard.press("Shift+ArrowDown"))
    assert adam.evaluate("() => document.activeElement.id") == "frame-region"
    tab_to(adam, "(one) => one.value === 'confirm'")
    with adam.expect_navigation():
        adam.keyboard.press("Enter")
    analysed(adam)
    expect(adam.locator("main")).to_contain_text("read from a picture")
