"""``manage.py recording_worker``: reads recordings, has them analysed, and sweeps up what was lost. Run as many as you
like.
"""

from __future__ import annotations

import logging
import os
import threading
from argparse import ArgumentParser
from types import FrameType
from typing import Any

from django.core.management.base import BaseCommand
from django.db import connection
from django_tasks_db.management.commands.db_worker import Worker

from webportal.analyses.upkeep.working import add_worker_options, probed, work, worker_for
from webportal.recordings.jobs import asking, reading
from webportal.recordings.jobs.lines import stopping
from webportal.recordings.upkeep.sweeper import Sweeper

logger = logging.getLogger("webportal.recordings.worker")


class StoppableWorker(Worker):
    """A worker whose task in hand is put back when it is asked to end: it may take long."""

    def shutdown(self, signum: int, frame: FrameType | None) -> None:
        """See :meth:`Worker.shutdown`."""
        stopping.set()
        super().shutdown(signum, frame)


class Reader(threading.Thread):
    """The loop that reads. Where it ends by an error, the other one ends as well: a process that only asks would never
    be replaced by one that does both.
    """

    def __init__(self, reads: Worker, asks: Worker) -> None:
        super().__init__(name="readings", daemon=True)
        self._reads = reads
        self._asks = asks
        self.failure: Exception | None = None

    def run(self) -> None:
        """Part of :class:`threading.Thread`."""
        try:
            work(self._reads)
        except Exception as error:
            self.failure = error
            self._asks.running = False
        finally:
            connection.close()


class Command(BaseCommand):
    """One worker process: one loop that reads, so that nobody waits with that for an analysis, and one that asks."""

    help = "Read recordings and have them analysed until stopped, and put back what a lost process left behind."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Options, all with defaults."""
        add_worker_options(parser)

    def handle(self, *args: Any, interval: float, sweep_interval: float, batch: bool, **options: Any) -> None:
        """Work until SIGTERM or SIGINT; an analysis in hand is put back, a reading is begun again by another worker."""
        os.umask(0o077)  # whatever it writes is for nobody else
        stopping.clear()
        asks = worker_for(asking.QUEUE, interval=interval, batch=batch, kind=StoppableWorker)
        reads = worker_for(reading.QUEUE, interval=interval, batch=batch, kind=Worker)
        reader = Reader(reads, asks)
        sweeper = Sweeper(interval=sweep_interval)
        with probed(sweeper, sweep_interval=sweep_interval):
            asks.configure_signals()
            sweeper.start()
            reader.start()
            logger.info("Worker started")
            try:
                if batch:
                    reader.join()  # what is read is to be analysed
                work(asks)
            finally:
                reads.running = False
                sweeper.stop()
                reader.join(timeout=5)
                sweeper.join(timeout=5)
                logger.info("Worker stopped")
        if reader.failure is not None:
            raise reader.failure
