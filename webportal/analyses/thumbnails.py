"""Where thumbnails are found, by those who see them in a list."""

from __future__ import annotations

from django.urls import reverse

from webportal.accounts.models import User
from webportal.analyses.models import Upload
from webportal.audit import passes


def listed(upload: Upload, user: User | None) -> str:
    """Address of a thumbnail in a page that was written down in the audit log, where it is not ``user``'s own."""
    address = reverse("analyses:thumbnail", args=[upload.pk])
    if user is None or upload.owner_id == user.pk:
        return address
    return f"{address}?listed={passes.issue(user=user, record=upload)}"
