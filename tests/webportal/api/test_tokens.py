"""Access tokens: made on the account page, shown once, ended in many ways, and the only way into the interface."""

from __future__ import annotations

import errno
import io
import json
import re
import zipfile
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import OperationalError
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django.fixtures import Settings

from tests.webportal.api.conftest import Scope, program
from webportal.accounts import exports
from webportal.accounts.models import User
from webportal.api import tokens
from webportal.api.models import AccessToken
from webportal.audit.models import Entry

pytestmark = pytest.mark.django_db

ACCOUNT = "/api/v1/account"


def confirmed(client: Client) -> Client:
    """``client`` after the password was asked for once more."""
    client.post(reverse("account_reauthenticate"), {"password": "a-long-passphrase"})
    return client


def made(client: Client, **fields: object) -> str:
    """The secret of a token that was made on the page."""
    wanted = {"name": "archive", "scopes": ["read", "upload"], "days": "30", **fields}
    response = confirmed(client).post(reverse("tokens:make"), wanted)
    assert response.status_code == 200, response.content
    found = re.search(r"beatlens_[\w-]{43}", response.content.decode())
    assert found
    return found[0]


def test_a_token_is_shown_once_and_stored_as_a_digest(owner: User, owner_client: Client) -> None:
    secret = made(owner_client)
    token = AccessToken.objects.get(owner=owner)
    assert token.allowed == [Scope.READ, Scope.UPLOAD]
    assert secret not in str(AccessToken.objects.filter(pk=token.pk).values())
    page = owner_client.get(reverse("tokens:overview")).content.decode()
    assert "archive" in page
    assert secret not in page
    client = Client(headers={"Authorization": f"Bearer {secret}"})
    assert client.get(ACCOUNT).json()["token"]["name"] == "archive"


def test_the_password_is_asked_for_before_a_token_is_made(owner_client: Client) -> None:
    response = owner_client.get(reverse("tokens:make"))
    assert response.status_code == 302
    assert response["Location"].startswith(reverse("account_reauthenticate"))


def test_when_a_token_was_last_used_is_written_down(owner: User) -> None:
    client = program(owner)
    assert AccessToken.objects.get().last_used_at is None
    client.get(ACCOUNT)
    assert AccessToken.objects.get().last_used_at is not None


def test_a_full_disk_keeps_no_program_from_reading(owner: User, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_args: object, **_words: object) -> int:
        raise OperationalError("full") from OSError(errno.ENOSPC, "full")

    client = program(owner)
    monkeypatch.setattr("django.db.models.query.QuerySet.update", full)
    assert client.get(ACCOUNT).status_code == 200


def test_a_revoked_token_opens_nothing(owner: User, owner_client: Client, other_client: Client) -> None:
    client = program(owner)
    url = reverse("tokens:revoke", args=[AccessToken.objects.get().pk])
    assert other_client.post(url).status_code == 404
    assert client.get(ACCOUNT).status_code == 200
    assert owner_client.post(url).status_code == 302
    assert client.get(ACCOUNT).json()["reason"] == "TOKEN_INVALID"


def test_an_expired_token_opens_nothing(owner: User) -> None:
    client = program(owner)
    AccessToken.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert client.get(ACCOUNT).json()["reason"] == "TOKEN_INVALID"


def test_a_new_password_ends_all_tokens(owner: User) -> None:
    client = program(owner)
    owner.set_password("another-long-passphrase")
    owner.save()
    assert client.get(ACCOUNT).status_code == 401


def test_a_closed_account_has_no_tokens_and_gets_none_back(owner: User) -> None:
    client = program(owner)
    owner.is_active = False
    owner.save()
    assert client.get(ACCOUNT).status_code == 401
    owner.is_active = True
    owner.save()
    assert client.get(ACCOUNT).status_code == 401


def test_an_account_that_was_closed_by_an_update_is_refused_all_the_same(owner: User) -> None:
    client = program(owner)
    User.objects.filter(pk=owner.pk).update(is_active=False)
    assert client.get(ACCOUNT).status_code == 401


def test_a_session_opens_nothing(owner_client: Client) -> None:
    response = owner_client.get(ACCOUNT)
    assert response.status_code == 401
    assert response.json()["reason"] == "TOKEN_MISSING"
    assert response["WWW-Authenticate"].startswith("Bearer")


def test_the_token_says_who_calls_whoever_is_logged_in(owner_client: Client, other: User) -> None:
    owner_client.defaults["HTTP_AUTHORIZATION"] = program(other).defaults["HTTP_AUTHORIZATION"]
    response = owner_client.post("/api/v1/analyses", {})
    assert response.status_code == 422
    assert response.wsgi_request.user == other


