"""Who may give rights, and that every change of them is written down for longer than the accounts live."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.contrib.auth.models import Group, Permission
from django.core.management import call_command
from django.test import Client
from django.urls import reverse
from pytest_django.fixtures import Settings

from webportal.accounts.models import REVIEWERS, User
from webportal.audit.models import Entry

pytestmark = pytest.mark.django_db

USER_PAGE = "admin:accounts_user_change"


@pytest.fixture
def helper(make_user: Callable[..., User]) -> User:
    """Staff who may do everything with accounts that the model permissions can give, and is no superuser."""
    user = make_user(username="helper", is_staff=True)
    models = ("user", "group", "emailaddress", "authenticator", "usersession")
    user.user_permissions.set(Permission.objects.filter(content_type__model__in=models))
    return user


@pytest.fixture
def helper_client(helper: User) -> Client:
    client = Client()
    client.force_login(helper)
    return client


@pytest.fixture
def forget() -> Callable[..., Any]:
    """The making of people has left entries; what a test looks at begins after them."""

    def since() -> None:
        Entry.objects.all()._raw_delete("default")

    return since


def written() -> list[tuple[str | None, str, str]]:
    """Who changed whose or which rights and how, oldest first."""
    entries = Entry.objects.filter(action="power").order_by("at", "id")
    return [(entry.actor_label or None, entry.owner_label, entry.detail) for entry in entries]


def page_of(user: User) -> str:
    return reverse(USER_PAGE, args=[user.pk])


def fields(user: User, **changes: object) -> dict[str, object]:
    """The form of an account as the browser would send it back; ``None`` is a box that isn't ticked."""
    sent = {"username": user.username, "email": user.email, "is_active": "on" if user.is_active else None}
    return {name: value for name, value in (sent | changes).items() if value is not None}


class TestGiving:
    def test_a_superuser_gives_rights(self, owner: User, staff_client: Client, reviewer: User) -> None:
        group = Group.objects.get(name=REVIEWERS)
        staff_client.post(page_of(owner), fields(owner, is_staff="on", is_superuser="on", groups=[group.pk]))
        owner.refresh_from_db()
        assert owner.is_staff
        assert owner.is_superuser
        assert list(owner.groups.all()) == [group]

    def test_staff_see_rights_and_have_no_field_to_change_them(self, owner: User, helper_client: Client) -> None:
        html = helper_client.get(page_of(owner)).content.decode()
        assert 'name="username"' in html
        for name in ("is_staff", "is_superuser", "groups", "user_permissions"):
            assert f'name="{name}"' not in html

    @pytest.mark.parametrize("name", ["is_staff", "is_superuser", "groups", "user_permissions"])
    @pytest.mark.parametrize("whose", ["own", "another's"])
    def test_a_form_that_was_tampered_with_is_refused(
        self, name: str, whose: str, owner: User, helper: User, helper_client: Client, reviewer: User
    ) -> None:
        account = helper if whose == "own" else owner
        value = "on" if name.startswith("is_") else [1]
        before = list(helper.user_permissions.all())
        response = helper_client.post(page_of(account), fields(account, email="changed@example.org") | {name: value})
        assert response.status_code == 403
        account.refresh_from_db()
        assert account.email != "changed@example.org"
        assert not account.is_superuser
        assert not account.groups.exists()
        assert account.is_staff == (account == helper)
        assert list(helper.user_permissions.all()) == before

    def test_a_new_account_can_t_be_given_rights_along(self, helper_client: Client) -> None:
        account = {"username": "newcomer", "email": "n@example.org", "usable_password": "true"}
        account |= {"password1": "a-long-passphrase", "password2": "a-long-passphrase"}
        url = reverse("admin:accounts_user_add")
        assert helper_client.post(url, account | {"is_superuser": "on"}).status_code == 403
        assert not User.objects.filter(username="newcomer").exists()
        assert helper_client.post(url, account).status_code == 302
        assert not User.objects.get(username="newcomer").is_superuser

    def test_staff_change_people_without_rights(self, owner: User, helper_client: Client) -> None:
        assert helper_client.post(page_of(owner), fields(owner, is_active=None)).status_code == 302
        owner.refresh_from_db()
        assert not owner.is_active

    def test_groups_are_superusers_to_change(self, helper_client: Client, staff_client: Client, reviewer: User) -> None:
        group = Group.objects.get(name=REVIEWERS)
        url = reverse("admin:auth_group_change", args=[group.pk])
        everything = {"name": REVIEWERS, "permissions": [Permission.objects.order_by("pk")[0].pk]}
        assert helper_client.get(url).status_code == 200
        assert helper_client.post(url, everything).status_code == 403
        assert helper_client.post(reverse("admin:auth_group_add"), {"name": "more"}).status_code == 403
        assert (
            helper_client.post(reverse("admin:auth_group_delete", args=[group.pk]), {"post": "yes"}).status_code == 403
        )
        assert not group.permissions.exists()
        assert staff_client.post(url, everything).status_code == 302
        assert group.permissions.count() == 1


