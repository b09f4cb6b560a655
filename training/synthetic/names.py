"""Names of synthetic recordings: ``left0-101``, ``turned11-00042``.

In tables a database's prefix may stand before it, as it stands before the name of the other recording.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

_PREFIX = "(?P<prefix>ptbxl-)?"
_NUMBERS = r"(?P<number>\d+)-(?P<origin>\d+)"
_NAME = f"(?P<kind>[a-z]+){_NUMBERS}"


@dataclass(frozen=True, slots=True)
class SyntheticName:
    """What a synthetic recording comes from, and how."""

    kind: str
    """What was done; lower-case letters."""
    number: int
    """How often the same was done to the same recording before."""
    origin: str
    """The other recording, as its database calls it."""

    def __str__(self) -> str:
        return f"{self.kind}{self.number}-{self.origin}"


def parse(name: str) -> SyntheticName:
    """The parts of a synthetic recording's name, without prefix.

    Raises:
        ValueError: not the name of a synthetic recording.
    """
    match = re.fullmatch(_NAME, name)
    if not match:
        raise ValueError(f"{name!r} is not the name of a synthetic recording.")
    return SyntheticName(match["kind"], int(match["number"]), match["origin"])


def rows(records: pd.Series, kinds: Collection[str] = ()) -> NDArray[np.bool_]:
    """Which rows' recordings, ``[N]``, are synthetic; only those of ``kinds``, where any are named."""
    name = f"(?:{'|'.join(kinds)}){_NUMBERS}" if kinds else _NAME
    return records.astype(str).str.fullmatch(_PREFIX + name).to_numpy(dtype=bool)


def origins(records: pd.Series) -> pd.Series:
    """The recordings, ``[N]``, that those of ``records`` come from; recordings that are not synthetic as they are."""
    return records.astype(str).str.replace(f"^{_PREFIX}{_NAME}$", r"\g<prefix>\g<origin>", regex=True)
