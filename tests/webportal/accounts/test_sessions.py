"""Sessions end with their row, with the account and with its password; a full database keeps nobody out."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from allauth.usersessions.models import UserSession
from django.contrib.sessions.backends.base import UpdateError
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.db import OperationalError, connection
from django.test import Client
from django.urls import reverse

from webportal.accounts.models import User
from webportal.accounts.sessions import LONGEST, SessionStore

pytestmark = pytest.mark.django_db

PASSWORD = "a-long-passphrase"


def logged_in(user: User) -> Client:
    client = Client()
    client.post(reverse("account_login"), {"login": user.username, "password": PASSWORD})
    assert is_in(client)
    return client


def is_in(client: Client) -> bool:
    return client.get(reverse("analyses:history")).status_code == 200


def row_of(client: Client) -> UserSession:
    return UserSession.objects.get(session_key=client.session.session_key)


class TestEnding:
    def test_deleting_one_in_the_administration_ends_it(self, owner: User, staff_client: Client) -> None:
        ended, going_on = logged_in(owner), logged_in(owner)
        url = reverse("admin:usersessions_usersession_delete", args=[row_of(ended).pk])
        assert staff_client.post(url, {"post": "yes"}).status_code == 302
        assert not is_in(ended)
        assert is_in(going_on)

    def test_deleting_several_at_once_ends_them_all(self, owner: User, other: User, staff_client: Client) -> None:
        clients = [logged_in(owner), logged_in(owner), logged_in(other)]
        keys = [client.session.session_key for client in clients]
        chosen = [row_of(client).pk for client in clients[1:]]
        sent = {"action": "delete_selected", "_selected_action": chosen, "post": "yes"}
        staff_client.post(reverse("admin:usersessions_usersession_changelist"), sent)
        assert [is_in(client) for client in clients] == [True, False, False]
        assert Session.objects.filter(session_key__in=keys).count() == 1

    def test_a_closed_account_has_none_when_it_is_opened_again(self, owner: User, staff_client: Client) -> None:
        client = logged_in(owner)
        url = reverse("admin:accounts_user_change", args=[owner.pk])
        account = {"username": owner.username, "email": owner.email}
        staff_client.post(url, account)
        assert not is_in(client)
        staff_client.post(url, account | {"is_active": "on"})
        owner.refresh_from_db()
        assert owner.is_active
        assert not is_in(client)
        assert not UserSession.objects.filter(user=owner).exists()

    @pytest.mark.parametrize("usable", ["true", "false"])
    def test_a_password_set_by_staff_ends_them(self, usable: str, owner: User, staff_client: Client) -> None:
        key = logged_in(owner).session.session_key
        sent = {"usable_password": usable, "password1": "set-for-somebody", "password2": "set-for-somebody"}
        url = reverse("admin:auth_user_password_change", args=[owner.pk])
        staff_client.post(url, sent if usable == "true" else sent | {"unset-password": "yes"})
        assert not UserSession.objects.filter(user=owner).exists()
        assert not Session.objects.filter(session_key=key).exists()

    def test_a_new_password_of_ones_own_ends_all_but_this_one(self, owner: User) -> None:
        here, elsewhere = logged_in(owner), logged_in(owner)
        new = {"password1": "another long phrase", "password2": "another long phrase"}
        here.post(reverse("account_change_password"), {"oldpassword": PASSWORD, **new})
        assert is_in(here)
        assert not is_in(elsewhere)
        assert here.get(reverse("usersessions_list")).context["session_count"] == 1

    def test_logging_in_ends_no_other(self, owner: User) -> None:
        """Also when the log-in saves the user: the time, and the password hashed better."""
        here = logged_in(owner)
        owner.refresh_from_db()
        owner.save()
        logged_in(owner)
        assert is_in(here)

    def test_a_deleted_account_leaves_none(self, owner: User, staff_client: Client) -> None:
        key = logged_in(owner).session.session_key
        owner.delete()
        assert not Session.objects.filter(session_key=key).exists()


@pytest.fixture
def full(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Call it, and the database refuses every row as SQLite does on a full disk, until it is called with ``False``."""
    writes = ("INSERT", "UPDATE", "DELETE", "REPLACE")
    state = {"full": False}

    def refuse(execute: Any, sql: Any, params: Any, many: Any, context: Any) -> Any:
        if state["full"] and sql.lstrip().upper().startswith(writes):
            cause = Exception("database or disk is full")
            cause.sqlite_errorname = "SQLITE_FULL"  # type: ignore[attr-defined]  # as the drivers set it
            raise OperationalError("database or disk is full") from cause
        return execute(sql, params, many, context)

    with connection.execute_wrapper(refuse):

        def set_to(value: bool = True) -> None:
            state["full"] = value

        yield set_to


class TestFullDatabase:
    def test_people_log_in_and_read(self, owner: User, full: Any, caplog: pytest.LogCaptureFixture) -> None:
        full()
        client = logged_in(owner)
        assert is_in(client)
        assert "the time of a log-in" in caplog.text
        assert "the list of sessions" in caplog.text

    def test_a_session_that_was_there_goes_on_with_what_it_learns(self, owner: User, full: Any) -> None:
        client = logged_in(owner)
        full()
        client.post(reverse("account_reauthenticate"), {"password": PASSWORD})
        assert client.get(reverse("accounts:delete")).status_code == 200

    def test_such_a_session_ends_when_one_logs_out(self, owner: User, full: Any) -> None:
        full()
        client = logged_in(owner)
        key = client.session.session_key
        full(False)
        client.post(reverse("account_logout"))
        assert not is_in(client)
        assert SessionStore(key).load() == {}

    def test_it_goes_on_when_there_is_room_again(self, owner: User, full: Any) -> None:
        full()
        client = logged_in(owner)
        full(False)
        client.post(reverse("account_reauthenticate"), {"password": PASSWORD})
        assert client.get(reverse("accounts:delete")).status_code == 200

    def test_it_lasts_an_hour_at_most(self, full: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        lives: list[float] = []
        keep = cache.set

        def note(name: str, value: object, life: float) -> None:
            lives.append(life)
            keep(name, value, life)

        monkeypatch.setattr(cache, "set", note)
        full()
        store = SessionStore()
        store["remember"] = "me"
        store.set_expiry(14 * 24 * 3600)
        store.save()
        assert lives == [LONGEST]
        assert SessionStore(store.session_key)["remember"] == "me"

    def test_where_the_cache_keeps_nothing_either_it_is_said(self, full: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(cache, "set", lambda *_: None)
        full()
        with pytest.raises(OperationalError):
            SessionStore().create()

    def test_a_session_that_was_ended_elsewhere_stays_ended(self) -> None:
        store = SessionStore()
        store["who"] = "owner"
        store.save()
        SessionStore().delete(store.session_key)
        store["who"] = "somebody else"
        with pytest.raises(UpdateError):
            store.save()
        assert SessionStore(store.session_key).load() == {}

    def test_other_faults_of_the_database_are_not_hidden(self, owner: User) -> None:
        def refuse(execute: Any, sql: Any, params: Any, many: Any, context: Any) -> Any:
            if "django_session" in sql and sql.startswith("INSERT"):
                raise OperationalError("something else")
            return execute(sql, params, many, context)

        with connection.execute_wrapper(refuse), pytest.raises(OperationalError, match="something else"):
            SessionStore().create()
