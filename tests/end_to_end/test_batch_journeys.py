"""Many pictures at once, reading them one by one, and a session that ends in between; in a real browser."""

from __future__ import annotations

import csv
import re
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Locator, Page, Route, expect
from playwright.sync_api import TimeoutError as PlaywrightTimeoutError

from tests.end_to_end.people import follow, log_in, sign_up
from tests.end_to_end.system import ROOT, System

pytestmark = pytest.mark.xdist_group("system")

SAMPLES = sorted((ROOT / "samples").glob("[A-Z]*/*.png"))
Visit = Callable[..., Page]
Shot = Callable[[Page, str], None]

#: Seconds that a picture may take in the reading mode, from the key to the next picture on the page.
SECONDS_A_PICTURE = 2.0


def pictures(folder: Path, count: int) -> list[Path]:
    """So many different pictures: the samples, moved by a few pixels."""
    made = []
    for number in range(count):
        picture = Image.open(SAMPLES[number % len(SAMPLES)]).convert("L")
        moved = Image.new("L", picture.size, 255)
        moved.paste(picture, (number // len(SAMPLES), 0))
        made.append(folder / f"beat-{number:03}.png")
        moved.save(made[-1])
    return made


def choose(page: Page, system: System, files: list[Path], label: str = "") -> None:
    page.goto(f"{system.portal}/predict/")
    page.locator("input[type=file]").set_input_files(files)
    page.locator("input[name=label]").fill(label)


def send(page: Page, system: System, files: list[Path], label: str = "") -> None:
    choose(page, system, files, label)
    page.get_by_role("button", name="Analyse").click()


def test_a_batch_lasts(system: System, visitor: Visit, shot: Shot, tmp_path: Path) -> None:
    files = pictures(tmp_path, 60)
    notes = tmp_path / "notes.png"
    notes.write_text("no picture")
    paula = visitor()
    sign_up(paula, system, "paula")
    send(paula, system, [*files, notes], "night shift")
    expect(paula.locator("#progress-line")).to_contain_text("of 61 files are there")
    paula.wait_for_url(re.compile(r"/batches/[0-9a-f-]{36}/$"), timeout=120_000)
    expect(paula.locator("#batch")).to_have_attribute("data-open", "false", timeout=60_000)
    expect(paula.locator("h1")).to_have_text("night shift")
    expect(paula.locator("#batch")).to_contain_text("All 61 pictures are through")
    # What has no answer comes first, and says why; names are kept on an installation of one's own.
    first = paula.locator("#batch .outcomes li").first
    expect(first).to_contain_text("The file is a text.")
    expect(first).to_contain_text("notes.png")
    shot(paula, "batch")
    address = paula.url

    # A result, and back.
    follow(paula, paula.locator("#batch .outcomes a").first)
    expect(paula.locator("#status")).to_have_attribute("data-state", "done")
    # The next one, or the one before: which of the pictures was taken last is by chance.
    follow(paula, paula.locator("a[rel=next], a[rel=prev]").first)
    expect(paula.locator("#status")).to_have_attribute("data-state", "done")
    follow(paula, paula.get_by_role("link", name="night shift"))
    expect(paula).to_have_url(address)
    paula.go_back()
    paula.go_back()
    paula.go_back()
    expect(paula).to_have_url(address)
    expect(paula.locator("#batch .outcomes li").first).to_contain_text("notes.png")

    find_rename_and_take_along(paula, system, address, tmp_path)

    # Sent once more: nothing is taken twice.
    send(paula, system, files[:3])
    paula.wait_for_url(re.compile(r"/batches/[0-9a-f-]{36}/$"), timeout=60_000)
    expect(paula.locator("#batch")).to_contain_text("3 of them had been sent before.")
    paula.goto(f"{system.portal}/batches/")
    expect(paula.locator(".list-links > li")).to_have_count(2)
    shot(paula, "batches")

    # Away, and back.
    paula.goto(address)
    paula.get_by_role("link", name="Delete", exact=True).click()
    paula.get_by_role("button", name="Delete", exact=True).click()
    expect(paula.locator(".list-links > li")).to_have_count(1)
    paula.goto(f"{system.portal}/trash/")
    follow(paula, paula.get_by_role("button", name="Restore all"))
    paula.goto(address)
    expect(paula.locator("#batch")).to_contain_text("All 61 pictures are through")


def find_rename_and_take_along(paula: Page, system: System, address: str, folder: Path) -> None:
    """In the batch at ``address``: by the name of a file, by another name of the batch, as a table."""
    paula.locator("input[name=q]").fill("beat-007")
    paula.get_by_role("button", name="Find").click()
    expect(paula.locator("#batch .outcomes li")).to_have_count(1)
    paula.goto(f"{system.portal}/history/?file=beat-007")
    expect(paula.locator(".tile")).to_have_count(1)
    paula.goto(address)
    paula.get_by_text("Another name").click()
    paula.locator("input[name=name]").fill("night shift, 7th")
    paula.get_by_role("button", name="Rename").click()
    expect(paula.locator("h1")).to_have_text("night shift, 7th")
    with paula.expect_download() as downloading:
        paula.get_by_role("link", name="Files as CSV").click()
    downloading.value.save_as(folder / "batch.csv")
    with (folder / "batch.csv").open(encoding="utf-8-sig", newline="") as file:
        assert len(list(csv.DictReader(file))) == 61


def test_reading_mode(system: System, visitor: Visit, shot: Shot, tmp_path: Path) -> None:
    rita = visitor()
    sign_up(rita, system, "rita")
    send(rita, system, pictures(tmp_path, 24), "to read")
    rita.wait_for_url(re.compile(r"/batches/[0-9a-f-]{36}/$"), timeout=120_000)
    expect(rita.locator("#batch")).to_have_attribute("data-open", "false", timeout=60_000)
    rita.goto(f"{system.portal}/history/?q=to+read&sort=oldest")
    rita.get_by_role("button", name="Read one by one").click()
    title = rita.locator("#reading-title")
    expect(title).to_contain_text("1 of 24")
    expect(rita.locator("#reading-picture")).to_be_visible()
    expect(rita.get_by_label("Keys")).to_be_visible()  # the script is there
    shot(rita, "reading")

    taken = []
    for number in range(1, 13):
        begun = time.monotonic()
        rita.keyboard.press(" " if number % 3 else "5")
        expect(title).to_contain_text(f"{number + 1} of 24")
        rita.wait_for_function("document.getElementById('reading-picture').complete")
        taken.append(time.monotonic() - begun)
    assert max(taken) < SECONDS_A_PICTURE, taken
    print(f"seconds a picture: {sum(taken) / len(taken):.2f} on average, {max(taken):.2f} at most")  # noqa: T201
    # The next picture was at hand before it was asked for.
    assert rita.locator("#reading-picture").get_attribute("src").startswith("blob:")  # type: ignore[union-attr]
    expect(rita.locator("#reading-said")).to_contain_text("13 of 24")
    assert rita.evaluate("document.activeElement.id") == "reading"

    try_the_keys(rita, title)

    act_as_soon_as_shown(rita, title)

    # Back leads out, into the search.
    rita.go_back()
    assert "/history/?q=to+read" in rita.url
    rita.reload()  # what Chromium takes from its own store of pages can't always be looked into
    expect(rita.locator(".tile")).to_have_count(24)

    # Blind, from where one left off.
    rita.get_by_label("Hide what the model says").check()
    rita.get_by_role("button", name="Read one by one").click()
    expect(title).to_contain_text("13 of 24")
    expect(rita.locator("#reading")).not_to_contain_text("The model:")
    expect(rita.get_by_label("Keys")).to_be_visible()
    shot(rita, "reading-blind")
    rita.keyboard.press(" ")  # nothing to agree with
    expect(title).to_contain_text("13 of 24")
    rita.keyboard.press("4")
    expect(title).to_contain_text("14 of 24")
    expect(rita.locator(".reading__last")).to_contain_text("The model says")


def try_the_keys(rita: Page, title: Locator) -> None:
    """From the thirteenth picture and back to it."""
    # Arrows leave a picture unread, U takes back, a reload shows the same picture, a comment is no place for keys.
    rita.keyboard.press("ArrowRight")
    expect(title).to_contain_text("14 of 24")
    rita.keyboard.press("ArrowLeft")
    expect(title).to_contain_text("13 of 24")
    rita.keyboard.press("u")
    expect(title).to_contain_text("12 of 24")
    expect(rita.locator("#reading")).to_contain_text("11 of 24 are read.")
    rita.reload()
    expect(title).to_contain_text("12 of 24")
    rita.get_by_text("Comment").first.click()
    rita.locator("textarea[name=comment]").press_sequentially("1 u 2")
    expect(title).to_contain_text("12 of 24")
    rita.locator(".choices button").nth(1).click()
    expect(title).to_contain_text("13 of 24")
    rita.get_by_label("Keys").uncheck()
    rita.locator("#reading-title").click()
    rita.keyboard.press("3")
    expect(title).to_contain_text("13 of 24")
    rita.get_by_label("Keys").check()


def act_as_soon_as_shown(rita: Page, title: Locator) -> None:
    """Forth and back again, the second before the browser has drawn the first: it stays the same page all along."""
    rita.evaluate(
        """() => {
            window.samePage = true;
            const back = () => document.getElementById("reading-previous").click();
            document.addEventListener("htmx:afterSwap", () => setTimeout(back), { once: true });
        }"""
    )
    entries = rita.evaluate("history.length")
    rita.locator("#reading").focus()
    with rita.expect_response("**/reading/*/13/"):
        rita.keyboard.press("ArrowRight")
    expect(title).to_contain_text("13 of 24")
    assert rita.evaluate("[window.samePage === true, history.length]") == [True, entries]


def test_reading_mode_without_javascript_and_by_touch(system: System, visitor: Visit, shot: Shot) -> None:
    sara = visitor(java_script_enabled=False, viewport={"width": 360, "height": 740}, has_touch=True, is_mobile=True)
    sign_up(sara, system, "sara")
    send(sara, system, SAMPLES[:3])
    sara.wait_for_url(re.compile(r"/batches/[0-9a-f-]{36}/$"))
    sara.get_by_role("button", name="Read one by one").click()
    expect(sara.locator("#reading-title")).to_contain_text("1 of 3")
    shot(sara, "reading-no-javascript-phone")
    sara.get_by_role("button", name="I agree with the model").click()
    expect(sara.locator("#reading-title")).to_contain_text("2 of 3")
    sara.get_by_role("button", name="Take it back").click()
    expect(sara.locator("#reading-title")).to_contain_text("1 of 3")
    for _ in range(3):
        sara.locator(".choices button").nth(2).click()
    expect(sara.locator("h1")).to_have_text("Read to the end")
    for place in ("/batches/", "/history/"):
        sara.goto(f"{system.portal}{place}")
        assert sara.evaluate("document.documentElement.scrollWidth") <= 360


def test_a_session_that_ends_while_files_are_sent(system: System, visitor: Visit, shot: Shot, tmp_path: Path) -> None:
    tina = visitor()
    sign_up(tina, system, "tina")
    choose(tina, system, pictures(tmp_path, 8), "interrupted")
    sent = 0

    def end_after_three(route: Route) -> None:
        nonlocal sent
        sent += 1
        if sent == 4:
            tina.context.clear_cookies(name="sessionid")
        route.continue_()

    tina.route("**/predict/", end_after_three)
    tina.get_by_role("button", name="Analyse").click()
    line = tina.locator(".session-ended")
    expect(line).to_have_count(1)
    expect(line).to_contain_text("Your session has ended. The files that are not there yet")
    # One line, and nothing of the log-in page.
    expect(tina.locator("#progress input[name=password]")).to_have_count(0)
    shot(tina, "session-ended")

    with tina.context.expect_page() as opening:
        line.get_by_role("link", name="Log in in a new tab").click()
    second = opening.value
    second.locator("input[name=login]").fill("tina")
    second.locator("input[name=password]").fill("correct horse battery")
    second.locator("main form button[type=submit]").first.click()
    expect(second.locator("input[type=file]")).to_be_attached()
    second.close()
    tina.bring_to_front()
    with suppress(PlaywrightTimeoutError):  # the browser may tell the page by itself that it is looked at again
        line.get_by_role("button", name="Go on").click(timeout=3000)
    tina.wait_for_url(re.compile(r"/batches/[0-9a-f-]{36}/$"), timeout=60_000)
    expect(tina.locator("#batch")).to_contain_text("All 8 pictures are through", timeout=30_000)
    expect(tina.locator("#batch .outcomes li")).to_have_count(8)


def test_files_are_not_sent_to_somebody_elses_account(system: System, visitor: Visit, tmp_path: Path) -> None:
    uwe, vera = visitor(), visitor()
    sign_up(uwe, system, "uwe")
    sign_up(vera, system, "vera")
    choose(uwe, system, pictures(tmp_path, 3))
    other = uwe.context.new_page()
    uwe.context.clear_cookies(name="sessionid")
    log_in(other, system, "vera")
    expect(other.locator("input[type=file]")).to_be_attached()
    uwe.get_by_role("button", name="Analyse").click()
    expect(uwe.locator("#progress-stopped")).to_contain_text("Somebody else is logged in now.")
    vera.goto(f"{system.portal}/history/")
    expect(vera.locator(".tile")).to_have_count(0)


def test_a_broken_connection_is_tried_again_and_nothing_is_sent_twice(
    system: System, visitor: Visit, tmp_path: Path
) -> None:
    wera = visitor()
    sign_up(wera, system, "wera")
    choose(wera, system, pictures(tmp_path, 4))
    posts = 0

    def break_some(route: Route) -> None:
        """The first comes too soon; the second never leaves; the third arrives, and its answer is lost."""
        nonlocal posts
        posts += 1
        if posts == 1:
            route.fulfill(status=429, headers={"Retry-After": "1"}, body="<h1>Too much</h1>")
        elif posts == 2:
            route.abort()
        elif posts == 3:
            route.fetch()
            route.abort()
        else:
            route.continue_()

    wera.route("**/predict/", break_some)
    wera.get_by_role("button", name="Analyse").click()
    expect(wera.locator("#progress-busy")).to_be_visible()
    wera.wait_for_url(re.compile(r"/batches/[0-9a-f-]{36}/$"), timeout=60_000)
    expect(wera.locator("#batch")).to_contain_text("All 4 pictures are through", timeout=30_000)
    expect(wera.locator("#batch .outcomes li")).to_have_count(4)
    expect(wera.locator("#batch")).not_to_contain_text("sent before")


def test_a_double_click_sends_once(system: System, visitor: Visit) -> None:
    xenia = visitor()
    sign_up(xenia, system, "xenia")
    choose(xenia, system, SAMPLES[:1])
    xenia.get_by_role("button", name="Analyse").dblclick()
    xenia.wait_for_url(re.compile(r"/analyses/[0-9a-f-]{36}/$"))
    requests: list[str] = []
    xenia.on("request", lambda request: requests.append(request.url) if request.method == "POST" else None)
    xenia.get_by_text("Write down your reading").click()
    xenia.locator("select[name=class_short]").select_option("PVC")
    xenia.get_by_role("button", name="Write down").dblclick()
    expect(xenia.locator("#reviews li")).to_have_count(1)
    first = xenia.url
    xenia.get_by_role("button", name="Run again").focus()
    xenia.keyboard.press("Enter")
    xenia.keyboard.press("Enter")
    xenia.wait_for_url(lambda address: address != first)
    xenia.goto(f"{system.portal}/history/")
    expect(xenia.locator(".tile")).to_have_count(2)
    assert len(requests) == 2
