"""``archive.child``, in which some files do harm: by their names they kill their process, the first time or always."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Sequence
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from archive import child, frames
from archive.engine import Engine
from archive.tables import Tables

_about = Engine._about
_send_rows = frames.send_rows


def about(self: Engine, file: str, paths: Sequence[Path], progress: Any) -> Tables:
    if file.startswith("poison"):
        os.kill(os.getpid(), signal.SIGSEGV)
    if file.startswith("unlucky") and not (mark := paths[0].with_suffix(".tried")).exists():
        mark.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    if file.startswith("hungry"):
        raise MemoryError
    if file.startswith("odd"):
        raise KeyError("nobody thought of this")
    return _about(self, file, paths, progress)


def send_rows(connection: Connection, rows: Tables) -> None:
    if rows.recordings.column("file").to_pylist() == ["mute"]:
        connection.send_bytes(frames.ROWS)
        time.sleep(60)
    _send_rows(connection, rows)


Engine._about = about  # type: ignore[method-assign]
frames.send_rows = send_rows

if __name__ == "__main__":
    child.main(*sys.argv[1:])
