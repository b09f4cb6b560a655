"""The question about a picture, as a row: the beginning of every analysis."""

from __future__ import annotations

import uuid

from django.utils import timezone

from webportal.accounts.models import User
from webportal.analyses.models import Analysis, Upload


def create_analysis(
    upload: Upload, *, lead: str = "", earlier: Analysis | None = None, analysis_id: uuid.UUID | None = None
) -> Analysis:
    """Insert a queued analysis of a picture, due at once. Joins the caller's transaction.

    ``lead`` is what it was recorded in, by its usual name (:func:`ecg.leads.resolve`); empty where nobody said.

    Raises:
        ValidationError: a field is not valid.
        IntegrityError: there is one with that id.
    """
    analysis = Analysis(
        pk=analysis_id or uuid.uuid4(),
        upload=upload,
        owner=upload.owner,
        lead=lead,
        earlier=earlier,
        next_attempt_at=timezone.now(),
    )
    check_row(analysis)
    analysis.save(force_insert=True)
    return analysis


def made_before(owner: User, analysis_id: uuid.UUID | None) -> Analysis | None:
    """What the same form made when it was sent before."""
    if analysis_id is None:
        return None
    return Analysis.objects.filter(owner=owner, pk=analysis_id).select_related("upload").first()


def check_row(row: Upload | Analysis) -> None:
    """Validate what the database does not check by itself when the row is inserted.

    Its constraints, keys and references it does check; asking for each beforehand took half of an upload's time.

    Raises:
        ValidationError: a field is not valid.
    """
    references = {field.name for field in row._meta.fields if field.is_relation}
    row.full_clean(exclude=references, validate_unique=False, validate_constraints=False)
