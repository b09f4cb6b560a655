"""The database as it is at one moment, while people go on working."""

from __future__ import annotations

import abc
import os
import sqlite3
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

from django.apps import apps
from django.db import connection, transaction
from django.db.models import FileField

from webportal.backups import postgresql
from webportal.backups.contents import DATABASES
from webportal.backups.errors import BackupError
from webportal.recordings.models import Recording


class Snapshot(abc.ABC):
    """What can be asked of that moment."""

    @abc.abstractmethod
    def rows(self, query: str) -> Iterator[Sequence[Any]]:
        """The rows that a query without parameters has."""

    def migrations(self) -> list[str]:
        """Those that the tables have been through."""
        return sorted(f"{app}.{name}" for app, name in self.rows("SELECT app, name FROM django_migrations"))

    def files(self) -> Iterator[tuple[FileField, str]]:
        """Each file that a row names, with the field that names it."""
        for field in file_fields():
            column, table = _quoted(str(field.column)), _quoted(field.model._meta.db_table)
            for (name,) in self.rows(f"SELECT DISTINCT {column} FROM {table} WHERE {column} <> ''"):  # noqa: S608
                yield field, name

    def folders(self) -> Iterator[str]:
        """Each folder that a row names: of a recording, all of whose files lie in it."""
        column, table = _quoted("folder"), _quoted(Recording._meta.db_table)
        for (name,) in self.rows(f"SELECT {column} FROM {table}"):  # noqa: S608
            yield name


def file_fields() -> list[FileField]:
    """The fields of all models that name files."""
    return [field for model in apps.get_models() for field in model._meta.local_fields if isinstance(field, FileField)]


def _quoted(name: str) -> str:
    return connection.ops.quote_name(name)


class _Sqlite(Snapshot):
    def __init__(self, copy: sqlite3.Connection) -> None:
        self._copy = copy

    def rows(self, query: str) -> Iterator[Sequence[Any]]:
        return iter(self._copy.execute(query))


class _Postgresql(Snapshot):
    def rows(self, query: str) -> Iterator[Sequence[Any]]:
        with connection.chunked_cursor() as cursor:
            cursor.execute(query)
            yield from cursor


@contextmanager
def snapshot(folder: Path) -> Iterator[Snapshot]:
    """Copy the database into ``folder``; what is asked within the block is of the same moment as the copy.

    Raises:
        BackupError: it is of a kind that can't be copied, or the copying failed.
    """
    kinds = {"sqlite": _of_sqlite, "postgresql": _of_postgresql}
    if connection.vendor not in kinds:
        raise BackupError(f"Databases of the kind {connection.vendor} can't be backed up.")
    with kinds[connection.vendor](folder / DATABASES[connection.vendor]) as taken:
        yield taken


@contextmanager
def _of_sqlite(target: Path) -> Iterator[Snapshot]:
    source = f"file:{quote(str(connection.settings_dict['NAME']))}?mode=ro"
    os.close(os.open(target, os.O_CREAT | os.O_EXCL, 0o600))
    try:
        with (
            closing(sqlite3.connect(source, uri=True, timeout=30)) as database,
            closing(sqlite3.connect(target)) as copy,
        ):
            database.backup(copy)  # in one go: readers and writers go on beside it, and it never begins again
            copy.execute("PRAGMA journal_mode = DELETE")  # one file, not three
            damage = [line for (line,) in copy.execute("PRAGMA quick_check") if line != "ok"]
            if damage:
                raise BackupError(f"The database is damaged: {damage[0]}")
            yield _Sqlite(copy)
    except sqlite3.Error as error:
        raise BackupError(f"The database could not be copied: {error}") from error


@contextmanager
def _of_postgresql(target: Path) -> Iterator[Snapshot]:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        # The transaction has to stay open for as long as others take to read what it sees.
        cursor.execute("SET LOCAL statement_timeout = 0")
        cursor.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
        cursor.execute("SELECT pg_export_snapshot()")
        (name,) = cursor.fetchone()
        done = subprocess.run(
            postgresql.command("pg_dump", "--format=custom", "--no-owner", "--no-privileges", f"--snapshot={name}",
                               f"--file={target}"),
            env=postgresql.environment(), capture_output=True, text=True, check=False,
        )  # fmt: skip
        if done.returncode:
            raise BackupError(f"pg_dump failed: {done.stderr.strip()}")
        target.chmod(0o600)
        yield _Postgresql()
