"""One's own access tokens, to be taken along; without what would open anything."""

from __future__ import annotations

import zipfile

from webportal.accounts.exports import write_rows
from webportal.accounts.models import User
from webportal.api.models import AccessToken


def write_tokens(user: User, archive: zipfile.ZipFile) -> None:
    """Write tokens.json."""
    columns = ("id", "name", "scopes", "created_at", "expires_at", "last_used_at")
    rows = AccessToken.objects.filter(owner=user).order_by("created_at", "id").values(*columns)
    write_rows(archive, "tokens.json", rows.iterator(chunk_size=500))
