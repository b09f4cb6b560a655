"""What the commands that work have in common: the loop that takes tasks, and the address that tells how they are."""

from __future__ import annotations

import logging
import time
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TypeVar

from django.conf import settings
from django.core.management.base import CommandError
from django.db import DatabaseError
from django.utils.crypto import get_random_string
from django_tasks_db.management.commands.db_worker import Worker, valid_interval

from webportal import database_errors, disk
from webportal.analyses.upkeep.sweeper import Rounds
from webportal.health import worker_pages
from webportal.observability.internal import AddressUnavailable, InternalServer, listen

logger = logging.getLogger(__name__)

#: A worker that for this long, seconds, came to the end of neither a sweep nor the cleaning after it hangs.
LONGEST_SWEEP = 120.0
#: Between two looks at a database that is away or full, seconds.
_AWAY_SECONDS = 1.0

AnyWorker = TypeVar("AnyWorker", bound=Worker)


def add_worker_options(parser: ArgumentParser) -> None:
    """What both commands can be told, all with defaults."""
    parser.add_argument("--interval", type=valid_interval, default=0.5, help="Seconds between looks at an empty queue.")
    parser.add_argument("--sweep-interval", type=valid_interval, default=2.0, help="Seconds between sweeps.")
    parser.add_argument("--batch", action="store_true", help="Stop when nothing is queued any more.")


def longest_silence(sweep_interval: float) -> float:
    """Seconds without a sweep after which a worker hangs; one that is told to sweep seldom may be silent for longer."""
    return max(LONGEST_SWEEP, 3 * sweep_interval)


def worker_for(queue: str, *, interval: float, batch: bool, kind: type[AnyWorker]) -> AnyWorker:
    """django-tasks-db's worker for one queue: it looks every ``interval`` seconds, and with ``batch`` ends when the
    queue is empty.
    """
    return kind(
        queue_names=[queue],
        interval=interval,
        batch=batch,
        backend_name="default",
        startup_delay=False,
        max_tasks=None,
        worker_id=get_random_string(32),
        excluded_queue_names=[],
    )


def work(worker: Worker) -> None:
    """Let a worker take tasks until it is told to end, or with ``batch`` until there are none. While its database is
    away, or the disk full, it waits; what it had in hand then is put back by the sweep, once its lease has run out.
    """
    while worker.running:
        try:
            worker.run()
            return
        except DatabaseError as error:
            if not (database_errors.passes(error) or disk.is_full(error)):
                raise
            logger.warning("The database is out of reach for a worker, or full: %s", type(error).__name__)
            time.sleep(_AWAY_SECONDS)


@contextmanager
def probed(sweeper: Rounds, *, sweep_interval: float) -> Iterator[None]:
    """Answer probes for the duration of the block, where a place for it is set.

    Raises:
        CommandError: the place can't be taken.
    """
    if not settings.WORKER_INTERNAL_LISTEN:
        yield
        return
    try:
        listener = listen(settings.WORKER_INTERNAL_LISTEN)
    except AddressUnavailable as error:
        raise CommandError(f"BEATLENS_WORKER_INTERNAL_LISTEN: {error}") from error
    with InternalServer(listener, worker_pages(sweeper.seconds_since_sweep, longest=longest_silence(sweep_interval))):
        yield
