"""Words within a person's own texts, in tables that may be long."""

from __future__ import annotations

import re
from typing import Any, Final

from django.db import connection
from django.db.models import Model, Q, QuerySet
from django.db.models.functions import Upper

#: Rows with a word up to which the word is rare: about where both ways to find them in half a million took as long.
FEW: Final = 1000

_HAS_TRIGRAM: Final = re.compile(r"\w{3}")
#: Space and punctuation one by one: of ``\W``, which is thousands of characters, PostgreSQL's index of trigrams knows
#: nothing, and a million names were read in 0.8 s.
_BETWEEN_WORDS: Final = r"[ !-/:-@\[-`{-~]"


def has_text(column: str, text: str) -> Q:
    """What has ``text`` in a column, whatever its case: anywhere, but one or two letters at the beginning of a word."""
    if _is_short(text):
        return Q(**{f"{column}__iregex": _at_word(text)})
    return Q(**{f"{column}__icontains": text})


def keys_of_rare(rows: QuerySet[Any, Any] | QuerySet[Model], column: str, text: str) -> list[Any] | None:
    """Keys of those of ``rows`` that have ``text`` in a column of theirs, where they are few; None for a common word.

    A rare word is looked for among all texts, which an index of trigrams holds; a common one is better looked for in
    the order of the page, which soon fills. Which it is the database can't guess, so it is counted.
    """
    rows = rows.exclude(**{column: ""})
    if connection.vendor != "postgresql" or _HAS_TRIGRAM.search(text):
        rows = rows.filter(has_text(column, text))
    elif _is_short(text):
        # The index holds the beginnings of words, and all in capitals.
        capitals = text.upper() if len(text.upper()) == len(text) else text
        rows = rows.alias(capitals=Upper(column)).filter(capitals__regex=_at_word(capitals))
    else:
        # The index of trigrams would be read from end to end; for a pattern of another kind it isn't tried.
        rows = rows.filter(**{f"{column}__iregex": re.escape(text)})
    # Newest first, as an index has them: a common word is known for one after a few thousand texts.
    keys = list(rows.order_by("-created_at", "-id").values_list("pk", flat=True)[: FEW + 1])
    return keys if len(keys) <= FEW else None


def _is_short(text: str) -> bool:
    """Whether it begins with a letter or digit, but has no three in a row, which the index of trigrams would know."""
    return re.match(r"\w", text) is not None and _HAS_TRIGRAM.search(text) is None


def _at_word(text: str) -> str:
    """A pattern for ``text`` at the beginning of a word."""
    return rf"(^|{_BETWEEN_WORDS}){re.escape(text)}"
