"""Where this project's files lie."""

from __future__ import annotations

from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[2]
MODELS: Final = ROOT / "models"
SAMPLES: Final = ROOT / "samples"
