"""Parts on Ray: a task each, on this machine or on a cluster."""

from __future__ import annotations

import json
import logging
import os
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache, partial
from typing import Any, Final

import ray
import ray.data
from ray.exceptions import RayError

from archive.isolation import Isolated
from archive.items import Part
from archive.job import Job
from archive.parts import PartResult, write_part
from archive.storage import Folder
from inference_server.runtime.reachability import check_listens

#: Rows go by files; Ray's own store of objects carries a line a part. Ray Data begins no task for whose largest result
#: there is no room, and by itself reckons with 128 MB a task.
_STORE_BYTES: Final = 100 * 1024 * 1024
_RESULT_BYTES: Final = 1024 * 1024


class ClusterError(Exception):
    """The parts can't all be written; those that were are there."""


@contextmanager
def connected(address: str | None, workers: int) -> Iterator[int]:
    """Ray, on this machine with so many workers or at ``address``; brings the number of parts done at once.

    Raises:
        ClusterError: it can't be reached or started.
    """
    with tempfile.TemporaryDirectory(prefix="beatlens-ray-", ignore_cleanup_errors=True) as private:
        own = _of_this_machine(private) if address is None else {}
        with environment({"RAY_USAGE_STATS_ENABLED": "0", **own}):  # nothing is told to anybody
            try:
                if address is None:
                    _start(private, workers)
                else:
                    check_listens(address)
                    ray.init(address=address, logging_level=logging.ERROR)
            except (OSError, RuntimeError, ValueError, RayError) as error:
                raise ClusterError(f"Ray can't be had: {error}") from error
            try:
                resources: dict[str, float] = ray.cluster_resources()
                yield max(1, int(resources.get("CPU", 1)))
            finally:
                ray.shutdown()


def _start(folder: str, workers: int) -> None:
    """A cluster of this machine alone, which ends with this process and has all of its files in ``folder``."""
    ray.init(
        num_cpus=workers,
        object_store_memory=_STORE_BYTES,
        include_dashboard=False,
        logging_level=logging.ERROR,
        _temp_dir=folder,
    )


def _of_this_machine(folder: str) -> dict[str, str]:
    """What the programs of a cluster of this machine alone find in their environment."""
    return {
        "RAY_worker_niceness": "0",  # 15 by itself: nearly nothing beside others
        # Tasks and the processes of theirs find the modules where this process found them.
        "PYTHONPATH": os.pathsep.join(path or os.getcwd() for path in sys.path),
        "TMPDIR": folder,  # what killed workers leave is removed at the end
    }


@contextmanager
def environment(settings: Mapping[str, str]) -> Iterator[None]:
    """Environment variables of this process and of those that it starts, for as long as the block lasts."""
    before = dict(os.environ)
    os.environ.update(settings)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def write(job: Job, parts: Sequence[Part], out: str, run: str) -> Iterator[PartResult]:
    """Have all parts written; what each says, as they end.

    A part whose worker or node is lost is done again from its beginning, by whoever is free.

    Raises:
        ClusterError: a part failed for good, e.g. because storage can't be written to.
    """
    context = ray.data.DataContext.get_current()
    context.target_max_block_size = _RESULT_BYTES
    context.enable_progress_bars = False
    context.print_on_execution_start = False
    logging.getLogger("ray.data").setLevel(logging.ERROR)
    rows = [{"part": part.to_json()} for part in parts]
    # Ray Data repeats a task whose worker or node is lost until it ends; what files do is no loss of a worker.
    task = partial(_written, job=job.to_json(), out=out, run=run)
    written = ray.data.from_items(rows, override_num_blocks=len(rows)).map(task, num_cpus=1)
    try:
        for row in written.iter_rows():
            yield PartResult(row["recordings"], row["beats"], json.loads(row["reasons"]), row["left_out"])
    except (RayError, RuntimeError) as error:
        raise ClusterError(str(error)) from error


def _written(row: dict[str, Any], job: str, out: str, run: str) -> dict[str, Any]:
    """The task."""
    asked = Job.from_json(job)
    written = write_part(Part.from_json(row["part"]), _isolated(job).about, asked.classes, Folder(out), run)
    return {**written._asdict(), "reasons": json.dumps(written.reasons)}


@cache
def _isolated(job: str) -> Isolated:
    """The process of this worker's tasks, one after the other; it ends with the worker."""
    return Isolated(Job.from_json(job))
