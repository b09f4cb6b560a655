"""A phone of 360 pixels: no page is wider than its window, whatever people write; what matters comes first."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from django.contrib.auth.models import Group
from django.test import Client
from django.urls import reverse
from playwright.sync_api import Browser, Error, Page, ViewportSize
from pytest_django.fixtures import Settings
from pytest_django.live_server_helper import LiveServer

from inference_server.classification import Verdict
from inference_server.runtime.tokens import Scope, TokenStore
from tests.webportal import access_table
from tests.webportal.conftest import FarSide, answer
from webportal.accounts.models import REVIEWERS, User
from webportal.analyses import services, tagging
from webportal.analyses.jobs import running
from webportal.analyses.models import Analysis

pytestmark = [pytest.mark.django_db(transaction=True)]

PHONE: ViewportSize = {"width": 360, "height": 740}
#: As long as the forms allow, without a place to break.
LONG = "Elektrokardiographie" * 5
#: Width of the page, and the first elements that stick out of the window without a box of their own to scroll in.
WIDER = """() => {
  const scrolls = (each) =>
    each !== document.documentElement && each !== document.body
    && /auto|scroll|hidden|clip/.test(getComputedStyle(each).overflowX);
  const isBoxed = (each) => each.parentElement && (scrolls(each.parentElement) || isBoxed(each.parentElement));
  const wide = [...document.querySelectorAll("body *")].filter((each) => {
    if (each.closest(".visually-hidden, [hidden], svg")) return false;
    const box = each.getBoundingClientRect();
    return box.width && box.right > innerWidth + 1 && !isBoxed(each);
  });
  return [document.documentElement.scrollWidth, wide.slice(0, 3).map((each) => each.outerHTML.slice(0, 160))];
}"""


@pytest.fixture
def phone(chromium: Browser) -> Iterator[Page]:
    context = chromium.new_context(viewport=PHONE, has_touch=True, is_mobile=True)
    yield context.new_page()
    context.close()


@pytest.fixture
def analysis(far_side: FarSide, owner: User, upload: Callable[..., Analysis], drawn: Callable[..., bytes]) -> Analysis:
    """An answer with everything that may be written beside it, as long as it may be."""
    far_side.respond = lambda _data: answer("PVC", verdict=Verdict.UNCERTAIN, plausible=("PVC", "PACED", "ESCAPE"))
    analysis = upload(label=LONG[:100], keep_original=True)
    running.run(analysis_id=analysis.pk, timeout=2.0)
    analysis.refresh_from_db()
    tagging.annotate(actor=owner, analysis=analysis, notes=LONG, tags=[LONG[:40], "b" * 40, "c" * 40])
    services.review(actor=owner, analysis=analysis, class_short="PACED", comment=LONG)
    services.share_analyses(actor=owner, ids=[analysis.pk])
    return analysis


def log_in(page: Page, client: Client, base: str) -> None:
    page.context.add_cookies([{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": base}])


def addresses(analysis: Analysis) -> Iterator[str]:
    """Every address, without those that leave and those that show what another shows too."""
    for route in sorted(set(access_table.routes())):
        if not re.search(r"logout|/history/$|/jsi18n/|<url>|/r/<|-picture|/original$|\.png$|/(csv|json|pdf)/?$", route):
            yield access_table.filled(route, analysis)


@pytest.mark.parametrize(("role", "language"), [("anonymous", "en"), ("owner", "de"), ("administrator", "en")])
def test_no_page_is_wider_than_its_window(
    role: str,
    language: str,
    phone: Page,
    live_server: LiveServer,
    analysis: Analysis,
    owner: User,
    owner_client: Client,
    staff_client: Client,
    settings: Settings,
    tmp_path: Path,
) -> None:
    settings.ALLOWED_HOSTS = ["*"]
    settings.TOKENS_FILE = tmp_path / "tokens.json"
    TokenStore(settings.TOKENS_FILE).create("s" * 64, list(Scope))
    owner.groups.add(Group.objects.get_or_create(name=REVIEWERS)[0])
    phone.context.add_cookies([{"name": "django_language", "value": language, "url": live_server.url}])
    if role != "anonymous":
        log_in(phone, owner_client if role == "owner" else staff_client, live_server.url)
    extra = [reverse("analyses:history") + "?view=table", reverse("analyses:summary") + "?period=quarter"]
    wide, seen = [], set()
    for url in [*addresses(analysis), *extra]:
        if (role == "administrator") != url.startswith("/admin/"):
            continue
        if role == "anonymous" and Client().get(url).status_code == 302:  # to the log-in page, again and again
            continue
        response = None
        try:
            response = phone.goto(live_server.url + url)
        except Error:  # a download, or an answer without a page; what Chromium shows instead comes a moment later
            phone.wait_for_timeout(150)
            with suppress(Error):
                phone.goto("about:blank")
        is_text = response is not None and response.headers.get("content-type", "").startswith("text/html")
        if not is_text or not phone.locator("meta[name=viewport]").count() or phone.url in seen:
            continue
        seen.add(phone.url)
        width, culprits = phone.evaluate(WIDER)
        if width > PHONE["width"] or culprits:
            wide.append((url, width, culprits))
    assert not wide, "\n".join(map(str, wide))
    assert len(seen) >= 15


def test_the_verdict_is_on_the_first_screen(
    phone: Page, live_server: LiveServer, analysis: Analysis, owner_client: Client, settings: Settings
) -> None:
    settings.ALLOWED_HOSTS = ["*"]
    Analysis.objects.filter(pk=analysis.pk).update(shared_at=None)
    log_in(phone, owner_client, live_server.url)
    for scheme in ("light", "dark"):
        phone.emulate_media(color_scheme=scheme)
        phone.goto(live_server.url + analysis.get_absolute_url())
        box = phone.locator("#status .verdict").bounding_box()
        assert box is not None
        assert box["y"] + box["height"] < PHONE["height"]
        picture = phone.locator("#picture img").bounding_box()
        assert picture is not None
        assert picture["y"] > box["y"]


def test_a_chart_begins_where_the_newest_is(
    phone: Page, live_server: LiveServer, analysis: Analysis, owner_client: Client, settings: Settings
) -> None:
    settings.ALLOWED_HOSTS = ["*"]
    log_in(phone, owner_client, live_server.url)
    for period in ("year", "quarter"):
        phone.goto(f"{live_server.url}{reverse('analyses:summary')}?period={period}")
        newest = phone.locator("svg.chart rect").last.bounding_box()
        label = phone.locator("svg.chart text").last.bounding_box()
        for box in (newest, label):
            assert box is not None
            assert box["x"] >= 0
            assert box["x"] + box["width"] <= PHONE["width"]
        phone.get_by_text("The numbers", exact=True).click()
        months = phone.locator("table.numbers tbody th").all_inner_texts()
        counts = phone.locator("table.numbers tbody tr").first.locator("td").all_inner_texts()
        assert counts[-1] != "0"
        assert len(months) >= 12
