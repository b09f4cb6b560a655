"""What people come to the portal for, from end to end in a real browser."""

from __future__ import annotations

import base64
import csv
import hashlib
import hmac
import re
import struct
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, Route, expect

from tests.end_to_end.people import PASSWORD, follow, log_in, say_the_password_again, sign_up
from tests.end_to_end.system import ROOT, System, running_system, stopped_server
from tests.small_disk import fill, small_disk

pytestmark = pytest.mark.xdist_group("system")

SAMPLES = sorted((ROOT / "samples").glob("[A-Z]*/*.png"))
Visit = Callable[..., Page]
Shot = Callable[[Page, str], None]


def link_in_mail(system: System, address: str, kind: str) -> str:
    """The newest link of a kind in a mail to an address; the embedded system writes its mails to the portal's log."""
    end = time.monotonic() + 20
    while time.monotonic() < end:
        mails = (system.var / "log" / "portal.log").read_text().split("Content-Type: text/plain")
        ours = [mail for mail in mails if f"To: {address}" in mail]
        links = re.findall(rf"https?://\S+/{kind}/\S+", ours[-1]) if ours else []
        if links:
            return system.portal + re.sub(r"^https?://[^/]+", "", links[-1])
        time.sleep(0.2)
    raise AssertionError(f"no mail to {address}")


