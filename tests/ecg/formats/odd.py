"""What an odd file of the tests is, and what their makers share."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from ecg.formats import Answers
from ecg.formats.files import Content
from tests.ecg.formats import made

Files = Mapping[str, Content]
MV = made.digital() / 200
"""What most of these files hold, millivolts."""
TABLE_MV = np.rint(made.digital(gain=1000)) / 1000
EDF_MV = (made.digital(gain=6553.5) + 32768) * (10_000 / 65_535) / 1000 - 5


@dataclass(frozen=True)
class Odd:
    """A file and its right answer."""

    files: Callable[[], Files]
    warned: tuple[str, ...] = ()
    """Reasons of all warnings, in any order."""
    refused: str = ""
    asked: tuple[str, ...] = ()
    values: NDArray[np.float64] | None = None
    """``[leads, samples]``, millivolts; None where only the warnings count."""
    leads: tuple[str, ...] = ()
    rate: float = 250.0
    answers: Answers = field(default_factory=Answers)


def single(content: str | bytes) -> Callable[[], Files]:
    return lambda: {"file": content.encode() if isinstance(content, str) else content}


def zipped(files: Mapping[str, bytes], *, deflated: bool = True) -> bytes:
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w", zipfile.ZIP_DEFLATED if deflated else zipfile.ZIP_STORED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return whole.getvalue()


def with_gap(values: NDArray[np.float64], at: int, length: int) -> NDArray[np.float64]:
    return np.concatenate([values[:, :at], np.full((len(values), length), np.nan), values[:, at:]], axis=1)


def with_values(row: int, begin: int, end: int, value: int) -> made.Samples:
    values = made.digital().copy()
    values[row, begin:end] = value
    return values


def as_mv(values: made.Samples, missing: int = -32768) -> NDArray[np.float64]:
    return np.where(values == missing, np.nan, values / 200)
