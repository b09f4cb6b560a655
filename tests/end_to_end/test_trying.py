"""Those who only want to see whether it is for them, and those who have nothing but a phone at hand."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.end_to_end.people import sign_up
from tests.end_to_end.system import ROOT, System

pytestmark = pytest.mark.xdist_group("system")

PVC = sorted((ROOT / "samples" / "PVC").glob("*.png"))[0]
PHONE = {"width": 360, "height": 740}
Visit = Callable[..., Page]
Shot = Callable[[Page, str], None]


def kept(system: System) -> tuple[int, int]:
    """Rows of pictures, and files in the folder of pictures."""
    with sqlite3.connect(f"file:{system.var / 'beatlens.sqlite3'}?mode=ro", uri=True) as database:
        (rows,) = database.execute("SELECT count(*) FROM analyses_upload").fetchone()
    database.close()
    return rows, sum(1 for path in (system.var / "media").rglob("*") if path.is_file())


def fits(page: Page) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth <= innerWidth"))


def test_try_without_an_account_then_with_one(system: System, visitor: Visit, shot: Shot, tmp_path: Path) -> None:
    before = kept(system)
    pia = visitor()
    pia.goto(f"{system.portal}/")
    shot(pia, "try-home")
    pia.locator("input[name=picture]").set_input_files(PVC)
    pia.locator(".trial-form button[type=submit]").click()
    expect(pia.locator("#status")).to_have_attribute("data-class", "PVC", timeout=30_000)
    expect(pia.locator("#status .verdict")).to_contain_text("Premature Ventricular Contraction")
    expect(pia.locator("#status")).to_contain_text("Not a medical device")
    expect(pia.locator(".result__picture img")).to_be_visible()
    shot(pia, "try-answered")

    pia.locator(".sample", has_text="Paced").get_by_role("button").click()
    expect(pia.locator("#status")).to_have_attribute("data-class", "PACED", timeout=30_000)
    expect(pia.locator("main")).to_contain_text("Cardiologists labelled the beat: Paced.")

    wrong = tmp_path / "notes.png"
    wrong.write_text("not a picture")
    pia.locator("input[name=picture]").set_input_files(wrong)
    pia.locator(".trial-form button[type=submit]").click()
    expect(pia.locator("#status .verdict")).to_contain_text("The file is a text.")
    pia.get_by_role("button", name="Deutsch").click()
    expect(pia.locator("h1")).to_contain_text("Was für ein Herzschlag ist das?")  # a form can't be shown again
    assert kept(system) == before

    pia.get_by_role("button", name="English").click()
    sign_up(pia, system, "pia")
    pia.get_by_role("link", name="Take a sample").click()
    pia.locator(".sample", has_text="Left Bundle Branch Block").first.get_by_role("button").click()
    pia.wait_for_url(re.compile(r"/analyses/[0-9a-f-]{36}/$"))
    expect(pia.locator("#status")).to_have_attribute("data-class", "LBBB", timeout=30_000)
    expect(pia.locator("h1")).to_contain_text("Sample: Left Bundle Branch Block, record 109")
    pia.goto(f"{system.portal}/history/")
    expect(pia.locator(".tile")).to_have_count(1)
    assert kept(system)[0] == before[0] + 1


def test_trying_needs_no_javascript(system: System, visitor: Visit) -> None:
    quinn = visitor(java_script_enabled=False)
    quinn.goto(f"{system.portal}/")
    quinn.locator("input[name=picture]").set_input_files(PVC)
    quinn.locator(".trial-form button[type=submit]").click()
    expect(quinn.locator("#status")).to_have_attribute("data-class", "PVC", timeout=30_000)
    expect(quinn.locator(".result__picture img")).to_be_visible()


def test_a_whole_visit_on_a_phone(system: System, visitor: Visit, shot: Shot) -> None:
    rosa = visitor(viewport=PHONE, has_touch=True, is_mobile=True, timezone_id="Pacific/Kiritimati")
    rosa.goto(f"{system.portal}/")
    assert fits(rosa)
    sign_up(rosa, system, "rosa")
    assert fits(rosa)
    rosa.locator("input[type=file]").set_input_files(PVC)
    rosa.locator("input[name=label]").fill("Langzeit-EKG-Ausschnitt-ohne-Leerzeichen-" * 2)
    rosa.get_by_role("button", name="Analyse").click()
    rosa.wait_for_url(re.compile(r"/analyses/[0-9a-f-]{36}/$"))
    verdict = rosa.locator("#status .verdict")
    expect(verdict).to_contain_text("Premature Ventricular Contraction", timeout=30_000)
    box = verdict.bounding_box()
    assert box is not None
    assert rosa.evaluate("scrollY") == 0
    assert box["y"] + box["height"] < PHONE["height"]
    assert fits(rosa)
    shot(rosa, "phone-result")
    # Kiritimati is fourteen hours ahead; the browser has said so by now.
    rosa.reload()
    expect(rosa.locator("dl time").first).to_have_attribute("datetime", re.compile(r"\+14:00$"))

    rosa.locator(".switch").first.tap()
    expect(rosa.locator("img.evidence")).to_be_visible()
    rosa.get_by_text("Write down your reading").tap()
    rosa.locator("select[name=class_short]").select_option("PVC")
    rosa.get_by_role("button", name="Write down").tap()
    expect(rosa.locator("#reviews")).to_contain_text("agrees")
    assert fits(rosa)

    rosa.goto(f"{system.portal}/summary/")
    newest = rosa.locator("svg.chart rect").last.bounding_box()
    assert newest is not None
    assert newest["x"] >= 0
    assert newest["x"] + newest["width"] <= PHONE["width"]
    shot(rosa, "phone-summary")
    for path in ("/history/", "/history/?view=table", "/help/", "/privacy/", "/accounts/", "/accounts/time-zone/"):
        rosa.goto(f"{system.portal}{path}")
        assert fits(rosa), path
    rosa.locator("select[name=time_zone]").select_option("Europe/Berlin")
    rosa.get_by_role("button", name="Keep").tap()
    expect(rosa.locator("main")).to_contain_text("Times are those of Europe/Berlin.")
