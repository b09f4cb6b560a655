"""Beat classes, their MIT-BIH annotation symbols, and the named sets of them that a model may be trained on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class TrainingClass:
    """A class to learn: what people call it and which annotation symbols mark it."""

    short: str
    name: str
    symbol: str
    """MIT-BIH beat annotation code (https://archive.physionet.org/physiobank/annotations.shtml)."""
    others: str = ""
    """Codes of further kinds of beats that belong to the class."""

    @property
    def symbols(self) -> tuple[str, ...]:
        """Every annotation code of the class."""
        return (self.symbol, *self.others)


NORMAL = TrainingClass("NORMAL", "Normal", "N")
LBBB = TrainingClass("LBBB", "Left Bundle Branch Block", "L")
RBBB = TrainingClass("RBBB", "Right Bundle Branch Block", "R")
PAC = TrainingClass("PAC", "Premature Atrial Contraction", "A")
PVC = TrainingClass("PVC", "Premature Ventricular Contraction", "V")
VF = TrainingClass("VF", "Ventricular Fibrillation", "!")
PACED = TrainingClass("PACED", "Paced", "/")
ESCAPE = TrainingClass("VESC", "Ventricular Escape", "E")

#: Class sets by name, in the order of the model's outputs. ``aami`` are the classes of ANSI/AAMI EC57:2012, table of
#: heartbeat classes, without Q (paced and unclassifiable beats) and without F: half of the fusion beats of the training
#: side are one man's, and networks that may answer F are more often wrong than right about others. In scores they count
#: as errors.
CLASS_SETS: dict[str, tuple[TrainingClass, ...]] = {
    "six": (NORMAL, LBBB, RBBB, PAC, PVC, VF),
    "seven": (NORMAL, LBBB, RBBB, PAC, PVC, VF, PACED),
    "eight": (NORMAL, LBBB, RBBB, PAC, PVC, VF, PACED, ESCAPE),
    "aami": (
        TrainingClass("N", "Conducted", "N", "LRej"),
        TrainingClass("SVEB", "Supraventricular Ectopic", "A", "aJS"),
        TrainingClass("VEB", "Ventricular Ectopic", "V", "E"),
    ),
}


def index_of_symbols(classes: Sequence[TrainingClass]) -> dict[str, int]:
    """Annotation code to the class's place in ``classes``."""
    return {symbol: place for place, one in enumerate(classes) for symbol in one.symbols}


#: Every annotation symbol that marks a beat and is drawn by ``prepare``; those outside the class set in use
#: (fusion, nodal, aberrant, escape beats) serve to ask what a model does with beats it never saw.
BEAT_SYMBOLS = ("N", "L", "R", "A", "V", "!", "/", "E", "F", "a", "j", "J", "e", "S", "f")
