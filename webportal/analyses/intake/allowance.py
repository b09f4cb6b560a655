"""How much work one person may cause in a minute, in pictures and in decoded megapixels.

Two buckets a person, each holding what a minute allows and filled evenly. They lie in the cache, which all processes
share in production. A picture that is larger than its whole bucket is let through when the bucket is full, and leaves
it below empty; so no setting can shut out a picture that is allowed otherwise.
"""

from __future__ import annotations

import math
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Final

from django.conf import settings
from django.core.cache import cache

from webportal.accounts.models import User
from webportal.analyses.intake import pictures
from webportal.analyses.intake.pictures import StoredPicture
from webportal.refusal import Refused

#: How long a bucket that nobody takes from is remembered, seconds; it is full again long before.
_REMEMBERED: Final = 3600
#: A holder that died with the lock in hand keeps it for this long; nobody waits longer for it than the second; seconds.
_LOCK_SECONDS: Final = 5
_PATIENCE: Final = 1.0


class AllowanceSpent(Refused):
    """A person's share of a minute is used up; ``retry_after`` says how long until there is enough again."""

    reason = "UPLOAD_RATE_REACHED"

    def __init__(self, retry_after: float) -> None:
        super().__init__(f"in {retry_after:.0f} s")
        self.retry_after = retry_after


def take(*, user: User, pictures: int, megapixels: float) -> None:
    """Take the work about to be done for ``user`` from what the minute allows: both amounts or none.

    Raises:
        AllowanceSpent: there is not enough left.
    """
    _pour(user, (float(pictures), megapixels), is_due=False)


def prepare(*, user: User, data: bytes) -> StoredPicture:
    """:func:`webportal.analyses.intake.pictures.prepare`, for which ``user`` pays with a picture and its megapixels.

    A kind of picture whose size only its decoder can tell is paid for afterwards, and one that could not be decoded as
    much as the largest.

    Raises:
        AllowanceSpent: there is not enough left; nothing was decoded.
        Unusable: as of the other.
        Busy: as of the other.
    """
    declared = pictures.declared_megapixels(data)
    take(user=user, pictures=1, megapixels=declared or 0.0)
    if declared is not None:
        return pictures.prepare(data)
    decoded = settings.PICTURE_MAX_PIXELS / 1e6
    try:
        stored = pictures.prepare(data)
        decoded = (stored.width or 0) * (stored.height or 0) / 1e6
        return stored
    except pictures.Busy:
        decoded = 0.0
        raise
    finally:
        with suppress(AllowanceSpent):  # no turn to write it down: let off
            _pour(user, (0.0, decoded), is_due=True)


def _pour(user: User, amounts: tuple[float, float], *, is_due: bool) -> None:
    """Take from both buckets; what ``is_due`` is taken whatever is left."""
    limits = (settings.UPLOAD_PICTURES_PER_MINUTE, settings.UPLOAD_MEGAPIXELS_PER_MINUTE)
    key = f"allowance:{user.pk}"
    with _locked(key):
        now = _now()
        levels, then = cache.get(key) or (limits, now)
        elapsed = max(0.0, now - then)
        left, wait = [], 0.0
        for level, limit, amount in zip(levels, limits, amounts, strict=True):
            if not limit:
                left.append(math.inf)
                continue
            filled = min(float(limit), level + elapsed * limit / 60)
            wait = max(wait, (min(amount, limit) - filled) * 60 / limit)
            left.append(filled - amount)
        if wait > 0 and not is_due:
            raise AllowanceSpent(wait)
        cache.set(key, (tuple(left), now), _REMEMBERED)


def _now() -> float:
    """Seconds since 1970: the one clock that processes on several machines share, more or less."""
    return time.time()


@contextmanager
def _locked(key: str) -> Iterator[None]:
    """One at a time, whichever process they run in: to add a key that isn't there is atomic in every cache."""
    lock, mine = f"{key}:lock", uuid.uuid4().hex
    give_up_at = time.monotonic() + _PATIENCE
    while not cache.add(lock, mine, _LOCK_SECONDS):
        if time.monotonic() >= give_up_at:
            raise AllowanceSpent(_PATIENCE)
        time.sleep(0.01)
    try:
        yield
    finally:
        # Not somebody else's, should this one have run out.
        if cache.get(lock) == mine:
            cache.delete(lock)
