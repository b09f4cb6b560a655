"""Records and annotations of the databases' WFDB files, read by :mod:`ecg.formats`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Final

from ecg.formats import open_recording, wfdb_annotations
from ecg.recording import Annotations, Recording
from ecg.recording_errors import RecordingError
from training.databases.database import RecordsError
from training.databases.labels import OF_RHYTHM, OF_SYMBOL, Label

_SIGNALS: Final = (".dat", ".mat")


def open_record(header: Path, annotator: str = "", *, leads: tuple[str, ...] | None = None) -> Recording:
    """The record of a header, with the marks of one annotator.

    Args:
        header: The ``.hea`` file; its samples lie beside it under the same name.
        annotator: Suffix of an annotation file, e.g. ``atr``.
        leads: Other names for all leads, where the database's own are none.

    Raises:
        RecordsError: a file is missing or damaged.
    """
    suffixes = [*_SIGNALS, *([f".{annotator}"] if annotator else [])]
    files = [header, *(path for suffix in suffixes if (path := header.with_suffix(suffix)).is_file())]
    try:
        recording = open_recording(files)
    except (RecordingError, OSError) as error:
        raise RecordsError(f"Record {header.stem} in {header.parent} can't be read: {error}") from error
    if annotator and files[-1].suffix != f".{annotator}":
        raise RecordsError(
            f"Record {header.stem} in {header.parent} has no {header.stem}.{annotator}. Download it again."
        )
    return recording if leads is None else renamed(recording, leads)


def renamed(recording: Recording, leads: tuple[str, ...]) -> Recording:
    """The recording with other names of leads, and without warnings about the old ones.

    Raises:
        RecordsError: there are not as many leads as names.
    """
    if len(leads) != len(recording.leads):
        raise RecordsError(f"A recording has {len(recording.leads)} leads, expected {len(leads)}.")
    warnings = tuple(item for item in recording.warnings if item.reason != "RECORDING_LEAD_DUPLICATE")
    return replace(recording, leads=leads, warnings=warnings)


def read_marks(path: Path, rate: float) -> Annotations:
    """The annotations in one file, at ``rate``.

    Raises:
        RecordsError: the file is missing or damaged.
    """
    try:
        return wfdb_annotations.parse(path.read_bytes(), rate)
    except (RecordingError, OSError) as error:
        raise RecordsError(f"Record {path.stem} in {path.parent} can't be read: {path.name}: {error}") from error


def records_in(folder: Path, suffixes: Iterable[str], *, pattern: str = "*.hea") -> list[Path]:
    """Headers in a folder, in order of their names.

    Raises:
        RecordsError: one of them lacks a file with one of ``suffixes``, with which it makes a record.
    """
    headers = sorted(folder.glob(pattern))
    check_complete(headers, suffixes)
    return headers


def check_complete(headers: Iterable[Path], suffixes: Iterable[str]) -> None:
    """See that every header has its other files.

    Raises:
        RecordsError: it has not.
    """
    wanted = (".hea", *suffixes)
    missing = [path for header in headers for suffix in wanted if not (path := header.with_suffix(suffix)).is_file()]
    if missing:
        raise RecordsError(
            f"{missing[0].parent} lacks {len(missing)} files, the first is {missing[0].name}. Download it again."
        )


def comments(header: Path) -> Iterator[str]:
    """The lines of a header that are comments, without their sign.

    Raises:
        RecordsError: the header can't be read.
    """
    try:
        text = header.read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        raise RecordsError(f"{header} can't be read: {error}") from error
    return (line[1:].strip() for line in text.splitlines() if line.startswith("#"))


def counted(marks: Annotations) -> dict[str, int]:
    """How many beats there are of each symbol."""
    counts = Counter(marks.symbols.tolist())
    return {symbol: counts[symbol] for symbol in OF_SYMBOL if counts[symbol]}


def rhythms_of(marks: Annotations) -> tuple[str, ...]:
    """The rhythms that are marked, each once, in order of their first mark."""
    notes = (note.strip() for note in marks.notes[marks.symbols == "+"].tolist())
    return tuple(dict.fromkeys(note for note in notes if note.startswith("(")))


def rhythm_labels(rhythms: Iterable[str]) -> frozenset[Label]:
    """Labels of marked rhythms; a rhythm without one is left out."""
    return frozenset(OF_RHYTHM[rhythm] for rhythm in rhythms if rhythm in OF_RHYTHM)
