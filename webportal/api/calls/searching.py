"""What a call looks for among one's own analyses: the search of the history page."""

from __future__ import annotations

from datetime import UTC

from django.db.models import QuerySet
from django.utils import timezone

from webportal.accounts.models import User
from webportal.analyses import access
from webportal.analyses.history import queries
from webportal.analyses.models import Analysis
from webportal.api.schemas.analyses import Wanted


def found(user: User, wanted: Wanted) -> QuerySet[Analysis]:
    """Those of ``user``'s analyses, without the trash, that are ``wanted``; not sorted."""
    asked = wanted.dict(exclude={"sort", "tag"})
    analyses = access.own_analyses(user)
    if wanted.tag:
        tag = access.own_tags(user).filter(name__iexact=wanted.tag).first()
        if tag is None:
            return analyses.none()
        asked["tag"] = tag
    with timezone.override(UTC):  # days are programs' days
        return queries.matching(user, analyses, asked)
