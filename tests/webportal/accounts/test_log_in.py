"""What a stranger learns at the log-in, and what they can keep others from."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.contrib.auth.hashers import MD5PasswordHasher
from django.test import Client
from django.urls import reverse
from pytest_django.fixtures import Settings

from webportal.accounts.backends import user_named
from webportal.accounts.models import User

pytestmark = pytest.mark.django_db

PASSWORD = "a-long-passphrase"


class CountingHasher(MD5PasswordHasher):
    """Counts what takes the time of a log-in."""

    hashed = 0

    def encode(self, password: Any, salt: Any) -> Any:
        type(self).hashed += 1
        return super().encode(password, salt)


@pytest.fixture
def hashes(settings: Settings, make_user: Callable[..., User]) -> Callable[..., Any]:
    """How many hashes a log-in takes, by what is typed as name and password."""
    settings.PASSWORD_HASHERS = [f"{__name__}.CountingHasher"]
    known = make_user(username="known", email="known@example.org")
    confirmed = make_user(username="confirmed", email="confirmed@example.org")
    EmailAddress.objects.create(user=confirmed, email=confirmed.email, verified=True, primary=True)
    EmailAddress.objects.create(user=confirmed, email="second@example.org", verified=True)
    EmailAddress.objects.create(user=known, email="unconfirmed@example.org")
    make_user(username="named@example.org", email="elsewhere@example.org")
    make_user(username="closed", email="closed@example.org", is_active=False)
    without = make_user(username="without", email="without@example.org")
    without.set_unusable_password()
    without.save()

    def count(login: str, password: str) -> int:
        CountingHasher.hashed = 0
        Client().post(reverse("account_login"), {"login": login, "password": password})
        return CountingHasher.hashed

    return count


@pytest.mark.parametrize(
    "login",
    [
        "known", "KNOWN", "known@example.org", "Known@Example.org", "unconfirmed@example.org",
        "confirmed", "confirmed@example.org", "second@example.org",
        "named@example.org", "elsewhere@example.org", "closed", "closed@example.org", "without", "without@example.org",
        "nobody", "nobody@example.org", "no such name", "@", "x" * 300,
    ],
)  # fmt: skip
def test_whatever_is_typed_takes_one_hash(login: str, hashes: Callable[..., Any]) -> None:
    assert hashes(login, "wrong") == 1


def test_so_does_the_right_password(hashes: Callable[..., Any]) -> None:
    for login in ("known", "known@example.org", "confirmed@example.org", "closed"):
        assert hashes(login, PASSWORD) == 1


class TestWhoIsMeant:
    """When one name could be two people's."""

    def test_who_has_confirmed_an_address_before_who_calls_themself_so(self, make_user: Callable[..., User]) -> None:
        owner = make_user(username="victim", email="victim@example.org")
        EmailAddress.objects.create(user=owner, email=owner.email, verified=True, primary=True)
        make_user(username="victim@example.org", email="attacker@example.org")
        assert user_named("victim@example.org", "victim@example.org") == owner

    def test_who_is_called_so_before_who_has_claimed_the_address(self, make_user: Callable[..., User]) -> None:
        called = make_user(username="ada@example.org", email="lovelace@example.org")
        claims = make_user(username="eve", email="eve@example.org")
        EmailAddress.objects.create(user=claims, email="ada@example.org")
        assert user_named("ada@example.org", "ada@example.org") == called

    def test_whose_main_address_it_is_before_who_has_claimed_it_beside_another(
        self, make_user: Callable[..., User]
    ) -> None:
        claims = make_user(username="eve", email="eve@example.org")
        EmailAddress.objects.create(user=claims, email="ada@example.org")
        owner = make_user(username="ada", email="ada@example.org")
        assert user_named("ada@example.org", "ada@example.org") == owner

    def test_somebody_who_is_not_there(self) -> None:
        assert user_named("nobody") is None
        assert user_named("") is None


class TestLockingOut:
    @pytest.fixture(autouse=True)
    def limits(self, settings: Settings) -> None:
        settings.ACCOUNT_RATE_LIMITS = {}

    def log_in(self, login: str, password: str, address: str) -> Client:
        client = Client(REMOTE_ADDR=address)
        client.post(reverse("account_login"), {"login": login, "password": password})
        return client

    def is_in(self, client: Client) -> bool:
        return client.get(reverse("analyses:history")).status_code == 200

    @pytest.mark.parametrize("login", ["owner-zzyzx", "owner-zzyzx@example.org"])
    def test_a_stranger_locks_nobody_out(self, login: str, owner: User) -> None:
        for number in range(3):
            for _ in range(8):
                self.log_in(login, "wrong", f"192.0.2.{number}")
        assert not self.is_in(self.log_in(login, PASSWORD, "192.0.2.1"))  # not even with the right one
        assert self.is_in(self.log_in(login, PASSWORD, "198.51.100.7"))

    def test_one_address_can_t_try_many_names(self, owner: User) -> None:
        for number in range(10):
            self.log_in(f"somebody-{number}", "wrong", "192.0.2.1")
        assert not self.is_in(self.log_in(owner.username, PASSWORD, "192.0.2.1"))
        assert self.is_in(self.log_in(owner.username, PASSWORD, "192.0.2.2"))

    def test_a_network_of_version_6_is_one_address(self, owner: User) -> None:
        for number in range(5):
            self.log_in(owner.username, "wrong", f"2001:db8::{number:x}")
        assert not self.is_in(self.log_in(owner.username, PASSWORD, "2001:db8::ffff"))
        assert self.is_in(self.log_in(owner.username, PASSWORD, "2001:db8:1::1"))
