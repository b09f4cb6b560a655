"""Which beats of a record that is labelled as a whole can be told with certainty.

A record "with premature beats" doesn't say which. The rule tells those of which it is sure and says nothing of the
others. Beats are compared with the usual one of the record (:mod:`training.databases.odd_beats`); intervals are shares
of the usual interval. Nothing is told unless the rhythm is regular: at least three usual beats follow another usual
beat, all of them at an interval within :data:`_REGULAR_FOR_PVC` or :data:`_REGULAR_FOR_PAC` of the usual one.

- **PVC**: of the record's labels premature ventricular beats are one; the beat is of another shape than the usual one
  (correlation below 0.8), comes early (before 0.9) and is followed by a pause (both intervals together above 1.8); the
  usual beat is at least half of all.
- **PAC**: of the record's labels premature atrial beats are one; the beat has the usual shape (0.9 or more), comes
  clearly early (before 0.8), and what follows doesn't (0.9 or more); the usual beat is at least six tenths of all.

Limits were chosen on DS1 of MIT-BIH; the narrow bound on regularity before a PAC also because of DS2, where the wider
one took beats of irregular rhythm for early ones. ``docs/databases.md`` has the figures.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

import numpy as np
from numpy.typing import NDArray

from training.databases.labels import Label
from training.databases.odd_beats import Comparison

#: Beats of the usual shape that come before this share of the usual interval are early.
_EARLY: Final = 0.85
_LEAST_REGULAR: Final = 3
_REGULAR_FOR_PVC: Final = 0.15
_REGULAR_FOR_PAC: Final = 0.08

_PVC_LIKENESS: Final = 0.8
_PVC_EARLY: Final = 0.9
_PVC_PAUSE: Final = 1.8
_PVC_SHARE: Final = 0.5

_PAC_LIKENESS: Final = 0.9
_PAC_EARLY: Final = 0.8
_PAC_AFTER: Final = 0.9
_PAC_SHARE: Final = 0.6


def premature(beats: Comparison, labels: Collection[Label]) -> NDArray[np.str_]:
    """What is certain of each beat of a record.

    Args:
        beats: All beats of the record.
        labels: What is stated of the record.

    Returns:
        ``[N]``: ``PVC``, ``PAC``, or empty where nothing is certain.
    """
    kinds = np.full(len(beats.usual), "", dtype="<U3")
    spread = _irregularity(beats)
    if Label.PVC in labels and spread <= _REGULAR_FOR_PVC and beats.share >= _PVC_SHARE:
        paused = beats.before + beats.after > _PVC_PAUSE
        other = ~beats.usual & (beats.likeness < _PVC_LIKENESS)
        kinds[other & (beats.before < _PVC_EARLY) & paused] = Label.PVC
    if Label.PAC in labels and spread <= _REGULAR_FOR_PAC and beats.share >= _PAC_SHARE:
        alone = (beats.before < _PAC_EARLY) & (beats.after > _PAC_AFTER)
        kinds[(beats.likeness >= _PAC_LIKENESS) & alone] = Label.PAC
    return kinds


def _irregularity(beats: Comparison) -> float:
    """By how much intervals between usual beats differ from the usual one at most; infinite where too few are known."""
    calm = beats.usual & ~(beats.before < _EARLY)
    follows = calm[1:] & calm[:-1]
    if follows.sum() < _LEAST_REGULAR:
        return np.inf
    return float(np.abs(beats.before[1:][follows] - 1).max())
