"""The QT database, of it the excerpts of the European ST-T and the Supraventricular Arrhythmia Database.

Fifteen minutes of two leads at 250 Hz, every beat marked. Those two databases have no symbols for bundle branch blocks:
``N`` is any conducted beat. A cardiologist's marks of QRS (``.q1c``) tell in which records it is narrow, so normal. The
other excerpts of the database are left out: some are MIT-BIH's own people, under other names.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

import numpy as np

from training.databases import wfdb_files
from training.databases.database import Database, DatabaseRecord, Entry, Truth, beats_of, odc_by
from training.databases.labels import OF_SYMBOL, Label

_RATE: Final = 250.0
_PATTERNS: Final = ("sel8[0-9][0-9].hea", "sele[0-9][0-9][0-9][0-9].hea")

#: QRS of a complete bundle branch block takes 120 ms or more (Surawicz et al. 2009, Circulation 119:e235); marks of the
#: same QRS differ by some 10 ms. Seconds, median over the beats that were measured.
NARROW: Final = 0.11

#: Records whose headers tell of the same age, sex and illness and whose leads are alike: the European database has
#: 90 records of 79 people, and nobody says which are one's.
_MAY_BE_ONE: Final = {"sele0110": "sele0104", "sele0116": "sele0104", "sele0133": "sele0129"}


def qrs_width(header: Path) -> float | None:
    """Median width of the normal QRS that a cardiologist measured, seconds; None where none was.

    Raises:
        RecordsError: the file of marks is damaged.
    """
    path = header.with_suffix(".q1c")
    if not path.is_file():
        return None
    marks = wfdb_files.read_marks(path, _RATE)
    symbols = marks.symbols.tolist()
    begins = [index for index in range(len(symbols) - 2) if symbols[index : index + 3] == ["(", "N", ")"]]
    widths = [int(marks.samples[index + 2] - marks.samples[index]) for index in begins]
    return float(np.median(widths)) / _RATE if widths else None


def _meanings(header: Path) -> Mapping[str, Label]:
    width = qrs_width(header)
    narrow = width is not None and width < NARROW
    return OF_SYMBOL if narrow else {**OF_SYMBOL, "N": Label.CONDUCTED}


def _entries(folders: Sequence[Path]) -> list[Entry]:
    return [
        _entry(header)
        for folder in folders
        for pattern in _PATTERNS
        for header in wfdb_files.records_in(folder, (".dat", ".atr"), pattern=pattern)
    ]


def _entry(header: Path) -> Entry:
    marks = wfdb_files.read_marks(header.with_suffix(".atr"), _RATE)
    beats, rhythms, meanings = wfdb_files.counted(marks), wfdb_files.rhythms_of(marks), _meanings(header)
    return Entry(
        database=QTDB.name,
        name=header.stem,
        person=f"qtdb-{header.stem}",
        header=header,
        group=f"qtdb-{_MAY_BE_ONE.get(header.stem, header.stem)}",
        labels=frozenset(meanings[symbol] for symbol in beats) | wfdb_files.rhythm_labels(rhythms),
        stated=(*beats, *rhythms),
        beats=beats,
    )


def _read(entry: Entry) -> DatabaseRecord:
    recording = wfdb_files.open_record(entry.header, "atr")
    return DatabaseRecord(entry, recording, beats=beats_of(recording.annotations, _meanings(entry.header)))


QTDB: Final = Database(
    name="qtdb",
    title="QT Database",
    address="https://physionet.org/content/qtdb/1.0.0/",
    licence="ODC-By 1.0",
    citation="Laguna et al. 1997, Comput. Cardiol. 24:673; Goldberger et al. 2000, Circulation 101:e215.",
    setting="QTDB_DIR",
    truth=Truth.BEATS,
    list_entries=_entries,
    read_entry=_read,
    notice=odc_by("QT Database", "qtdb/1.0.0"),
)
