"""What a recording as a whole says of each of its beats: which come in time, and how often each class comes in it.

A beat that comes in time isn't premature (:mod:`ecg.rhythm.prematurity`). And a classifier is calibrated for people in
whom classes have certain shares: somebody with a thousand early beats has other ones, and so has nearly everybody who
has none. Both these shares and the beats' classes are estimated together (expectation maximisation; Saerens et al.
2002, Neural Comput. 14:21), held by so many beats of the usual shares that a short recording changes nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ecg.classes import PAC, PVC
from ecg.rhythm.prematurity import in_time

#: Beats that the usual shares count as.
_USUAL: Final = 100.0
_STEPS: Final = 10


#: What the probability that a beat is premature is multiplied with where it comes in time.
_LATE: Final = 1e-3


@dataclass(frozen=True, slots=True)
class Course:
    """Of all beats of a recording, or of a long part of it."""

    before: NDArray[np.float32]
    """``[n]``, seconds: the interval that ends with each; ``nan`` where unknown."""
    odd: NDArray[np.bool_]
    """``[n]``: whose QRS complex is unlike the usual one (:attr:`ecg.features.stream.BeatBlock.odd`)."""


def by_course(
    probabilities: NDArray[np.float32], course: Course, shorts: Sequence[str], shares: tuple[float, ...]
) -> NDArray[np.float32]:
    """Probabilities of the beats of a recording, or a long part of one, by what all of them say.

    Args:
        probabilities: ``[n, C]``, calibrated where classes have ``shares``.
        course: Of the same beats.
        shorts: Short names of the classes.
        shares: ``[C]``, each above 0, together 1.

    Returns:
        ``[n, C]``; each row adds up to 1.
    """
    said = probabilities.copy()
    if PAC.short in shorts:
        apart = course.odd.copy()
        if PVC.short in shorts:
            apart |= said.argmax(axis=1) == shorts.index(PVC.short)
        said[in_time(course.before, apart), shorts.index(PAC.short)] *= _LATE
    return with_own_shares(said / said.sum(axis=1, keepdims=True), shares)


def with_own_shares(probabilities: NDArray[np.float32], shares: tuple[float, ...]) -> NDArray[np.float32]:
    """The same by the recording's own shares of the classes alone."""
    usual = np.array(shares)
    wide = probabilities.astype(np.float64)
    own, adapted = usual, wide
    for _ in range(_STEPS):
        adapted = wide * (own / usual)
        adapted /= adapted.sum(axis=1, keepdims=True)
        own = (adapted.sum(axis=0) + _USUAL * usual) / (len(wide) + _USUAL)
    result: NDArray[np.float32] = adapted.astype(np.float32)
    return result