def test_a_call_makes_no_session(owner: User) -> None:
    client = program(owner)
    assert not client.get(ACCOUNT).cookies


@pytest.mark.parametrize(
    "value", ["", "Bearer", "Bearer ", "Basic b3duZXI6eA==", "Bearer nonsense", "Bearer beatlens_x"]
)
def test_anything_else_is_no_token(value: str, db: None) -> None:
    assert Client(headers={"Authorization": value}).get(ACCOUNT).status_code == 401


@pytest.mark.parametrize(
    ("scope", "method", "address"),
    [
        (Scope.READ, "get", "/api/v1/analyses"),
        (Scope.UPLOAD, "post", "/api/v1/analyses"),
        (Scope.REVIEW, "post", "/api/v1/analyses/6f6a1d0e-4f0f-4f39-9f6f-0f8a54bb1d1e/readings"),
        (Scope.EDIT, "patch", "/api/v1/analyses/6f6a1d0e-4f0f-4f39-9f6f-0f8a54bb1d1e"),
    ],
)
def test_a_token_reaches_as_far_as_its_scopes(scope: Scope, method: str, address: str, owner: User) -> None:
    others = [one for one in Scope if one is not scope]
    response = getattr(program(owner, *others), method)(address)
    assert response.status_code == 403
    assert (response.json()["reason"], response.json()["scope"]) == ("SCOPE_MISSING", scope.value)
    assert getattr(program(owner, scope), method)(address).status_code != 403


def test_nobody_has_too_many_tokens(owner: User, owner_client: Client) -> None:
    for _ in range(tokens.MAX_TOKENS):
        program(owner)
    wanted = {"name": "one more", "scopes": ["read"], "days": "30"}
    assert confirmed(owner_client).post(reverse("tokens:make"), wanted).status_code == 422
    assert AccessToken.objects.count() == tokens.MAX_TOKENS


@pytest.mark.parametrize("wrong", [{"name": ""}, {"scopes": []}, {"scopes": ["everything"]}, {"days": "9999"}])
def test_a_faulty_form_makes_no_token(wrong: dict[str, object], owner_client: Client) -> None:
    wanted = {"name": "archive", "scopes": ["read"], "days": "30", **wrong}
    assert confirmed(owner_client).post(reverse("tokens:make"), wanted).status_code == 422
    assert not AccessToken.objects.exists()


def test_tokens_are_in_the_audit_log_and_their_secrets_are_not(owner: User, owner_client: Client) -> None:
    secret = made(owner_client)
    token = AccessToken.objects.get()
    owner_client.post(reverse("tokens:revoke", args=[token.pk]))
    entries = list(Entry.objects.filter(action=Entry.Action.POWER, owner=owner).order_by("at"))
    assert [entry.detail for entry in entries] == [
        f"+access token {token.pk} (read, upload)",
        f"-access token {token.pk}",
    ]
    assert all(entry.actor == owner and secret not in str(vars(entry)) for entry in entries)


def test_the_log_says_nothing_of_tokens(owner: User, caplog: pytest.LogCaptureFixture, settings: Settings) -> None:
    settings.DEBUG = True
    client = program(owner)
    secret = str(client.defaults["HTTP_AUTHORIZATION"]).removeprefix("Bearer ")
    client.get(ACCOUNT)
    Client(headers={"Authorization": f"Digest {secret}"}).get(ACCOUNT)
    assert secret not in caplog.text


def test_tokens_are_among_what_one_takes_along(owner: User, other: User) -> None:
    program(owner)
    program(other)
    file = io.BytesIO()
    exports.write_archive(owner, file)
    with zipfile.ZipFile(file) as archive:
        rows = json.loads(archive.read("tokens.json"))
    assert [row["name"] for row in rows] == ["program"]
    assert "digest" not in rows[0]


def test_calls_are_counted(owner: User, settings: Settings) -> None:
    settings.ACCOUNT_RATE_LIMITS = {"api": "2/m/user", "api_refused": "2/m/ip"}
    client = program(owner)
    assert [client.get(ACCOUNT).status_code for _ in range(3)] == [200, 200, 429]
    limited = client.get(ACCOUNT)
    assert (limited.json()["reason"], limited["Retry-After"]) == ("CALL_RATE_REACHED", "60")
    assert [Client().get(ACCOUNT).status_code for _ in range(3)] == [401, 401, 429]


def test_the_account_page_leads_to_the_tokens(owner_client: Client, make_user: Callable[..., User]) -> None:
    page = owner_client.get(reverse("accounts:overview")).content.decode()
    assert reverse("tokens:overview") in page
