"""Every question that the pages ask the database about batches."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import cast

from django.core.paginator import Page, Paginator
from django.db.models import Case, Count, IntegerField, Q, QuerySet, Value, When
from django.utils import timezone

from webportal.accounts.models import User
from webportal.analyses import access
from webportal.analyses.models import Analysis, Batch, BatchFile
from webportal.analyses.models.batches import outcome_of

#: Files on one page of a batch, and batches on one page of their list.
FILES_SHOWN = 60
BATCHES_SHOWN = 20
#: Files may still come until so long after a batch was begun.
SENDING = timedelta(minutes=30)

_State, _Verdict = Analysis.State, Analysis.Verdict


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a batch is, in numbers of pictures."""

    refused: int = 0
    """Not accepted when they were sent."""
    rejected: int = 0
    """Refused by the model's server."""
    failed: int = 0
    waiting: int = 0
    confident: int = 0
    uncertain: int = 0
    no_beat: int = 0
    deleted: int = 0
    """Accepted, and their analyses deleted since."""
    repeated: int = 0
    """Sent before; counted with what became of them then."""

    @property
    def total(self) -> int:
        """All pictures that have arrived."""
        return self.problems + self.waiting + self.answered + self.deleted

    @property
    def problems(self) -> int:
        """Without an answer for good."""
        return self.refused + self.rejected + self.failed

    @property
    def answered(self) -> int:
        """With an answer."""
        return self.confident + self.uncertain + self.no_beat

    @property
    def finished(self) -> int:
        """All that nothing is to come of any more."""
        return self.total - self.waiting


def progress_of(ids: Collection[uuid.UUID]) -> Mapping[uuid.UUID, Progress]:
    """How far the batches with these ids are; one query however many and large they are."""
    rows = (
        BatchFile.objects.filter(batch__in=ids)
        .order_by()
        .values("batch", "reason", "is_repeated", "analysis__state", "analysis__verdict")
        .annotate(number=Count("pk"))
    )
    counted: dict[uuid.UUID, Counter[str]] = {batch: Counter() for batch in ids}
    for row in rows:
        outcome = outcome_of(row["reason"], row["analysis__state"], row["analysis__verdict"])
        counted[row["batch"]][outcome] += row["number"]
        counted[row["batch"]]["repeated"] += row["number"] if row["is_repeated"] else 0
    return {batch: Progress(**numbers) for batch, numbers in counted.items()}


def missing_files(batch: Batch) -> int:
    """How many of the chosen files have not arrived."""
    last = batch.files.aggregate(places=Count("place", distinct=True))["places"]
    return max(0, batch.expected - int(last or 0))


def is_being_sent(batch: Batch, missing: int) -> bool:
    """Whether more files are likely to come."""
    return missing > 0 and timezone.now() - batch.created_at < SENDING


def files_of(batch: Batch, *, name: str = "", page: int = 1) -> Page[BatchFile]:
    """A page of its files, those without an answer first, then those whose answer asks for a look.

    Args:
        name: a part of the names that are looked for.
    """
    rows = batch.files.all()
    if name:
        rows = rows.filter(name__icontains=name)
    ranked = rows.annotate(rank=_RANK).order_by("rank", "place", "entry")
    files = ranked.select_related("analysis__upload").prefetch_related("analysis__reviews")
    return cast("Page[BatchFile]", Paginator(files, FILES_SHOWN).get_page(page))


def as_they_stand(files: Collection[BatchFile]) -> list[BatchFile]:
    """Files of one place in a batch with their analyses as they are now."""
    rows = BatchFile.objects.filter(pk__in=[file.pk for file in files])
    return list(rows.select_related("analysis__upload").prefetch_related("analysis__reviews").order_by("entry"))


_RANK = Case(
    When(~Q(reason="") | Q(analysis__state__in=[_State.REJECTED, _State.FAILED]), then=Value(0)),
    When(analysis__state__in=Analysis.OPEN_STATES, then=Value(1)),
    When(analysis__verdict=_Verdict.NOT_A_BEAT, then=Value(2)),
    When(analysis__verdict=_Verdict.UNCERTAIN, then=Value(3)),
    default=Value(4),
    output_field=IntegerField(),
)


def analyses_of(batch: Batch) -> QuerySet[Analysis]:
    """What its files were asked about."""
    return Analysis.objects.filter(pk__in=batch.files.filter(analysis__isnull=False).values("analysis"))


def page_of_batches(batches: QuerySet[Batch], page: int) -> Page[Batch]:
    """A page of a list of batches, newest first."""
    return Paginator(batches.order_by("-created_at", "-id"), BATCHES_SHOWN).get_page(page)


def asked_for(user: User, text: str) -> Batch | None:
    """The user's own batch whose id ``text`` is."""
    try:
        return access.own_batches(user).filter(pk=uuid.UUID(text)).first() if text else None
    except ValueError:
        return None
