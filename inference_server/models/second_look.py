"""What the other beats of a recording say of each beat, once all have been classified.

A beat is judged by itself first. Then it is seen beside all others: what its family is taken for, and how many of it
come in time; how often each kind comes at all; and how early it is. A linear rule on these numbers, whose weights stand
in the model file, and what was said before have half a say each; in a short recording the rule has less.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

from ecg.rhythm.prematurity import IN_TIME, long_intervals

KINDS: Final = ("conducted", "supraventricular", "ventricular")
"""What is told apart, in order."""

NUMBERS: Final[dict[str, str]] = {
    "supraventricular": "logarithm of how much more probable that is than conducted, as it was said at first",
    "ventricular": "the same",
    "family_supraventricular": "supraventricular, mean of the family's beats",
    "family_ventricular": "ventricular, likewise",
    "family_share": "logarithm of the share of the recording's beats that are the family's",
    "family_in_time": "share of the family's beats that come in time",
    "share_supraventricular": "logarithm of the mean probability over the recording",
    "share_ventricular": "the same",
    "early": "logarithm of the interval before over the long ones around",
    "odd": "1 where the QRS complex is unlike the usual one",
}
"""What the rule looks at, in order."""

#: Greatest logarithms of odds that are told of a beat, and of a beat of a family.
_FARTHEST: Final = 8.0
_FAMILY_FARTHEST: Final = 6.0
_TINY: Final = 1e-6
#: What the rule has of the say in a long recording, and with how many beats half of that.
_SAY: Final = 0.5
_FEW: Final = 100.0
#: Of a mean probability, which no recording has exactly none of.
_LEAST_SHARE: Final = 1e-4
#: Standardised numbers are seen up to here.
_CLIP: Final = 4.0

Wide = NDArray[np.float64]
Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Rule:
    """The rule: numbers standardised, weighed, summed up."""

    middle: Wide
    """``[K]``: of each number; taken, too, where it isn't known."""
    spread: Wide
    """``[K]``, above 0."""
    weights: Wide
    """``[3, K]``, of each of :data:`KINDS`."""
    base: Wide
    """``[3]``."""

    def logits(self, numbers: Wide) -> Wide:
        """Of each of :data:`KINDS`, ``[n, 3]``."""
        result: Wide = self.standardised(numbers) @ self.weights.T + self.base
        return result

    def standardised(self, numbers: Wide) -> Wide:
        """What the weights are of, ``[n, K]``."""
        known = np.where(np.isfinite(numbers), numbers, self.middle)
        result: Wide = np.clip((known - self.middle) / self.spread, -_CLIP, _CLIP)
        return result

    def as_stated(self) -> dict[str, dict[str, list[float]]]:
        """For a model file: by number its middle, its spread and its weights; and under ``base`` what has none."""
        numbers = {
            name: [
                round(float(value), 6) for value in (self.middle[place], self.spread[place], *self.weights[:, place])
            ]
            for place, name in enumerate(NUMBERS)
        }
        return {"numbers": numbers, "base": {kind: [round(float(self.base[n]), 6)] for n, kind in enumerate(KINDS)}}

    @classmethod
    def stated(cls, values: Mapping[str, Mapping[str, list[float]]]) -> Self:
        """From a model file.

        Raises:
            KeyError: a number or a kind is missing.
            ValueError: one has more or fewer values than it must have.
        """
        rows = np.array([values["numbers"][name] for name in NUMBERS], np.float64)
        base = np.array([values["base"][kind] for kind in KINDS], np.float64)
        if rows.shape != (len(NUMBERS), 2 + len(KINDS)) or base.shape != (len(KINDS), 1):
            raise ValueError("five values of each number and one of each kind")
        return cls(rows[:, 0], rows[:, 1], rows[:, 2:].T.copy(), base[:, 0])


def looked_at_again(
    said: Floats,
    in_shares: Floats,
    before: Floats,
    odd: NDArray[np.bool_],
    families: NDArray[np.integer],
    rule: Rule,
) -> Floats:
    """Probabilities of :data:`KINDS`, ``[n, 3]``, by the rule and by what was said before it.

    Args:
        said: ``[n, 3]``, what was said of each beat by itself, above 0; each row adds up to 1.
        in_shares: The same by the shares that the kinds have in the recording.
        before: ``[n]``, seconds: the interval that ends with each beat; ``nan`` where unknown.
        odd: ``[n]``: whose QRS complex is unlike the usual one.
        families: ``[n]``: the family of each beat.
        rule: Weighs.
    """
    logits = rule.logits(numbers_of(said, before, odd, families))
    sure = logits - logits.max(axis=1, keepdims=True)
    sure -= np.log(np.exp(sure).sum(axis=1, keepdims=True))
    say = _SAY * len(said) / (len(said) + _FEW)
    both = say * np.maximum(sure, np.log(_TINY)) + (1 - say) * np.log(in_shares + _TINY)
    both = np.exp(both - both.max(axis=1, keepdims=True))
    again: Floats = (both / both.sum(axis=1, keepdims=True)).astype(np.float32)
    return again


def numbers_of(said: Floats, before: Floats, odd: NDArray[np.bool_], families: NDArray[np.integer]) -> Wide:
    """The numbers of :data:`NUMBERS`, ``[n, K]``; ``nan`` where something isn't known. See :func:`looked_at_again`."""
    wide = np.log(said.astype(np.float64) + _TINY)
    odds = np.clip(wide[:, 1:] - wide[:, :1], -_FARTHEST, _FARTHEST)
    apart = odd | (said.argmax(axis=1) == KINDS.index("ventricular"))
    _, member = np.unique(families, return_inverse=True)
    counts = np.bincount(member)
    supraventricular, ventricular = odds.T
    with np.errstate(invalid="ignore"):
        early = np.log(before.astype(np.float64) / long_intervals(before, apart))
        in_time = early >= np.log(IN_TIME)
    limited = np.clip(odds, -_FAMILY_FARTHEST, _FAMILY_FARTHEST)
    columns = {
        "supraventricular": supraventricular,
        "ventricular": ventricular,
        "family_supraventricular": _mean_of(limited[:, 0], member, counts),
        "family_ventricular": _mean_of(limited[:, 1], member, counts),
        "family_share": np.log(counts[member] / len(said)),
        "family_in_time": _mean_of(in_time.astype(np.float64), member, counts),
        "share_supraventricular": np.full(len(said), np.log(said[:, 1].mean() + _LEAST_SHARE)),
        "share_ventricular": np.full(len(said), np.log(said[:, 2].mean() + _LEAST_SHARE)),
        "early": early,
        "odd": odd.astype(np.float64),
    }
    return np.stack([columns[name] for name in NUMBERS], axis=1)


def _mean_of(values: Wide, member: NDArray[np.int64], counts: NDArray[np.int64]) -> Wide:
    """The mean over each beat's family."""
    mean: Wide = (np.bincount(member, weights=values) / counts)[member]
    return mean
