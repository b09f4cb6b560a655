"""What the audit log says about one person, for them to take along."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from typing import Any

from django.db.models import Q

from webportal.accounts.exports import write_rows
from webportal.accounts.models import User
from webportal.audit.models import Entry


def write_entries(user: User, archive: zipfile.ZipFile) -> None:
    """Write audit.json. Nothing in it names another person."""
    write_rows(archive, "audit.json", _entries(user))


def _entries(user: User) -> Iterator[dict[str, Any]]:
    """What others did with theirs, and what they did with others'; by whom and whose is said only of themself."""
    entries = Entry.objects.filter(Q(owner=user) | Q(actor=user)).order_by("at", "id")
    for entry in entries.iterator(chunk_size=500):
        yield {
            "at": entry.at,
            "by": "you" if entry.actor_id == user.pk else "somebody else",
            "about": "you" if entry.owner_id == user.pk else "others",
            **{name: getattr(entry, name) for name in ("action", "kind", "record", "detail")},
        }
