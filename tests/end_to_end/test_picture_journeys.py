"""Strips and pages as people have them, from the picture to the report: through the real portal, workers and server."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable
from pathlib import Path
from typing import Final

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Locator, Page, expect

from tests.ecg.pictures.documents.printed import Style, page
from tests.ecg.pictures.pages.drawn import RATE, STANDARD, lead
from tests.end_to_end.people import follow, sign_up
from tests.end_to_end.system import ROOT, System
from tests.end_to_end.test_recording_journeys import PATIENCE, PHONE, Shot, Visit, analysed, enter, send, tab_to

pytestmark = pytest.mark.xdist_group("system")

PICTURES: Final = ROOT / "samples" / "pictures"


def read(page: Page) -> Locator:
    """Wait until the picture was read, and go to the page on which it is checked."""
    page.get_by_role("link", name=re.compile("Look at what was read|Ansehen, was gelesen wurde")).click(
        timeout=PATIENCE
    )
    checked = page.locator("#page-form")
    expect(checked).to_be_visible()
    return checked


def read_again(page: Page, change: Callable[[], object]) -> None:
    """Change something, and wait until the picture was read with it."""
    change()
    expect(page.locator(".page-form--reading")).to_be_visible()
    expect(page.locator(".page-form--reading")).to_have_count(0, timeout=PATIENCE)


def confirmed(page: Page) -> None:
    """Say that it was read rightly, and wait for the analysis."""
    follow(page, page.locator("#page-form button[value=confirm]"))
    analysed(page)
    expect(page.locator("#on-paper-section")).to_be_visible()


def accessible(page: Page) -> None:
    """Neither axe nor the browser's width has anything to say."""
    found = Axe().run(page).response["violations"]
    assert [(one["id"], one["nodes"][0]["html"]) for one in found] == []
    assert page.evaluate("() => document.documentElement.scrollWidth <= innerWidth")


def test_a_strip_is_photographed_on_a_phone_in_german(system: System, visitor: Visit, shot: Shot) -> None:
    yara = visitor(viewport=PHONE, has_touch=True, is_mobile=True, color_scheme="dark")
    sign_up(yara, system, "yara")
    yara.context.add_cookies([{"name": "django_language", "value": "de", "url": system.portal}])
    yara.goto(f"{system.portal}/recordings/new/")
    with yara.expect_file_chooser() as camera:
        yara.locator("#photograph").click()
    camera.value.set_files(PICTURES / "strip-photograph.jpg")
    expect(yara.locator("#photograph-hints")).to_be_visible()
    yara.locator("#recording-form button[type=submit]").click()
    yara.wait_for_url(re.compile(r"/recordings/[0-9a-f-]{36}/$"), timeout=PATIENCE)
    read(yara)
    accessible(yara)
    shot(yara, "picture-phone-check")
    confirmed(yara)
    recording = yara.url.split("?")[0]
    accessible(yara)
    yara.goto(f"{recording}report/")
    expect(yara.locator("main")).to_contain_text("zu kurz für Schläge je Stunde")
    accessible(yara)


def test_a_scanned_page_is_corrected_by_hand(system: System, visitor: Visit, shot: Shot) -> None:
    zoe = visitor(viewport={"width": 1280, "height": 900})
    sign_up(zoe, system, "zoe")
    send(zoe, system, [PICTURES / "page-scan.jpg"], "page")
    read(zoe)
    zoe.get_by_role("button", name="Move the corners").click()
    box = zoe.locator("#corner-upper_left").bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2

    def drag() -> None:
        zoe.mouse.move(x, y)
        zoe.mouse.down()
        zoe.mouse.move(x + 3, y - 3)
        zoe.mouse.up()

    read_again(zoe, drag)
    accessible(zoe)
    shot(zoe, "picture-corners")
    names = zoe.locator("[data-lead]").all()
    assert [name.input_value() for name in names][:3] == ["I", "aVR", "V1"]
    confirmed(zoe)
    zoe.locator("#viewer-strip").focus()
    zoe.keyboard.press("n")
    expect(zoe.locator("#on-paper-said")).to_contain_text("On the picture:")
    accessible(zoe)
    shot(zoe, "picture-beside-the-strip")


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


def test_the_pdf_of_a_cart_is_read_by_its_lines(system: System, visitor: Visit, tmp_path: Path) -> None:
    rows = [[(name, lead(2.5, late=0.2)) for name in STANDARD[row::3]] for row in range(3)]
    (tmp_path / "cart.pdf").write_bytes(page([*rows, [("II", lead(10.0))]], RATE, Style()))
    bela = visitor(viewport={"width": 1280, "height": 900})
    sign_up(bela, system, "bela")
    send(bela, system, [tmp_path / "cart.pdf"], "cart")
    read(bela)
    expect(bela.locator("[data-lead]")).to_have_count(13)
    expect(bela.locator("main")).to_contain_text("printed on the page")
    confirmed(bela)
    expect(bela.locator("main")).to_contain_text("10.0 s")
