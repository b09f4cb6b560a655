"""Strips and pages as people have them, from the picture to the report: through the real portal, workers and server."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable
from pathlib import Path
from typing import Final

import pytest
from playwright.sync_api import Page, expect

from tests.ecg.pictures.documents.printed import page as cart_page
from tests.ecg.pictures.pages.drawn import RATE, STANDARD, lead
from tests.end_to_end.people import follow, leaving, sign_up
from tests.end_to_end.system import ROOT, System
from tests.end_to_end.test_recording_journeys import PATIENCE, PHONE, Shot, Visit, analysed, enter, tab_to

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
    with leaving(adam):
        adam.keyboard.press("Enter")
    analysed(adam)
    expect(adam.locator("main")).to_contain_text("read from a picture")


def send_picture(page: Page, system: System, picture: Path) -> str:
    """Send a picture of a strip or page, and wait for the page that asks whether it was read rightly; its address."""
    page.goto(f"{system.portal}/recordings/new/")
    page.locator("#recording-form input[type=file]").set_input_files([picture])
    page.locator("#recording-form button[type=submit]").click()
    page.wait_for_url(re.compile(r"/recordings/[0-9a-f-]{36}/$"), timeout=PATIENCE)
    check = page.locator("main a[href$='/page/']")
    check.wait_for(timeout=PATIENCE)
    follow(page, check)
    return page.url


def confirm(page: Page) -> None:
    """Say that it was read rightly, and wait until it is analysed."""
    follow(page, page.locator("button[value=confirm]"))
    page.locator("main a[href$='/report/']").first.wait_for(timeout=PATIENCE)
    page.wait_for_function("() => window.beatlensViewer?.tiles.known.size && window.beatlensViewer.overview?.data")


def fits(page: Page) -> bool:
    """Whether nothing has to be moved sideways to be read."""
    return bool(page.evaluate("() => document.documentElement.scrollWidth <= innerWidth"))


def test_a_strip_is_photographed_with_a_phone_in_german(system: System, visitor: Visit, shot: Shot) -> None:
    yara = visitor(viewport=PHONE, has_touch=True, is_mobile=True)
    sign_up(yara, system, "yara")
    follow(yara, yara.get_by_role("button", name="Deutsch"))
    yara.goto(f"{system.portal}/recordings/new/")
    with yara.expect_file_chooser() as chooser:
        yara.get_by_role("button", name="Streifen fotografieren").click()
    expect(yara.locator("#photograph-hints")).to_contain_text("Kein Schatten")
    chooser.value.set_files([PICTURES / "strip-photograph.jpg"])
    expect(yara.locator("#chosen li")).to_have_count(1)
    shot(yara, "picture-phone")
    send_picture(yara, system, PICTURES / "strip-photograph.jpg")
    expect(yara.get_by_role("heading", level=1)).to_have_text("Wurde richtig gelesen?")
    expect(yara.locator("#page-leads ~ .scroll tbody tr")).to_have_count(1)
    assert fits(yara)
    shot(yara, "picture-phone-check")
    confirm(yara)
    expect(yara.locator("main")).to_contain_text("von einem Bild gelesen")
    assert fits(yara)
    follow(yara, yara.get_by_role("link", name="Bericht", exact=True))
    expect(yara.locator("main")).to_contain_text("Nur für Forschung und Lehre")
    assert fits(yara)


def test_a_scanned_page_is_corrected_by_hand_and_by_keyboard(system: System, visitor: Visit, shot: Shot) -> None:
    zoe = visitor(viewport={"width": 1280, "height": 900})
    sign_up(zoe, system, "zoe")
    send_picture(zoe, system, PICTURES / "page-scan.jpg")
    names = zoe.locator("#page-leads ~ .scroll tbody input")
    expect(names).to_have_count(13)
    scale = zoe.locator("#page-scale ~ dl")
    expect(scale).to_contain_text("10 mm/mV")

    read_again(zoe, lambda: fill(zoe, "#id_mm_per_mv", "5"))
    expect(scale).to_contain_text("5 mm/mV, as you said")
    read_again(zoe, lambda: fill(zoe, "#id_mm_per_mv", ""))
    expect(scale).not_to_contain_text("as you said")

    tab_to(zoe, "(one) => one.id === 'page-corners'")
    zoe.keyboard.press("Enter")
    tab_to(zoe, "(one) => one.id === 'corner-upper_left'")
    read_again(zoe, lambda: zoe.keyboard.press("ArrowRight"))
    assert zoe.evaluate("() => document.activeElement.id") == "corner-upper_left"
    assert zoe.locator("#id_upper_left").input_value()

    assert names.first.input_value() == "I"
    names.first.fill("MLII")
    shot(zoe, "picture-corrected")
    confirm(zoe)
    expect(zoe.locator("main")).to_contain_text("V4, V5, V6, MLII;")
    # A place on the paper is a place in the strip.
    zoe.locator("#paper-marks").click(position={"x": 300, "y": 150})
    expect(zoe.locator("#on-paper-said")).to_contain_text("On the picture")


def fill(page: Page, field: str, value: str) -> None:
    """Write into a field and leave it."""
    page.locator(field).fill(value)
    page.locator(field).press("Tab")


def test_what_a_cart_prints_to_pdf_is_read_exactly(system: System, visitor: Visit, shot: Shot, tmp_path: Path) -> None:
    leads = {name: lead(2.5, height=0.4 + 0.1 * number, late=0.2) for number, name in enumerate(STANDARD)}
    rows = [[(name, leads[name]) for name in STANDARD[row::3]] for row in range(3)]
    (tmp_path / "cart.pdf").write_bytes(cart_page([*rows, [("II", lead(10.0))]], RATE))
    arne = visitor(viewport={"width": 1280, "height": 900}, accept_downloads=True)
    sign_up(arne, system, "arne")
    send_picture(arne, system, tmp_path / "cart.pdf")
    expect(arne.locator("#page-scale ~ dl")).to_contain_text("25 mm/s, printed on the page")
    shot(arne, "picture-cart")
    confirm(arne)
    expect(arne.locator("main")).to_contain_text("I, II, III, aVR, aVL, aVF, V1, V2, V3, V4, V5, V6;")
    follow(arne, arne.get_by_role("link", name="Report", exact=True))
    with arne.expect_download() as downloading:
        arne.get_by_role("link", name="PDF", exact=True).click()
    assert downloading.value.path().read_bytes().startswith(b"%PDF")
