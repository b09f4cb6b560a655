"""The process that works for a task: ``python -m archive.child SOCKET FOLDER``, started by :mod:`archive.isolation`.

What kills it while it reads a file costs this process and nothing else. It ends when its socket is closed.
"""

from __future__ import annotations

import contextlib
import logging
import shutil
import sys
import tempfile
from multiprocessing.connection import Connection

import typer

from archive import frames
from archive.engine import Engine, OtherModel, engine
from archive.job import Job
from inference_server.runtime import memory
from inference_server.runtime.settings import SettingsError


def main(descriptor: str, scratch: str) -> None:
    """Serve the other end of the socket until it is closed, with all that is written for a while in ``scratch``."""
    tempfile.tempdir = scratch
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr)
    with Connection(int(descriptor)) as connection:
        try:
            with contextlib.suppress(EOFError, ConnectionError):  # nobody asks any more, or waits for the answer
                _serve(connection)
        finally:
            shutil.rmtree(scratch, ignore_errors=True)  # the task may be dead


def _serve(connection: Connection) -> None:
    job = Job.from_json(connection.recv_bytes().decode())
    try:
        with engine(job) as ready:
            memory.limit_growth(max(job.settings.recording_memory_bytes, job.settings.worker_bytes))
            connection.send_bytes(frames.READY)
            while True:
                _answer(connection, ready)
    except (OtherModel, SettingsError, typer.Exit) as error:
        reason = "There is no usable model." if isinstance(error, typer.Exit) else str(error)
        connection.send_bytes(frames.UNUSABLE + reason.encode())


def _answer(connection: Connection, ready: Engine) -> None:
    file, paths = frames.receive_question(connection)
    frames.send_rows(connection, ready.about(file, paths, lambda _: connection.send_bytes(frames.PROGRESS)))


if __name__ == "__main__":
    main(*sys.argv[1:])
