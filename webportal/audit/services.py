"""Writing things down in the audit log."""

from __future__ import annotations

from django.contrib.auth.models import Group
from django.db.models import Model

from webportal.accounts import acting
from webportal.accounts.models import User
from webportal.audit.models import Entry

_LONGEST_DETAIL = 1000
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
    Entry(
        actor=actor,
        actor_number=actor.pk,
        owner_id=_still_there(owner),
        owner_number=owner,
        action=action,
        kind=kind._meta.label,
        record=record[:64],
        detail=detail[:_LONGEST_DETAIL],
    ).save()


def note_thing(*, actor: User, action: Entry.Action, kind: str, record: str, detail: str = "") -> None:
    """Write down what ``actor`` did with a thing of the installation's that is no row and nobody's in particular."""
    Entry(
        actor=actor,
        actor_number=actor.pk,
        action=action,
        kind=kind[:100],
        record=record[:64],
        detail=detail[:_LONGEST_DETAIL],
    ).save()


def note_list(*, actor: User, kind: type[Model], action: Entry.Action = Entry.Action.LIST, detail: str = "") -> None:
    """Write down that ``actor`` looked at, or took away, a list of what belongs to several people."""
    Entry(
        actor=actor, actor_number=actor.pk, action=action, kind=kind._meta.label, detail=detail[:_LONGEST_DETAIL]
    ).save()


def note_power(*, record: User | Group, detail: str) -> None:
    """Write down that an account, its rights or those of a group were changed, by whoever is at work and also by
    themself. The names are stored: what they were is known when the accounts are gone.

    ``detail`` says what: ``+is_staff``, ``-group reviewer``, ``password``. Nothing personal beside the names.
    """
    actor = acting.user()
    owner = record.pk if isinstance(record, User) else None
    Entry(
        actor=actor,
        actor_number=None if actor is None else actor.pk,
        actor_label="" if actor is None else actor.get_username(),
        owner_id=_still_there(owner),
        owner_number=owner,
        owner_label=record.name if isinstance(record, Group) else record.get_username(),
        action=Entry.Action.POWER,
        kind=record._meta.label,
        record=str(record.pk),
        detail=detail if len(detail) <= _LONGEST_DETAIL else f"{detail[: _LONGEST_DETAIL - 2]} …",
    ).save()


def _still_there(user_id: int | None) -> int | None:
    """The number of an account to refer to; a deleted one is stored as a number alone."""
    return user_id if user_id is not None and User.objects.filter(pk=user_id).exists() else None
