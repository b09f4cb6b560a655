"""Families, corrections and the report in a real browser: by keyboard, on a phone, in both languages, for everybody."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.test import Client
from django.urls import reverse
from playwright.sync_api import Browser, BrowserContext, Page, expect
from pytest_django.live_server_helper import LiveServer

from tests.inference_server.exports.made import analysis_of, recording_of, regular, with_ventricular
from tests.webportal.test_accessibility import complaints_about
from webportal.accounts.models import User
from webportal.recordings import services
from webportal.recordings.editing.edits import EditKind
from webportal.recordings.models import Recording, RecordingAnalysis

pytestmark = pytest.mark.django_db(transaction=True)

BEATS = with_ventricular(regular(60), 10, 20, 21, 22, 30)


@pytest.fixture
def analysis(
    keep_recording: Callable[..., Recording], keep_answer: Callable[..., RecordingAnalysis]
) -> RecordingAnalysis:
    return keep_answer(keep_recording(recording_of(BEATS, 60), name="Tuesday"), analysis_of(BEATS, 60))


@pytest.fixture
def opened(chromium: Browser, owner_client: Client, live_server: LiveServer) -> Iterator[Callable[..., BrowserContext]]:
    """A context of the browser in which the owner is logged in."""
    contexts: list[BrowserContext] = []
    session = owner_client.cookies["sessionid"].value

    def open_(language: str = "en", width: int = 1280, scheme: str = "light") -> BrowserContext:
        context = chromium.new_context(
            viewport={"width": width, "height": 800},
            locale=language,
            color_scheme=scheme,  # type: ignore[arg-type]
            accept_downloads=True,
        )
        context.add_cookies([{"name": "sessionid", "value": session, "url": live_server.url}])
        contexts.append(context)
        return context

    yield open_
    for context in contexts:
        context.close()


def address(live_server: LiveServer, analysis: RecordingAnalysis, name: str, *more: object) -> str:
    return live_server.url + reverse(f"recordings:{name}", args=[analysis.recording_id, *more])


def ventricular(page: Page) -> list[str]:
    """What the model says, and what it is now."""
    return page.locator("tr", has_text="Ventricular beats").first.locator("td").all_inner_texts()


def test_a_family_is_corrected_by_keyboard_and_burden_report_and_export_follow(
    opened: Callable[..., BrowserContext], live_server: LiveServer, analysis: RecordingAnalysis, tmp_path: Path
) -> None:
    page = opened().new_page()
    page.goto(address(live_server, analysis, "families") + "?order=number")
    assert ventricular(page) == ["5 (6.76 %)", "5 (6.76 %)"]
    page.locator("#family-1 h3 a").focus()
    page.keyboard.press("j")
    expect(page.locator("#family-2 h3 a")).to_be_focused()
    page.keyboard.press("a")
    page.wait_for_url("**/families/?order=number")
    expect(page.get_by_role("status")).to_contain_text("Family 2 was called Pac.")
    assert ventricular(page) == ["5 (6.76 %)", "0 (0.00 %)"]
    page.goto(address(live_server, analysis, "report"))
    expect(page.locator("#changed")).to_be_visible()
    with page.expect_download() as downloading:
        page.get_by_role("link", name="beats.csv").click()
    downloading.value.save_as(tmp_path / "beats.csv")
    rows = list(csv.DictReader(io.StringIO((tmp_path / "beats.csv").read_text())))
    assert [row["class"] for row in rows].count("PAC") == 5
    page.goto(address(live_server, analysis, "families"))
    page.get_by_role("button", name="Take the last one back").press("Enter")
    expect(page.get_by_role("status")).to_contain_text("Correction 1 was taken back.")
    assert ventricular(page) == ["5 (6.76 %)", "5 (6.76 %)"]


def test_families_are_merged_and_beats_split_off_with_forms_alone(
    opened: Callable[..., BrowserContext], live_server: LiveServer, analysis: RecordingAnalysis
) -> None:
    page = opened().new_page()
    page.goto(address(live_server, analysis, "family", 2))
    page.locator(".member input").nth(1).check()
    page.locator(".member input").nth(3).check()
    page.get_by_role("button", name="Make them a family of their own").click()
    expect(page.get_by_role("status")).to_contain_text("2 beats of family 2 became a family of their own.")
    assert page.locator(".member").count() == 3
    page.goto(address(live_server, analysis, "families") + "?order=number")
    page.locator("#family-3 input[name=families]").check()
    page.get_by_label("Put the chosen families into").select_option("1")
    page.get_by_role("button", name="Merge").click()
    expect(page.get_by_role("status")).to_contain_text("Family 3 was put into family 1, as Normal.")
    assert ventricular(page)[1] == "3 (4.05 %)"


@pytest.mark.parametrize(
    ("language", "width", "scheme"), [("en", 1280, "light"), ("de", 360, "light"), ("de", 1280, "dark")]
)
def test_the_pages_are_for_everybody(
    opened: Callable[..., BrowserContext],
    live_server: LiveServer,
    owner: User,
    analysis: RecordingAnalysis,
    language: str,
    width: int,
    scheme: str,
) -> None:
    payload = {"family": 2, "class": "PAC"}
    services.edit(actor=owner, analysis=analysis, kind=EditKind.RENAME, payload=payload)
    services.edit(actor=owner, analysis=analysis, kind=EditKind.UNDO, payload={"edit": 1})
    services.edit(actor=owner, analysis=analysis, kind=EditKind.RENAME, payload=payload)
    page = opened(language, width, scheme).new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    for name, *more in (("families",), ("family", 2), ("report",)):
        page.goto(address(live_server, analysis, name, *more))
        complaints += complaints_about(page)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, name
        assert page.locator("html").get_attribute("lang") == language
    assert complaints == []
