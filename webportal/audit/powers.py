"""Writes down each change of what somebody may do, by whatever way it comes: a page, the administration, a command.

Connected to the rows themselves, so that a page of tomorrow can't forget it. What people do with their own account
(sign up, change the password, delete it) is their own and not written down; a change of rights always is.
"""

from __future__ import annotations

from typing import Any, Final

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.contrib.auth.models import Group, Permission
from django.db.models import Model, QuerySet
from django.db.models.signals import m2m_changed, post_delete, post_save, pre_delete, pre_save
from django.dispatch import receiver

from webportal.accounts import acting
from webportal.accounts.models import User
from webportal.audit.services import note_power

#: What an account may do, and whether it may do anything.
_RIGHTS: Final = ("is_active", "is_staff", "is_superuser")
#: What opens an account: who sets these for somebody else can be them.
_KEYS: Final = ("username", "email", "password")

_Before = dict[str, Any]


def _is_own(user_id: int | None) -> bool:
    """Whether the person at work is the one whose account it is; a visitor has none yet or has lost its password."""
    actor = acting.user()
    return acting.is_request() if actor is None else actor.pk == user_id


@receiver(pre_save, sender=User)
def remember_account(sender: type[User], instance: User, update_fields: Any, **kwargs: Any) -> None:
    """What the account was before, as far as it is about to change; nothing when it is new."""
    columns = [name for name in (*_RIGHTS, *_KEYS) if update_fields is None or name in update_fields]
    before = sender.objects.filter(pk=instance.pk).values(*columns).first() if columns else None
    instance._before = before or {}  # type: ignore[attr-defined]


@receiver(post_save, sender=User)
def note_account(sender: type[User], instance: User, created: bool, **kwargs: Any) -> None:
    """A new account, and what was changed in one."""
    if created:
        held = [f"+{name}" for name in ("is_staff", "is_superuser") if getattr(instance, name)]
        if held or acting.user() is not None:
            note_power(record=instance, detail=" ".join(["created", *held]))
        return
    before: _Before = instance._before  # type: ignore[attr-defined]
    changed = [name for name, value in before.items() if value != getattr(instance, name)]
    changes = [f"{'+' if getattr(instance, name) else '-'}{name}" for name in changed if name in _RIGHTS]
    if not _is_own(instance.pk):
        changes += [name for name in changed if name in _KEYS]
    if changes:
        note_power(record=instance, detail=" ".join(changes))


@receiver(post_delete, sender=User)
def note_deletion(sender: type[User], instance: User, **kwargs: Any) -> None:
    """A deleted account, unless it was one's own."""
    if not _is_own(instance.pk):
        note_power(record=instance, detail="deleted")


@receiver(m2m_changed, sender=User.groups.through)
@receiver(m2m_changed, sender=User.user_permissions.through)
@receiver(m2m_changed, sender=Group.permissions.through)
def note_membership(
    sender: type[Model], instance: Model, action: str, reverse: bool, model: type[Model], pk_set: Any, **kwargs: Any
) -> None:
    """Groups of a user, permissions of a user or of a group, from either side."""
    sign = {"post_add": "+", "post_remove": "-", "pre_clear": "-"}.get(action)
    if sign is None:
        return
    related: QuerySet[Model] = model._default_manager.all()
    related = _related(sender, instance, related) if action == "pre_clear" else related.filter(pk__in=pk_set)
    if model is Permission:
        related = related.select_related("content_type")
    if not reverse:
        if rights := " ".join(f"{sign}{_right(other)}" for other in related):
            note_power(record=_holder(instance), detail=rights)
        return
    for other in related:
        note_power(record=_holder(other), detail=f"{sign}{_right(instance)}")


def _related(through: type[Model], instance: Model, related: QuerySet[Model]) -> QuerySet[Model]:
    """Those of ``related`` that a row of ``through`` ties to ``instance``."""
    keys = {field.related_model: field.attname for field in through._meta.fields if field.is_relation}
    rows = through._default_manager.filter(**{keys[instance._meta.concrete_model]: instance.pk})
    return related.filter(pk__in=rows.values(keys[related.model]))


def _holder(row: Model) -> User | Group:
    if not isinstance(row, User | Group):
        raise TypeError(f"{row._meta.label} holds no rights.")
    return row


def _right(row: Model) -> str:
    if isinstance(row, Permission):
        return f"{row.content_type.app_label}.{row.codename}"
    return f"group {row}"


@receiver(pre_save, sender=Group)
def remember_group(sender: type[Group], instance: Group, **kwargs: Any) -> None:
    """What the group was called: some names are rights."""
    instance._before = sender.objects.filter(pk=instance.pk).values("name").first()  # type: ignore[attr-defined]


@receiver(post_save, sender=Group)
def note_group(sender: type[Group], instance: Group, created: bool, **kwargs: Any) -> None:
    """A new group, and one that was renamed."""
    before: _Before | None = instance._before  # type: ignore[attr-defined]
    if kwargs["raw"] or (created and not acting.is_request()):
        return  # made by a migration or put back from a copy
    if created:
        note_power(record=instance, detail="created")
    elif before is not None and before["name"] != instance.name:
        note_power(record=instance, detail=f"renamed from {before['name']}")


@receiver(pre_delete, sender=Group)
def note_group_deletion(sender: type[Group], instance: Group, **kwargs: Any) -> None:
    """A deleted group, and each of those who lose what it gave."""
    note_power(record=instance, detail="deleted")
    for member in instance.user_set.all():
        note_power(record=member, detail=f"-group {instance}")


@receiver(post_delete, sender=Authenticator)
def note_second_factor(
    sender: type[Authenticator], instance: Authenticator, origin: Model | QuerySet[Any], **kwargs: Any
) -> None:
    """A second factor that somebody else took away; with a deleted account it goes without a word of its own."""
    if _is_of(origin, Authenticator) and not _is_own(instance.user_id):
        note_power(record=instance.user, detail=f"-second factor {instance.type}")


@receiver(post_save, sender=EmailAddress)
def note_address(sender: type[EmailAddress], instance: EmailAddress, **kwargs: Any) -> None:
    """An address that somebody else gave, changed or confirmed: a new password can be sent to it."""
    if not _is_own(instance.user_id):
        note_power(record=instance.user, detail="e-mail address")


@receiver(post_delete, sender=EmailAddress)
def note_lost_address(
    sender: type[EmailAddress], instance: EmailAddress, origin: Model | QuerySet[Any], **kwargs: Any
) -> None:
    """An address that somebody else took away."""
    if _is_of(origin, EmailAddress) and not _is_own(instance.user_id):
        note_power(record=instance.user, detail="-e-mail address")


def _is_of(origin: Model | QuerySet[Any], model: type[Model]) -> bool:
    """Whether it is rows of ``model`` that were deleted, and not something that they hang on."""
    return issubclass(origin.model if isinstance(origin, QuerySet) else type(origin), model)
