"""A stored picture, asked about once more."""

from __future__ import annotations

import uuid

from django.db import IntegrityError, transaction

from webportal.analyses.intake import allowance
from webportal.analyses.jobs.asking import create_analysis, made_before
from webportal.analyses.models import Analysis


def ask_again(analysis: Analysis, *, lead: str, another_id: uuid.UUID | None, is_owners: bool = True) -> Analysis:
    """A new analysis of the picture of ``analysis``, beside it, as recorded in ``lead``; queued and due at once.

    With ``another_id`` it is made once. Where its owner asks, their share of the minute pays for it.

    Raises:
        AllowanceSpent: that is used up.
    """
    owner = analysis.upload.owner
    if made := made_before(owner, another_id):
        return made
    if is_owners:
        allowance.take(user=owner, pictures=1, megapixels=analysis.upload.megapixels)
    try:
        with transaction.atomic():
            return create_analysis(analysis.upload, lead=lead, earlier=analysis, analysis_id=another_id)
    except IntegrityError:
        if made := made_before(owner, another_id):
            return made
        raise
