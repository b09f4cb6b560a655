"""Lists that may be long: sorted by a column and read a page at a time, each page at the cost of the first."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Generic, TypeVar

from django.db.models import Model, Q, QuerySet

Row = TypeVar("Row", bound=Model)


def moment(text: str) -> datetime:
    """A moment as an address has it. Raises ValueError for anything else."""
    instant = datetime.fromisoformat(text)
    if instant.tzinfo is None:
        raise ValueError("a moment without time zone")
    return instant


@dataclass(frozen=True, slots=True)
class Order:
    """One way to sort rows: by a column and, where that is equal, by id."""

    column: str
    descending: bool
    parse: Callable[[str], Any]
    """Reads a value of the column back from an address; raises ValueError for anything else."""
    but: Q = field(default_factory=Q)
    """What it leaves out beside what has no value to sort by."""

    def sorted(self, rows: QuerySet[Row]) -> QuerySet[Row]:
        """``rows`` in this order, without those that have no value to sort by."""
        sign = "-" if self.descending else ""
        sortable = rows.exclude(self.but).filter(**{f"{self.column}__isnull": False})
        return sortable.order_by(f"{sign}{self.column}", f"{sign}id")

    def after(self, rows: QuerySet[Row], cursor: Cursor) -> QuerySet[Row]:
        """Only what follows ``cursor``."""
        beyond = "lt" if self.descending else "gt"
        # The first condition alone lets the index find the place; the second settles equal values.
        return rows.filter(**{f"{self.column}__{beyond}e": cursor.value}).filter(
            Q(**{f"{self.column}__{beyond}": cursor.value}) | Q(**{f"id__{beyond}": cursor.id})
        )

    @property
    def reversed(self) -> Order:
        """The same from its end to its beginning."""
        return replace(self, descending=not self.descending)

    def cursor_of(self, row: Model) -> Cursor | None:
        """The place of a row; ``None`` for one that has no value to sort by."""
        value = getattr(row, self.column)
        return None if value is None else Cursor(value, row.pk)

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


@dataclass(frozen=True, slots=True)
class Page(Generic[Row]):
    """One page of a list, and where the next one begins."""

    rows: list[Row]
    next: Cursor | None
    """``None`` on the last page."""
    previous: Cursor | None = None
    """Where the page before begins; ``None`` where that is the first page, and on the first page."""


def page_of(rows: QuerySet[Row], *, order: Order, after: Cursor | None, size: int) -> Page[Row]:
    """The ``size`` rows that follow ``after``. Costs the same on the thousandth page as on the first."""
    previous = _page_before(rows, order, after, size) if after is not None else None
    following = rows if after is None else order.after(rows, after)
    fetched = list(order.sorted(following)[: size + 1])
    page = fetched[:size]
    return Page(page, order.cursor_of(page[-1]) if len(fetched) > size else None, previous)


def _page_before(rows: QuerySet[Row], order: Order, after: Cursor, size: int) -> Cursor | None:
    """What the page before the one that follows ``after`` follows. The row that ``after`` names is the last on it."""
    back = order.reversed
    before = list(back.sorted(back.after(rows, after)).prefetch_related(None).only(order.column)[:size])
    return order.cursor_of(before[-1]) if len(before) == size else None
