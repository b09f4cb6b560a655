"""Where this project's files lie."""

from __future__ import annotations

from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[2]
MODELS: Final = ROOT / "models"
SAMPLES: Final = ROOT / "samples"


def newest(models: Path) -> Path:
    """The version of arrhythmia that a server serves unless told otherwise, and so the one that the floor runs."""
    return max((models / "arrhythmia").glob("[1-9]*"), key=lambda folder: int(folder.name))
