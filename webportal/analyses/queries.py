"""Every question that the pages ask the database about analyses."""

from __future__ import annotations

import hashlib
import re
import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from itertools import islice
from typing import Any

from django.db import connection
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from webportal.accounts.models import User
from webportal.analyses.models import Analysis, Review, Upload

#: Analyses on one page of a history.
PAGE_SIZE = 24
#: Most analyses that one action on all that a search finds may change.
BULK_LIMIT = 500
#: Uploads with a word in their label up to which the word is rare: about where both ways to find them in half a million
#: took as long.
FEW_UPLOADS = 1000

_HAS_TRIGRAM = re.compile(r"\w{3}")


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError("a moment without time zone")
    return moment


@dataclass(frozen=True, slots=True)
class Order:
    """One way to sort analyses: by a column and, where that is equal, by id."""

    column: str
    descending: bool
    parse: Callable[[str], Any]
    """Reads a value of the column back from an address; raises ValueError for anything else."""

    def sorted(self, analyses: QuerySet[Analysis]) -> QuerySet[Analysis]:
        """``analyses`` in this order, without those that have no value to sort by."""
        sign = "-" if self.descending else ""
        return analyses.filter(**{f"{self.column}__isnull": False}).order_by(f"{sign}{self.column}", f"{sign}id")

    def after(self, analyses: QuerySet[Analysis], cursor: Cursor) -> QuerySet[Analysis]:
        """Only what follows ``cursor``."""
        beyond = "lt" if self.descending else "gt"
        # The first condition alone lets the index find the place; the second settles equal values.
        return analyses.filter(**{f"{self.column}__{beyond}e": cursor.value}).filter(
            Q(**{f"{self.column}__{beyond}": cursor.value}) | Q(**{f"id__{beyond}": cursor.id})
        )

    def cursor(self, text: str) -> Cursor | None:
        """Read a cursor back; ``None`` for anything else."""
        value, _, identifier = text.partition("~")
        try:
            return Cursor(self.parse(value), uuid.UUID(identifier))
        except ValueError:
            return None


@dataclass(frozen=True, slots=True)
class Cursor:
    """A place in a sorted list: the last row before it, by sorting column and id."""

    value: Any
    id: uuid.UUID

    def __str__(self) -> str:
        value = self.value.isoformat() if isinstance(self.value, datetime) else repr(self.value)
        return f"{value}~{self.id}"