class TestAccountsWithRights:
    """Whoever can set the password or the address of an administrator is one."""

    @pytest.fixture(params=["superuser", "staff"])
    def powerful(self, request: pytest.FixtureRequest, make_user: Callable[..., User]) -> User:
        return make_user(username="powerful", is_staff=True, is_superuser=request.param == "superuser")

    def test_staff_can_neither_change_nor_delete_them(self, powerful: User, helper_client: Client) -> None:
        assert helper_client.get(page_of(powerful)).status_code == 200  # to be looked at
        assert helper_client.post(page_of(powerful), fields(powerful, email="mine@example.org")).status_code == 403
        assert helper_client.post(page_of(powerful), fields(powerful, is_active=None)).status_code == 403
        url = reverse("admin:accounts_user_delete", args=[powerful.pk])
        assert helper_client.post(url, {"post": "yes"}).status_code == 403
        powerful.refresh_from_db()
        assert powerful.is_active
        assert powerful.email == "powerful@example.org"

    def test_nor_many_at_once(self, powerful: User, owner: User, helper_client: Client) -> None:
        chosen = {"action": "delete_selected", "_selected_action": [owner.pk, powerful.pk], "post": "yes"}
        assert helper_client.post(reverse("admin:accounts_user_changelist"), chosen).status_code == 403
        assert User.objects.filter(pk__in=[owner.pk, powerful.pk]).count() == 2

    def test_nor_set_their_password(self, powerful: User, helper_client: Client) -> None:
        url = reverse("admin:auth_user_password_change", args=[powerful.pk])
        sent = {"usable_password": "true", "password1": "taken-over-now", "password2": "taken-over-now"}
        assert helper_client.get(url).status_code == 403
        assert helper_client.post(url, sent).status_code == 403
        powerful.refresh_from_db()
        assert powerful.check_password("a-long-passphrase")

    def test_nor_give_them_an_address(self, powerful: User, owner: User, helper_client: Client) -> None:
        sent = {"user": powerful.pk, "email": "mine@example.org", "verified": "on", "primary": "on"}
        assert helper_client.post(reverse("admin:account_emailaddress_add"), sent).status_code == 403
        own = EmailAddress.objects.create(user=owner, email="mine@example.org")
        url = reverse("admin:account_emailaddress_change", args=[own.pk])
        assert helper_client.post(url, sent).status_code == 403  # moved over
        theirs = EmailAddress.objects.create(user=powerful, email="theirs@example.org")
        url = reverse("admin:account_emailaddress_change", args=[theirs.pk])
        assert helper_client.post(url, sent).status_code == 403
        chosen = {"action": "make_verified", "_selected_action": [own.pk, theirs.pk]}
        helper_client.post(reverse("admin:account_emailaddress_changelist"), chosen)
        assert list(EmailAddress.objects.filter(verified=True)) == [own]
        assert not EmailAddress.objects.filter(user=powerful, email="mine@example.org").exists()

    def test_nor_take_their_second_factor(self, powerful: User, helper_client: Client, staff_client: Client) -> None:
        factor = Authenticator.objects.create(user=powerful, type="totp", data={"secret": "zzyzx"})
        url = reverse("admin:mfa_authenticator_delete", args=[factor.pk])
        assert helper_client.post(url, {"post": "yes"}).status_code == 403
        assert Authenticator.objects.exists()
        assert staff_client.post(url, {"post": "yes"}).status_code == 302
        assert not Authenticator.objects.exists()


