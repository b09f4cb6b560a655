"""One lead as it was drawn and as it was read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

Millivolts = NDArray[np.floating]

#: A lead may be shifted by so many seconds before it is compared, as in the George B. Moody PhysioNet Challenge 2024.
FARTHEST: Final = 0.5

#: Height of a beat: from its highest to its lowest sample within so many seconds of the R peak.
_QRS: Final = 0.08
#: Smaller beats say nothing about amplitude, millivolts.
_LOW: Final = 0.3


@dataclass(frozen=True, slots=True)
class Aligned:
    """A lead beside what was read of it, on one axis of time."""

    drawn: NDArray[np.float64]
    """``[n]``, about its mean."""
    read: NDArray[np.float64]
    """``[n]``, about its mean; ``nan`` where nothing was read."""
    shift: int
    """By how many samples what was read came too late."""

    @property
    def snr(self) -> float:
        """Signal to noise, dB.

        As in the Challenge 2024: the power of the drawn signal over that of the difference, after the best shift in
        time and without the difference of means; where nothing was read, zero is taken to have been. Here the drawn
        signal's own mean isn't counted as signal either, which can only lower the figure.
        """
        noise = np.square(self.drawn - np.nan_to_num(self.read)).sum()
        signal = np.square(self.drawn).sum()
        return float(10 * np.log10(max(signal, 1e-12) / max(noise, 1e-12)))


def at_rate(values: Millivolts, rate: float, wanted: float) -> NDArray[np.float64]:
    """A signal at another rate, by straight lines between samples, as it is drawn; gaps stay gaps."""
    count = int(np.floor((len(values) - 1) * wanted / rate)) + 1 if len(values) else 0
    return np.interp(np.arange(count) / wanted, np.arange(len(values)) / rate, values)


def aligned(drawn: Millivolts, read: Millivolts, rate: float) -> Aligned:
    """Both at ``rate``; what was read is moved to where it fits best, and cut or filled to the drawn lead's length."""
    reach = round(FARTHEST * rate)
    wanted = np.asarray(drawn, np.float64)
    wanted = np.nan_to_num(wanted - np.nanmean(wanted))
    known = np.isfinite(read)
    if not known.any():
        return Aligned(wanted, np.full(len(wanted), np.nan), 0)
    centred = np.where(known, read - np.mean(read[known]), 0.0)
    # the lags at which what was read is moved to the left by 0, ± 1, … samples
    product = np.correlate(np.pad(centred, (reach, reach + max(0, len(wanted) - len(centred)))), wanted, "valid")
    shift = int(np.argmax(product[: 2 * reach + 1])) - reach
    moved = np.full(len(wanted), np.nan)
    first, last = max(0, -shift), min(len(wanted), len(read) - shift)
    if first < last:
        moved[first:last] = np.where(known, read, np.nan)[first + shift : last + shift]
    if np.isfinite(moved).any():
        both = np.isfinite(moved)
        moved = moved - np.mean(moved[both]) + np.mean(wanted[both])
    return Aligned(wanted, moved, shift)


def height_ratios(lead: Aligned, peaks: NDArray[np.int64], rate: float) -> NDArray[np.float64]:
    """How high each beat was read, as a share of how high it was drawn; of beats that are read and not low."""
    reach = round(_QRS * rate)
    ratios = []
    for peak in peaks.tolist():
        part = slice(max(0, peak - reach), peak + reach + 1)
        wanted, read = lead.drawn[part], lead.read[part]
        if len(wanted) and np.isfinite(read).all() and np.ptp(wanted) >= _LOW:
            ratios.append(np.ptp(read) / np.ptp(wanted))
    return np.array(ratios, np.float64)
