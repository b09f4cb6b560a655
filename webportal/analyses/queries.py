"""Every question that the pages ask the database about analyses."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q, QuerySet

from webportal.analyses.models import Analysis

#: Analyses on one page of a history.
PAGE_SIZE = 24


@dataclass(frozen=True, slots=True)
class Cursor:
    """A place in a list that is ordered by time and id, newest first."""

    created_at: datetime
    id: uuid.UUID

    @classmethod
    def parse(cls, text: str) -> Cursor | None:
        """Read back :meth:`__str__`; ``None`` for anything else."""
        moment, _, identifier = text.partition("~")
        try:
            created_at = datetime.fromisoformat(moment)
            cursor = cls(created_at, uuid.UUID(identifier))
        except ValueError:
            return None
        return cursor if created_at.tzinfo is not None else None

    def __str__(self) -> str:
        return f"{self.created_at.isoformat()}~{self.id}"


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a list, and where the next one begins."""

    analyses: list[Analysis]
    next: Cursor | None
    """``None`` on the last page."""


def newest_first(analyses: QuerySet[Analysis], *, after: Cursor | None, size: int = PAGE_SIZE) -> Page:
    """The ``size`` analyses that follow ``after``. Costs the same on the thousandth page as on the first."""
    if after is not None:
        # The first condition alone lets the index find the place; the second settles equal times.
        analyses = analyses.filter(created_at__lte=after.created_at).filter(
            Q(created_at__lt=after.created_at) | Q(id__lt=after.id)
        )
    found = list(analyses.select_related("upload").order_by("-created_at", "-id")[: size + 1])
    page = found[:size]
    last = page[-1] if len(found) > size else None
    return Page(page, Cursor(last.created_at, last.id) if last else None)
