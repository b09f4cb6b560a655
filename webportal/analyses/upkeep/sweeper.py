"""The thread beside a worker that sweeps up what was lost, and cleans."""

from __future__ import annotations

import threading
import time
from abc import ABC, abstractmethod

from django.core.management import call_command
from django.db import close_old_connections, connection

from webportal.analyses import services
from webportal.analyses.jobs.sweeping import sweep
from webportal.analyses.upkeep import orphans
from webportal.audit.models import Entry
from webportal.errors import log_unexpected

#: Between two looks at a part of the storage for files without a row, seconds.
FILES_INTERVAL = 60.0
#: Finished task rows older than this (days) are of no use to anybody.
TASK_RETENTION_DAYS = 7


def learn_tables() -> None:
    """Let SQLite look how its tables are filled, so that it reads long ones by the right index; it takes moments.

    Without, it looks for sixty uploads in a history of half a million by reading the history: half a second instead of
    half a millisecond. PostgreSQL looks by itself.
    """
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA analysis_limit = 1000")
            cursor.execute("ANALYZE")


class Rounds(ABC, threading.Thread):
    """Sweeps every ``interval`` seconds beside a worker until :meth:`stop`; a sweep that fails is logged."""

    def __init__(self, *, interval: float) -> None:
        super().__init__(name="sweeper", daemon=True)
        self._interval = interval
        self._stopping = threading.Event()
        self._last_sweep = time.monotonic()

    @abstractmethod
    def sweep(self) -> None:
        """Find what was lost."""

    @abstractmethod
    def clean(self) -> None:
        """What is done after each sweep; it may take long and has a time of its own."""

    def seconds_since_sweep(self) -> float:
        """How long ago a sweep or the cleaning after it came to its end, or the sweeper was made."""
        return time.monotonic() - self._last_sweep

    def run(self) -> None:
        """Sweep and clean."""
        while not self._stopping.is_set():
            close_old_connections()
            try:
                self.sweep()
                self._last_sweep = time.monotonic()
                self.clean()
            except Exception as error:
                log_unexpected("the sweep", error)
            self._last_sweep = time.monotonic()
            self._stopping.wait(self._interval)
        connection.close()

    def stop(self) -> None:
        """Ask the thread to end; it does within one sweep."""
        self._stopping.set()


class Sweeper(Rounds):
    """What is swept beside the worker that analyses pictures."""

    def __init__(self, *, interval: float) -> None:
        super().__init__(interval=interval)
        self._files = orphans.Round()
        self._next_cleaning = self._next_files = time.monotonic()

    def sweep(self) -> None:
        """Put back what was lost, call forward what waited for the inference server."""
        sweep()

    def clean(self) -> None:
        """Empty the trash; once a minute look for files without a row; once an hour remove old rows of the queue and of
        the audit log, and expired sessions, and more.
        """
        services.empty_trash()
        if time.monotonic() >= self._next_files:
            self._next_files = time.monotonic() + FILES_INTERVAL
            self._files.go_on()
        if time.monotonic() >= self._next_cleaning:
            self._next_cleaning = time.monotonic() + 3600
            call_command("prune_db_task_results", min_age_days=TASK_RETENTION_DAYS, verbosity=0)
            call_command("clearsessions", verbosity=0)
            Entry.objects.expire()
            learn_tables()
