"""``manage.py analysis_worker``: takes queued analyses and sweeps up what was lost. Run as many as you like."""

from __future__ import annotations

import logging
import os
from argparse import ArgumentParser
from contextlib import ExitStack
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils.crypto import get_random_string
from django_tasks_db.management.commands.db_worker import Worker, valid_interval

from webportal.analyses.upkeep.sweeper import Sweeper
from webportal.health import worker_pages
from webportal.observability.internal import AddressUnavailable, InternalServer, listen

logger = logging.getLogger("webportal.analyses.worker")

#: A worker that for this long, seconds, came to the end of neither a sweep nor the cleaning after it hangs.
LONGEST_SWEEP = 120.0


def longest_silence(sweep_interval: float) -> float:
    """Seconds without a sweep after which a worker hangs; one that is told to sweep seldom may be silent for longer."""
    return max(LONGEST_SWEEP, 3 * sweep_interval)


class Command(BaseCommand):
    """One worker process: django-tasks-db's own worker, with the sweeper beside it."""

    help = "Take queued analyses until stopped, and put back what a lost process left behind."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Options, all with defaults."""
        parser.add_argument(
            "--interval", type=valid_interval, default=0.5, help="Seconds between looks at an empty queue."
        )
        parser.add_argument("--sweep-interval", type=valid_interval, default=2.0, help="Seconds between sweeps.")
        parser.add_argument("--batch", action="store_true", help="Stop when the queue is empty.")

    def handle(self, *args: Any, interval: float, sweep_interval: float, batch: bool, **options: Any) -> None:
        """Work until SIGTERM or SIGINT; a task in hand is finished first."""
        os.umask(0o077)  # whatever it writes is for nobody else
        worker = Worker(
            queue_names=["default"],
            interval=interval,
            batch=batch,
            backend_name="default",
            startup_delay=False,
            max_tasks=None,
            worker_id=get_random_string(32),
            excluded_queue_names=[],
        )
        sweeper = Sweeper(interval=sweep_interval)
        with ExitStack() as stack:
            if settings.WORKER_INTERNAL_LISTEN:
                try:
                    listener = listen(settings.WORKER_INTERNAL_LISTEN)
                except AddressUnavailable as error:
                    raise CommandError(f"BEATLENS_WORKER_INTERNAL_LISTEN: {error}") from error
                pages = worker_pages(sweeper.seconds_since_sweep, longest=longest_silence(sweep_interval))
                stack.enter_context(InternalServer(listener, pages))
            worker.configure_signals()
            sweeper.start()
            logger.info("Worker started")
            try:
                worker.run()
            finally:
                sweeper.stop()
                sweeper.join(timeout=5)
                logger.info("Worker stopped")
