from __future__ import annotations

from pathlib import Path

import pytest

from ecg.ec57.comparison import RecordComparison, compare
from ecg.ec57.marks import Marks, Period

DATA = Path(__file__).parent / "data"
RECORDS = tuple(sorted(path.stem for path in DATA.glob("*.tst")))


def read(path: Path, annotator: str) -> Marks:
    import wfdb  # here, since most tests need no files and wfdb takes long to load

    stored = wfdb.rdann(str(path), annotator)
    return Marks.of(stored.sample, stored.symbol, stored.aux_note, stored.subtype)


@pytest.fixture(scope="session")
def printed() -> Path:
    """The folder of test annotations and of what the WFDB applications print for them."""
    return DATA


def _compared(mitdb: Path, learning_seconds: float) -> list[RecordComparison]:
    import wfdb

    compared = []
    for name in RECORDS:
        header = wfdb.rdheader(str(mitdb / name))
        period = Period(header.fs, header.sig_len, learning_seconds)
        compared.append(compare(name, read(mitdb / name, "atr"), read(DATA / name, "tst"), period))
    return compared


@pytest.fixture(scope="session")
def after_five_minutes(mitdb: Path) -> list[RecordComparison]:
    return _compared(mitdb, 300)


@pytest.fixture(scope="session")
def from_the_start(mitdb: Path) -> list[RecordComparison]:
    return _compared(mitdb, 0)
