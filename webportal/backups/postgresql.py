"""PostgreSQL's own programs, called for the database of the settings."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Final

from django.db import connection
from django.db.backends.postgresql.client import DatabaseClient

from webportal.backups.errors import BackupError

#: Debian keeps each version in a folder of its own, outside the PATH.
_DEBIAN: Final = Path("/usr/lib/postgresql")


def command(program: str, *options: str) -> list[str]:
    """A call of ``pg_dump`` or ``psql`` for the portal's database; what is secret is in :func:`environment`.

    Raises:
        BackupError: the program isn't installed.
    """
    arguments, _ = DatabaseClient.settings_to_cmd_args_env(connection.settings_dict, list(options))
    return [find(program), *arguments[1:]]


def environment() -> dict[str, str]:
    """What the programs have to be told in their environment, and ours."""
    _, needed = DatabaseClient.settings_to_cmd_args_env(connection.settings_dict, [])
    return os.environ | (needed or {})


def find(program: str) -> str:
    """Where one of PostgreSQL's programs is.

    Raises:
        BackupError: it isn't installed.
    """
    if installed := shutil.which(program):
        return installed
    versions = sorted(_DEBIAN.glob(f"*/bin/{program}"), key=lambda path: float(path.parts[-3]))
    if not versions:
        raise BackupError(f"{program} is needed and isn't installed (Debian: apt-get install postgresql-client).")
    return str(versions[-1])
