"""Sessions in the database, and for a while in the cache when the database has no room for another one.

So that a full disk keeps nobody from logging in and reading what is there. Such a session has a key like any other, is
ended like any other, and lasts an hour at most.
"""

from __future__ import annotations

from typing import Any, Final

from django.contrib.sessions.backends.base import UpdateError
from django.contrib.sessions.backends.db import SessionStore as DatabaseSessionStore
from django.core.cache import cache
from django.db import DatabaseError

from webportal import disk

#: The longest life of a session in the cache, seconds.
LONGEST: Final = 3600


class SessionStore(DatabaseSessionStore):
    """Django's own store, with the cache behind it."""

    def load(self) -> dict[str, Any]:
        """What was stored: looked for in the database first, in the cache only under a key that isn't there."""
        key = self.session_key
        data: dict[str, Any] = super().load()
        if key is None or self.session_key is not None:
            return data
        cached: dict[str, Any] | None = cache.get(_name(key))
        if cached is None:
            return data
        self._session_key = key
        return cached

    def exists(self, session_key: str) -> bool:
        """Whether there is such a session in either place."""
        return super().exists(session_key) or cache.get(_name(session_key)) is not None

    def save(self, must_create: bool = False) -> None:
        """Keep it in the database or, if that is full, in the cache under a new key.

        Raises:
            UpdateError: it was ended meanwhile.
            CreateError: the key is taken.
        """
        if self.session_key is None:
            return self.create()
        try:
            super().save(must_create)
        except (DatabaseError, UpdateError) as error:
            if disk.is_full(error):
                # Under the old key the database would still give what was stored before.
                self._session_key = self._get_new_session_key()  # type: ignore[attr-defined]
            elif cache.get(_name(self.session_key)) is None:
                raise
            data = self._get_session(no_load=must_create)  # type: ignore[attr-defined]
            cache.set(_name(self.session_key), data, min(self.get_expiry_age(), LONGEST))
            if cache.get(_name(self.session_key)) is None:  # a cache in the same database, and as full
                raise

    def cycle_key(self) -> None:
        """Go on under a new key. The old one stays where the database can't even delete: nothing new is behind it."""
        data, key = self._session, self.session_key  # type: ignore[attr-defined]
        self.create()
        self._session_cache = data
        if key:
            try:
                self.delete(key)
            except DatabaseError as error:
                if not disk.is_full(error):
                    raise

    def delete(self, session_key: str | None = None) -> None:
        """End it in both places."""
        if key := session_key or self.session_key:
            cache.delete(_name(key))
        super().delete(session_key)


def _name(session_key: str) -> str:
    return f"session:{session_key}"
