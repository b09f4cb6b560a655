"""Everything that is kept about one person, for them to take along."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterable
from typing import IO, Any

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import Q

from webportal.accounts import quota
from webportal.accounts.models import User
from webportal.analyses import exports
from webportal.analyses.models import Review
from webportal.audit.models import Entry


def write_archive(user: User, file: IO[bytes]) -> None:
    """Write a zip: account.json, readings.json (what they read in pictures of others), audit.json (what the audit log
    says about them), batches.json, and uploads.json with the pictures, see
    :func:`webportal.analyses.exports.write_uploads`.

    Nothing in it names another person.
    """
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:  # pictures are compressed already
        archive.writestr("account.json", _json(_account(user), indent=1))
        _write_list(archive, "readings.json", _readings(user))
        _write_list(archive, "audit.json", _audit(user))
        exports.write_uploads(user, archive)
        exports.write_batches(user, archive)


def _write_list(archive: zipfile.ZipFile, name: str, rows: Iterable[dict[str, Any]]) -> None:
    """A JSON array, one row to a line, as they come from the database: there may be many."""
    with archive.open(name, "w") as entry, io.TextIOWrapper(entry, "utf-8") as text:
        text.write("[")
        for place, row in enumerate(rows):
            text.write((",\n" if place else "\n") + _json(row))
        text.write("\n]\n")


def _account(user: User) -> dict[str, Any]:
    return {
        **{name: getattr(user, name) for name in ("username", "email", "date_joined", "last_login", "time_zone")},
        **{name: getattr(user, name) for name in ("is_active", "is_staff", "is_superuser")},
        "groups": list(user.groups.order_by("name").values_list("name", flat=True)),
        "stored_bytes": quota.space_of(user).used,
        "email_addresses": list(
            EmailAddress.objects.filter(user=user).order_by("pk").values("email", "verified", "primary")
        ),
        "second_factors": list(
            Authenticator.objects.filter(user=user).order_by("pk").values("type", "created_at", "last_used_at")
        ),
        "sessions": list(
            UserSession.objects.filter(user=user)
            .order_by("created_at", "pk")
            .values("created_at", "last_seen_at", "ip", "user_agent")
        ),
    }


def _readings(user: User) -> Iterable[dict[str, Any]]:
    of_others = Review.objects.filter(author=user).exclude(analysis__owner=user)
    columns = ("id", "analysis", "class_short", "class_name", "agrees", "is_blind", "comment", "created_at")
    return of_others.order_by("created_at", "id").values(*columns).iterator(chunk_size=500)


def _audit(user: User) -> Iterable[dict[str, Any]]:
    """What others did with theirs, and what they did with others'; by whom and whose is said only of themself."""
    entries = Entry.objects.filter(Q(owner=user) | Q(actor=user)).order_by("at", "id")
    for entry in entries.iterator(chunk_size=500):
        yield {
            "at": entry.at,
            "by": "you" if entry.actor_id == user.pk else "somebody else",
            "about": "you" if entry.owner_id == user.pk else "others",
            **{name: getattr(entry, name) for name in ("action", "kind", "record", "detail")},
        }


def _json(value: object, indent: int | None = None) -> str:
    return json.dumps(value, cls=DjangoJSONEncoder, ensure_ascii=False, indent=indent)
