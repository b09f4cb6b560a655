"""What stands for a class over the strip: its WFDB annotation code, as in the report and in the annotation file."""

from __future__ import annotations

from typing import Final

from ecg.classes import CLASS_SETS, LBBB, PAC, PACED, PVC, RBBB

UNKNOWN: Final = "Q"

LETTERS: Final = {kind.short: kind.symbol for classes in CLASS_SETS.values() for kind in classes}
"""By the class's short name."""

_TONES: Final = {PVC.short: "v", PAC.short: "s", PACED.short: "p", LBBB.short: "b", RBBB.short: "b"}


def letter_of(short: str) -> str:
    """The code of a class."""
    return LETTERS.get(short, UNKNOWN)


def tone_of(short: str) -> str:
    """Which colour goes with the letter: ventricular, supraventricular, paced, bundle branch block; empty for others.

    A colour says nothing that the letter doesn't.
    """
    return _TONES.get(short, "")
