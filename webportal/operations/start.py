"""What the start page of the administration offers: work first, then people, systems and records."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from allauth.mfa.models import Authenticator
from django.conf import settings
from django.db.models import Exists, OuterRef
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from webportal.accounts.models import REVIEWERS, User
from webportal.analyses.models import Analysis, Review
from webportal.audit.models import Entry
from webportal.inference import client
from webportal.operations import figures, tokens

#: Rows beyond which nobody needs the exact number.
MANY = 10_000


@dataclass(frozen=True, slots=True)
class Task:
    """One thing that an administrator looks after."""

    title: str
    number: str
    """How many, in short; empty where there is nothing to count."""
    words: str
    url: str
    wants_attention: bool = False


def tasks(request: HttpRequest) -> list[Task]:
    """Those that this administrator may see to."""
    user = request.user
    wanted: list[Task] = []
    if user.has_perm("analyses.view_analysis"):
        wanted += _work()
    if user.has_perm("accounts.view_user"):
        wanted += _people()
    if user.is_superuser:
        wanted.append(_tokens())
    if user.has_perm("audit.view_entry"):
        wanted.append(_audit())
    return wanted


def _work() -> Iterator[Task]:
    serving = client().is_serving(timeout=1.0)
    words = _("The inference server answers. Volume, outcomes and drift.")
    if not serving:
        words = _("The inference server doesn’t answer.")
    yield Task(_("How it is doing"), "", words, reverse("operations"), not serving)
    analyses = reverse("admin:analyses_analysis_changelist")
    queue = figures.queue()
    waiting = queue.waiting + queue.running
    words = _("Nothing waits for its answer.")
    if waiting:
        minutes = int(queue.oldest_seconds // 60)
        words = ngettext("The oldest waits for %d minute.", "The oldest waits for %d minutes.", minutes) % minutes
    yield Task(
        _("Waiting analyses"), str(waiting), words, f"{analyses}?finished_at__isnull=True", queue.oldest_seconds > 600
    )
    failed = _up_to_many(Analysis.objects.filter(state=Analysis.State.FAILED))
    yield Task(
        _("Failed analyses"),
        _shown(failed),
        _("Look up the error id in the log, mend the cause, and queue them again.") if failed else _("None."),
        f"{analyses}?state__exact=failed",
        failed > 0,
    )
    unread = Analysis.objects.filter(shared_at__isnull=False, trashed_at__isnull=True).filter(
        ~Exists(Review.objects.filter(analysis=OuterRef("pk")).exclude(author=OuterRef("owner")))
    )
    yield Task(
        _("Shared for a second opinion"),
        _shown(_up_to_many(unread)),
        _("without a reviewer’s reading yet"),
        f"{analyses}?shared_at__isnull=False",
    )


def _people() -> Iterator[Task]:
    users = reverse("admin:accounts_user_changelist")
    new = User.objects.filter(date_joined__gte=timezone.now() - timedelta(days=7)).count()
    yield Task(
        _("Users"),
        _shown(_up_to_many(User.objects.filter(is_active=True))),
        ngettext("%d signed up within a week.", "%d signed up within a week.", new) % new,
        users,
    )
    reviewers = User.objects.filter(groups__name=REVIEWERS, is_active=True).count()
    yield Task(_("Reviewers"), str(reviewers), _("Tick “Reviewer” on a user’s page."), f"{users}?is_reviewer=yes")
    staff = User.objects.filter(is_staff=True, is_active=True)
    plain = staff.exclude(pk__in=Authenticator.objects.filter(type=Authenticator.Type.TOTP).values("user")).count()
    yield Task(
        _("Administrators"),
        str(staff.count()),
        ngettext("%d without a second factor", "%d without a second factor", plain) % plain,
        f"{users}?is_staff__exact=1",
        plain > 0 and settings.ADMIN_MFA_REQUIRED,
    )


def _tokens() -> Task:
    stored = tokens.stored_tokens()
    words = _("Who may call the inference server.") if stored is not None else _("No token file is set.")
    number = "" if stored is None else str(len(stored))
    return Task(_("gRPC tokens"), number, words, reverse("tokens"))


def _audit() -> Task:
    recent = Entry.objects.filter(at__gte=timezone.now() - timedelta(days=7))
    return Task(
        _("Audit log"),
        _shown(_up_to_many(recent)),
        _("entries within a week: who looked at or changed what belongs to others"),
        reverse("admin:audit_entry_changelist"),
    )


def _up_to_many(rows: Any) -> int:
    return int(rows.order_by()[: MANY + 1].count())


def _shown(number: int) -> str:
    return f"> {MANY}" if number > MANY else str(number)
