"""What follows from a log-in, from a changed password, from a closed account, by whatever way they come."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Any

from allauth.account.signals import user_logged_in as allauth_logged_in
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from allauth.usersessions.signals import on_user_logged_in
from django.conf import settings
from django.contrib.auth.models import update_last_login
from django.contrib.auth.signals import user_logged_in
from django.db import DatabaseError, transaction
from django.db.models.signals import post_delete, post_save
from django.dispatch import receiver

from webportal import disk
from webportal.accounts import acting
from webportal.accounts.models import User
from webportal.errors import log_unexpected


def keep_books_if_possible() -> None:
    """Put ours in the place of what Django and allauth do after a log-in, which write it down or fail."""
    user_logged_in.disconnect(dispatch_uid="update_last_login")
    user_logged_in.connect(note_last_login, dispatch_uid="update_last_login")
    allauth_logged_in.disconnect(on_user_logged_in)
    allauth_logged_in.connect(note_session)
    # allauth has no place of its own for this. A recovery code that was used is written down before, or does not count.
    Authenticator.record_usage = note_use


def note_last_login(sender: type[User], user: User, **kwargs: Any) -> None:
    """Write down when ``user`` logged in."""
    with _unless_full("the time of a log-in"):
        update_last_login(sender, user, **kwargs)


def note_session(sender: type[User], **kwargs: Any) -> None:
    """Put the session on the user's list of sessions."""
    with _unless_full("the list of sessions"):
        on_user_logged_in(sender, **kwargs)


_record_usage = Authenticator.record_usage


def note_use(authenticator: Authenticator) -> None:
    """Write down when a second factor was used."""
    with _unless_full("the time that a second factor was used"):
        _record_usage(authenticator)


@contextmanager
def _unless_full(what: str) -> Iterator[None]:
    """A full disk keeps nobody from logging in: what would have been written about it is logged and left out."""
    try:
        with transaction.atomic():
            yield
    except DatabaseError as error:
        if not disk.is_full(error):
            raise
        log_unexpected(what, error)


@receiver(post_delete, sender=UserSession)
def end_session(sender: type[UserSession], instance: UserSession, **kwargs: Any) -> None:
    """A session that is taken off the list is over: on the user's page, in the administration, one or many."""
    import_module(settings.SESSION_ENGINE).SessionStore().delete(instance.session_key)


def ends_access(user: User, created: bool, update_fields: Collection[str] | None) -> bool:
    """Whether ``user`` was saved with a new password or as a closed account, so that nobody stays in."""
    if created or (update_fields is not None and not {"password", "is_active"} & set(update_fields)):
        return False
    # Django leaves a new password here until it is saved, but not when it only hashes an old one better.
    has_new_password = getattr(user, "_password", None) is not None or not user.has_usable_password()
    return has_new_password or not user.is_active


@receiver(post_save, sender=User)
def end_sessions(
    sender: type[User], instance: User, created: bool, update_fields: Collection[str] | None, **kwargs: Any
) -> None:
    """A new password and a closed account end every session but the one that the change was made in.

    Without this those of a closed account would come back to life with it.
    """
    if not ends_access(instance, created, update_fields):
        return
    for session in UserSession.objects.filter(user=instance).exclude(session_key=acting.session_key() or ""):
        session.delete()
