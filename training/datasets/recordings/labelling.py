"""What a detected beat may be called, by what a database says of its beats, its rhythm or its record as a whole.

A label is the set of classes that a beat may have: one class where the kind is certain, several where a database has
one word for them, none where nothing is known and the beat takes no part in training.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ecg.classes import LBBB, NORMAL, PAC, PACED, PVC, RBBB, TrainingClass
from ecg.ec57.pairing import NONE, pair
from ecg.features.stream import FEATURES
from training.databases.labels import OF_SYMBOL, Label

CLASSES: Final[tuple[TrainingClass, ...]] = (NORMAL, LBBB, RBBB, PAC, PVC, PACED)
"""What the model tells apart, in the order of its outputs. Fibrillation is found by its waves, not beat by beat."""

MATCH_SECONDS: Final = 0.15
"""EC57's match window: two marks this far apart can mean the same beat."""

INVENTED: Final = "-"
"""Symbol of a detected beat that a database which marks every beat doesn't have."""

_PLACE: Final = {kind.short: place for place, kind in enumerate(CLASSES)}


def bits(*kinds: TrainingClass) -> int:
    """A set of classes as a number: bit ``n`` stands for ``CLASSES[n]``."""
    return sum(1 << _PLACE[kind.short] for kind in kinds)


CONDUCTED: Final = bits(NORMAL, LBBB, RBBB)

NO_BEAT: Final = CONDUCTED | 1 << 7
"""Label of what the detector invents: called conducted, it does the least harm. The last bit keeps it apart."""

#: By kind of beat. Escape beats of the ventricles are ventricular ectopic beats as EC57 has it, those from above look
#: like the person's conducted ones. A fusion beat is half of each: nobody learns from it, nor from unclassified ones.
_OF_KIND: Final[dict[str, int]] = {
    Label.NORMAL: bits(NORMAL),
    Label.CONDUCTED: CONDUCTED,
    Label.LBBB: bits(LBBB),
    Label.RBBB: bits(RBBB),
    Label.PAC: bits(PAC),
    Label.ABERRATED: bits(PAC),
    Label.JUNCTIONAL: bits(PAC),
    Label.ESCAPE: CONDUCTED,
    Label.PVC: bits(PVC),
    Label.VENTRICULAR_ESCAPE: bits(PVC),
    Label.PACED: bits(PACED),
    Label.PACED_FUSION: bits(PACED, NORMAL),
}

#: A record without any of these has conducted beats alone.
_NOT_CONDUCTED: Final = frozenset(
    {
        Label.PACED,
        Label.ATRIAL_PACED,
        Label.PAC,
        Label.ABERRATED,
        Label.JUNCTIONAL,
        Label.PVC,
        Label.FUSION,
        Label.ESCAPE,
        Label.VENTRICULAR_ESCAPE,
        Label.ECTOPY,
        Label.PREEXCITATION,
        Label.SVT,
        Label.VT,
        Label.VF,
        Label.AV_BLOCK,
        Label.OTHER_RHYTHM,
        Label.NOISE,
    }
)

#: With one of these stated, a record's other rhythm and beats are stated too, so that silence means something.
_DESCRIBED: Final = frozenset(
    {Label.NORMAL, Label.SINUS, Label.SINUS_ARRHYTHMIA, Label.AF, Label.LBBB, Label.RBBB, Label.OTHER}
)

#: With one of these stated, beats may be those of a bundle branch block, or nearly.
_MAYBE_BLOCK: Final = frozenset({Label.LBBB, Label.RBBB, Label.CONDUCTION_DELAY})

#: Correlation with the usual beat from which a beat of fibrillating atria has the person's own shape.
_USUAL: Final = 0.9
_CORRELATION: Final = list(FEATURES).index("correlation_mean")


def of_kinds(kinds: NDArray[np.str_]) -> NDArray[np.uint8]:
    """Sets of classes, ``[n]``, of beats whose :class:`~training.databases.labels.Label` is known."""
    return np.array([_OF_KIND.get(kind, 0) for kind in kinds.tolist()], np.uint8)


def of_symbols(symbols: NDArray[np.str_]) -> NDArray[np.uint8]:
    """Sets of classes, ``[n]``, of beats by annotation code, where it means what it means in MIT-BIH."""
    kinds = [OF_SYMBOL.get(symbol, Label.UNCLASSIFIED).value for symbol in symbols.tolist()]
    return of_kinds(np.array(kinds, np.str_))


def matched(reference: NDArray[np.int64], found: NDArray[np.int64], rate: float) -> NDArray[np.int64]:
    """Place of the reference's beat that each found beat is, ``[found]``; −1 where it is none.

    Args:
        reference: R peaks of the database, ascending, at ``rate``.
        found: R peaks of the detector, ascending, at ``rate``.
        rate: Samples a second.
    """
    steps = pair(reference, found, round(MATCH_SECONDS * rate))
    both = (steps != NONE).all(axis=1)
    places = np.full(len(found), -1, np.int64)
    places[steps[both, 1]] = steps[both, 0]
    return places


def of_record(
    labels: Collection[Label], features: NDArray[np.float32], *, tells_blocks: bool = False
) -> NDArray[np.uint8]:
    """Sets of classes of beats by what a record states as a whole, where no beat by itself is certain.

    Where nothing but conduction is stated, every beat is conducted; in atrial fibrillation none of the usual shape is
    premature, though many come early.

    Args:
        labels: What the record states.
        features: ``[n, 60]`` of its beats (:data:`ecg.features.stream.FEATURES`).
        tells_blocks: Whether a bundle branch block would be stated: then a conducted beat of other records is normal.
    """
    stated = set(labels)
    result = np.zeros(len(features), np.uint8)
    if not stated & _DESCRIBED or stated & _NOT_CONDUCTED:
        return result
    result[:] = bits(NORMAL) if tells_blocks and not stated & _MAYBE_BLOCK else CONDUCTED
    if Label.AF in stated or Label.AFL in stated:
        result[~(features[:, _CORRELATION] >= _USUAL)] = 0
    return result
