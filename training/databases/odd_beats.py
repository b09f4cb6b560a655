"""How each beat of a short recording compares with its usual beat: in shape, and in when it comes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.signal import butter, sosfiltfilt

#: The QRS and what is next to it, seconds before and after the peak; T waves of early beats fall together with others.
_BEFORE: Final = 0.12
_AFTER: Final = 0.16

#: By how much peaks of the same beat may lie apart, seconds.
_SHIFT: Final = 0.06

#: Pass band in which shapes are compared: without the baseline's wander and mains hum, Hz.
_BAND: Final = (0.7, 40.0)

#: Beats whose shapes correlate by this are of one family.
_ALIKE: Final = 0.9


@dataclass(frozen=True, slots=True)
class Comparison:
    """The beats of a recording beside its usual one."""

    likeness: NDArray[np.float64]
    """``[N]``, correlation of the shape with the usual beat's over all leads, −1 to 1."""
    size: NDArray[np.float64]
    """``[N]``, height of the shape (root of its energy), of the usual beat's 1."""
    before: NDArray[np.float64]
    """``[N]``, interval to the beat before, of the usual one 1; ``nan`` where there is none."""
    after: NDArray[np.float64]
    """``[N]``, interval to the beat after, likewise."""
    usual: NDArray[np.bool_]
    """``[N]``, members of the largest family."""

    @property
    def share(self) -> float:
        """Share of the beats that are the usual one."""
        return float(self.usual.mean())


def compare(signal: NDArray[np.float32], rate: float, peaks: NDArray[np.int64]) -> Comparison:
    """Compare all beats with the usual one.

    Args:
        signal: ``[leads, samples]``, millivolts; ``nan`` where nothing was recorded.
        rate: Samples a second.
        peaks: ``[N]``, where the beats are, ascending; within 60 ms of the same place in each.

    Raises:
        ValueError: there are fewer than three beats.
    """
    if len(peaks) < 3:
        raise ValueError(f"Of {len(peaks)} beats none is the usual one.")
    windows = _windows(signal, rate, peaks)
    width = round((_BEFORE + _AFTER) * rate)
    shift = (windows.shape[-1] - width) // 2
    unshifted = _centred(windows[:, :, shift : shift + width])
    alike = _likeness(unshifted)
    aligned = _aligned(windows, unshifted[int(np.argmax(np.median(alike, axis=1)))])
    usual = _largest_family(_likeness(aligned))
    template = np.median(aligned[usual], axis=0)
    aligned = _aligned(windows, template)
    template = np.median(aligned[usual], axis=0)
    sizes = np.sqrt((aligned**2).sum(axis=(1, 2)))
    height = max(float(np.sqrt((template**2).sum())), 1e-9)
    likeness = (aligned * template).sum(axis=(1, 2)) / np.maximum(sizes * height, 1e-9)
    before, after = _intervals(peaks, usual)
    return Comparison(likeness, sizes / height, before, after, usual)


def _windows(signal: NDArray[np.float32], rate: float, peaks: NDArray[np.int64]) -> NDArray[np.float64]:
    """``[N, leads, samples]`` around each peak, with room for shifts on both sides."""
    high = min(_BAND[1], 0.45 * rate)
    band = butter(1, (_BAND[0], high), "bandpass", fs=rate, output="sos")
    filtered = sosfiltfilt(band, np.nan_to_num(signal.astype(np.float64)), axis=1)
    first, last = round((_BEFORE + _SHIFT) * rate), round((_AFTER + _SHIFT) * rate)
    padded = np.pad(filtered, ((0, 0), (first, last)), mode="edge")
    return padded[:, peaks[:, None] + np.arange(first + last)].transpose(1, 0, 2)


def _centred(windows: NDArray[np.float64]) -> NDArray[np.float64]:
    return windows - windows.mean(axis=-1, keepdims=True)


def _likeness(shapes: NDArray[np.float64]) -> NDArray[np.float64]:
    """``[N, N]``, correlation of each with each."""
    rows = shapes.reshape(len(shapes), -1)
    rows = rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9)
    return rows @ rows.T


def _aligned(windows: NDArray[np.float64], template: NDArray[np.float64]) -> NDArray[np.float64]:
    """``[N, leads, width]``: each window shifted to where it is most like the template."""
    width = template.shape[-1]
    count = windows.shape[-1] - width + 1
    step = max(1, count // 20)
    best = np.full(len(windows), -np.inf)
    result = np.empty((len(windows), *template.shape))
    for begin in range(0, count, step):
        shapes = _centred(windows[:, :, begin : begin + width])
        norm = np.maximum(np.sqrt((shapes**2).sum(axis=(1, 2))), 1e-9)
        likeness = (shapes * template).sum(axis=(1, 2)) / norm
        better = likeness > best
        best[better], result[better] = likeness[better], shapes[better]
    return result


def _largest_family(likeness: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Those like the beat that most are like."""
    alike = likeness >= _ALIKE
    members: NDArray[np.bool_] = alike[int(alike.sum(axis=1).argmax())]
    return members


def _intervals(peaks: NDArray[np.int64], usual: NDArray[np.bool_]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Intervals before and after each beat, as shares of the usual one: the median between two usual beats."""
    intervals = np.diff(peaks).astype(np.float64)
    between = intervals[usual[1:] & usual[:-1]]
    typical = float(np.median(between)) if between.size else np.nan
    shares = intervals / typical
    return np.concatenate([[np.nan], shares]), np.concatenate([shares, [np.nan]])
