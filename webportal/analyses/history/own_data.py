"""What one person has sent, read and been answered, for them to take along."""

from __future__ import annotations

import zipfile
from collections.abc import Iterable
from typing import Any

from webportal.accounts.exports import write_rows
from webportal.accounts.models import User
from webportal.analyses.history import exports
from webportal.analyses.models import Review


def write_analyses(user: User, archive: zipfile.ZipFile) -> None:
    """Write readings.json (what they read in pictures of others), batches.json, and uploads.json with the pictures, see
    :func:`webportal.analyses.history.exports.write_uploads`. Nothing in it names another person.
    """
    write_rows(archive, "readings.json", _readings(user))
    exports.write_uploads(user, archive)
    exports.write_batches(user, archive)


def _readings(user: User) -> Iterable[dict[str, Any]]:
    of_others = Review.objects.filter(author=user).exclude(analysis__owner=user)
    columns = ("id", "analysis", "class_short", "class_name", "agrees", "is_blind", "comment", "created_at")
    return of_others.order_by("created_at", "id").values(*columns).iterator(chunk_size=500)
