"""What goes between a task and the process that works for it."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Final

import pyarrow as pa

from archive.tables import Tables

READY: Final = b"R"
"""From the process: it has its models. Before it, why it has not: :data:`UNUSABLE` and a sentence."""
UNUSABLE: Final = b"U"
PROGRESS: Final = b"P"
"""It is at work."""
ROWS: Final = b"T"
"""The three tables follow, a message each."""


def send_question(connection: Connection, file: str, paths: Sequence[Path]) -> None:
    """Ask about one recording or picture."""
    connection.send_bytes(json.dumps([file, [str(path) for path in paths]]).encode())


def receive_question(connection: Connection) -> tuple[str, list[Path]]:
    """What :func:`send_question` sent.

    Raises:
        EOFError: nobody asks any more.
    """
    file, paths = json.loads(connection.recv_bytes())
    return file, [Path(path) for path in paths]


def send_rows(connection: Connection, rows: Tables) -> None:
    """Answer."""
    connection.send_bytes(ROWS)
    for table in rows:
        sink = pa.BufferOutputStream()
        with pa.ipc.new_stream(sink, table.schema) as writer:
            writer.write_table(table)
        connection.send_bytes(sink.getvalue())


def rows_of(receive: Callable[[], bytes]) -> Tables:
    """What follows :data:`ROWS`, a message for each call of ``receive``."""
    return Tables(*(pa.ipc.open_stream(receive()).read_all() for _ in Tables._fields))
