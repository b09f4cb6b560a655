"""One person's way in a real browser, through the real portal, worker, server and model; and what the terminal sees."""

from __future__ import annotations

import json
import re
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.end_to_end.people import PASSWORD, follow, sign_up
from tests.end_to_end.system import ROOT, System, running_system, stopped_server

pytestmark = pytest.mark.xdist_group("system")

SAMPLES = sorted((ROOT / "samples").glob("[A-Z]*/*.png"))


def _send(page: Page, system: System, picture: Path, label: str = "") -> None:
    page.goto(f"{system.portal}/predict/")
    page.locator("input[type=file]").set_input_files(picture)
    page.locator("input[name=label]").fill(label)
    page.get_by_role("button", name="Analyse").click()
    page.wait_for_url(re.compile(r"/analyses/[0-9a-f-]{36}/$"))


def test_from_sign_up_to_history_and_nobody_else_sees_it(system: System, visitor: Callable[[], Page]) -> None:
    picture = next(path for path in SAMPLES if path.parent.name == "PVC")
    anna = visitor()
    sign_up(anna, system, "anna")
    _send(anna, system, picture, "my first beat")
    expect(anna.locator("#status")).to_have_attribute("data-class", "PVC")
    expect(anna.locator("#status h2").first).to_contain_text("Premature Ventricular Contraction")
    expect(anna.locator("main")).to_contain_text(re.compile(r"version \d"))
    expect(anna.locator("main")).to_contain_text(re.compile("not a medical device", re.IGNORECASE))
    address = anna.url

    anna.goto(f"{system.portal}/history/")
    expect(anna.locator("main")).to_contain_text("my first beat")
    expect(anna.locator(".tile").first).to_contain_text("Premature Ventricular Contraction")

    berta = visitor()
    sign_up(berta, system, "berta")
    answer = berta.goto(address)
    assert answer is not None
    assert answer.status == 404
    berta.goto(f"{system.portal}/history/")
    expect(berta.locator("main")).not_to_contain_text("my first beat")

    system.manage(
        "createsuperuser",
        "--noinput",
        DJANGO_SUPERUSER_USERNAME="root",
        DJANGO_SUPERUSER_EMAIL="root@example.org",
        DJANGO_SUPERUSER_PASSWORD=PASSWORD,
    )
    admin = visitor()
    admin.goto(f"{system.portal}/admin/")
    admin.locator("input[name=login]").fill("root")
    admin.locator("input[name=password]").fill(PASSWORD)
    follow(admin, admin.locator("main form button[type=submit]").first)
    admin.goto(f"{system.portal}/admin/analyses/analysis/")
    expect(admin.locator("#result_list")).to_contain_text("anna")
    expect(admin.locator("#result_list")).to_contain_text("PVC")


def test_a_refused_file_is_explained_and_kept_in_the_history(
    system: System, visitor: Callable[[], Page], tmp_path: Path
) -> None:
    cut = tmp_path / "cut.png"
    cut.write_bytes(SAMPLES[0].read_bytes()[:-200])
    carl = visitor()
    sign_up(carl, system, "carl")
    _send(carl, system, cut)
    expect(carl.locator("main")).to_contain_text("cut off")


def test_an_upload_without_the_server_is_finished_without_a_click(
    system: System, visitor: Callable[[], Page], shot: Callable[[Page, str], None]
) -> None:
    def attempts(outcome: str) -> float:
        """What all processes together have counted."""
        with urllib.request.urlopen(f"{system.internal}/metrics", timeout=10) as response:  # noqa: S310 - our own
            lines = response.read().decode().splitlines()
        ours = [line for line in lines if line.startswith(f'beatlens_portal_attempts_total{{outcome="{outcome}"')]
        return sum(float(line.rpartition(" ")[2]) for line in ours)

    dora = visitor()
    sign_up(dora, system, "dora")
    answered, without_server = attempts("answered"), attempts("no_server")
    with stopped_server(system):
        _send(dora, system, next(path for path in SAMPLES if path.parent.name == "PACED"))
        expect(dora.locator("#status")).to_have_attribute("data-state", "queued")
        shot(dora, "server-down")
    expect(dora.locator("#status")).to_have_attribute("data-class", "PACED", timeout=60_000)
    shot(dora, "server-back")
    assert attempts("no_server") > without_server  # in the portal
    assert attempts("answered") == answered + 1  # in the worker


def test_samples_on_the_command_line(system: System) -> None:
    """Nearly all of the twenty-one samples are right, asked of the running server, and no confident answer is wrong."""
    done = subprocess.run(
        [sys.executable, "-m", "inference_server", "classify", *map(str, SAMPLES), "--address", system.grpc, "--json"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(answers) == 21
    # Normal and premature atrial beats are one kind in a picture; both are plausible then.
    wrong = [answer for answer in answers if Path(answer["file"]).parent.name not in answer.get("plausible", [])]
    nearest = [answer for answer in answers if answer["class"] == Path(answer["file"]).parent.name]
    assert len(wrong) <= 1
    assert "CONFIDENT" not in {answer["verdict"] for answer in wrong}
    assert len(nearest) >= 17


def test_stopping_frees_the_ports_and_a_second_start_is_quick(tmp_path: Path) -> None:
    with running_system(tmp_path) as first:
        pass
    assert first.process.returncode == 0
    for address in (first.portal.removeprefix("http://"), first.grpc):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(("127.0.0.1", int(address.rpartition(":")[2])))
    begun = time.monotonic()
    with running_system(tmp_path):
        assert time.monotonic() - begun < 60  # seconds on a quiet machine, here with other tests beside it
    key = tmp_path / "secret_key"
    assert key.stat().st_mode & 0o077 == 0
