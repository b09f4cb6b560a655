"""The loop of a worker goes on when its database is full or away for a while, and ends where something is wrong."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any, cast

import pytest
from django.db import DatabaseError, OperationalError
from django_tasks_db.management.commands.db_worker import Worker

from webportal.analyses.upkeep import working


def full(folder: Path) -> sqlite3.Error:
    """What SQLite says where nothing more can be written."""
    with closing(sqlite3.connect(folder / "full.sqlite3")) as database:
        database.execute("PRAGMA max_page_count = 2")
        database.execute("CREATE TABLE IF NOT EXISTS filled (value BLOB)")
        with pytest.raises(sqlite3.OperationalError) as caught:
            database.execute("INSERT INTO filled VALUES (zeroblob(100000))")
    return caught.value


def busy(folder: Path) -> sqlite3.Error:
    """And where another connection writes."""
    place = folder / "busy.sqlite3"
    with closing(sqlite3.connect(place)) as other, closing(sqlite3.connect(place, timeout=0)) as database:
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(sqlite3.OperationalError) as caught:
            database.execute("BEGIN EXCLUSIVE")
    return caught.value


class Failing:
    """A worker whose runs end with these errors, one after the other, and then without one."""

    running = True

    def __init__(self, *errors: Exception) -> None:
        self.errors = list(errors)

    def run(self) -> None:
        if self.errors:
            raise self.errors.pop(0)


def told(cause: Exception) -> OperationalError:
    error = OperationalError(str(cause))
    error.__cause__ = cause
    return error


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(working, "_AWAY_SECONDS", 0.0)


@pytest.mark.parametrize("cause", [full, busy])
def test_a_worker_waits_while_its_database_takes_nothing(cause: Callable[[Path], Any], tmp_path: Path) -> None:
    worker = Failing(told(cause(tmp_path)), told(cause(tmp_path)))
    working.work(cast(Worker, worker))
    assert not worker.errors


def test_what_does_not_pass_ends_it() -> None:
    worker = Failing(DatabaseError("no such table"), DatabaseError("never seen"))
    with pytest.raises(DatabaseError, match="no such table"):
        working.work(cast(Worker, worker))
