"""Access tokens: made, found by their secret, ended."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Collection
from datetime import timedelta
from typing import Final

from django.core.exceptions import ValidationError
from django.db import DatabaseError, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from webportal import disk
from webportal.accounts.models import User
from webportal.api.models import AccessToken
from webportal.audit.services import note_power
from webportal.errors import log_unexpected

#: How every token begins, so that people, and programs that look for leaked ones, know it for one.
PREFIX: Final = "beatlens_"
#: Random bytes of a secret. As many can't be guessed, so that a plain digest of them is as good as a slow one.
_SECRET_BYTES: Final = 32
#: Longest text that is looked up, characters.
_LONGEST: Final = 200
#: Most tokens that one person may have.
MAX_TOKENS: Final = 20
#: How long a token may live, days.
LIVES: Final = (7, 30, 90, 365)
#: When a token was last used is written down this exactly, so that not every call writes.
_USE_NOTED: Final = timedelta(minutes=1)


def make(*, owner: User, name: str, scopes: Collection[AccessToken.Scope], days: int) -> tuple[AccessToken, str]:
    """A new token and its secret, which is stored nowhere.

    Raises:
        ValidationError: the owner has too many, or a field is not valid.
    """
    secret = PREFIX + secrets.token_urlsafe(_SECRET_BYTES)
    with transaction.atomic():
        User.objects.select_for_update().get(pk=owner.pk)  # one at a time, so that they are counted
        if AccessToken.objects.filter(owner=owner).count() >= MAX_TOKENS:
            raise ValidationError(
                _("You have %(max)d tokens already; revoke one of them."), code="many", params={"max": MAX_TOKENS}
            )
        token = AccessToken(
            owner=owner,
            name=name,
            scopes=[scope.value for scope in AccessToken.Scope if scope in scopes],
            digest=_digest(secret),
            expires_at=timezone.now() + timedelta(days=days),
        )
        token.full_clean()
        token.save(force_insert=True)
        note_power(record=owner, detail=f"+access token {token.pk} ({', '.join(token.scopes)})")
    return token, secret


def revoke(*, token: AccessToken) -> None:
    """End a token at once."""
    with transaction.atomic():
        note_power(record=token.owner, detail=f"-access token {token.pk}")
        token.delete()


def revoke_all(*, owner: User) -> None:
    """End every token of an account."""
    for token in AccessToken.objects.filter(owner=owner).select_related("owner"):
        revoke(token=token)


def find(secret: str) -> AccessToken | None:
    """The token with this secret, while it and the account of its owner may be used."""
    if not secret.startswith(PREFIX) or len(secret) > _LONGEST:
        return None
    token = AccessToken.objects.select_related("owner").filter(digest=_digest(secret)).first()
    if token is None or token.is_expired or not token.owner.is_active:
        return None
    return token


def note_use(token: AccessToken) -> None:
    """Write down that a token is used, to the minute. A full disk keeps nobody from reading: it is then left out."""
    now = timezone.now()
    if token.last_used_at is not None and now - token.last_used_at < _USE_NOTED:
        return
    try:
        with transaction.atomic():
            AccessToken.objects.filter(pk=token.pk).update(last_used_at=now)
    except DatabaseError as error:
        if not disk.is_full(error):
            raise
        log_unexpected("the last use of an access token", error)


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()