def one_time_code(secret: str) -> str:
    """What an authenticator app shows now (RFC 6238, six digits, half a minute)."""
    key = base64.b32decode(secret + "=" * (-len(secret) % 8))
    digest = hmac.digest(key, struct.pack(">Q", int(time.time()) // 30), hashlib.sha1)
    number = struct.unpack(">I", digest[digest[-1] & 15 :][:4])[0] & 0x7FFFFFFF
    return f"{number % 1_000_000:06}"


def send(page: Page, system: System, *files: Path) -> None:
    page.goto(f"{system.portal}/predict/")
    page.locator("input[type=file]").set_input_files(files)
    page.get_by_role("button", name="Analyse").click()


def wait_for_batch(page: Page) -> None:
    """Until everything has been sent and answered."""
    page.wait_for_url(re.compile(r"/batches/[0-9a-f-]{36}/$"), timeout=60_000)
    expect(page.locator("#batch")).to_have_attribute("data-open", "false", timeout=60_000)


def test_sign_up_confirm_and_send_twenty_files(system: System, visitor: Visit, shot: Shot) -> None:
    emil = visitor()
    sign_up(emil, system, "emil")
    emil.goto(link_in_mail(system, "emil@example.org", "confirm-email"))
    shot(emil, "confirm")
    follow(emil, emil.locator("main form button[type=submit]"))
    emil.goto(f"{system.portal}/accounts/email/")
    expect(emil.locator("main")).to_contain_text("Verified")

    emil.goto(f"{system.portal}/predict/")
    emil.locator("input[type=file]").set_input_files(SAMPLES[:20])
    expect(emil.locator("#previews li")).to_have_count(20)
    shot(emil, "twenty-files-chosen")
    emil.get_by_role("button", name="Analyse").click()
    wait_for_batch(emil)
    expect(emil.locator("#batch li a")).to_have_count(20)
    shot(emil, "twenty-files-answered")
    emil.locator("#batch li a").first.click()
    expect(emil.locator("#status")).to_have_attribute("data-state", "done", timeout=30_000)
    emil.locator(".switch").first.click()
    expect(emil.locator("img.evidence")).to_be_visible()
    shot(emil, "result")
    emil.goto(f"{system.portal}/history/")
    shot(emil, "history")


def test_a_wrong_file_is_explained_before_and_after_sending(
    system: System, visitor: Visit, shot: Shot, tmp_path: Path
) -> None:
    wrong, disguised, dicom = tmp_path / "notes.txt", tmp_path / "notes.png", tmp_path / "export.dcm"
    for file in (wrong, disguised):
        file.write_text("not a picture")
    dicom.write_bytes(bytes(128) + b"DICM" + bytes(64))
    frida = visitor()
    sign_up(frida, system, "frida")
    frida.goto(f"{system.portal}/predict/")
    frida.locator("input[type=file]").set_input_files(wrong)
    expect(frida.locator("#picture-problem")).to_contain_text("The file is a text. Save or export the ECG as a PNG")
    frida.locator("input[type=file]").set_input_files(dicom)
    expect(frida.locator("#picture-problem")).to_contain_text("Export the ECG as a PNG picture from your DICOM viewer")
    frida.locator("input[type=file]").set_input_files([wrong, dicom, SAMPLES[0]])
    expect(frida.locator("#previews .wrong")).to_have_count(2)
    expect(frida.locator("#picture-problem")).to_be_hidden()
    send(frida, system, disguised)
    expect(frida.locator(".errorlist").first).to_contain_text("The file is a text.")
    shot(frida, "wrong-file")


def test_review_share_sum_up_and_take_along(system: System, visitor: Visit, shot: Shot, tmp_path: Path) -> None:
    gerd = visitor()
    sign_up(gerd, system, "gerd")
    send(gerd, system, *SAMPLES[:3])
    wait_for_batch(gerd)
    gerd.locator("#batch li a").first.click()
    gerd.get_by_text("Write down your reading").click()
    gerd.locator("select[name=class_short]").select_option("PACED")
    gerd.locator("textarea[name=comment]").fill("There is a spike.")
    gerd.get_by_role("button", name="Write down").click()
    expect(gerd.locator("#reviews")).to_contain_text("There is a spike.")
    shot(gerd, "review")

    gerd.goto(f"{system.portal}/history/")
    for place in range(2):
        gerd.locator("input[name=selected]").nth(place).check()
    gerd.get_by_role("button", name="Put in the trash").click()
    expect(gerd.locator("h1")).to_have_text("Put 2 analyses in the trash?")
    gerd.get_by_role("button", name="Put in the trash").click()
    expect(gerd.locator(".messages")).to_contain_text("2 analyses are in the trash.")
    expect(gerd.locator(".tile")).to_have_count(1)
    gerd.goto(f"{system.portal}/trash/")
    shot(gerd, "trash")
    follow(gerd, gerd.get_by_role("button", name="Restore", exact=True).first)
    gerd.goto(f"{system.portal}/history/")
    expect(gerd.locator(".tile")).to_have_count(2)

    with gerd.expect_download() as downloading:
        gerd.get_by_role("link", name="Download this list as CSV").click()
    table = tmp_path / "history.csv"
    downloading.value.save_as(table)
    with table.open(encoding="utf-8-sig", newline="") as file:
        assert len(list(csv.DictReader(file))) == 2
    with gerd.expect_download() as downloading:
        gerd.get_by_role("link", name="as PDF").click()
    report = tmp_path / "history.pdf"
    downloading.value.save_as(report)
    assert report.read_bytes().startswith(b"%PDF-")
    gerd.goto(f"{system.portal}/summary/")
    expect(gerd.locator("svg.chart")).to_be_visible()
    shot(gerd, "summary")


def test_choose_drop_paste_photograph_and_take_out_again(system: System, visitor: Visit, shot: Shot) -> None:
    """On a device with a finger and a camera; what comes later comes beside what was chosen before."""
    olga = visitor(viewport={"width": 412, "height": 900}, has_touch=True, is_mobile=True)
    sign_up(olga, system, "olga")
    previews = olga.locator("#previews li")
    olga.locator("input[type=file]").set_input_files(SAMPLES[0])
    expect(previews).to_have_count(1)
    for kind, where, what in (
        ("drop", "#drop", "new DragEvent('drop', {dataTransfer, bubbles: true, cancelable: true})"),
        ("paste", "body", "new ClipboardEvent('paste', {clipboardData: dataTransfer, bubbles: true})"),
    ):
        picture = base64.b64encode(SAMPLES[1].read_bytes()).decode()
        olga.evaluate(
            f"""async ([picture, where]) => {{
                const bytes = Uint8Array.from(atob(picture), (each) => each.charCodeAt(0));
                const dataTransfer = new DataTransfer();
                dataTransfer.items.add(new File([bytes], "{kind}.png", {{type: "image/png"}}));
                document.querySelector(where).dispatchEvent({what});
            }}""",
            [picture, where],
        )
    expect(previews).to_have_count(3)
    with olga.expect_file_chooser() as choosing:
        olga.get_by_role("button", name="Take a photo").click()
    assert choosing.value.element.get_attribute("capture") == "environment"
    choosing.value.set_files(SAMPLES[2])
    expect(previews).to_have_count(4)
    shot(olga, "phone-chosen")
    olga.get_by_role("button", name="Remove: drop.png").click()
    expect(previews).to_have_count(3)
    expect(previews).to_contain_text([SAMPLES[0].name, "paste.png", SAMPLES[2].name])
    assert olga.evaluate("document.activeElement.getAttribute('aria-label')") == "Remove: paste.png"
    olga.get_by_role("button", name="Analyse").click()
    wait_for_batch(olga)
    expect(olga.locator("#batch li a")).to_have_count(3)


def test_a_forgotten_password(system: System, visitor: Visit, shot: Shot) -> None:
    hanna = visitor()
    sign_up(hanna, system, "hanna")
    forgetful = visitor()
    forgetful.goto(f"{system.portal}/accounts/password/reset/")
    forgetful.locator("input[name=email]").fill("hanna@example.org")
    shot(forgetful, "reset-password")
    follow(forgetful, forgetful.locator("main form button[type=submit]"))
    forgetful.goto(link_in_mail(system, "hanna@example.org", "key"))
    for name in ("password1", "password2"):
        forgetful.locator(f"input[name={name}]").fill("another horse battery")
    forgetful.locator("main form button[type=submit]").first.click()
    expect(forgetful.locator("input[name=password1]")).to_have_count(0)
    again = visitor()
    log_in(again, system, "hanna")
    expect(again.locator(".errorlist").first).to_be_visible()
    log_in(again, system, "hanna", "another horse battery")
    expect(again.locator("input[type=file]")).to_be_attached()


def test_a_second_factor(system: System, visitor: Visit, shot: Shot) -> None:
    ida = visitor()
    sign_up(ida, system, "ida")
    ida.goto(f"{system.portal}/accounts/2fa/totp/activate/")
    say_the_password_again(ida)
    secret = re.search(r"[A-Z2-7]{32}", ida.locator("main").inner_html())
    assert secret
    shot(ida, "second-factor")
    ida.locator("input[name=code]").fill(one_time_code(secret.group()))
    ida.locator("main form button[type=submit]").first.click()
    expect(ida.locator("input[name=code]")).to_have_count(0)

    again = visitor()
    log_in(again, system, "ida")
    again.locator("input[name=code]").fill("000000")
    again.locator("main form button[type=submit]").first.click()
    expect(again.locator(".errorlist").first).to_be_visible()
    end = time.monotonic() + 65
    asks = again.url
    while again.url == asks and time.monotonic() < end:
        again.locator("input[name=code]").fill(one_time_code(secret.group()))  # each code counts once
        follow(again, again.locator("main form button[type=submit]").first)
        if again.url == asks:
            again.wait_for_timeout(5000)
    again.goto(f"{system.portal}/predict/")
    expect(again.locator("input[type=file]")).to_be_attached()


def test_leaving_takes_everything_along(system: System, visitor: Visit, shot: Shot) -> None:
    jan = visitor()
    sign_up(jan, system, "jan")
    send(jan, system, SAMPLES[0])
    jan.wait_for_url(re.compile(r"/analyses/[0-9a-f-]{36}/$"))
    address = jan.url
    jan.goto(f"{system.portal}/accounts/")
    with jan.expect_download() as downloading:
        jan.get_by_role("button", name="Download my data").click()
    assert downloading.value.suggested_filename == "beatlens-export.zip"
    jan.goto(f"{system.portal}/accounts/")
    follow(jan, jan.get_by_role("link", name="Delete my account"))
    say_the_password_again(jan)
    shot(jan, "delete-account")
    jan.get_by_role("button", name="Delete everything").click()
    expect(jan.locator(".messages")).to_contain_text("have been deleted")
    log_in(jan, system, "jan")
    expect(jan.locator(".errorlist").first).to_be_visible()
    jan.goto(address)
    expect(jan.locator("input[name=password]")).to_be_visible()


def test_an_administrator_queues_a_failed_analysis_again(system: System, visitor: Visit, shot: Shot) -> None:
    """The disk with the pictures is away for a while, until an analysis has failed for good; then it is back."""
    moritz = visitor()
    sign_up(moritz, system, "moritz")
    media, away = system.var / "media" / "pictures", system.var / "pictures-away"
    with stopped_server(system):
        send(moritz, system, SAMPLES[-1])
        expect(moritz.locator("#status")).to_have_attribute("data-state", "queued", timeout=30_000)
        media.rename(away)
    expect(moritz.locator("#status")).to_have_attribute("data-state", "failed", timeout=120_000)
    error_id = moritz.locator("#status code").first.inner_text()
    away.rename(media)
    shot(moritz, "failed")

    system.manage(
        "createsuperuser",
        "--noinput",
        DJANGO_SUPERUSER_USERNAME="nora",
        DJANGO_SUPERUSER_EMAIL="nora@example.org",
        DJANGO_SUPERUSER_PASSWORD=PASSWORD,
    )
    nora = visitor(viewport={"width": 1280, "height": 1000})
    nora.goto(f"{system.portal}/admin/operations/")  # asks who one is first, at the door for everybody
    nora.locator("input[name=login]").fill("nora")
    nora.locator("input[name=password]").fill(PASSWORD)
    nora.locator("main form button[type=submit]").first.click()
    expect(nora.locator(".operations")).to_contain_text(error_id)
    shot(nora, "administration-operations")
    nora.goto(f"{system.portal}/admin/analyses/analysis/?q={error_id}")
    expect(nora.locator("#result_list tbody tr")).to_have_count(1)
    nora.locator("#result_list input[name=_selected_action]").check()
    nora.locator("select[name=action]").select_option(label="Queue failed analyses again")
    shot(nora, "administration-requeue")
    nora.get_by_role("button", name="Go", exact=True).click()
    expect(nora.locator(".messagelist")).to_contain_text("1 analysis was queued again.")

    moritz.reload()  # a failed page no longer asks by itself
    expect(moritz.locator("#status")).to_have_attribute("data-state", "done", timeout=60_000)
    shot(moritz, "requeued")


def test_on_a_phone_in_the_dark_and_in_german(system: System, visitor: Visit, shot: Shot) -> None:
    phone = {"width": 360, "height": 740}
    klara = visitor(viewport=phone, color_scheme="dark", has_touch=True, is_mobile=True)
    sign_up(klara, system, "klara")
    shot(klara, "phone-dark-upload")
    send(klara, system, SAMPLES[-1])
    expect(klara.locator("#status")).to_have_attribute("data-state", "done", timeout=30_000)
    shot(klara, "phone-dark-result")
    klara.get_by_role("button", name="Deutsch").click()
    expect(klara.locator("html")).to_have_attribute("lang", "de")
    expect(klara.locator("#status")).to_contain_text("Nur für Forschung und Lehre")
    shot(klara, "phone-dark-german")
    assert not klara.evaluate("document.documentElement.scrollWidth > innerWidth")


def test_a_file_that_comes_too_soon_is_sent_again(system: System, visitor: Visit, shot: Shot) -> None:
    """One's share of the minute is used up: the script waits as long as it is told to."""
    timo = visitor()
    sign_up(timo, system, "timo")
    refused: list[str] = []

    def refuse_the_first_two(route: Route) -> None:
        if route.request.method == "POST" and len(refused) < 2:
            refused.append(route.request.url)
            route.fulfill(status=429, headers={"Retry-After": "1"}, body="")
        else:
            route.continue_()

    timo.route("**/predict/", refuse_the_first_two)
    send(timo, system, *SAMPLES[:3])
    wait_for_batch(timo)
    expect(timo.locator("#batch li a")).to_have_count(3)
    assert len(refused) == 2


def test_a_full_disk(tmp_path: Path, visitor: Visit, shot: Shot) -> None:
    with small_disk(tmp_path / "var", size="16m") as folder, running_system(folder) as system:
        ute = visitor()
        sign_up(ute, system, "ute")
        send(ute, system, SAMPLES[0])
        expect(ute.locator("#status")).to_have_attribute("data-state", "done", timeout=30_000)
        filler = fill(folder)

        send(ute, system, SAMPLES[1])
        expect(ute.locator("#picture-problem")).to_contain_text("The disk of this installation is full")
        shot(ute, "full-disk")
        send(ute, system, *SAMPLES[1:3])
        expect(ute.locator("#outcomes li")).to_have_count(2)
        expect(ute.locator("#outcomes")).to_contain_text("The disk of this installation is full")

        again = visitor()
        log_in(again, system, "ute")
        again.goto(f"{system.portal}/history/")
        expect(again.locator(".tile")).to_have_count(1)

        filler.unlink()
        ute.get_by_role("button", name="Try those again").click()  # the files were kept in the page
        wait_for_batch(ute)
        expect(ute.locator("#batch li a")).to_have_count(2)


def test_without_javascript(system: System, visitor: Visit, shot: Shot) -> None:
    lena = visitor(java_script_enabled=False)
    sign_up(lena, system, "lena")
    send(lena, system, *SAMPLES[:2])
    expect(lena.locator("#batch li a")).to_have_count(2)
    shot(lena, "no-javascript-outcomes")
    lena.locator("#batch li a").first.click()
    lena.locator(".switch").first.click()
    expect(lena.locator("img.evidence")).to_be_visible()
    shot(lena, "no-javascript-evidence")
    lena.get_by_role("link", name="Picture alone").click()
    expect(lena.locator("img.evidence")).to_have_count(0)
