"""Annotation files to compare: found in a folder, read with wfdb."""

from __future__ import annotations

import filecmp
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import wfdb

from ecg.ec57.marks import Marks, Period
from training import TrainingError

#: Larger files are refused before they are read: annotations of two weeks take 8 MiB.
MAX_BYTES = 64 << 20


class AnnotationFileError(TrainingError):
    """There is nothing to compare, or files can't be read."""


@dataclass(frozen=True, slots=True)
class Pair:
    """Both annotators' marks of one record."""

    record: str
    reference: Marks
    test: Marks
    rate: float
    """Samples a second of both."""
    length: int | None
    """Samples of the record, where a header tells."""

    def period(self, learning_seconds: float) -> Period:
        """The part that is compared."""
        return Period(self.rate, self.length, learning_seconds)


def record_names(folder: Path, annotator: str) -> list[str]:
    """Records that have a file of ``annotator`` in the folder, in order.

    Raises:
        AnnotationFileError: no such folder, or no such file in it.
    """
    if not folder.is_dir():
        raise AnnotationFileError(f"There is no folder {folder}.")
    names = sorted(path.stem for path in folder.glob(f"*.{annotator}") if path.is_file())
    if not names:
        raise AnnotationFileError(f"{folder} has no file NAME.{annotator} to compare.")
    return names


def read_pair(record: str, folders: Sequence[Path], reference: str, test: str, rate: float | None) -> Pair:
    """Both annotators' files of a record, each from the first of ``folders`` that has it, and its header.

    Without a header, the rate is what an annotation file says, else ``rate``; the record's length stays unknown. A
    header lies beside the reference's file, or beside a copy of it: other databases have records of the same names.

    Raises:
        AnnotationFileError: a file is missing, too large, damaged or out of order, the rate is unknown, or the files
            have different rates.
    """
    header = _header(record, folders, reference)
    files = {annotator: _read(record, folders, annotator) for annotator in (reference, test)}
    rates = {annotator: stored for annotator, (_, stored) in files.items() if stored}
    if header:
        rates["hea"] = header[0]
    if len(set(rates.values())) > 1:
        listed = ", ".join(f"{record}.{suffix}: {value:g}" for suffix, value in rates.items())
        raise AnnotationFileError(f"Marks at different rates can't be compared ({listed} samples a second).")
    known = next(iter(rates.values()), rate)
    if not known:
        raise AnnotationFileError(f"No file tells the rate of {record}: give --rate, or --records with its header.")
    return Pair(record, files[reference][0], files[test][0], known, header[1] if header else None)


def _same(path: Path, other: Path) -> bool:
    return other.is_file() and filecmp.cmp(path, other, shallow=False)


def _find(record: str, folders: Sequence[Path], suffix: str) -> Path | None:
    return next((path for folder in folders if (path := folder / f"{record}.{suffix}").is_file()), None)


def _header(record: str, folders: Sequence[Path], reference: str) -> tuple[float, int | None] | None:
    """Rate and length, where there is a header."""
    marks = _find(record, folders, reference)
    beside = [folder for folder in folders if marks and _same(marks, folder / marks.name)]
    path = _find(record, beside, "hea")
    if path is None:
        return None
    try:
        header = wfdb.rdheader(str(path.with_suffix("")))
        return float(header.fs), int(header.sig_len) if header.sig_len else None
    except Exception as error:  # wfdb raises many kinds for damaged files; each means the same to the caller
        raise AnnotationFileError(f"{path} is not a readable WFDB header ({type(error).__name__}).") from error


def _read(record: str, folders: Sequence[Path], annotator: str) -> tuple[Marks, float | None]:
    """Marks, and the rate where the file tells it."""
    path = _find(record, folders, annotator)
    if path is None:
        raise AnnotationFileError(f"There is no {record}.{annotator} in {' or '.join(map(str, folders))}.")
    if path.stat().st_size > MAX_BYTES:
        raise AnnotationFileError(f"{path} is larger than {MAX_BYTES >> 20} MiB.")
    try:
        stored = wfdb.rdann(str(path.with_suffix("")), annotator)
        notes = [note.rstrip("\0") for note in stored.aux_note]
        return Marks.of(stored.sample, list(map(str, stored.symbol)), notes, stored.subtype), stored.fs
    except Exception as error:  # as above
        reason = str(error) if isinstance(error, ValueError) and "order of time" in str(error) else type(error).__name__
        raise AnnotationFileError(f"{path} is not a readable WFDB annotation file ({reason}).") from error
