"""The embedded portal as it runs, database and pictures on one small disk, and that disk full."""

from __future__ import annotations

import os
import re
import time
import urllib.parse
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value

from tests.small_disk import fill, small_disk
from tests.webportal.test_real_processes import Browser, Portal

PASSWORD = "a-long-passphrase"


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    if os.environ.get("BEATLENS_DATABASE_URL"):
        pytest.skip("only the embedded database lies on the portal's own disk")
    with small_disk(tmp_path / "var", size="4m") as folder:
        yield folder


@pytest.fixture
def portal(disk: Path) -> Iterator[Portal]:
    portal = Portal(disk, "127.0.0.1:9", {}, workers=1)
    yield portal
    portal.stop()


def sign_up(portal: Portal) -> Browser:
    browser = Browser(portal.base)
    account = {"username": "newcomer", "email": "newcomer@example.org", "password1": PASSWORD, "password2": PASSWORD}
    browser.send("/accounts/signup/", account)
    assert browser.url.endswith("/predict/")
    return browser


def log_in(portal: Portal, name: str = "newcomer") -> Browser:
    browser = Browser(portal.base)
    browser.send("/accounts/login/", {"login": name, "password": PASSWORD})
    return browser


def code_of(secret: str) -> str:
    """What an authenticator app shows now."""
    return format_hotp_value(hotp_value(secret, int(time.time()) // 30))


def test_a_full_disk_keeps_nobody_out(portal: Portal, disk: Path, drawn: Callable[..., bytes]) -> None:
    sign_up(portal).send("/predict/", {"label": "kept before"}, drawn())
    # Nobody else holds the database open: what SQLite shares between processes could not be made anew.
    portal.wait_for_worker()
    portal.worker.terminate()
    portal.worker.wait(timeout=30)
    filler = fill(disk)

    browser = log_in(portal)
    assert browser.url.endswith("/predict/"), browser.open("/history/")
    assert "kept before" in browser.open("/history/")
    assert "There is no room left" in browser.send("/predict/", {"label": ""}, drawn(shift=3))
    assert browser.status == 507
    report = Browser(portal.internal).open("/readyz")
    assert '"ready": false' in report
    assert '"media": "full"' in report

    filler.unlink()
    browser.send("/predict/", {"label": "kept afterwards"}, drawn(shift=3))
    assert browser.status == 200
    assert "kept afterwards" in browser.open("/history/")
    assert '"ready": true' in Browser(portal.internal).open("/readyz")
    assert len([path for path in (disk / "media").rglob("*") if path.is_file()]) == 4  # two pictures, two thumbnails


def test_a_full_disk_keeps_nobody_out_who_has_a_second_factor(portal: Portal, disk: Path) -> None:
    browser = sign_up(portal)
    browser.send("/accounts/reauthenticate/", {"password": PASSWORD})
    page = browser.open("/accounts/2fa/totp/activate/")
    shown = re.search(r'id="authenticator_secret"[^>]*value="(\w+)"', page)
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page)
    assert shown
    assert token
    secret = shown[1]
    # Every look at the page makes another secret.
    fields = urllib.parse.urlencode({"code": code_of(secret), "csrfmiddlewaretoken": token[1]}).encode()
    browser.open("/accounts/2fa/totp/activate/", fields, "application/x-www-form-urlencoded")
    portal.wait_for_worker()
    portal.worker.terminate()
    portal.worker.wait(timeout=30)
    fill(disk)

    browser = log_in(portal)
    assert "/2fa/authenticate" in browser.url
    browser.send(browser.url, {"code": code_of(secret)})
    assert (browser.status, browser.url.removeprefix(portal.base)) == (200, "/predict/")