ORDERS = {
    "newest": Order("created_at", True, _moment),
    "oldest": Order("created_at", False, _moment),
    "uncertain": Order("probability", False, float),
}
#: The reviewers' queue: what was shared first comes first.
QUEUE_ORDER = Order("shared_at", False, _moment)
#: The trash: what was put there last comes first.
TRASH_ORDER = Order("trashed_at", True, _moment)


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a list, and where the next one begins."""

    analyses: list[Analysis]
    next: Cursor | None
    """``None`` on the last page."""


def page_of(analyses: QuerySet[Analysis], *, order: Order, after: Cursor | None, size: int = PAGE_SIZE) -> Page:
    """The ``size`` analyses that follow ``after``. Costs the same on the thousandth page as on the first."""
    if after is not None:
        analyses = order.after(analyses, after)
    # Looked up rather than joined: with a join SQLite may start from the uploads and sort all of a person's history.
    found = list(order.sorted(analyses).prefetch_related("upload", "reviews", "tags")[: size + 1])
    page = found[:size]
    last = page[-1] if len(found) > size else None
    return Page(page, Cursor(getattr(last, order.column), last.id) if last else None)


def neighbours(analyses: QuerySet[Analysis], analysis: Analysis) -> tuple[Analysis | None, Analysis | None]:
    """The analyses before and after ``analysis``, newest first, as a history without search lists them."""
    here = Cursor(analysis.created_at, analysis.pk)
    newer, older = (order.sorted(order.after(analyses, here)) for order in (ORDERS["oldest"], ORDERS["newest"]))
    return newer.first(), older.first()


def matching(owner: User, analyses: QuerySet[Analysis], wanted: dict[str, Any]) -> QuerySet[Analysis]:
    """Those of ``owner``'s ``analyses`` that fit the cleaned data of :class:`webportal.analyses.forms.HistoryForm`."""
    if text := wanted.get("q"):
        by_id = _uuid(text)
        analyses = analyses.filter(Q(pk=by_id) if by_id else _labelled(owner, text))
    if short := wanted.get("kind"):
        # What the model called no heartbeat is no example of the class that came out nearest.
        analyses = analyses.filter(class_short=short).exclude(verdict=Analysis.Verdict.NOT_A_BEAT)
    if outcome := wanted.get("outcome"):
        if outcome in Analysis.Verdict.values:
            analyses = analyses.filter(verdict=outcome)
        elif outcome == "open":
            analyses = analyses.filter(finished_at__isnull=True)
        else:
            analyses = analyses.filter(state=outcome)
    if since := wanted.get("since"):
        analyses = analyses.filter(created_at__gte=_midnight(since))
    if until := wanted.get("until"):
        analyses = analyses.filter(created_at__lt=_midnight(until) + timedelta(days=1))
    if tag := wanted.get("tag"):
        # From the few that have the tag: with a join SQLite looks through a long history for a rare one.
        tagged = Analysis.tags.through.objects.filter(tag=tag)
        analyses = analyses.filter(pk__in=tagged.values("analysis"))
    if version := wanted.get("version"):
        analyses = analyses.filter(model_version=version)
    if reviewed := wanted.get("reviewed"):
        if reviewed == "no":
            analyses = analyses.filter(reading="", state=Analysis.State.DONE)
        elif reviewed == "yes":
            analyses = analyses.filter(~Q(reading=""))
        else:
            analyses = analyses.filter(reading=reviewed)
    return analyses


def _labelled(owner: User, text: str) -> Q:
    """The analyses of ``owner``'s uploads with ``text`` in their label.

    A rare word is looked for among the labels, which an index holds, and its analyses by their uploads; a common one
    among the newest analyses, as a page of them soon fills. Which it is the database can't guess, so it is counted.
    """
    uploads = Upload.objects.filter(owner=owner)
    if _HAS_TRIGRAM.search(text) or connection.vendor != "postgresql":
        uploads = uploads.filter(label__icontains=text)
    else:
        # The index of trigrams would be read from end to end; for a pattern of another kind it isn't tried.
        uploads = uploads.filter(label__iregex=re.escape(text))
    # Newest first, as an index has them: a common word is known for one after a few thousand labels.
    newest = uploads.order_by("-created_at", "-id").values_list("pk", flat=True)
    found = list(newest[: FEW_UPLOADS + 1])
    return Q(upload__in=found) if len(found) <= FEW_UPLOADS else Q(upload__label__icontains=text)


def not_yet_read_by(user: User, analyses: QuerySet[Analysis]) -> QuerySet[Analysis]:
    """Those of ``analyses`` beside which ``user`` has written no reading."""
    return analyses.filter(~Exists(Review.objects.filter(analysis=OuterRef("pk"), author=user)))


def latest_of_same_file(analyses: QuerySet[Analysis], data: bytes) -> Analysis | None:
    """The newest of ``analyses`` whose picture was sent as exactly these bytes; failed ones don't count."""
    same = analyses.filter(upload__sha256=hashlib.sha256(data).hexdigest()).exclude(state=Analysis.State.FAILED)
    return same.select_related("upload").order_by("-created_at", "-id").first()


def ids_in(texts: Iterable[str]) -> list[uuid.UUID]:
    """The ids among ``texts``, at most a page of them; the rest is nonsense and left out."""
    return [found for text in islice(texts, PAGE_SIZE) if (found := _uuid(text))]


def _uuid(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text.strip())
    except ValueError:
        return None


def _midnight(day: Any) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))
