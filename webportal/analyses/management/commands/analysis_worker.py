"""``manage.py analysis_worker``: takes queued analyses and sweeps up what was lost. Run as many as you like."""

from __future__ import annotations

import logging
import os
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django_tasks_db.management.commands.db_worker import Worker

from webportal.analyses.upkeep.sweeper import Sweeper
from webportal.analyses.upkeep.working import add_worker_options, probed, work, worker_for

logger = logging.getLogger("webportal.analyses.worker")


class Command(BaseCommand):
    """One worker process: django-tasks-db's own worker, with the sweeper beside it."""

    help = "Take queued analyses until stopped, and put back what a lost process left behind."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Options, all with defaults."""
        add_worker_options(parser)

    def handle(self, *args: Any, interval: float, sweep_interval: float, batch: bool, **options: Any) -> None:
        """Work until SIGTERM or SIGINT; a task in hand is finished first."""
        os.umask(0o077)  # whatever it writes is for nobody else
        worker = worker_for("default", interval=interval, batch=batch, kind=Worker)
        sweeper = Sweeper(interval=sweep_interval)
        with probed(sweeper, sweep_interval=sweep_interval):
            worker.configure_signals()
            sweeper.start()
            logger.info("Worker started")
            try:
                work(worker)
            finally:
                sweeper.stop()
                sweeper.join(timeout=5)
                logger.info("Worker stopped")
