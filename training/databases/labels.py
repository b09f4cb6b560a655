"""What databases say of beats and of whole recordings, in one vocabulary."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Final


class Label(StrEnum):
    """A kind of beat, a rhythm, or a finding about a whole recording that bears on its beats."""

    # Kinds of beats. Of a whole recording: it has such beats; of NORMAL, the blocks and PACED: it is so throughout.
    NORMAL = "NORMAL"
    """Normal beats; of a recording: a normal ECG."""
    CONDUCTED = "CONDUCTED"
    """Normal or with a bundle branch block: the database has one symbol for both."""
    LBBB = "LBBB"
    """Complete left bundle branch block."""
    RBBB = "RBBB"
    """Complete right bundle branch block, also where a database doesn't tell complete from incomplete."""
    INCOMPLETE_LBBB = "INCOMPLETE_LBBB"
    INCOMPLETE_RBBB = "INCOMPLETE_RBBB"
    HEMIBLOCK = "HEMIBLOCK"
    """Left anterior or posterior fascicular block."""
    CONDUCTION_DELAY = "CONDUCTION_DELAY"
    """Slow conduction in the ventricles that is no bundle branch block."""
    PREEXCITATION = "PREEXCITATION"
    PACED = "PACED"
    """Ventricles paced."""
    ATRIAL_PACED = "ATRIAL_PACED"
    PAC = "PAC"
    """Premature atrial, or supraventricular where the database doesn't tell."""
    ABERRATED = "ABERRATED"
    """Premature atrial, aberrantly conducted."""
    JUNCTIONAL = "JUNCTIONAL"
    """Premature junctional; of a stretch: junctional rhythm."""
    PVC = "PVC"
    FUSION = "FUSION"
    PACED_FUSION = "PACED_FUSION"
    ESCAPE = "ESCAPE"
    """Supraventricular escape."""
    VENTRICULAR_ESCAPE = "VENTRICULAR_ESCAPE"
    ECTOPY = "ECTOPY"
    """Extra beats, nobody says from where."""
    UNCLASSIFIED = "UNCLASSIFIED"
    VF = "VF"
    """Ventricular fibrillation or flutter."""

    # Rhythms.
    SINUS = "SINUS"
    SINUS_ARRHYTHMIA = "SINUS_ARRHYTHMIA"
    AF = "AF"
    """Atrial fibrillation."""
    AFL = "AFL"
    """Atrial flutter."""
    SVT = "SVT"
    VT = "VT"
    AV_BLOCK = "AV_BLOCK"
    """Of second or third degree; the first changes no beat."""
    OTHER_RHYTHM = "OTHER_RHYTHM"

    NOISE = "NOISE"
    OTHER = "OTHER"
    """Anything else: hypertrophy, infarction, repolarization, first-degree block."""


#: Beats by annotation code (https://archive.physionet.org/physiobank/annotations.shtml).
OF_SYMBOL: Final[Mapping[str, Label]] = {
    "N": Label.NORMAL,
    "L": Label.LBBB,
    "R": Label.RBBB,
    "A": Label.PAC,
    "S": Label.PAC,
    "a": Label.ABERRATED,
    "J": Label.JUNCTIONAL,
    "V": Label.PVC,
    "r": Label.PVC,
    "F": Label.FUSION,
    "/": Label.PACED,
    "f": Label.PACED_FUSION,
    "!": Label.VF,
    "E": Label.VENTRICULAR_ESCAPE,
    "e": Label.ESCAPE,
    "j": Label.ESCAPE,
    "n": Label.ESCAPE,
    "B": Label.UNCLASSIFIED,
    "Q": Label.UNCLASSIFIED,
    "?": Label.UNCLASSIFIED,
}

#: Rhythms by the notes of MIT-BIH and its sisters. Bigeminy and trigeminy are left out: the beats say what they are.
OF_RHYTHM: Final[Mapping[str, Label]] = {
    "(N": Label.SINUS,
    "(NSR": Label.SINUS,
    "(SBR": Label.SINUS,
    "(AFIB": Label.AF,
    "(AFL": Label.AFL,
    "(SVTA": Label.SVT,
    "(VT": Label.VT,
    "(VF": Label.VF,
    "(VFL": Label.VF,
    "(VFIB": Label.VF,
    "(HGEA": Label.PVC,  # high-grade ventricular ectopic activity
    "(IVR": Label.VENTRICULAR_ESCAPE,
    "(VER": Label.VENTRICULAR_ESCAPE,
    "(NOD": Label.JUNCTIONAL,
    "(P": Label.PACED,
    "(PM": Label.PACED,
    "(PREX": Label.PREEXCITATION,
    "(BII": Label.AV_BLOCK,
    "(AB": Label.OTHER_RHYTHM,
    "(ASYS": Label.OTHER_RHYTHM,
    "(SAB": Label.OTHER_RHYTHM,
    "(NOISE": Label.NOISE,
}

#: The classes that few people carry: what the division into folds has to balance.
RARE: Final = (Label.LBBB, Label.RBBB, Label.PACED, Label.PVC, Label.PAC, Label.VF, Label.AF)


def translated(stated: Iterable[str], vocabulary: Mapping[str, Label]) -> frozenset[Label]:
    """The labels of what a database states, ``OTHER`` for what ``vocabulary`` has no word for."""
    return frozenset(vocabulary.get(statement, Label.OTHER) for statement in stated)
