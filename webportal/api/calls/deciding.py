"""What people decide alike about pictures and recordings of their own."""

from __future__ import annotations

from collections.abc import Callable

from ninja import Status

from webportal.analyses.models.work import Shareable
from webportal.api.errors import not_in_trash, not_yet


def put_away(
    row: Shareable, *, for_good: bool, trash: Callable[[], object], delete: Callable[[], object]
) -> Status[None]:
    """Put ``row`` in the trash, or delete it, which is for what lies there alone.

    Raises:
        Problem: it is to be deleted, and is not in the trash.
    """
    if not for_good:
        trash()
    elif row.trashed_at is None:
        raise not_in_trash()
    else:
        delete()
    return Status(204, None)


def set_sharing(shared: bool, *, share: Callable[[], int], unshare: Callable[[], int]) -> None:
    """Let reviewers see it or not; both return how many were changed.

    Raises:
        Problem: there is nothing to see yet.
    """
    if not shared:
        unshare()
    elif not share():
        raise not_yet()
