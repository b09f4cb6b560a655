"""How often each class comes in a recording, from what is said of its beats, and what that says of each beat.

A classifier is calibrated for people in whom classes have certain shares. Somebody with a thousand early beats has
other ones, and so has nearly everybody who has none. Both are estimated together (expectation maximisation; Saerens et
al. 2002, Neural Comput. 14:21), held by so many beats of the usual shares that a short recording changes nothing.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

#: Beats that the usual shares count as.
_USUAL: Final = 100.0
_STEPS: Final = 10


def with_own_shares(probabilities: NDArray[np.float32], shares: tuple[float, ...]) -> NDArray[np.float32]:
    """Probabilities of the beats of a recording, or a long part of one, by its own shares of the classes.

    Args:
        probabilities: ``[n, C]``, calibrated where classes have ``shares``.
        shares: ``[C]``, each above 0, together 1.

    Returns:
        ``[n, C]``; each row adds up to 1.
    """
    usual = np.array(shares)
    wide = probabilities.astype(np.float64)
    own, adapted = usual, wide
    for _ in range(_STEPS):
        adapted = wide * (own / usual)
        adapted /= adapted.sum(axis=1, keepdims=True)
        own = (adapted.sum(axis=0) + _USUAL * usual) / (len(wide) + _USUAL)
    result: NDArray[np.float32] = adapted.astype(np.float32)
    return result
