"""Seven numbers of half a minute about what lies before its QRS complexes: P waves, or nothing that comes again.

A P wave stands at the same place before every QRS complex, so that it stays when beats are averaged, and each beat is
like the mean of the others. Fibrillation of the atria averages out.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from ecg.features.reach import SHAPE_BEFORE

ATRIAL: Final[dict[str, str]] = {
    "alike": "median correlation of what lies before a beat with the mean of the others, in the best lead",
    "seldom_alike": "lower quartile of the same",
    "certain": "logarithm of the mean's power over that which chance would leave of it, in the best lead",
    "height": "logarithm of the mean's root mean square over the height of QRS complexes, in the lead of alike",
    "rest": "logarithm of what is left of single beats, likewise",
    "height_of_leads": "height, mean of the leads",
    "alike_of_leads": "alike, mean of the leads",
}
"""What :func:`atrial_numbers` measures, in its order."""

#: Samples of a shape that lie before the QRS complex: 0.3 to 0.05 s before the R peak.
_BEFORE: Final = SHAPE_BEFORE - 18

#: Fewer beats have no mean.
_LEAST_BEATS: Final = 5
_TINY: Final = 1e-8


def atrial_numbers(
    shapes: NDArray[np.float32], chosen: NDArray[np.bool_], crest: NDArray[np.float32]
) -> NDArray[np.float32]:
    """The numbers of :data:`ATRIAL`, ``[7]``; ``nan`` with too few beats.

    Args:
        shapes: ``[n, leads, samples]``, millivolts, aligned, without margins.
        chosen: ``[n]``: beats that can be read and have the usual QRS complex.
        crest: ``[leads]``, millivolts: strength of a usual QRS complex.
    """
    count = int(chosen.sum())
    if count < _LEAST_BEATS:
        return np.full(len(ATRIAL), np.nan, np.float32)
    beats = _level(shapes[chosen][:, :, :_BEFORE].astype(np.float64))
    mean = beats.mean(axis=0)
    others = (mean * count - beats) / (count - 1)
    norms = np.sqrt(np.square(beats).sum(axis=2) * np.square(others).sum(axis=2))
    likeness = (beats * others).sum(axis=2) / (norms + _TINY)
    power, rest = np.square(mean).mean(axis=1), np.square(beats - mean).mean(axis=(0, 2))
    certain = np.log((power + _TINY) / (rest / (count - 1) + _TINY))
    height, left = (np.log(np.sqrt(part) / crest + 1e-4) for part in (power, rest))
    alike = np.median(likeness, axis=0)
    best = int(np.argmax(alike))
    return np.array(
        [
            alike[best],
            np.quantile(likeness[:, best], 0.25),
            certain.max(),
            height[best],
            left[best],
            height.mean(),
            alike.mean(),
        ],
        np.float32,
    )


def _level(beats: NDArray[np.float64]) -> NDArray[np.float64]:
    """The same without mean and slope."""
    line = np.linspace(-1, 1, beats.shape[2])
    beats = beats - beats.mean(axis=2, keepdims=True)
    slope = (beats * line).sum(axis=2, keepdims=True) / np.square(line).sum()
    level: NDArray[np.float64] = beats - slope * line
    return level
