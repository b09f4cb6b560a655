"""A database that is locked, away or at its limits is no fault of the portal's: try again in a moment."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from typing import Any

import psycopg
import pytest
from django.db import OperationalError, connection
from django.test import Client

from webportal.accounts.models import User
from webportal.database_errors import passes


@contextmanager
def locked_by_somebody() -> Iterator[None]:
    """Another connection holds what a log-in wants to write; this one is impatient."""
    known = connection.settings_dict
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA busy_timeout = 50")
        with closing(sqlite3.connect(known["NAME"], isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            yield
            other.execute("ROLLBACK")
        return
    with connection.cursor() as cursor:
        cursor.execute("SET lock_timeout = 50")
    address = {"host": known["HOST"], "user": known["USER"], "password": known["PASSWORD"], "dbname": known["NAME"]}
    with psycopg.connect(**address) as other:
        other.execute(f"LOCK TABLE {User._meta.db_table} IN ACCESS EXCLUSIVE MODE")
        yield
        other.rollback()


@pytest.mark.django_db(transaction=True)
def test_a_locked_database_is_503_with_a_time_to_try_again(
    make_user: Callable[..., User], caplog: pytest.LogCaptureFixture
) -> None:
    make_user(username="patient")
    client = Client(raise_request_exception=False)
    form = {"login": "patient", "password": "a-long-passphrase"}
    with locked_by_somebody():
        response = client.post("/accounts/login/", form)
    assert response.status_code == 503
    assert int(response.headers["Retry-After"]) > 0
    assert "Very busy at the moment" in response.content.decode()
    (record,) = [record for record in caplog.records if record.name == "webportal.errors"]
    assert record.exc_info is None
    assert record.levelname == "WARNING"
    assert client.post("/accounts/login/", form).status_code == 302
    connection.close()  # with its impatience


def of_sqlite(code: int) -> sqlite3.OperationalError:
    error = sqlite3.OperationalError("whatever it says")
    error.sqlite_errorcode = code
    return error


@pytest.mark.parametrize(
    ("cause", "expected"),
    [
        (of_sqlite(sqlite3.SQLITE_BUSY), True),
        (of_sqlite(sqlite3.SQLITE_BUSY_SNAPSHOT), True),
        (of_sqlite(sqlite3.SQLITE_LOCKED_SHAREDCACHE), True),
        (of_sqlite(sqlite3.SQLITE_FULL), False),
        (of_sqlite(sqlite3.SQLITE_CORRUPT), False),
        (sqlite3.OperationalError("no such table"), False),
        (psycopg.OperationalError("connection refused"), True),
        (psycopg.InterfaceError("the connection is closed"), True),
        (psycopg.errors.LockNotAvailable(), True),
        (psycopg.errors.DeadlockDetected(), True),
        (psycopg.errors.QueryCanceled(), True),
        (psycopg.errors.TooManyConnections(), True),
        (psycopg.errors.AdminShutdown(), True),
        (psycopg.errors.ConnectionFailure(), True),
        (psycopg.errors.DiskFull(), False),
        (psycopg.errors.UndefinedTable(), False),
        (ValueError("something else"), False),
        (None, False),
    ],
    ids=repr,
)
def test_what_passes_by_itself_is_told_from_what_does_not(cause: Any, expected: bool) -> None:
    error = OperationalError("as Django says it")
    error.__cause__ = cause
    assert passes(error) is expected
    assert passes(cause) is expected
