"""Pictures in a list are covered by the entry that the list left: one look, one entry.

The address of each thumbnail carries a pass, signed for one person, one record and an hour. Whoever asks for a picture
without it, having seen no list, leaves an entry of its own.
"""

from __future__ import annotations

from typing import Final

from django.core import signing
from django.db.models import Model

from webportal.accounts.models import User

#: How long a page with a list may stay open before its pictures are looks of their own, seconds.
LIFE: Final = 3600


def issue(*, user: User, record: Model) -> str:
    """A pass for one record in a list that ``user`` was given, to be put into an address; neither can be read in it."""
    return _signer(user, record).sign("")


def is_valid(text: str, *, user: User, record: Model) -> bool:
    """Whether ``text`` was issued to ``user`` for this record, not longer than :data:`LIFE` ago."""
    try:
        return _signer(user, record).unsign(text, max_age=LIFE) == ""
    except signing.BadSignature:
        return False


def _signer(user: User, record: Model) -> signing.TimestampSigner:
    return signing.TimestampSigner(salt=f"webportal.audit.passes:{user.pk}:{record._meta.label}:{record.pk}")
