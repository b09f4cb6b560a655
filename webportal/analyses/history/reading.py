"""Every question that the reading mode asks the database."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import QuerySet

from webportal.accounts.models import User
from webportal.analyses.history.queries import BULK_LIMIT
from webportal.analyses.models import Analysis, ReadingRound, Review
from webportal.paging import Order


@dataclass(frozen=True, slots=True)
class Tally:
    """What has been read in a round."""

    read: int
    agrees: int

    @property
    def disagrees(self) -> int:
        """Read otherwise than the model."""
        return self.read - self.agrees


def list_of(analyses: QuerySet[Analysis], order: Order) -> list[uuid.UUID]:
    """What a round goes through: those of ``analyses`` that have an answer, as many as one round takes."""
    done = order.sorted(analyses).filter(state=Analysis.State.DONE)
    return list(done.values_list("pk", flat=True)[:BULK_LIMIT])


def first_unread(user: User, ids: list[uuid.UUID]) -> int:
    """The number, counted from 1, of the first that ``user`` has not read; 1 where they have read all."""
    read = set(Review.objects.filter(author=user, analysis__in=ids).values_list("analysis", flat=True))
    return next((number for number, analysis in enumerate(ids, start=1) if analysis not in read), 1)


def written_in(round_: ReadingRound) -> QuerySet[Review]:
    """The readings that its reader has written since it began, newest first."""
    rows = Review.objects.filter(author=round_.reader_id, analysis__in=round_.analyses)
    written = rows.filter(created_at__gte=round_.created_at).select_related("analysis")
    return written.order_by("-created_at", "-id")


def tally(written: Iterable[Review]) -> Tally:
    """What ``written``, newest first, comes to: of each picture the newest counts."""
    newest: dict[uuid.UUID, bool] = {}
    for review in written:
        newest.setdefault(review.analysis_id, review.agrees)
    return Tally(len(newest), sum(newest.values()))
