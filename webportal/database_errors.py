"""Which errors of a database pass by themselves: it is locked, busy, starting or stopping, or can't be reached now."""

from __future__ import annotations

import sqlite3
from typing import Final

#: SQLite's result codes, without their extensions: busy (another connection writes) and locked (this one does).
_SQLITE: Final = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED})
#: PostgreSQL's classes: no connection, and a transaction that lost against another.
_CLASSES: Final = ("08", "40")
#: And its codes: too many connections, no lock in time, no answer in time, stopping, crashed, starting.
_CODES: Final = frozenset({"53300", "55P03", "57014", "57P01", "57P02", "57P03"})


def passes(error: BaseException | None) -> bool:
    """Whether doing the same again in a moment may well succeed."""
    while error is not None:
        if isinstance(error, sqlite3.OperationalError):
            return getattr(error, "sqlite_errorcode", 0) & 0xFF in _SQLITE
        if type(error).__module__.partition(".")[0] == "psycopg":
            state = getattr(error, "sqlstate", None)
            if state is None:  # psycopg's own: there is no connection, or it broke
                return type(error).__name__ in ("OperationalError", "InterfaceError", "ConnectionTimeout")
            return state.startswith(_CLASSES) or state in _CODES
        error = error.__cause__
    return False
