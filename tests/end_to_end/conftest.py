"""One running system for all of these tests, and browsers whose visitors share nothing."""

from __future__ import annotations

import io
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

from tests.end_to_end.system import System, running_system

#: Pixels across the pictures for docs/journeys.md, whose windows are half as wide again.
_WIDEST = 760


@pytest.fixture(scope="session")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    with running_system(tmp_path_factory.mktemp("var")) as running:
        yield running


@pytest.fixture(scope="module")
def browser(chromium_path: str) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(
            executable_path=chromium_path, args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
        )
        yield launched
        launched.close()


@pytest.fixture
def visitor(browser: Browser) -> Iterator[Callable[..., Page]]:
    """Opens pages of people who share nothing; errors in a page's console fail the test."""
    contexts, complaints = [], []

    def visit(**options: Any) -> Page:
        context = browser.new_context(**options)
        context.set_default_timeout(20_000)
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        return page

    yield visit
    for context in contexts:
        context.close()
    assert complaints == []


@pytest.fixture
def shot() -> Callable[[Page, str], None]:
    """Takes a picture of what a visitor sees, where BEATLENS_SCREENSHOTS names a folder for them."""
    folder = os.environ.get("BEATLENS_SCREENSHOTS")

    def take(page: Page, name: str) -> None:
        if folder:
            page.wait_for_load_state("networkidle")
            seen = Image.open(io.BytesIO(page.screenshot(animations="disabled")))
            seen.thumbnail((_WIDEST, 2 * _WIDEST), Image.Resampling.LANCZOS)
            seen.save(Path(folder) / f"{name}.webp", quality=20, method=6)  # words stay readable

    return take
