"""The administration is a room for people: tasks first, reviewers by a tick, tokens, no raw rows of other packages."""

from __future__ import annotations

import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.contrib import admin
from django.contrib.auth.models import Permission
from django.core.exceptions import PermissionDenied
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django_tasks_db.models import DBTaskResult
from pytest_django.fixtures import DjangoAssertNumQueries, Settings

from inference_server.runtime.tokens import Scope, TokenStore
from tests.webportal.conftest import FarSide
from webportal.accounts import reviewers
from webportal.accounts.models import User
from webportal.analyses import services
from webportal.analyses.jobs import running
from webportal.analyses.models import Analysis
from webportal.audit.models import Entry
from webportal.operations import tokens

pytestmark = pytest.mark.django_db


@pytest.fixture
def clerk(make_user: Callable[..., User]) -> User:
    """Staff who may see users and analyses, and no more."""
    user = make_user(username="clerk-zzyzx", is_staff=True)
    user.user_permissions.set(
        Permission.objects.filter(codename__in=["view_user", "change_user", "view_analysis", "view_emailaddress"])
    )
    return user


@pytest.fixture
def clerk_client(clerk: User) -> Client:
    client = Client()
    client.force_login(clerk)
    return client


class TestStart:
    def tasks(self, client: Client) -> dict[str, tuple[str, str, bool]]:
        tasks = client.get(reverse("admin:index")).context["tasks"]
        for task in tasks:
            assert client.get(task.url).status_code == 200, task.title
        return {task.title: (task.number, task.words, task.wants_attention) for task in tasks}

    def test_it_says_what_waits_and_who_is_there(
        self,
        far_side: FarSide,
        upload: Callable[..., Analysis],
        drawn: Callable[..., bytes],
        owner: User,
        reviewer: User,
        staff_client: Client,
    ) -> None:
        done, failed, _waiting = upload(), upload(drawn(shift=1)), upload(drawn(shift=2))
        running.run(analysis_id=done.pk, timeout=2.0)
        services.share_analyses(actor=owner, ids=[done.pk])
        Analysis.objects.filter(pk=failed.pk).update(
            state="failed", error_id="0123456789ab", finished_at=timezone.now(), next_attempt_at=None
        )
        tasks = self.tasks(staff_client)
        assert tasks["Waiting analyses"][0] == "1"
        assert tasks["Failed analyses"][::2] == ("1", True)
        assert tasks["Shared for a second opinion"][0] == "1"
        assert tasks["Users"][0] == "3"
        assert tasks["Reviewers"][0] == "1"
        assert tasks["Administrators"] == ("1", "1 without a second factor", False)
        assert "gRPC tokens" in tasks
        assert "Audit log" in tasks
        services.review(actor=reviewer, analysis=Analysis.objects.get(pk=done.pk), class_short="PVC")
        assert self.tasks(staff_client)["Shared for a second opinion"][0] == "0"

    def test_every_card_leads_to_what_it_counted(
        self,
        far_side: FarSide,
        upload: Callable[..., Analysis],
        drawn: Callable[..., bytes],
        reviewer: User,
        owner: User,
        staff_client: Client,
    ) -> None:
        upload()
        upload(drawn(shift=1), user=owner)
        tasks = {task.title: task for task in staff_client.get(reverse("admin:index")).context["tasks"]}
        for title in ("Waiting analyses", "Failed analyses", "Shared for a second opinion", "Reviewers", "Users"):
            listed = staff_client.get(tasks[title].url).context["cl"].result_count
            assert str(listed) == tasks[title].number, title

    def test_records_are_grouped_by_what_they_are_about(
        self, far_side: FarSide, staff_client: Client, clerk_client: Client
    ) -> None:
        apps = staff_client.get(reverse("admin:index"), headers={"Accept-Language": "de"}).context["app_list"]
        people = [str(model["name"]) for model in apps[0]["models"]]
        assert str(apps[0]["name"]) == "Benutzerkonten"
        assert people[:3] == ["Benutzer", "E-Mail-Adressen", "Zweite Faktoren"]
        assert {app["app_label"] for app in apps} == {"accounts", "analyses", "audit", "recordings"}
        assert {app["app_label"] for app in clerk_client.get(reverse("admin:index")).context["app_list"]} == {
            "accounts",
            "analyses",
        }

    def test_an_absent_server_stands_out(self, far_side: FarSide, staff_client: Client) -> None:
        far_side.down()
        assert self.tasks(staff_client)["How it is doing"][2]

    def test_each_sees_what_they_may_see_to(self, far_side: FarSide, clerk_client: Client) -> None:
        tasks = self.tasks(clerk_client)
        assert "Users" in tasks
        assert "gRPC tokens" not in tasks
        assert "Audit log" not in tasks


