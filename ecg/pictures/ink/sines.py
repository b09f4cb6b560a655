"""Whether a line is one sine: a drawn wave, not a heart's."""

from __future__ import annotations

from functools import cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

#: Points along the line at which it is looked at, and the cycles of the sines that it is held against.
_POINTS: Final = 128
_CYCLES: Final = np.arange(1.0, 13.0, 1 / 16)

#: Share of a line's variance from which on it is the sine's alone. Measured on pictures of beats of all databases: of
#: 5,804 of fibrillation, the most regular thing that hearts do, none has more than 0.992, of 30,000 of other kinds none
#: more than 0.981; sines of two to twelve periods, drawn and read, have 0.995 or more.
_WHOLLY: Final = 0.993


def is_one_sine(x: Floats, y: Floats) -> bool:
    """Whether a line follows one sine from end to end.

    Args:
        x: of its points, in order, ``[N]``.
        y: of its points; NaN where it is interrupted.
    """
    return share_of_a_sine(x, y) >= _WHOLLY


def share_of_a_sine(x: Floats, y: Floats) -> float:
    """How much of a line's variance the sine has that is most like it, 0 to 1; see :func:`is_one_sine`."""
    finite = np.isfinite(y)
    if np.count_nonzero(finite) < 2:
        return 0.0
    heights = np.interp(np.linspace(x[0], x[-1], _POINTS), x[finite], y[finite])
    away = heights - heights.mean()
    variance = float(away @ away)
    if variance <= 0:
        return 0.0
    parts = np.square(away @ _sines()).reshape(-1, 2).sum(axis=1)
    return float(parts.max() / variance)


@cache
def _sines() -> Floats:
    """Each sine's two phases, without what is constant in them, as columns of length 1 at right angles:
    ``[points, 2 × cycles]``.
    """
    turns = 2 * np.pi * np.outer(_CYCLES, np.arange(_POINTS) / (_POINTS - 1))
    waves = np.stack([np.ones_like(turns), np.cos(turns), np.sin(turns)], axis=2)
    pairs: Floats = np.linalg.qr(waves)[0][:, :, 1:]
    return np.ascontiguousarray(pairs.transpose(1, 0, 2).reshape(_POINTS, -1))
