"""A process that reads and asks does both, or ends."""

from __future__ import annotations

from typing import Any, cast

from django.db import DatabaseError
from django_tasks_db.management.commands.db_worker import Worker

from webportal.recordings.management.commands.recording_worker import Reader


class Loop:
    """Stands in for the loop that takes tasks of a queue."""

    def __init__(self, error: Exception | None = None) -> None:
        self.running = True
        self.error = error

    def run(self) -> None:
        if self.error is not None:
            raise self.error


def after(reads: Any, asks: Any) -> Reader:
    reader = Reader(cast(Worker, reads), cast(Worker, asks))
    reader.start()
    reader.join(timeout=10)
    return reader


def test_where_reading_ends_by_an_error_asking_ends_as_well() -> None:
    error, asks = DatabaseError("no such table"), Loop()
    assert after(Loop(error), asks).failure is error
    assert not asks.running


def test_where_there_is_nothing_more_to_read_asking_goes_on() -> None:
    asks = Loop()
    assert after(Loop(), asks).failure is None
    assert asks.running