class TestReviewers:
    def change(self, client: Client, user: User, **fields: object) -> Any:
        url = reverse("admin:accounts_user_change", args=[user.pk])
        sent = {"username": user.username, "email": user.email, "is_active": "on", **fields}
        return client.post(url, sent)

    def test_a_tick_makes_one_and_its_absence_ends_it(self, owner: User, staff: User, staff_client: Client) -> None:
        assert self.change(staff_client, owner, is_reviewer="on").status_code == 302
        assert User.objects.get(pk=owner.pk).is_reviewer
        page = staff_client.get(reverse("admin:accounts_user_change", args=[owner.pk]))
        assert page.context["adminform"].form["is_reviewer"].value() is True
        groups = [str(group.pk) for group in owner.groups.all()]
        assert self.change(staff_client, owner, groups=groups).status_code == 302
        assert not User.objects.get(pk=owner.pk).is_reviewer
        said = Entry.objects.filter(record=str(owner.pk), actor=staff, action="power").order_by("at")
        assert list(said.values_list("detail", flat=True)) == ["+group reviewer", "-group reviewer"]

    def test_other_staff_cannot(self, owner: User, clerk: User, clerk_client: Client) -> None:
        self.change(clerk_client, owner, is_reviewer="on")
        assert not User.objects.get(pk=owner.pk).is_reviewer
        with pytest.raises(PermissionDenied):
            reviewers.set_reviewer(actor=clerk, user=owner, is_reviewer=True)

    def test_what_stays_the_same_is_not_written_down(self, reviewer: User, staff: User) -> None:
        before = Entry.objects.count()
        assert not reviewers.set_reviewer(actor=staff, user=reviewer, is_reviewer=True)
        assert Entry.objects.count() == before

    def test_the_list_shows_and_finds_them(
        self, owner: User, reviewer: User, staff_client: Client, django_assert_max_num_queries: DjangoAssertNumQueries
    ) -> None:
        url = reverse("admin:accounts_user_changelist")
        for answer, names in (("yes", {reviewer.username}), ("no", {owner.username, "staff-zzyzx"})):
            people = staff_client.get(url, {"is_reviewer": answer}).context["cl"].result_list
            assert {user.username for user in people} == names
        with django_assert_max_num_queries(12):
            staff_client.get(url)


