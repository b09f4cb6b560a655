"""Whole recordings from the file to the report, through the real portal, its workers, the server and the model."""

from __future__ import annotations

import csv
import io
import os
import re
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Final

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from benchmarks.recordings.made import made
from ecg.formats import wfdb_writer
from ecg.recording import Recording
from tests.ecg.formats.made import edf
from tests.end_to_end.people import follow, leaving, sign_up
from tests.end_to_end.system import ROOT, System, stopped_server

pytestmark = pytest.mark.xdist_group("system")

SAMPLES: Final = ROOT / "samples" / "recordings"
PHONE: Final = {"width": 360, "height": 740}
#: How long reading and an analysis may take on a busy machine, milliseconds.
PATIENCE: Final = 480_000
Visit = Callable[..., Page]
Shot = Callable[[Page, str], None]


def send(page: Page, system: System, files: list[Path], name: str) -> None:
    """Send the files of a recording, and wait for its page."""
    page.goto(f"{system.portal}/predict/")
    follow(page, page.get_by_role("link", name="Whole recordings"))
    page.locator("#recording-form input[type=file]").set_input_files(files)
    page.locator("#recording-form input[name=name]").fill(name)
    page.get_by_role("button", name="Send and analyse").click()
    page.wait_for_url(re.compile(r"/recordings/[0-9a-f-]{36}/$"), timeout=PATIENCE)


def analysed(page: Page) -> None:
    """Wait until the recording's page shows what was said, without touching it: it comes anew by itself."""
    page.get_by_role("link", name="Report", exact=True).wait_for(timeout=PATIENCE)
    page.wait_for_function("() => window.beatlensViewer?.tiles.known.size && window.beatlensViewer.overview?.data")


def ventricular(page: Page) -> list[int]:
    """How many ventricular beats there are: as the model says, and now."""
    cells = page.locator("tr", has_text="Ventricular beats").first.locator("td").all_inner_texts()
    return [int(text.replace(",", "").split(" ")[0]) for text in cells]


def zipped(recording: Recording, folder: Path) -> Path:
    """A WFDB record as a zip file."""
    packed = folder / "record.zip"
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for path in wfdb_writer.write(recording, folder, "record"):
            archive.write(path, path.name)
    return packed


def test_a_zip_is_sent_a_family_corrected_and_everything_follows(
    system: System, visitor: Visit, shot: Shot, tmp_path: Path
) -> None:
    romy = visitor(viewport={"width": 1280, "height": 900}, accept_downloads=True)
    sign_up(romy, system, "romy")
    send(romy, system, [SAMPLES / "couplets-and-runs.zip"], "couplets")
    analysed(romy)
    recording = romy.url.split("?")[0]
    follow(romy, romy.get_by_role("link", name="Families of beats"))
    said, now = ventricular(romy)
    assert said == now > 10
    family = romy.locator(".family").filter(has=romy.locator(".family__kind", has_text="Premature Ventricular")).first
    follow(romy, family.locator(".family__classes button", has_text=re.compile("^N$")))
    expect(romy.get_by_role("status")).to_contain_text("was called Normal")
    assert ventricular(romy)[0] == said
    corrected = ventricular(romy)[1]
    assert corrected < said
    shot(romy, "recording-families")

    romy.goto(f"{recording}report/")
    expect(romy.locator("#changed")).to_be_visible()
    assert beats_of_kind(romy, tmp_path, "PVC") == corrected
    with romy.expect_download() as paper:
        romy.get_by_role("link", name="PDF", exact=True).click()
    assert paper.value.path().read_bytes().startswith(b"%PDF")

    romy.goto(f"{recording}families/")
    follow(romy, romy.get_by_role("button", name="Take the last one back"))
    assert ventricular(romy) == [said, said]
    romy.goto(f"{recording}report/")
    assert beats_of_kind(romy, tmp_path, "PVC") == said


def beats_of_kind(page: Page, folder: Path, short: str) -> int:
    """How many beats of a class the exported table has."""
    with page.expect_download() as downloading:
        page.get_by_role("link", name="beats.csv").click()
    downloading.value.save_as(folder / "beats.csv")
    rows = csv.DictReader(io.StringIO((folder / "beats.csv").read_text()))
    return sum(row["class"] == short and row["wave"] == "0" for row in rows)


def test_a_gap_in_an_edf_file_is_told_and_shown(system: System, visitor: Visit, shot: Shot, tmp_path: Path) -> None:
    signal = made(3 / 60, seed=2).read(0, 180 * 360)
    onsets = [second + (45 if second >= 90 else 0) for second in range(180)]
    rows = np.rint(signal * 6553.5).astype(np.int64)
    (tmp_path / "night.edf").write_bytes(edf(rows, rate=360, kind="EDF+D", onsets=onsets))
    sven = visitor(viewport={"width": 1280, "height": 900})
    sign_up(sven, system, "sven")
    send(sven, system, [tmp_path / "night.edf"], "night")
    analysed(sven)
    expect(sven.locator("main")).to_contain_text("45.0 s together")
    sven.locator("#viewer-goto input").fill("95")
    sven.locator("#viewer-goto input").press("Enter")
    # The word is drawn once the stretch has come.
    sven.wait_for_function(
        """() => {
          const {context} = window.beatlensViewer.strip;
          const words = [], fill = context.fillText;
          context.fillText = function (text, ...rest) { words.push(text); fill.call(this, text, ...rest); };
          window.beatlensViewer.strip.draw();
          context.fillText = fill;
          return words.includes("not recorded");
        }"""
    )
    shot(sven, "recording-gap")


