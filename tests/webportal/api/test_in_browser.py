"""The pages of access tokens in a real browser: no complaint, light and dark, wide and narrow."""

from __future__ import annotations

import re
from typing import Any, Literal

import pytest
from django.test import Client
from django.urls import reverse
from playwright.sync_api import Browser
from pytest_django.fixtures import Settings
from pytest_django.live_server_helper import LiveServer

from tests.webportal.api.conftest import Scope
from tests.webportal.test_accessibility import LOOKS, Visit
from webportal.accounts.models import User
from webportal.api import tokens

pytestmark = [pytest.mark.django_db(transaction=True)]


@LOOKS
@pytest.mark.parametrize("language", ["en", "de"])
def test_a_token_is_made_and_revoked_in_a_browser(
    language: str,
    scheme: Literal["light", "dark"],
    width: Any,
    chromium: Browser,
    live_server: LiveServer,
    owner: User,
    owner_client: Client,
    settings: Settings,
) -> None:
    settings.ALLOWED_HOSTS = ["*"]
    owner_client.post(reverse("account_reauthenticate"), {"password": "a-long-passphrase"})
    name = "nightly-transfer-of-the-archive-on-the-second-floor-of-building-B"[:64]
    tokens.make(owner=owner, name=name, scopes=list(Scope), days=365)
    with Visit(chromium, live_server.url, scheme, width) as visit:
        visit.log_in(owner_client)
        visit.speak(language)
        overview = reverse("tokens:overview")
        visit.look_at(reverse("accounts:overview"), overview, reverse("tokens:guide"), reverse("tokens:make"))
        page = visit.page
        page.get_by_role("textbox").first.fill("archive")
        page.locator("form.form button[type=submit]").click()
        secret = page.locator(".token-secret").inner_text()
        assert re.fullmatch(r"beatlens_[\w-]{43}", secret)
        visit.look_here()
        visit.look_at(overview)
        page.get_by_role("link", name=re.compile("archive$")).first.click()
        visit.look_here()
        page.locator("form.form button[type=submit]").click()
        assert page.locator(".tokens li").count() == 1
    assert visit.complaints == []
