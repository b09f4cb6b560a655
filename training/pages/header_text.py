"""What machines print above an electrocardiogram; names and numbers are made up."""

from __future__ import annotations

from typing import Final

from training.pages.style import Generator

_FAMILY: Final = ("MUELLER", "ROSSI", "NOVAK", "DUPONT", "SMITH", "YILMAZ", "GARCIA", "SATO", "LIND", "KOWALSKI")
_GIVEN: Final = ("ANNA", "JOHN", "MARIA", "PETER", "LEA", "OMAR", "EVA", "IVAN", "NINA", "PAUL")
_FINDINGS: Final = (
    "Sinus rhythm",
    "Normal ECG",
    "Unconfirmed report",
    "Abnormal ECG",
    "Nonspecific ST-T changes",
    "Left axis deviation",
    "Review by a physician required",
)


def lines(generator: Generator) -> list[str]:
    """Five lines."""

    def number(low: int, high: int) -> int:
        return int(generator.integers(low, high))

    name = f"{generator.choice(_FAMILY)}, {generator.choice(_GIVEN)}"
    return [
        f"{name}   ID {number(10_000, 999_999)}   {number(1, 29):02d}.{number(1, 13):02d}.20{number(10, 27)}"
        f" {number(0, 24):02d}:{number(0, 60):02d}",
        f"HR {number(45, 130)}/min   PR {number(110, 220)} ms   QRS {number(70, 150)} ms   QT {number(330, 470)} ms",
        f"P-R-T axes {number(-20, 80)} {number(-40, 100)} {number(-10, 90)}   {generator.choice(_FINDINGS)}",
        str(generator.choice(_FINDINGS)),
        f"Room {number(1, 40)}   Ref. {generator.choice(_FAMILY)}   0.05-{generator.choice([40, 100, 150])} Hz",
    ]