def test_a_table_without_a_rate_is_asked_about(system: System, visitor: Visit, shot: Shot, tmp_path: Path) -> None:
    signal = made(1 / 60, seed=3).read(0, 60 * 360)
    lines = ["II,V1", *(",".join(f"{value:.3f}" for value in column) for column in signal.T), ""]
    (tmp_path / "table.csv").write_text("\n".join(lines))
    tilda = visitor()
    sign_up(tilda, system, "tilda")
    send(tilda, system, [tmp_path / "table.csv"], "table")
    tilda.get_by_role("heading", name="The files leave something out").wait_for(timeout=PATIENCE)
    shot(tilda, "recording-question")
    tilda.get_by_label("Samples a second of each lead").fill("360")
    tilda.locator("main [name=unit]").fill("mV")
    follow(tilda, tilda.get_by_role("button", name="Read it"))
    analysed(tilda)
    expect(tilda.locator("main")).to_contain_text("360 samples a second")


def test_by_keyboard_alone(system: System, visitor: Visit) -> None:
    udo = visitor(viewport={"width": 1280, "height": 900})
    sign_up(udo, system, "udo")
    send(udo, system, [SAMPLES / "couplets-and-runs.zip"], "keys")
    analysed(udo)
    udo.goto(f"{system.portal}/recordings/")
    enter(udo, "a", "keys")
    udo.wait_for_function("() => window.beatlensViewer?.beats?.store.known.size")
    tab_to(udo, "(one) => one.id === 'viewer-strip'")
    udo.keyboard.press("v")
    expect(udo.locator("#viewer-said")).to_contain_text("Premature Ventricular Contraction")
    udo.goto(udo.url.split("?")[0])
    enter(udo, "a", "Families of beats")
    said = ventricular(udo)[0]
    tab_to(udo, "(one) => one.closest('.family')?.textContent.includes('Premature Ventricular')")
    with leaving(udo):
        udo.keyboard.press("n")
    assert ventricular(udo)[1] < said
    enter(udo, "button", "Take the last one back")
    assert ventricular(udo) == [said, said]


def tab_to(page: Page, wanted: str) -> None:
    """Press the tabulator key until what has the focus is what is wanted, a function of the element."""
    for _ in range(200):
        page.keyboard.press("Tab")
        if page.evaluate(f"() => ({wanted})(document.activeElement)"):
            return
    raise AssertionError(f"The tabulator key doesn't reach {wanted}.")


def enter(page: Page, tag: str, words: str) -> None:
    """Go to a link or a button by the tabulator key, and press it."""
    tab_to(page, f"(one) => one.matches('{tag}') && one.textContent.trim() === '{words}'")
    with leaving(page):
        page.keyboard.press("Enter")


def test_on_a_phone_it_can_be_read(system: System, visitor: Visit, tmp_path: Path) -> None:
    walter = visitor(viewport=PHONE, has_touch=True, is_mobile=True)
    sign_up(walter, system, "walter")
    send(walter, system, [SAMPLES / "atrial-fibrillation.edf"], "phone")
    analysed(walter)
    recording = walter.url.split("?")[0]
    for part in ("", "families/", "report/"):
        walter.goto(recording + part)
        assert walter.evaluate("() => document.documentElement.scrollWidth <= innerWidth"), part


def test_the_server_goes_away_in_the_middle_and_comes_back(
    system: System, visitor: Visit, shot: Shot, tmp_path: Path
) -> None:
    willi = visitor()
    sign_up(willi, system, "willi")
    packed = zipped(made(6.0, seed=4), tmp_path)
    send(willi, system, [packed], "six hours")
    willi.locator("#state[data-analysis=running]").wait_for(timeout=PATIENCE)
    with stopped_server(system):
        willi.wait_for_timeout(3_000)
        expect(willi.locator("#state")).to_be_visible()
        shot(willi, "recording-server-away")
    analysed(willi)
    expect(willi.locator("main")).to_contain_text("6:00:00 h")


@pytest.mark.skipif("BEATLENS_DAY" not in os.environ, reason="takes some minutes: BEATLENS_DAY=1")
def test_a_day_is_sent_and_seen(system: System, visitor: Visit, shot: Shot, tmp_path: Path) -> None:
    xaver = visitor(viewport={"width": 1280, "height": 900})
    sign_up(xaver, system, "xaver")
    send(xaver, system, [zipped(made(24.0, seed=5), tmp_path)], "a day")
    xaver.get_by_role("link", name="Report", exact=True).wait_for(timeout=3 * PATIENCE)
    analysed(xaver)
    expect(xaver.locator("main")).to_contain_text("24:00:00 h")
    shot(xaver, "recording-day")
