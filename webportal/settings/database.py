"""The database that the environment names, with what each kind needs to be shared by many processes."""

from __future__ import annotations

from typing import Any

from environ import Env

POSTGRESQL = "django.db.backends.postgresql"


def database(env: Env, default: str | None = None) -> dict[str, Any]:
    """Django's settings for ``BEATLENS_DATABASE_URL``.

    Raises:
        ImproperlyConfigured: the variable is missing and there is no ``default``.
    """
    chosen: dict[str, Any] = env.db_url("BEATLENS_DATABASE_URL", **({} if default is None else {"default": default}))
    options = chosen.get("OPTIONS", {})
    if chosen["ENGINE"] == "django.db.backends.sqlite3":
        # Readers and the one writer don't wait for each other; a second writer waits instead of failing.
        options = {
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA busy_timeout=10000;",
            "transaction_mode": "IMMEDIATE",
            "timeout": 10,
        } | options
        # Kept open: with the last connection goes the shared memory beside the file, and on a full disk it can't be
        # made anew, not even to read.
        chosen["CONN_MAX_AGE"] = None
    else:
        chosen["CONN_MAX_AGE"] = env.int("BEATLENS_DATABASE_CONN_MAX_AGE", default=60)
        chosen["CONN_HEALTH_CHECKS"] = True
    if chosen["ENGINE"] == POSTGRESQL:
        # Nothing waits for ever: seconds to connect, milliseconds for a statement, a lock, an idle transaction.
        statement = env.int("BEATLENS_DATABASE_STATEMENT_SECONDS", default=60) * 1000
        limits = {"statement_timeout": statement, "lock_timeout": 10_000, "idle_in_transaction_session_timeout": 60_000}
        options = {
            "connect_timeout": 5,
            "options": " ".join(f"-c {name}={value}" for name, value in limits.items()),
        } | options
    return chosen | {"OPTIONS": options}
