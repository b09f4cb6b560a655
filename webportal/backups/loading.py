"""Putting a database in the place of the one that the settings name: all of it, or nothing."""

from __future__ import annotations

import contextlib
import itertools
import shutil
import subprocess
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import IO, Final

from django.db import connection

from webportal.backups import postgresql
from webportal.backups.contents import Reader
from webportal.backups.errors import BackupError
from webportal.backups.undo import Undo

#: What PostgreSQL 17's programs say to every server, and older ones don't understand. It stands among the first lines.
_TOO_NEW: Final = b"SET transaction_timeout = 0;\n"
_HEAD_LINES: Final = 60


def load_sqlite(backup: Reader, undo: Undo) -> None:
    """Load into SQLite's file; what was there is moved aside.

    Raises:
        BackupError: the backup is damaged.
        OSError: there is no room.
    """
    place = Path(str(connection.settings_dict["NAME"]))
    connection.close()
    with tempfile.TemporaryDirectory(dir=place.parent, prefix=".restoring-") as folder:
        copy = Path(folder, place.name)
        backup.copy(backup.database, copy)
        for old in (place, *(place.with_name(place.name + beside) for beside in ("-wal", "-shm"))):
            if old.exists():
                undo.move_aside(old)
        undo.move(copy, place)


def load_postgresql(backup: Reader) -> None:
    """Load into PostgreSQL in one transaction; what was there goes in the same one.

    Raises:
        BackupError: the backup is damaged, or the database refused it; it is as it was.
    """
    with connection.cursor() as cursor:
        tables = [connection.ops.quote_name(name) for name in connection.introspection.table_names(cursor)]
    connection.close()
    dump = str(backup.verified(backup.database))
    _play(
        [postgresql.find("pg_restore"), "--no-owner", "--no-privileges", "--no-comments", "--file=-", dump],
        before=["BEGIN;", *(f"DROP TABLE IF EXISTS {table} CASCADE;" for table in tables)],
        after=["COMMIT;"],
    )


def _play(reading: list[str], *, before: Iterable[str], after: Iterable[str]) -> None:
    """Have psql do what another program writes, between other statements; without the last ones nothing is done."""
    with tempfile.TemporaryFile() as errors:
        with (
            subprocess.Popen(reading, stdout=subprocess.PIPE, stderr=errors) as reader,
            subprocess.Popen(
                postgresql.command("psql", "--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1"),
                env=postgresql.environment(), stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=errors,
            ) as psql,
        ):  # fmt: skip
            if reader.stdout is None or psql.stdin is None:
                raise TypeError("Both were started with a pipe.")
            with contextlib.suppress(BrokenPipeError):  # psql has ended early, and said why
                _write(psql.stdin, before)
                psql.stdin.writelines(line for line in itertools.islice(reader.stdout, _HEAD_LINES) if line != _TOO_NEW)
                shutil.copyfileobj(reader.stdout, psql.stdin)
                if reader.wait() == 0:
                    _write(psql.stdin, after)
            with contextlib.suppress(BrokenPipeError):
                psql.stdin.close()
            reader.kill()  # when it has not ended by itself
        if psql.returncode or reader.returncode:
            errors.seek(0)
            raise BackupError(f"PostgreSQL did not take the backup: {errors.read().decode(errors='replace').strip()}")


def _write(pipe: IO[bytes], statements: Iterable[str]) -> None:
    pipe.write("".join(f"{statement}\n" for statement in statements).encode())
    pipe.flush()
