"""Every page in a real browser: no accessibility or console complaint, light and dark, wide and narrow."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal, Self

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from axe_playwright_python.sync_playwright import Axe
from django.contrib.auth.models import Group
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Browser, ConsoleMessage, Page
from pytest_django.fixtures import Settings
from pytest_django.live_server_helper import LiveServer

from inference_server.classification import Classification
from inference_server.runtime.tokens import Scope, TokenStore
from tests.webportal.conftest import FarSide, Refusal
from webportal.accounts.models import REVIEWERS, User
from webportal.analyses import services, tagging
from webportal.analyses.intake.batches import add_picture, add_refused, begin_batch
from webportal.analyses.intake.taking import Wishes
from webportal.analyses.jobs import running
from webportal.analyses.models import Analysis

pytestmark = [pytest.mark.django_db(transaction=True)]

#: WCAG 2.2 up to AA, and axe's own best practices.
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
#: Console messages that mean something is broken or blocked; the rest is advice.
SERIOUS = ("error", "warning")


@pytest.fixture
def urls(
    far_side: FarSide,
    owner: User,
    other: User,
    upload: Callable[..., Analysis],
    drawn: Callable[..., bytes],
    refusal: type[Refusal],
) -> list[str]:
    """Every kind of page, public and private, with something on it."""

    def refuse(_data: bytes) -> Classification:
        raise refusal("IMAGE_CORRUPT")

    done, waiting, trashed = upload(label="strip 1"), upload(drawn((200, 128))), upload(drawn((210, 128)))
    running.run(analysis_id=done.pk, timeout=2.0)
    done.refresh_from_db()
    tagging.annotate(actor=owner, analysis=done, notes="look again", tags=["ward 3", "to do"])
    owner.groups.add(Group.objects.get_or_create(name=REVIEWERS)[0])
    shared = upload(drawn((230, 128)), user=other)
    running.run(analysis_id=shared.pk, timeout=2.0)
    services.share_analyses(actor=other, ids=[shared.pk])
    services.share_analyses(actor=owner, ids=[done.pk])
    services.run_again(actor=owner, analysis=done)
    services.review(actor=owner, analysis=done, class_short="PACED", comment="a spike")
    services.trash_analysis(actor=owner, analysis=trashed)
    far_side.respond = refuse
    refused = upload(drawn((220, 128)))
    running.run(analysis_id=refused.pk, timeout=2.0)
    batch = begin_batch(owner=owner, batch_id=uuid.uuid4(), name="night shift", expected=3)
    wishes = Wishes(label="night shift", keep_names=True)
    add_picture(batch=batch, place=0, name="a beat.png", data=drawn((240, 128)), wishes=wishes)
    add_refused(batch=batch, place=1, name="notes.txt", reason="FILE_IS_TEXT", wishes=wishes)
    round_ = services.begin_round(reader=owner, round_id=uuid.uuid4(), ids=[done.pk, refused.pk, shared.pk])
    services.review(actor=owner, analysis=done, class_short="PVC")
    private = ["predict", "history", "summary", "trash", "review-queue", "batches"]
    texts = ["help", "privacy", "terms", "contact"]
    return [
        "/",
        "/info/",
        "/info/VF/",
        "/nothing-here/",
        *(reverse(f"pages:{name}") for name in texts),
        *(reverse(name) for name in ("trial:samples", "accounts:time-zone")),
        *(reverse(f"analyses:{name}") for name in private),
        reverse("analyses:history") + "?sort=oldest",
        reverse("analyses:history") + "?view=table",
        *(analysis.get_absolute_url() for analysis in (done, waiting, trashed, refused, shared)),
        reverse("analyses:delete", args=[done.pk]),
        batch.get_absolute_url(),
        batch.get_absolute_url() + "?q=nothing",
        reverse("analyses:batch-delete", args=[batch.pk]),
        *(round_.address_of(number) for number in (1, 2, 3, 4)),
        reverse("analyses:evidence", args=[done.pk, "PVC"]),
        *(reverse(name) for name in ("accounts:overview", "account_change_password", "account_email")),
        *(reverse(name) for name in ("account_reauthenticate", "mfa_index", "usersessions_list")),
    ]


@pytest.fixture
def admin_urls(
    far_side: FarSide,
    staff: User,
    owner: User,
    upload: Callable[..., Analysis],
    drawn: Callable[..., bytes],
    settings: Settings,
    tmp_path: Path,
) -> list[str]:
    """Every kind of page of the administration, with something on it."""
    settings.TOKENS_FILE = tmp_path / "tokens.json"
    TokenStore(settings.TOKENS_FILE).create("archive", list(Scope))
    EmailAddress.objects.create(user=owner, email=owner.email)
    Authenticator.objects.create(user=owner, type="totp", data={"secret": "x"})
    done, failed, waiting = upload(label="strip 1"), upload(drawn((200, 128))), upload(drawn((210, 128)))
    running.run(analysis_id=done.pk, timeout=2.0)
    done.refresh_from_db()
    services.review(actor=owner, analysis=done, class_short="PACED", comment="a spike")
    services.share_analyses(actor=owner, ids=[done.pk])
    Analysis.objects.filter(pk=failed.pk).update(
        state="failed", error_id="0123456789ab", finished_at=timezone.now(), next_attempt_at=None
    )
    lists = ["analyses_analysis", "analyses_upload", "analyses_review", "audit_entry", "accounts_user", "auth_group"]
    lists += ["account_emailaddress", "mfa_authenticator"]
    return [
        reverse("admin:index"),
        reverse("tokens"),
        reverse("revoke-token", args=["archive"]),
        *(reverse("operations") + query for query in ("", "?period=day")),
        *(reverse(f"admin:{name}_changelist") for name in lists),
        reverse("admin:analyses_analysis_changelist") + "?state__exact=failed",
        *(reverse("admin:analyses_analysis_change", args=[analysis.pk]) for analysis in (done, failed, waiting)),
        reverse("admin:analyses_analysis_history", args=[done.pk]),
        reverse("admin:analyses_analysis_delete", args=[done.pk]),
        reverse("admin:analyses_upload_change", args=[done.upload_id]),
        reverse("admin:accounts_user_change", args=[owner.pk]),
        reverse("admin:accounts_user_add"),
        reverse("admin:auth_user_password_change", args=[owner.pk]),
    ]


def complaints_about(page: Page) -> list[str]:
    # No preload: axe would put imported style sheets into the page as inline ones, which the page's policy refuses.
    results = Axe().run(page, options={"runOnly": {"type": "tag", "values": TAGS}, "preload": False})
    return [
        f"{page.url}: {violation['id']} at {node['target']}: {node['failureSummary']}"
        for violation in results.response["violations"]
        for node in violation["nodes"]
    ]


class Visit:
    """Somebody who looks at pages one after the other and writes down every complaint."""

    def __init__(self, chromium: Browser, base: str, scheme: Literal["light", "dark"], width: int) -> None:
        self.base, self.complaints = base, list[str]()
        self._context = chromium.new_context(viewport={"width": width, "height": 800}, color_scheme=scheme)
        self.page = page = self._context.new_page()
        page.on("console", self._listen)
        page.on("pageerror", lambda error: self.complaints.append(f"{page.url}: {error}"))

    def _listen(self, said: ConsoleMessage) -> None:
        if said.type in SERIOUS:
            self.complaints.append(f"{self.page.url}: {said.text}")

    def log_in(self, client: Client) -> None:
        session = client.cookies["sessionid"].value
        self._context.add_cookies([{"name": "sessionid", "value": session, "url": self.base}])

    def speak(self, language: str) -> None:
        self._context.add_cookies([{"name": "django_language", "value": language, "url": self.base}])

    def look_at(self, *urls: str) -> None:
        for url in urls:
            self.page.goto(self.base + url)
            self.look_here()

    def look_here(self) -> None:
        self.complaints.extend(complaints_about(self.page))
        if self.page.evaluate("document.documentElement.scrollWidth > innerWidth"):
            self.complaints.append(f"{self.page.url}: wider than the window")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._context.close()


LOOKS = pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 360)])


@LOOKS
def test_no_page_of_the_administration_shuts_anybody_out(
    scheme: Literal["light", "dark"],
    width: Any,
    chromium: Browser,
    live_server: LiveServer,
    admin_urls: list[str],
    staff_client: Client,
    settings: Settings,
) -> None:
    settings.ALLOWED_HOSTS = ["*"]
    with Visit(chromium, live_server.url, scheme, width) as visit:
        visit.log_in(staff_client)
        visit.look_at(*admin_urls)
    assert visit.complaints == []


@LOOKS
def test_no_page_shuts_anybody_out(
    scheme: Literal["light", "dark"],
    width: Any,
    chromium: Browser,
    live_server: LiveServer,
    urls: list[str],
    owner_client: Client,
    settings: Settings,
) -> None:
    settings.ALLOWED_HOSTS = ["*"]
    with Visit(chromium, live_server.url, scheme, width) as visit:
        public = ("pages:home", "trial:try", "account_login", "account_signup", "account_reset_password")
        visit.look_at(*(reverse(name) for name in public))
        visit.log_in(owner_client)
        visit.look_at(*urls)
    complaints = visit.complaints
    expected = "Failed to load resource: the server responded with a status of 404"  # the page that isn't there
    assert [
        complaint for complaint in complaints if not ("/nothing-here/" in complaint and expected in complaint)
    ] == []
