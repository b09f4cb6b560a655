"""Lists in pages: each begins after the last row of the one before, whatever came or went since.

Rows are sorted by columns that together are unique, so a page never repeats or leaves out a row that stays.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Generic, TypeVar, cast

from django.core.exceptions import ValidationError
from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import Field, Model, Q, QuerySet
from django.utils.translation import gettext as _

from webportal.api.errors import faulty

#: Rows of a page, and the most that one may ask for.
SIZE: Final = 50
MAX_SIZE: Final = 200

Row = TypeVar("Row", bound=Model)


@dataclass(frozen=True, slots=True)
class Page(Generic[Row]):
    """One page of a list."""

    items: list[Row]
    next: str | None
    """Where the next one begins, to be sent as ``after``; ``None`` on the last page."""


def page_of(rows: QuerySet[Row], columns: Sequence[str], *, descending: bool, after: str, size: int) -> Page[Row]:
    """The ``size`` rows that follow ``after``, sorted by ``columns``, whose last is unique.

    Raises:
        Problem: ``after`` is no place in such a list.
    """
    order = [f"{'-' if descending else ''}{column}" for column in columns]
    if after:
        rows = rows.filter(_beyond(columns, _place(rows.model, columns, order, after), descending))
    fetched = list(rows.order_by(*order)[: size + 1])
    items = fetched[:size]
    return Page(items, _cursor(items[-1], columns, order) if len(fetched) > size else None)


def _beyond(columns: Sequence[str], place: Sequence[Any], descending: bool) -> Q:
    """What follows ``place``. The first condition alone lets an index find it; the others settle equal values."""
    beyond = "lt" if descending else "gt"
    following, same = Q(), Q()
    for column, value in zip(columns, place, strict=True):
        following |= same & Q(**{f"{column}__{beyond}": value})
        same &= Q(**{column: value})
    return Q(**{f"{columns[0]}__{beyond}e": place[0]}) & following


def _cursor(row: Model, columns: Sequence[str], order: list[str]) -> str:
    """The place of ``row``, good for lists of this order alone."""
    values = json.dumps([order, *(getattr(row, column) for column in columns)], cls=_Exact)
    return base64.urlsafe_b64encode(values.encode()).decode().rstrip("=")


class _Exact(DjangoJSONEncoder):
    """Moments to the microsecond, as they are compared."""

    def default(self, o: Any) -> Any:
        """``o`` as something that JSON has."""
        return o.isoformat() if hasattr(o, "isoformat") else super().default(o)


def _place(model: type[Model], columns: Sequence[str], order: list[str], cursor: str) -> list[Any]:
    try:
        known, *values = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        if known != order or None in values:
            raise ValueError(cursor)
        fields = [cast("Field[Any, Any]", model._meta.get_field(column)) for column in columns]
        return [field.to_python(value) for field, value in zip(fields, values, strict=True)]
    except (ValueError, TypeError, binascii.Error, ValidationError) as error:
        raise faulty("after", _("Send “next” of the page before, as it was given.")) from error