class TestTokens:
    @pytest.fixture
    def path(self, tmp_path: Path, settings: Settings) -> Any:
        settings.TOKENS_FILE = tmp_path / "tokens.json"
        return settings.TOKENS_FILE

    def make(self, client: Client, **fields: object) -> Any:
        return client.post(reverse("tokens"), {"name": "archive", "scopes": ["classify"], **fields})

    def test_one_is_made_shown_once_and_works(self, path: Any, staff: User, staff_client: Client) -> None:
        response = self.make(staff_client, calls_per_second="2.5", scopes=["classify", "models:write"])
        assert response.status_code == 200
        assert "no-store" in response["Cache-Control"]
        secret = response.context["secret"]
        assert secret in response.content.decode()
        token = TokenStore(path).find(secret)
        assert token is not None
        assert (token.name, token.scopes, token.calls_per_second) == ("archive", list(Scope), 2.5)
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        html = staff_client.get(reverse("tokens")).content.decode()
        assert "archive" in html
        assert secret not in html
        entry = Entry.objects.get(kind=tokens.KIND)
        assert (entry.actor, entry.action, entry.kind, entry.record) == (staff, "change", tokens.KIND, "archive")
        assert secret not in entry.detail

    def test_one_is_revoked_after_a_question(self, path: Any, staff_client: Client) -> None:
        secret = self.make(staff_client).context["secret"]
        url = reverse("revoke-token", args=["archive"])
        assert "Revoke the token “archive”?" in staff_client.get(url).content.decode()
        assert TokenStore(path).find(secret) is not None
        assert staff_client.post(url)["Location"] == reverse("tokens")
        assert TokenStore(path).find(secret) is None
        assert staff_client.post(url).status_code == 404
        assert Entry.objects.filter(action="delete", record="archive").count() == 1

    @pytest.mark.parametrize(
        "fields",
        [
            {"name": ""},
            {"name": "../x"},
            {"name": "a b"},
            {"name": "x" * 65},
            {"scopes": []},
            {"scopes": ["everything"]},
            {"calls_per_second": "0"},
            {"calls_per_second": "nan"},
            {"calls_per_second": "1e999"},
        ],
    )
    def test_what_cannot_be_is_said_and_nothing_is_made(
        self, fields: dict[str, Any], path: Any, staff_client: Client
    ) -> None:
        response = self.make(staff_client, **fields)
        assert response.status_code == 422
        assert response.context["form"].errors
        assert not path.exists()
        assert not Entry.objects.filter(kind=tokens.KIND).exists()

    def test_a_name_in_use_is_said(self, path: Any, staff_client: Client) -> None:
        self.make(staff_client)
        response = self.make(staff_client)
        assert response.status_code == 422
        assert "There is a token named &#x27;archive&#x27; already." in response.content.decode()

    def test_a_damaged_file_is_said_and_left_alone(self, path: Any, staff_client: Client) -> None:
        path.write_text("{")
        assert "is not a token file" in staff_client.get(reverse("tokens")).content.decode()
        assert self.make(staff_client).status_code == 422
        assert path.read_text() == "{"

    def test_a_folder_that_cannot_be_written_is_said(
        self, settings: Settings, tmp_path: Path, staff_client: Client
    ) -> None:
        settings.TOKENS_FILE = tmp_path / "missing" / "tokens.json"
        response = self.make(staff_client)
        assert response.status_code == 422
        assert "can&#x27;t be written: No such file or directory." in response.content.decode()

    def test_without_a_file_the_page_says_how(self, settings: Settings, staff_client: Client) -> None:
        settings.TOKENS_FILE = None
        assert "BEATLENS_TOKENS" in staff_client.get(reverse("tokens")).content.decode()
        assert self.make(staff_client).status_code == 200
        assert staff_client.get(reverse("revoke-token", args=["archive"])).status_code == 404

    def test_they_are_for_superusers_alone(self, path: Any, clerk_client: Client, owner_client: Client) -> None:
        TokenStore(path).create("archive", [Scope.CLASSIFY])
        for name, args in (("tokens", []), ("revoke-token", ["archive"])):
            assert clerk_client.get(reverse(name, args=args)).status_code == 403
            assert clerk_client.post(reverse(name, args=args)).status_code == 403
            assert owner_client.get(reverse(name, args=args)).status_code == 302
        assert len(TokenStore(path).tokens()) == 1


class TestOtherPackages:
    def test_the_queue_of_tasks_is_nobodys_business(self) -> None:
        assert not admin.site.is_registered(DBTaskResult)

    def test_an_address_is_read_and_never_edited(self, owner: User, staff_client: Client) -> None:
        row = EmailAddress.objects.create(user=owner, email="second@example.org")
        pages = {page: reverse(f"admin:account_emailaddress_{page}", args=[row.pk]) for page in ("change", "delete")}
        assert staff_client.get(reverse("admin:account_emailaddress_add")).status_code == 403
        assert staff_client.get(pages["delete"]).status_code == 403
        assert staff_client.post(pages["delete"], {"post": "yes"}).status_code == 403
        assert staff_client.get(pages["change"]).status_code == 200
        sent = {"email": "x@example.org", "verified": "on", "primary": "on"}
        assert staff_client.post(pages["change"], sent).status_code == 403
        row.refresh_from_db()
        assert (row.email, row.verified, row.primary) == ("second@example.org", False, False)

    def test_one_is_confirmed_by_hand(self, owner: User, staff_client: Client) -> None:
        row = EmailAddress.objects.create(user=owner, email="second@example.org")
        chosen = {"action": "make_verified", "_selected_action": [row.pk]}
        staff_client.post(reverse("admin:account_emailaddress_changelist"), chosen)
        row.refresh_from_db()
        assert row.verified

    def test_who_may_only_look_confirms_nothing(self, owner: User, clerk_client: Client) -> None:
        row = EmailAddress.objects.create(user=owner, email="second@example.org")
        assert clerk_client.get(reverse("admin:account_emailaddress_changelist")).status_code == 200
        chosen = {"action": "make_verified", "_selected_action": [row.pk]}
        clerk_client.post(reverse("admin:account_emailaddress_changelist"), chosen)
        row.refresh_from_db()
        assert not row.verified
