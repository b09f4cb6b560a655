"""From the annotation codes of beats to the five classes of ANSI/AAMI EC57, and the two ways of doing so.

The standard's text calls atrial and nodal *escape* beats supraventricular ectopic (S), as premature ones are, and its
reference implementation counts them so. Most of the literature on classifiers follows de Chazal 2004 (IEEE Trans.
Biomed. Eng. 51(7):1196-1206, table I), where the same escape beats are N. Figures made with one can't be compared with
figures made with the other, so every comparison names its mapping.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

#: The classes in the order of every matrix: any other beat, supraventricular ectopic, ventricular ectopic, fusion of a
#: ventricular and a normal beat, paced or not classifiable.
CLASSES = "NSVFQ"

#: Place of a class in ``CLASSES``.
N, S, V, F, Q = range(len(CLASSES))

#: Class of a mark that is no beat.
NOT_A_BEAT = -1

_AS_THE_STANDARD = {
    **dict.fromkeys("NLRB", N),
    **dict.fromkeys("AaJSejn", S),
    **dict.fromkeys("VEr", V),
    "F": F,
    **dict.fromkeys("/fQ?", Q),
}


@dataclass(frozen=True, slots=True)
class BeatMapping:
    """One way from annotation codes (https://archive.physionet.org/physiobank/annotations.shtml) to ``CLASSES``."""

    name: str
    description: str
    classes: Mapping[str, int]
    """Code of each beat to the place of its class; other codes are no beats. Flutter waves (``!``) are no beats."""

    def of(self, symbols: NDArray[np.str_]) -> NDArray[np.int8]:
        """Place in ``CLASSES`` of each code, ``NOT_A_BEAT`` for what is no beat; ``[n]``."""
        codes, places = np.unique(symbols, return_inverse=True)
        return np.array([self.classes.get(str(code), NOT_A_BEAT) for code in codes], np.int8)[places]


EC57 = BeatMapping("ec57", "escape beats e, j, n are S (EC57, bxb)", _AS_THE_STANDARD)
DE_CHAZAL = BeatMapping(
    "de-chazal", "escape beats e, j, n are N (de Chazal 2004)", {**_AS_THE_STANDARD, **dict.fromkeys("ejn", N)}
)

#: By name.
MAPPINGS: dict[str, BeatMapping] = {mapping.name: mapping for mapping in (EC57, DE_CHAZAL)}
