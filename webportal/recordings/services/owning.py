"""Who may decide about a recording: its owner alone."""

from __future__ import annotations

from django.core.exceptions import PermissionDenied

from webportal.accounts.models import User
from webportal.recordings.models import Recording


def require_own(actor: User, recording: Recording) -> None:
    """Return where a recording is ``actor``'s own.

    Raises:
        PermissionDenied: it is somebody else's.
    """
    if recording.owner_id != actor.pk:
        raise PermissionDenied
