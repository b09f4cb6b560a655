"""What a recording as a whole says of each of its beats: which come in time, how often each class comes in it, and what
the beats around it and those of its family are.

A beat that comes in time isn't premature (:mod:`ecg.rhythm.prematurity`). And a classifier is calibrated for people in
whom classes have certain shares: somebody with a thousand early beats has other ones, and so has nearly everybody who
has none. Both these shares and the beats' classes are estimated together (expectation maximisation; Saerens et al.
2002, Neural Comput. 14:21), held by so many beats of the usual shares that a short recording changes nothing. Then each
beat is seen beside the others (:mod:`inference_server.models.second_look`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ecg.classes import PAC, PACED, PVC
from ecg.rhythm.prematurity import in_time
from inference_server.models.second_look import KINDS, Rule, looked_at_again

#: Beats that the usual shares count as.
_USUAL: Final = 100.0
_STEPS: Final = 10


#: What the probability that a beat is premature is multiplied with where it comes in time.
_LATE: Final = 1e-3

#: By class what the second look takes it for; others are conducted, and what is paced stays so.
_KIND_OF: Final = {PAC.short: KINDS.index("supraventricular"), PVC.short: KINDS.index("ventricular"), PACED.short: -1}
_TINY: Final = 1e-6

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Course:
    """Of all beats of a recording, or of a long part of it."""

    before: Floats
    """``[n]``, seconds: the interval that ends with each; ``nan`` where unknown."""
    odd: NDArray[np.bool_]
    """``[n]``: whose QRS complex is unlike the usual one (:attr:`ecg.features.stream.BeatBlock.odd`)."""
    families: NDArray[np.integer]
    """``[n]``: the family of each (:mod:`ecg.families`)."""


@dataclass(frozen=True, slots=True)
class CourseRule:
    """How the course of a recording changes what was said of its beats; a model file states it."""

    shares: tuple[float, ...]
    """``[C]``, of the classes where probabilities were calibrated: each above 0, together 1."""
    second_look: Rule | None = None
    """Weights of what the other beats say; without it they say nothing."""


def by_course(probabilities: Floats, course: Course, shorts: Sequence[str], rule: CourseRule) -> Floats:
    """Probabilities of the beats of a recording, or a long part of one, by what all of them say.

    Args:
        probabilities: ``[n, C]``, calibrated.
        course: Of the same beats.
        shorts: Short names of the classes.
        rule: Of the model.

    Returns:
        ``[n, C]``; each row adds up to 1.
    """
    said = _in_their_time(probabilities, course, shorts)
    adapted = with_own_shares(said, rule.shares)
    if rule.second_look is None or not len(said):
        return adapted
    of_kind = _kinds(shorts)
    at_first, in_shares = (_of_kinds(values, of_kind) for values in (said, adapted))
    again = looked_at_again(at_first, in_shares, course.before, course.odd, course.families, rule.second_look)
    changed: Floats = adapted * np.where(of_kind.any(axis=0), (again / in_shares) @ of_kind, 1)
    return changed / changed.sum(axis=1, keepdims=True)


def first_look(probabilities: Floats, course: Course, shorts: Sequence[str]) -> Floats:
    """What :func:`by_course` has the second look take for what was said at first, ``[n, 3]``: of beats that aren't
    paced, the probabilities of :data:`~inference_server.models.second_look.KINDS`.
    """
    return _of_kinds(_in_their_time(probabilities, course, shorts), _kinds(shorts))


def _kinds(shorts: Sequence[str]) -> Floats:
    """``[3, C]``: 1 where a class is of a kind; paced beats are of none."""
    kinds = [_KIND_OF.get(short, KINDS.index("conducted")) for short in shorts]
    return np.equal.outer(np.arange(len(KINDS)), kinds).astype(np.float32)


def _of_kinds(probabilities: Floats, of_kind: Floats) -> Floats:
    """Of beats that aren't paced, the probabilities of the kinds, ``[n, 3]``, above 0."""
    together: Floats = probabilities @ of_kind.T + np.float32(_TINY)
    return together / together.sum(axis=1, keepdims=True)


def _in_their_time(probabilities: Floats, course: Course, shorts: Sequence[str]) -> Floats:
    """The same, but that no beat is premature which comes in time."""
    said = probabilities.copy()
    if PAC.short in shorts:
        apart = course.odd.copy()
        if PVC.short in shorts:
            apart |= said.argmax(axis=1) == shorts.index(PVC.short)
        said[in_time(course.before, apart), shorts.index(PAC.short)] *= _LATE
    timed: Floats = said / said.sum(axis=1, keepdims=True)
    return timed


def with_own_shares(probabilities: Floats, shares: tuple[float, ...]) -> Floats:
    """The same by the recording's own shares of the classes alone."""
    usual = np.array(shares)
    wide = probabilities.astype(np.float64)
    own, adapted = usual, wide
    for _ in range(_STEPS):
        adapted = wide * (own / usual)
        adapted /= adapted.sum(axis=1, keepdims=True)
        own = (adapted.sum(axis=0) + _USUAL * usual) / (len(wide) + _USUAL)
    result: Floats = adapted.astype(np.float32)
    return result
