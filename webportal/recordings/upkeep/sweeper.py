"""The thread beside a worker for recordings that sweeps up what was lost, and cleans."""

from __future__ import annotations

import time

from django.core.management import call_command

from webportal.analyses.upkeep.sweeper import FILES_INTERVAL, TASK_RETENTION_DAYS, Rounds
from webportal.recordings import services
from webportal.recordings.jobs import asking, reading
from webportal.recordings.jobs.sweeping import sweep
from webportal.recordings.upkeep import orphans


class Sweeper(Rounds):
    """What is swept beside a worker for recordings."""

    def __init__(self, *, interval: float) -> None:
        super().__init__(interval=interval)
        self._folders = orphans.Round()
        self._next_cleaning = self._next_folders = time.monotonic()

    def sweep(self) -> None:
        """Put back what was lost, call forward what waited for the inference server."""
        sweep()

    def clean(self) -> None:
        """Empty the trash; once a minute look for folders without a row; once an hour remove old rows of the queues."""
        services.empty_trash()
        if time.monotonic() >= self._next_folders:
            self._next_folders = time.monotonic() + FILES_INTERVAL
            self._folders.go_on()
        if time.monotonic() >= self._next_cleaning:
            self._next_cleaning = time.monotonic() + 3600
            queues = f"{reading.QUEUE},{asking.QUEUE}"
            call_command("prune_db_task_results", queue_name=queues, min_age_days=TASK_RETENTION_DAYS, verbosity=0)
