"""Which beat of the test file means which beat of the reference file."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ecg.ec57.marks import Samples

#: Stands for the beat that one file has and the other has not.
NONE = -1

_NEVER = 1 << 62


def pair(reference: Samples, test: Samples, window: int) -> NDArray[np.int64]:
    """Pairs of beats, ``[steps, 2]``: places in ``reference`` and in ``test``, ``NONE`` where one has no partner.

    Both files are read side by side. Of the two beats that are next in turn, the earlier one is looked at. It is paired
    with the other if they are at most ``window`` samples apart and the one after it in its own file is not a better
    partner. That one is better if it is as near to the other beat or nearer, unless it has a partner of its own that is
    nearer still: the beat after the other one. Beats on the same sample are always paired. A beat that is not paired
    stands alone, and the next step looks at the beat after it.

    So of two beats near one, the nearer gets it and the other stands alone; of three reference beats and three test
    beats of a fast run, one displaced far towards its neighbour, none stands alone. The printed numbers show both; that
    of two beats equally near the later gets the one is a choice.

    Args:
        reference: samples in order of time, ``[r]``.
        test: samples in order of time, ``[t]``.
        window: the match window in samples, inclusive.
    """
    marks = [[*reference.tolist(), _NEVER, _NEVER], [*test.tolist(), _NEVER, _NEVER]]
    place = [0, 0]
    steps: list[tuple[int, int]] = []
    while place[0] < len(reference) or place[1] < len(test):
        early = 0 if marks[0][place[0]] <= marks[1][place[1]] else 1
        late = 1 - early
        here, after = marks[early][place[early]], marks[early][place[early] + 1]
        other, other_after = marks[late][place[late]], marks[late][place[late] + 1]
        gap, gap_after = other - here, abs(after - other)
        best = gap == 0 or gap < gap_after or abs(after - other_after) < gap_after
        paired = gap <= window and best
        step = [NONE, NONE]
        for side in (early, late) if paired else (early,):
            step[side] = place[side]
            place[side] += 1
        steps.append((step[0], step[1]))
    return np.array(steps, np.int64).reshape(-1, 2)
