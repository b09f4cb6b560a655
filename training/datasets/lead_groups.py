"""Leads by how beats look in them: a bundle branch block that is learned in one lead is another picture in the next."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from ecg import leads

#: Leads in which a beat looks much as it does in lead II: from below or from the left.
LOOK_ALIKE: Final = ("II", "I", "aVF", "V5", "V6")

#: Leads of recorders that don't say which they are (``ECG``, ``ECG1``): nobody can tell that beats look otherwise.
_UNNAMED: Final = "ECG"


#: The same in groups whose answers are counted apart: lead II, which most beats that people have are of, and the rest.
LEARNED: Final = (("II",), ("I", "aVF", "V5", "V6"))


def is_lead(names: NDArray[np.str_], *wanted: str) -> NDArray[np.bool_]:
    """Which of ``names``, ``[N]``, are one of the leads ``wanted``, or stand in for it (``MLII`` for ``II``)."""
    return _where(names, wanted)


def others(names: NDArray[np.str_]) -> list[str]:
    """The standard leads among ``names`` that are not of :data:`LOOK_ALIKE`, nor stand in for one, as printed."""
    standard = {leads.standard_of(name) for name in np.unique(names).tolist()}
    return [lead for lead in leads.STANDARD if lead in standard and lead not in LOOK_ALIKE]


def is_first_unnamed(names: NDArray[np.str_]) -> NDArray[np.bool_]:
    """Which of ``names``, ``[N]``, are the first lead of a recorder that doesn't say which it is."""
    return np.isin(names, (_UNNAMED, f"{_UNNAMED}1"))


def look_alike(names: NDArray[np.str_]) -> NDArray[np.bool_]:
    """Which of ``names``, ``[N]``, are of :data:`LOOK_ALIKE` or stand in for one; leads without a name are taken in."""
    return _where(names, LOOK_ALIKE) | np.char.startswith(names, _UNNAMED)


def _where(names: NDArray[np.str_], wanted: tuple[str, ...]) -> NDArray[np.bool_]:
    different, place = np.unique(names, return_inverse=True)
    fits = [any(leads.index_of([name], lead) is not None for lead in wanted) for name in different.tolist()]
    return np.array(fits, dtype=bool)[place]
