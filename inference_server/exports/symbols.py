"""The WFDB annotation code of each class of beats."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from ecg.classes import CLASS_SETS
from inference_server.classification.recordings import RecordingAnalysis

_SYMBOLS: Final = {kind.short: kind.symbol for classes in CLASS_SETS.values() for kind in classes}
_UNKNOWN: Final = "Q"
_FLUTTER_WAVE: Final = "!"


def symbol_of(short: str) -> str:
    """The code of a class by its short name."""
    return _SYMBOLS.get(short, _UNKNOWN)


def symbols_of(analysis: RecordingAnalysis, first: int = 0, last: int | None = None) -> NDArray[np.str_]:
    """The code of each beat from place ``first`` to before ``last``; ``!`` of those in ventricular fibrillation, where
    waves are no beats.
    """
    known = np.array([symbol_of(kind.short) for kind in analysis.model.classes])
    beats = analysis.beats
    return np.where(beats.fibrillates[first:last], _FLUTTER_WAVE, known[beats.classes[first:last]])
