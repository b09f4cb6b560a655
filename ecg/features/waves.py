"""Six numbers a second that tell waves of ventricular flutter and fibrillation from beats.

Fibrillation is a band of waves without pause: nothing sharp, no rest between. Each number is measured over four
seconds in every lead, and leads in which anything moves are averaged, so that one or twelve in any order make the same
list.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from ecg.signal.filters import WAVES_RATE, Filtered
from ecg.signal.grid import BLOCK_SECONDS

WAVES: Final[dict[str, str]] = {
    "ratio": "logarithm of the power of the flutter band over that of the band of QRS complexes",
    "height": "logarithm of the root mean square, millivolts",
    "leakage": "what half a period's shift and a sum leave: 0 of a sine",
    "moving": "share of samples higher than a fifth of the highest",
    "peaked": "logarithm of the fourth moment over the second's square: 0.4 of a sine, 2 and more of beats",
    "sharp": "the same of the differences from sample to sample",
}
"""What :func:`wave_numbers` measures, in its order. Leakage is that of Kuo & Dillman 1978 (Comput. Cardiol. 5:347), the
share of samples that move that of Arafat et al. 2011 (Signal Image Video Process. 5:337)."""

REACH_SECONDS: Final = 2
"""A second's four are from two before its begin to two after it."""

_LEADING: Final = 0.03
"""Root mean square of the flutter band, millivolts, under which a lead shows nothing."""
_SLOWEST: Final = 60
"""Samples of the longest half period that is looked for: 1.3 s."""
_HIGHEST: Final = 0.98
_TINY: Final = 1e-6


def wave_numbers(blocks: list[Filtered | None]) -> NDArray[np.float32]:
    """The numbers of :data:`WAVES` for each second of the middle one of three blocks, ``[BLOCK_SECONDS, 6]``; ``nan``
    where no lead shows anything.
    """
    own = blocks[1]
    if own is None:
        raise ValueError("The block in the middle has to be there.")
    waves, flutter, qrs = (
        np.concatenate([_edge(blocks, name, -1, rate), getattr(own, name), _edge(blocks, name, 1, rate)], axis=1)
        for name, rate in (("waves", WAVES_RATE), ("flutter_power", 1), ("qrs_power", 1))
    )
    width = 2 * REACH_SECONDS
    windows = np.lib.stride_tricks.sliding_window_view(waves, width * WAVES_RATE, axis=1)[:, ::WAVES_RATE]
    powers = [
        np.lib.stride_tricks.sliding_window_view(power, width, axis=1).mean(axis=2)[:, :BLOCK_SECONDS]
        for power in (flutter, qrs)
    ]
    numbers = _of_leads(windows[:, :BLOCK_SECONDS].astype(np.float32), powers[0], powers[1])
    shows = (powers[0] > _LEADING**2)[None]
    count = shows.sum(axis=1)
    mean = np.where(shows, numbers, 0).sum(axis=1) / np.maximum(count, 1)
    result: NDArray[np.float32] = np.where(count > 0, mean, np.nan).T.astype(np.float32)
    return result


def _edge(blocks: list[Filtered | None], name: str, side: int, rate: int) -> NDArray[np.float32]:
    """What lies beside the block in the middle, ``[leads, REACH_SECONDS * each]``; nothing beyond the recording."""
    beside, length = blocks[1 + side], REACH_SECONDS * rate
    values: NDArray[np.float32] = getattr(blocks[1] if beside is None else beside, name)
    part = values[:, :length] if side > 0 else values[:, -length:]
    return np.zeros_like(part) if beside is None else part


def _of_leads(
    windows: NDArray[np.float32], flutter: NDArray[np.float32], qrs: NDArray[np.float32]
) -> NDArray[np.float32]:
    """The numbers of every lead, ``[6, leads, seconds]``, from windows ``[leads, seconds, samples]``."""
    centred = windows - windows.mean(axis=2, keepdims=True)
    sizes = np.abs(centred)
    highest = np.quantile(sizes, _HIGHEST, axis=2, keepdims=True) + _TINY
    return np.stack(
        [
            np.log((flutter + _TINY) / (qrs + _TINY)),
            np.log(np.sqrt(np.square(centred).mean(axis=2)) + _TINY),
            _leakage(centred, sizes),
            (sizes > 0.2 * highest).mean(axis=2),
            _peaked(centred),
            _peaked(np.diff(centred, axis=2)),
        ]
    ).astype(np.float32)


def _leakage(centred: NDArray[np.float32], sizes: NDArray[np.float32]) -> NDArray[np.float32]:
    """Kuo & Dillman's leakage with the half period that sum of sizes and sum of differences give for a sine."""
    differences = np.abs(np.diff(centred, axis=2)).sum(axis=2)
    half = np.clip(np.rint(np.pi * sizes.sum(axis=2) / (differences + _TINY)), 2, _SLOWEST).astype(np.int64)
    before = np.arange(centred.shape[2]) - half[:, :, None]
    there = before >= 0
    shifted = np.take_along_axis(centred, np.maximum(before, 0), axis=2)
    left = (np.abs(centred + shifted) * there).sum(axis=2)
    result: NDArray[np.float32] = left / (((sizes + np.abs(shifted)) * there).sum(axis=2) + _TINY)
    return result


def _peaked(signals: NDArray[np.float32]) -> NDArray[np.float32]:
    squares = np.square(signals.astype(np.float64))
    result: NDArray[np.float32] = np.log(
        (np.square(squares).mean(axis=2) + _TINY**2) / np.square(squares.mean(axis=2) + _TINY)
    ).astype(np.float32)
    return result
