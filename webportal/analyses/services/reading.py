"""Rounds of reading."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from django.core.exceptions import PermissionDenied

from webportal.accounts.models import User
from webportal.analyses.models import ReadingRound

#: Rounds of one person that are stored, the newest; what was read in them stays anyway.
ROUNDS_STORED = 20


def begin_round(
    *,
    reader: User,
    round_id: uuid.UUID,
    ids: Sequence[uuid.UUID],
    looking: str = "",
    is_queue: bool = False,
    is_blind: bool = False,
) -> ReadingRound:
    """Keep the list that ``reader`` goes through now; the same form begins one round.

    Raises:
        PermissionDenied: somebody else has begun a round of that id.
    """
    begun, _made = ReadingRound.objects.get_or_create(
        pk=round_id,
        defaults={
            "reader": reader,
            "analyses": [str(analysis_id) for analysis_id in ids],
            "looking": looking,
            "is_queue": is_queue,
            "is_blind": is_blind,
        },
    )
    if begun.reader_id != reader.pk:
        raise PermissionDenied
    newest = ReadingRound.objects.filter(reader=reader).order_by("-created_at", "-id").values_list("pk", flat=True)
    ReadingRound.objects.filter(reader=reader).exclude(pk__in=list(newest[:ROUNDS_STORED])).delete()
    return begun
