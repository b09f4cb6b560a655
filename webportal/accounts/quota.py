"""How much of the disk one account may fill.

The sum is stored in one row an account and changed with the rows of the files, in their transaction: the database
decides between uploads that come at the same time, so that together they never exceed the quota.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings
from django.db.models import F
from django.db.models.functions import Greatest

from webportal.accounts.models import StorageUse, User
from webportal.refusal import Refused


class QuotaReached(Refused):
    """The account is full. What lies in the trash counts until it is deleted."""

    reason = "ACCOUNT_QUOTA_REACHED"


@dataclass(frozen=True, slots=True)
class Space:
    """What an account fills and what it may fill, bytes."""

    used: int
    quota: int | None
    """``None`` where accounts are not limited."""

    @property
    def is_full(self) -> bool:
        """Whether nothing more may be stored."""
        return self.quota is not None and self.used >= self.quota


def space_of(user: User) -> Space:
    """What ``user`` has stored, thumbnails and originals included."""
    used = StorageUse.objects.filter(owner=user).values_list("stored_bytes", flat=True).first()
    return Space(used=used or 0, quota=settings.ACCOUNT_QUOTA_BYTES or None)


def check(*, owner: User) -> None:
    """Return when there is room for anything at all; asked before a picture is decoded, whose size is not known yet.

    Raises:
        QuotaReached: there is none.
    """
    if space_of(owner).is_full:
        raise QuotaReached


def claim(*, owner: User, size: int) -> None:
    """Count ``size`` bytes more, in the transaction of the row that they belong to.

    Raises:
        QuotaReached: they don't fit.
    """
    use = StorageUse.objects.filter(owner=owner)
    if settings.ACCOUNT_QUOTA_BYTES:
        use = use.filter(stored_bytes__lte=settings.ACCOUNT_QUOTA_BYTES - size)
    counted = use.update(stored_bytes=F("stored_bytes") + size)
    if not counted:
        # The account's first file, or one that doesn't fit.
        StorageUse.objects.get_or_create(owner=owner)
        counted = use.update(stored_bytes=F("stored_bytes") + size)
    if not counted:
        raise QuotaReached


def count(*, owner: User, size: int) -> None:
    """Count ``size`` bytes more whether they fit or not, in the transaction of the row that they belong to."""
    StorageUse.objects.get_or_create(owner=owner)
    StorageUse.objects.filter(owner=owner).update(stored_bytes=F("stored_bytes") + size)


def release(*, owner_id: int, size: int) -> None:
    """Count ``size`` bytes less, in the transaction that deletes the row that they belonged to."""
    StorageUse.objects.filter(owner=owner_id).update(stored_bytes=Greatest(F("stored_bytes") - size, 0))
