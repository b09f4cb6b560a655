"""This project's imports."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Final

from tests.architecture.imports import Imports, read
from tests.architecture.orders import ROOMS

ROOT: Final = Path(__file__).resolve().parents[2]


@cache
def imports() -> Imports:
    """Of every module in the rooms; a room that is not there yet has none."""
    return read(ROOT, sorted(room for floor in ROOMS for room in floor if (ROOT / room).is_dir()))
