"""Who a name and a password belong to."""

from __future__ import annotations

from typing import Any

from allauth.account.auth_backends import AuthenticationBackend as AllauthBackend
from allauth.account.models import EmailAddress
from django.http import HttpRequest

from webportal.accounts.models import User


class AuthenticationBackend(AllauthBackend):  # type: ignore[misc]  # allauth has no types
    """allauth's log-in by username or e-mail address, with one password hash whatever is typed.

    allauth asks by address and by username, and so hashes twice for an address that somebody has and once for any
    other: the time of an answer told them apart.
    """

    def authenticate(self, request: HttpRequest | None, **credentials: Any) -> User | None:
        """The user whose username or address and password these are; ``None`` for everything else."""
        password = credentials.get("password")
        if not password:
            return None
        user = user_named(credentials.get("username") or "", credentials.get("email") or "")
        if user is None:
            User().set_password(password)
            return None
        return self._check_password(user, password)


def user_named(username: str, email: str = "") -> User | None:
    """The one user that is meant by what was typed, which may be passed as a username, as an address, or as both.

    A confirmed address counts most, because nobody else can have it; then a username; then an address that was never
    confirmed, first as somebody's main one.
    """
    typed = email or username
    confirmed = EmailAddress.objects.filter(email=typed.lower(), verified=True).select_related("user").first()
    if confirmed is not None:
        return confirmed.user
    # Compared once more here: some databases take more letters for the same than those of another case.
    for user in User.objects.filter(username__iexact=username):
        if user.username.lower() == username.lower():
            return user
    for user in User.objects.filter(email__iexact=typed):
        if user.email.lower() == typed.lower():
            return user
    unconfirmed = EmailAddress.objects.filter(email=typed.lower()).select_related("user").order_by("pk").first()
    return unconfirmed.user if unconfirmed is not None else None
