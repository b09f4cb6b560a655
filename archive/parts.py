"""One part of an archive: its items are asked about one after the other, and their rows written as three files."""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq

from archive import storage, tables, written
from archive.items import Item, Part, Refusal
from archive.storage import Folder
from archive.tables import NAMES, Tables
from ecg.formats import limits

About = Callable[[str, Sequence[Path]], Tables]
"""Rows about a recording or picture: what it is called, its files."""


class PartResult(NamedTuple):
    """How much a part says."""

    recordings: int
    beats: int
    reasons: dict[str, int]
    """Failures by their reasons; without what was left out."""
    left_out: int


def write_part(part: Part, about: About, classes: Sequence[str], out: Folder, run: str) -> PartResult:
    """Ask about all items of a part and write their rows.

    Recordings come last: a part is there once its recordings are. Doing it again, after a failure or
    beside somebody who does the same, writes the same files over those that are there.

    Raises:
        OSError: storage can't be written to.
        NotThisArchive: another run has begun since.
    """
    with tempfile.TemporaryDirectory(prefix="beatlens-part-") as private:
        folder = Path(private)
        result = _write_here(part, about, classes, folder)
        written.check_is_current(out, run)
        for name in reversed(NAMES):
            out.put(folder / name, f"{name}/{part.name}.parquet")
    return result


def _write_here(part: Part, about: About, classes: Sequence[str], folder: Path) -> PartResult:
    """The three files of a part, under the names of their tables. Beats are held of one recording at a time."""
    of_items = []
    beats = 0
    schemas = tables.schemas(classes)
    with ExitStack() as open_files:
        writers = [
            open_files.enter_context(pq.ParquetWriter(folder / name, schema, compression="zstd"))
            for name, schema in zip(NAMES, schemas, strict=True)
        ]
        for item in part.items:
            rows = _rows(item, about, classes)
            beats += len(rows.beats)
            if len(rows.beats):
                writers[1].write_table(rows.beats)
            of_items.append((rows.recordings, rows.failures))
        recordings, failures = (pa.concat_tables(several) for several in zip(*of_items, strict=True))
        writers[0].write_table(recordings)
        writers[2].write_table(failures)
    left_out = failures.column("left_out").to_pylist()
    reasons = zip(failures.column("reason").to_pylist(), left_out, strict=True)
    return PartResult(len(recordings), beats, dict(Counter(why for why, out in reasons if not out)), sum(left_out))


def _rows(item: Item, about: About, classes: Sequence[str]) -> Tables:
    if item.left_out is not None:
        return tables.of_failure(item.file, item.left_out, classes, left_out=True)
    if item.size > limits.MAX_BYTES:
        message = f"At most {limits.MAX_BYTES // 1024**3} GB are read."
        return tables.of_failure(item.file, Refusal("RECORDING_TOO_LARGE", message), classes)
    with tempfile.TemporaryDirectory(prefix="beatlens-files-") as private:
        try:
            paths = [storage.fetched(address, Path(private)) for address in item.files]
        except FileNotFoundError:
            return tables.of_failure(item.file, Refusal("FILE_NOT_FOUND", "There is no such file."), classes)
        except OSError as error:
            return tables.of_failure(
                item.file, Refusal("FILE_UNREADABLE", f"The file can't be read: {error.strerror or error}."), classes
            )
        return about(item.file, paths)
