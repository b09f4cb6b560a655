"""Every question that the pages ask the database about analyses."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable
from datetime import date, datetime, time, timedelta
from itertools import islice
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from webportal import paging, searching
from webportal.accounts.models import User
from webportal.analyses.models import Analysis, BatchFile, Review, Tag, Upload
from webportal.paging import Cursor, Order, Page, moment

#: Analyses on one page of a history.
PAGE_SIZE = 24
#: Most analyses that one action on all that a search finds may change.
BULK_LIMIT = 500


ORDERS = {
    "newest": Order("created_at", True, moment),
    "oldest": Order("created_at", False, moment),
    # How probable a class is says nothing where there is no beat.
    "uncertain": Order("probability", False, float, Q(verdict=Analysis.Verdict.NOT_A_BEAT)),
}
#: The reviewers' queue: what was shared first comes first.
QUEUE_ORDER = Order("shared_at", False, moment)
#: The trash: what was put there last comes first.
TRASH_ORDER = Order("trashed_at", True, moment)


def page_of(
    analyses: QuerySet[Analysis], *, order: Order, after: Cursor | None, size: int = PAGE_SIZE
) -> Page[Analysis]:
    """The ``size`` analyses that follow ``after``. Costs the same on the thousandth page as on the first."""
    # Looked up rather than joined: with a join SQLite may start from the uploads and sort all of a person's history.
    return paging.page_of(analyses.prefetch_related("upload", "reviews", "tags"), order=order, after=after, size=size)


def neighbours(
    analyses: QuerySet[Analysis], order: Order, analysis: Analysis
) -> tuple[Analysis | None, Analysis | None]:
    """What comes before and after ``analysis`` in a list; it need not be in the list (any more) itself."""
    here = order.cursor_of(analysis)
    if here is None:
        return None, None
    back = order.reversed
    return back.sorted(back.after(analyses, here)).first(), order.sorted(order.after(analyses, here)).first()


def page_around(analyses: QuerySet[Analysis], order: Order, analysis: Analysis, size: int = PAGE_SIZE) -> Cursor | None:
    """Where a page begins that has ``analysis`` in its middle; ``None`` where that is the first page."""
    here = order.cursor_of(analysis)
    if here is None:
        return None
    back = order.reversed
    before = list(back.sorted(back.after(analyses, here)).only(order.column)[: size // 2])
    return order.cursor_of(before[-1]) if len(before) == size // 2 else None


def matching(owner: User, analyses: QuerySet[Analysis], wanted: dict[str, Any]) -> QuerySet[Analysis]:
    """Those of ``owner``'s ``analyses`` that fit the cleaned data of :class:`webportal.analyses.forms.HistoryForm`."""
    for name, narrow in _FILTERS.items():
        if value := wanted.get(name):
            analyses = narrow(owner, analyses, value)
    return analyses


def _by_text(owner: User, analyses: QuerySet[Analysis], text: str) -> QuerySet[Analysis]:
    by_id = _uuid(text)
    return analyses.filter(Q(pk=by_id) if by_id else _with_word(owner, text, "label"))


def _by_class(owner: User, analyses: QuerySet[Analysis], short: str) -> QuerySet[Analysis]:
    # What the model called no heartbeat is no example of the class that came out nearest.
    return analyses.filter(class_short=short).exclude(verdict=Analysis.Verdict.NOT_A_BEAT)


def _by_outcome(owner: User, analyses: QuerySet[Analysis], outcome: str) -> QuerySet[Analysis]:
    if outcome in Analysis.Verdict.values:
        return analyses.filter(verdict=outcome)
    if outcome == "open":
        return analyses.filter(finished_at__isnull=True)
    return analyses.filter(state=outcome)


def _since(owner: User, analyses: QuerySet[Analysis], day: date) -> QuerySet[Analysis]:
    return analyses.filter(created_at__gte=_midnight(day))


def _until(owner: User, analyses: QuerySet[Analysis], day: date) -> QuerySet[Analysis]:
    return analyses.filter(created_at__lt=_midnight(day) + timedelta(days=1))


def _by_batch(owner: User, analyses: QuerySet[Analysis], batch: uuid.UUID) -> QuerySet[Analysis]:
    files = BatchFile.objects.filter(batch=batch, batch__owner=owner, analysis__isnull=False)
    return analyses.filter(pk__in=files.values("analysis"))


def _by_file_name(owner: User, analyses: QuerySet[Analysis], name: str) -> QuerySet[Analysis]:
    return analyses.filter(_with_word(owner, name, "file_name"))


def _by_tag(owner: User, analyses: QuerySet[Analysis], tag: Tag) -> QuerySet[Analysis]:
    # From the few that have the tag: with a join SQLite looks through a long history for a rare one.
    tagged = Analysis.tags.through.objects.filter(tag=tag)
    return analyses.filter(pk__in=tagged.values("analysis"))


def _by_version(owner: User, analyses: QuerySet[Analysis], version: str) -> QuerySet[Analysis]:
    return analyses.filter(model_version=version)


def _by_reading(owner: User, analyses: QuerySet[Analysis], reviewed: str) -> QuerySet[Analysis]:
    if reviewed == "no":
        return analyses.filter(reading="", state=Analysis.State.DONE)
    if reviewed == "yes":
        return analyses.filter(~Q(reading=""))
    return analyses.filter(reading=reviewed)


#: How each field of the search narrows a list.
_FILTERS: dict[str, Callable[[User, QuerySet[Analysis], Any], QuerySet[Analysis]]] = {
    "q": _by_text,
    "kind": _by_class,
    "outcome": _by_outcome,
    "since": _since,
    "until": _until,
    "batch": _by_batch,
    "file": _by_file_name,
    "tag": _by_tag,
    "version": _by_version,
    "reviewed": _by_reading,
}


def _with_word(owner: User, text: str, column: str) -> Q:
    """The analyses of ``owner``'s uploads with ``text`` in their ``column``: ``label`` or ``file_name``."""
    ids = searching.keys_of_rare(Upload.objects.filter(owner=owner), column, text)
    return Q(upload__in=ids) if ids is not None else searching.has_text(f"upload__{column}", text)


def not_yet_read_by(user: User, analyses: QuerySet[Analysis]) -> QuerySet[Analysis]:
    """Those of ``analyses`` beside which ``user`` has written no reading."""
    return analyses.filter(~Exists(Review.objects.filter(analysis=OuterRef("pk"), author=user)))


def ids_in(texts: Iterable[str]) -> list[uuid.UUID]:
    """The ids among ``texts``, at most a page of them; the rest is nonsense and left out."""
    return [identifier for text in islice(texts, PAGE_SIZE) if (identifier := _uuid(text))]


def _uuid(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text.strip())
    except ValueError:
        return None


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))
