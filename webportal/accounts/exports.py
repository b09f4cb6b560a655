"""Everything that is stored about one person, for them to take along.

What other packages store about people they write themselves: each registers a part when its app is ready.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable, Iterable
from typing import IO, Any

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.core.serializers.json import DjangoJSONEncoder

from webportal.accounts import quota
from webportal.accounts.models import User

#: Writes what a package stores about a person into their archive. Nothing in it may name another person.
Part = Callable[[User, zipfile.ZipFile], None]
_parts: list[Part] = []


def register(part: Part) -> None:
    """Let ``part`` write into every archive from now on, once however often it is registered."""
    if part not in _parts:
        _parts.append(part)


def write_archive(user: User, file: IO[bytes]) -> None:
    """Write a zip: account.json, and the registered parts."""
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:  # pictures are compressed already
        archive.writestr("account.json", _json(_account(user), indent=1))
        for part in _parts:
            part(user, archive)


def write_rows(archive: zipfile.ZipFile, name: str, rows: Iterable[dict[str, Any]]) -> None:
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


def _json(value: object, indent: int | None = None) -> str:
    return json.dumps(value, cls=DjangoJSONEncoder, ensure_ascii=False, indent=indent)
