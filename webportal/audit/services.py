"""Writing things down in the audit log."""

from __future__ import annotations

from django.db.models import Model

from webportal.accounts.models import User
from webportal.audit.models import Entry

#: Columns that say whose a row is, in the order in which they are believed.
_OWNER_COLUMNS = ("owner_id", "user_id", "author_id")


def owner_of(record: Model) -> int | None:
    """Number of the person whose ``record`` is; ``None`` when it is nobody's in particular."""
    if isinstance(record, User):
        return record.pk
    return next((getattr(record, column) for column in _OWNER_COLUMNS if hasattr(record, column)), None)


def note(*, actor: User, action: Entry.Action, record: Model, detail: str = "") -> None:
    """Write down that ``actor`` did something with ``record``, unless it is their own or nobody's."""
    note_id(actor=actor, action=action, kind=type(record), record=str(record.pk), owner=owner_of(record), detail=detail)


def note_id(
    *, actor: User, action: Entry.Action, kind: type[Model], record: str, owner: int | None, detail: str = ""
) -> None:
    """:func:`note` for a record that may be gone by now."""
    if owner is None or owner == actor.pk:
        return
    # A deleted account is kept as a number alone.
    known = User.objects.filter(pk=owner).exists()
    Entry(
        actor=actor,
        actor_number=actor.pk,
        owner_id=owner if known else None,
        owner_number=owner,
        action=action,
        kind=kind._meta.label,
        record=record[:64],
        detail=detail[:100],
    ).save()


def note_list(*, actor: User, kind: type[Model], action: Entry.Action = Entry.Action.LIST, detail: str = "") -> None:
    """Write down that ``actor`` looked at, or took away, a list of what belongs to several people."""
    Entry(actor=actor, actor_number=actor.pk, action=action, kind=kind._meta.label, detail=detail[:100]).save()
