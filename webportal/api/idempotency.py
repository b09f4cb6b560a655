"""A call is made once, however often it arrives with the same ``Idempotency-Key``.

The key's row has an id, and what the call makes gets ids that follow from it (:mod:`webportal.analyses.once`), so the
database refuses to make it twice, also where the first attempt broke off in the middle. No answer is stored: the
second caller is answered with what the first one made, as it stands by then.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Iterable
from datetime import timedelta
from http import HTTPStatus
from typing import Final

from django.db import IntegrityError, transaction
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _

from webportal.accounts.current import current_user
from webportal.analyses import once
from webportal.api.errors import Problem, faulty
from webportal.api.models import IdempotencyKey

HEADER: Final = "Idempotency-Key"
#: Longest key, characters.
LONGEST: Final = 255
#: How long a key is remembered.
REMEMBERED: Final = timedelta(days=7)
#: Most old keys that one call clears away.
_MOST_CLEARED: Final = 100


def form_id(request: HttpRequest, *parts: bytes | str) -> uuid.UUID:
    """The id from which the ids of what the call makes follow; a new one where it carries no key.

    Args:
        parts: all that the caller says, to know another call with the same key from the same one.

    Raises:
        Problem: the key is too long, or was used for another call.
    """
    key = request.headers.get(HEADER, "")
    if not key:
        return once.new_id()
    if len(key) > LONGEST:
        raise faulty(HEADER, _("A key has at most %(max)d characters.") % {"max": LONGEST})
    row = _row(
        request, hashlib.sha256(key.encode()).hexdigest(), _fingerprint([request.method or "", request.path, *parts])
    )
    return row.pk


def _row(request: HttpRequest, digest: str, fingerprint: str) -> IdempotencyKey:
    owner, since = current_user(request), timezone.now() - REMEMBERED
    old = IdempotencyKey.objects.filter(made_at__lt=since).order_by("made_at").values_list("pk", flat=True)
    IdempotencyKey.objects.filter(pk__in=list(old[:_MOST_CLEARED])).delete()
    IdempotencyKey.objects.filter(owner=owner, digest=digest, made_at__lt=since).delete()
    try:
        with transaction.atomic():
            row, _made = IdempotencyKey.objects.get_or_create(
                owner=owner, digest=digest, defaults={"fingerprint": fingerprint}
            )
    except IntegrityError:  # by the same call, at the same time
        row = IdempotencyKey.objects.get(owner=owner, digest=digest)
    if row.fingerprint != fingerprint:
        detail = _("The key was used for another call before. Take a new one for each call.")
        raise Problem(HTTPStatus.UNPROCESSABLE_ENTITY, "IDEMPOTENCY_KEY_REUSED", detail)
    return row


def _fingerprint(parts: Iterable[bytes | str]) -> str:
    digest = hashlib.sha256()
    for part in parts:
        content = part.encode() if isinstance(part, str) else part
        digest.update(len(content).to_bytes(8, "big") + content)
    return digest.hexdigest()