def test_second_factors_and_sessions_are_never_made_nor_their_secrets_shown(owner: User, staff_client: Client) -> None:
    factor = Authenticator.objects.create(user=owner, type="totp", data={"secret": "zzyzx-secret"})
    html = staff_client.get(reverse("admin:mfa_authenticator_change", args=[factor.pk])).content.decode()
    assert "zzyzx-secret" not in html
    assert staff_client.get(reverse("admin:mfa_authenticator_add")).status_code == 403
    factor.delete()
    client = Client()
    client.post(reverse("account_login"), {"login": owner.username, "password": "a-long-passphrase"})
    session = UserSession.objects.get(user=owner)
    html = staff_client.get(reverse("admin:usersessions_usersession_change", args=[session.pk])).content.decode()
    assert session.session_key not in html
    assert staff_client.get(reverse("admin:usersessions_usersession_add")).status_code == 403


class TestWrittenDown:
    def test_who_makes_themself_superuser(self, staff: User, staff_client: Client, forget: Callable[..., Any]) -> None:
        """Also when it is one's own account: the one that the log was silent about."""
        User.objects.filter(pk=staff.pk).update(is_superuser=True, is_staff=True)
        forget()
        staff_client.post(page_of(staff), fields(staff, is_staff="on", is_superuser=None))
        assert written() == [(staff.username, staff.username, "-is_superuser")]

    def test_rights_groups_and_permissions(
        self, staff: User, owner: User, staff_client: Client, reviewer: User, forget: Callable[..., Any]
    ) -> None:
        group, permission = Group.objects.get(name=REVIEWERS), Permission.objects.get(codename="view_upload")
        forget()
        rights = {"is_staff": "on", "groups": [group.pk], "user_permissions": [permission.pk]}
        staff_client.post(page_of(owner), fields(owner, **rights))
        staff_client.post(page_of(owner), fields(owner, is_active=None))
        assert written() == [
            (staff.username, owner.username, "+is_staff"),
            (staff.username, owner.username, f"+group {REVIEWERS}"),
            (staff.username, owner.username, "+analyses.view_upload"),
            (staff.username, owner.username, "-is_active -is_staff"),
            (staff.username, owner.username, f"-group {REVIEWERS}"),
            (staff.username, owner.username, "-analyses.view_upload"),
        ]

    def test_accounts_made_named_opened_and_deleted(
        self, staff: User, staff_client: Client, forget: Callable[..., Any]
    ) -> None:
        account = {"username": "newcomer", "email": "n@example.org", "usable_password": "true"}
        account |= {"password1": "a-long-passphrase", "password2": "a-long-passphrase"}
        forget()
        staff_client.post(reverse("admin:accounts_user_add"), account)
        user = User.objects.get(username="newcomer")
        staff_client.post(page_of(user), fields(user, username="renamed", email="other@example.org"))
        user.refresh_from_db()
        sent = {"usable_password": "true", "password1": "set-for-somebody", "password2": "set-for-somebody"}
        staff_client.post(reverse("admin:auth_user_password_change", args=[user.pk]), sent)
        number = user.pk
        staff_client.post(reverse("admin:accounts_user_delete", args=[user.pk]), {"post": "yes"})
        assert written() == [
            (staff.username, "newcomer", "created"),
            (staff.username, "renamed", "username email"),
            (staff.username, "renamed", "password"),
            (staff.username, "renamed", "deleted"),
        ]
        owners = Entry.objects.filter(action="power").values_list("owner_id", "owner_number")
        assert set(map(tuple, owners)) == {(None, number)}

    def test_it_outlives_both_accounts_with_their_names(
        self, staff: User, owner: User, staff_client: Client, forget: Callable[..., Any]
    ) -> None:
        forget()
        staff_client.post(page_of(owner), fields(owner, is_staff="on"))
        User.objects.filter(pk__in=[staff.pk, owner.pk]).delete()
        entry = Entry.objects.get(detail="+is_staff")
        assert (entry.actor, entry.owner) == (None, None)
        assert (entry.actor_label, entry.owner_label) == ("staff-zzyzx", "owner-zzyzx")
        assert (entry.actor_number, entry.owner_number) == (staff.pk, owner.pk)

    def test_second_factors_and_addresses(
        self, staff: User, owner: User, staff_client: Client, forget: Callable[..., Any]
    ) -> None:
        factor = Authenticator.objects.create(user=owner, type="totp", data={})
        address = EmailAddress.objects.create(user=owner, email="more@example.org")
        forget()
        staff_client.post(reverse("admin:mfa_authenticator_delete", args=[factor.pk]), {"post": "yes"})
        chosen = {"action": "make_verified", "_selected_action": [address.pk]}
        staff_client.post(reverse("admin:account_emailaddress_changelist"), chosen)
        assert written() == [
            (staff.username, owner.username, "-second factor totp"),
            (staff.username, owner.username, "e-mail address"),
        ]

    def test_groups_by_the_page_about_groups(
        self, staff: User, reviewer: User, staff_client: Client, forget: Callable[..., Any]
    ) -> None:
        group, permission = Group.objects.get(name=REVIEWERS), Permission.objects.get(codename="view_upload")
        forget()
        url = reverse("admin:auth_group_change", args=[group.pk])
        staff_client.post(url, {"name": "second readers", "permissions": [permission.pk]})
        staff_client.post(reverse("admin:auth_group_add"), {"name": "more"})
        staff_client.post(reverse("admin:auth_group_delete", args=[group.pk]), {"post": "yes"})
        assert written() == [
            (staff.username, "second readers", f"renamed from {REVIEWERS}"),
            (staff.username, "second readers", "+analyses.view_upload"),
            (staff.username, "more", "created"),
            (staff.username, "second readers", "deleted"),
            (staff.username, reviewer.username, "-group second readers"),
        ]

    def test_members_from_the_side_of_the_group(
        self, owner: User, other: User, reviewer: User, forget: Callable[..., Any]
    ) -> None:
        group, permission = Group.objects.get(name=REVIEWERS), Permission.objects.get(codename="view_upload")
        forget()
        group.user_set.add(owner, other)
        group.user_set.remove(other)
        permission.group_set.add(group)
        group.user_set.clear()
        assert sorted(written()) == sorted(
            [
                (None, owner.username, f"+group {REVIEWERS}"),
                (None, other.username, f"+group {REVIEWERS}"),
                (None, other.username, f"-group {REVIEWERS}"),
                (None, REVIEWERS, "+analyses.view_upload"),
                (None, owner.username, f"-group {REVIEWERS}"),
                (None, reviewer.username, f"-group {REVIEWERS}"),
            ]
        )

    def test_a_list_of_people_deleted_at_once(
        self, staff: User, owner: User, other: User, staff_client: Client, forget: Callable[..., Any]
    ) -> None:
        forget()
        chosen = {"action": "delete_selected", "_selected_action": [owner.pk, other.pk], "post": "yes"}
        staff_client.post(reverse("admin:accounts_user_changelist"), chosen)
        assert sorted(written()) == [
            (staff.username, "other-zzyzx", "deleted"),
            (staff.username, "owner-zzyzx", "deleted"),
        ]

    def test_commands_on_the_server(self, forget: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", "a-long-passphrase")
        name = {"username": "root", "email": "root@example.org"}
        call_command("createsuperuser", interactive=False, verbosity=0, **name)
        assert written() == [(None, "root", "created +is_staff +is_superuser")]

    def test_what_people_do_with_their_own_account_is_theirs(self, owner: User) -> None:
        client = Client()
        account = {"username": "ada", "email": "ada@example.org"}
        account |= {"password1": "correct horse battery", "password2": "correct horse battery"}
        client.post(reverse("account_signup"), account)
        new = {"password1": "another long phrase", "password2": "another long phrase"}
        client.post(reverse("account_change_password"), {"oldpassword": "correct horse battery", **new})
        client.post(reverse("account_email"), {"action_add": "", "email": "more@example.org"})
        client.post(reverse("account_reauthenticate"), {"password": "another long phrase"})
        client.post(reverse("accounts:delete"))
        assert not User.objects.filter(username="ada").exists()
        assert written() == []

    def test_a_password_that_is_only_hashed_better_is_no_change(
        self, owner: User, settings: Settings, forget: Callable[..., Any]
    ) -> None:
        settings.PASSWORD_HASHERS = [
            "django.contrib.auth.hashers.PBKDF2PasswordHasher",
            *settings.PASSWORD_HASHERS,
        ]
        forget()
        before = owner.password
        Client().post(reverse("account_login"), {"login": owner.username, "password": "a-long-passphrase"})
        owner.refresh_from_db()
        assert owner.password != before
        assert written() == []

    def test_the_log_shows_names_when_nobody_is_left(
        self, owner: User, staff_client: Client, make_user: Callable[..., User]
    ) -> None:
        gone = make_user(username="long-gone", is_staff=True)
        staff_client.post(reverse("admin:accounts_user_delete", args=[gone.pk]), {"post": "yes"})
        url = reverse("admin:audit_entry_changelist")
        html = staff_client.get(url).content.decode()
        assert "long-gone" in html
        assert "server command" in html
        assert staff_client.get(url, {"q": "long-gone"}).context["cl"].result_count == 2
