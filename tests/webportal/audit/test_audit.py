"""The audit log: what people do with what belongs to others is written down, for good."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from html import unescape

import pytest
from django.core import signing
from django.db.models import QuerySet
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django.fixtures import Settings

from tests.webportal.conftest import FarSide
from webportal.accounts.models import User
from webportal.analyses import services
from webportal.analyses.jobs import running
from webportal.analyses.models import Analysis
from webportal.audit import passes
from webportal.audit.models import AppendOnlyError, Entry

pytestmark = pytest.mark.django_db


@pytest.fixture
def shared(far_side: FarSide, upload: Callable[..., Analysis], owner: User) -> Analysis:
    analysis = upload(label="strip")
    running.run(analysis_id=analysis.pk, timeout=2.0)
    services.share_analyses(actor=owner, ids=[analysis.pk])
    analysis.refresh_from_db()
    return analysis


def looks() -> QuerySet[Entry]:
    """Entries about what belongs to others, without those about rights, which the making of people has left."""
    return Entry.objects.exclude(action=Entry.Action.POWER)


def written() -> list[tuple[str, str, str]]:
    """Who did what with which kind of record, oldest first."""
    entries = looks().order_by("at")
    return [
        ((entry.actor.username if entry.actor else "").partition("-")[0], entry.action, entry.kind.partition(".")[2])
        for entry in entries
    ]


def test_nothing_is_written_about_ones_own(shared: Analysis, owner_client: Client) -> None:
    for url in (
        shared.get_absolute_url(),
        reverse("analyses:picture", args=[shared.upload_id]),
        reverse("analyses:history"),
        reverse("analyses:report", args=[shared.pk]),
    ):
        response = owner_client.get(url)
        assert response.status_code == 200
        response.getvalue()
    assert written() == []


def test_what_reviewers_read_and_write_is_written_down(
    shared: Analysis, owner: User, reviewer: User, reviewer_client: Client
) -> None:
    reviewer_client.get(reverse("analyses:review-queue"))
    reviewer_client.get(shared.get_absolute_url())
    reviewer_client.get(reverse("analyses:picture", args=[shared.upload_id])).getvalue()
    services.review(actor=reviewer, analysis=shared, class_short="PVC")
    assert written() == [
        ("reviewer", "list", "Analysis"),
        ("reviewer", "view", "Analysis"),
        ("reviewer", "view", "Upload"),
        ("reviewer", "change", "Analysis"),
    ]
    entry = Entry.objects.get(action="change")
    assert (entry.record, entry.owner, entry.detail) == (str(shared.pk), owner, "review")


def test_the_reviewers_queue_is_one_look_whatever_it_shows(shared: Analysis, reviewer_client: Client) -> None:
    html = reviewer_client.get(reverse("analyses:review-queue")).content.decode()
    [address] = re.findall(r'src="(/uploads/[^"]+/thumbnail[^"]*)"', html)
    reviewer_client.get(unescape(address)).getvalue()
    assert written() == [("reviewer", "list", "Analysis")]


def test_what_is_refused_is_not_written_down(
    shared: Analysis, owner: User, reviewer_client: Client, other_client: Client
) -> None:
    services.unshare_analyses(actor=owner, ids=[shared.pk])
    for client in (other_client, reviewer_client):
        assert client.get(shared.get_absolute_url()).status_code == 404
        assert client.get(reverse("admin:analyses_analysis_changelist")).status_code == 302
    assert written() == []


class TestAdministration:
    def test_lists_and_rows(self, shared: Analysis, staff_client: Client) -> None:
        staff_client.get(reverse("admin:analyses_analysis_changelist"))
        staff_client.get(reverse("admin:analyses_analysis_change", args=[shared.pk]))
        staff_client.get(reverse("analyses:thumbnail", args=[shared.upload_id])).getvalue()
        staff_client.get(reverse("admin:accounts_user_change", args=[shared.owner_id]))
        assert written() == [
            ("staff", "list", "Analysis"),
            ("staff", "view", "Analysis"),
            ("staff", "view", "Upload"),
            ("staff", "view", "User"),
        ]

    @pytest.mark.parametrize("model", ["analysis", "upload"])
    def test_a_list_is_one_look_whatever_it_shows(
        self,
        model: str,
        shared: Analysis,
        upload: Callable[..., Analysis],
        drawn: Callable[..., bytes],
        staff_client: Client,
    ) -> None:
        for shift in range(1, 4):
            upload(drawn(shift=shift))
        html = staff_client.get(reverse(f"admin:analyses_{model}_changelist")).content.decode()
        thumbnails = re.findall(r'src="(/uploads/[^"]+/thumbnail[^"]*)"', html)
        assert len(thumbnails) == 4
        for address in thumbnails:
            staff_client.get(unescape(address)).getvalue()
        assert written() == [("staff", "list", model.capitalize())]

    def test_a_thumbnail_without_its_list_is_a_look_of_its_own(
        self,
        shared: Analysis,
        staff_client: Client,
        staff: User,
        make_user: Callable[..., User],
        upload: Callable[..., Analysis],
    ) -> None:
        """A pass is for one person, one picture and an hour, and can't be made up."""
        another = upload().upload
        somebody = make_user(is_staff=True, is_superuser=True)
        for listed in (
            "",
            "made-up",
            passes.issue(user=staff, record=another),
            passes.issue(user=somebody, record=shared.upload),
            signing.TimestampSigner().sign(""),
        ):
            staff_client.get(reverse("analyses:thumbnail", args=[shared.upload_id]), {"listed": listed}).getvalue()
        assert written() == [("staff", "view", "Upload")] * 5

    def test_a_pass_runs_out(self, shared: Analysis, staff: User, monkeypatch: pytest.MonkeyPatch) -> None:
        listed = passes.issue(user=staff, record=shared.upload)
        assert passes.is_valid(listed, user=staff, record=shared.upload)
        monkeypatch.setattr(passes, "LIFE", -1)
        assert not passes.is_valid(listed, user=staff, record=shared.upload)

    def test_actions_name_each_row(self, shared: Analysis, staff_client: Client) -> None:
        selected = {"action": "requeue", "_selected_action": [str(shared.pk)]}
        staff_client.post(reverse("admin:analyses_analysis_changelist"), selected)
        entry = looks().get()
        assert (entry.action, entry.record, entry.detail) == ("change", str(shared.pk), "requeue")

    def test_what_is_deleted_stays_named(self, shared: Analysis, owner: User, staff_client: Client) -> None:
        url = reverse("admin:analyses_analysis_delete", args=[shared.pk])
        staff_client.post(url, {"post": "yes"})
        assert not Analysis.objects.filter(pk=shared.pk).exists()
        entry = looks().get()
        assert (entry.action, entry.record, entry.owner) == ("delete", str(shared.pk), owner)

    def test_ones_own_account_and_what_is_nobodys_are_left_out(self, staff: User, staff_client: Client) -> None:
        staff_client.get(reverse("admin:accounts_user_change", args=[staff.pk]))
        staff_client.get(reverse("admin:index"))
        assert written() == []

    def test_the_log_is_read_and_found_but_never_written(self, shared: Analysis, staff_client: Client) -> None:
        staff_client.get(reverse("admin:analyses_analysis_change", args=[shared.pk]))
        entry = looks().get()
        url = reverse("admin:audit_entry_changelist")
        assert staff_client.get(url, {"q": str(shared.pk)}).context["cl"].result_count == 1
        assert staff_client.get(url, {"q": shared.owner.username}).context["cl"].result_count == 1
        assert staff_client.get(url, {"q": "nobody"}).context["cl"].result_count == 0
        assert staff_client.get(reverse("admin:audit_entry_change", args=[entry.pk])).status_code == 200
        assert staff_client.post(reverse("admin:audit_entry_delete", args=[entry.pk])).status_code == 403
        assert staff_client.post(reverse("admin:audit_entry_change", args=[entry.pk])).status_code == 403


class TestForGood:
    @pytest.fixture
    def entry(self, owner: User, other: User) -> Entry:
        entry = Entry(actor=other, actor_number=other.pk, owner=owner, owner_number=owner.pk, action="view", kind="x.Y")
        entry.save()
        return entry

    def test_no_code_changes_or_removes_an_entry(self, entry: Entry) -> None:
        for attempt in (
            entry.save,
            entry.delete,
            Entry.objects.all().delete,
            lambda: Entry.objects.update(action="list"),
        ):
            with pytest.raises(AppendOnlyError):
                attempt()
        assert Entry.objects.get().action == "view"

    def test_it_outlives_the_accounts(self, entry: Entry, owner: User, other: User) -> None:
        number = other.pk
        other.delete()
        owner.delete()
        entry = looks().get()
        assert (entry.actor, entry.owner, entry.actor_number) == (None, None, number)

    def test_only_its_age_shortens_it(self, entry: Entry, owner: User, settings: Settings) -> None:
        old = Entry(actor=owner, actor_number=owner.pk, action="list", kind="x.Y")
        old.at = timezone.now() - timedelta(days=settings.AUDIT_DAYS, seconds=1)
        old.save()
        assert Entry.objects.expire() == 1
        assert Entry.objects.get() == entry
