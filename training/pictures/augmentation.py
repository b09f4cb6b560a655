"""Augmentation on the signal, before it is drawn. Time always runs forward: nothing is ever mirrored."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ecg.beats import SAMPLING_RATE, WINDOW_BEFORE
from ecg.pictures.rendering import CLASSIC, Geometry


@dataclass(frozen=True, slots=True)
class SignalAugmentation:
    """How far recorders, electrodes and people may differ. Every amount is the end of a uniform range."""

    gain: float = 1.6
    """Amplitude is multiplied by up to this or divided by up to it (uniform in the logarithm)."""
    shift: float = 8.0
    """R peak off centre by up to this many samples at 360 Hz (22 ms: the jitter of R-peak detectors)."""
    stretch: float = 0.1
    """Time axis longer or shorter by up to this fraction."""
    wander_mv: float = 0.25
    """Amplitude of baseline wander, 0.15 to 0.6 Hz (respiration), millivolts."""
    offset_mv: float = 0.25
    """Constant offset, millivolts."""
    muscle_mv: float = 0.03
    """Standard deviation of white muscle noise, millivolts."""
    mains_mv: float = 0.03
    """Amplitude of 50 or 60 Hz mains noise, millivolts."""

    def reach(self, samples: int = WINDOW_BEFORE) -> float:
        """Farthest sample from the R peak that an augmented window of ``samples`` on each side may ask for."""
        return samples * (1 + self.stretch) + self.shift


#: Beats with rotated leads are to look like those of other people, whose complexes are shorter or longer, too.
OTHER_PEOPLE = SignalAugmentation(stretch=0.2)


def augment(
    stored: NDArray[np.float32],
    generator: np.random.Generator,
    amounts: SignalAugmentation | None = None,
    samples: int = WINDOW_BEFORE,
) -> NDArray[np.float32]:
    """A varied copy of each beat.

    Args:
        stored: shape ``[N, S]``, millivolts, R in the middle at ``S / 2``.
        samples: how many there are on each side of the R peak in what is returned.

    Returns:
        shape ``[N, 2 * samples]``, millivolts: the window of the varied beats, the picture's by default.

    Raises:
        ValueError: the amounts reach beyond the stored samples.
    """
    amounts = amounts or SignalAugmentation()
    middle = stored.shape[1] // 2
    if amounts.reach(samples) >= middle:
        raise ValueError("shift and stretch reach beyond the stored samples")
    count = len(stored)

    def uniform(low: float, high: float) -> NDArray[np.float64]:
        return generator.uniform(low, high, size=(count, 1))

    steps = np.arange(-samples, samples)
    position = middle + uniform(-amounts.shift, amounts.shift)
    position = position + steps * (1 + uniform(-amounts.stretch, amounts.stretch))
    whole = np.floor(position).astype(int)
    part = position - whole
    rows = np.arange(count)[:, None]
    signal = stored[rows, whole] * (1 - part) + stored[rows, whole + 1] * part

    signal *= np.exp(uniform(-np.log(amounts.gain), np.log(amounts.gain)))
    seconds = steps / SAMPLING_RATE
    turn = 2 * np.pi
    signal += uniform(-amounts.offset_mv, amounts.offset_mv)
    signal += uniform(0, amounts.wander_mv) * np.sin(turn * (uniform(0.15, 0.6) * seconds + uniform(0, 1)))
    mains = np.where(uniform(0, 1) < 0.5, 50.0, 60.0)
    signal += uniform(0, amounts.mains_mv) * np.sin(turn * (mains * seconds + uniform(0, 1)))
    signal += uniform(0, amounts.muscle_mv) * generator.standard_normal(signal.shape)
    return signal.astype(np.float32)


def vary_geometry(generator: np.random.Generator, base: Geometry = CLASSIC) -> Geometry:
    """A neighbouring drawing: other margins, other line width, another amplitude range on the paper."""
    middle = (base.highest_mv + base.lowest_mv) / 2 + generator.uniform(-0.2, 0.2)
    half = (base.highest_mv - base.lowest_mv) / 2 * generator.uniform(0.8, 1.25)
    return replace(
        base,
        left=base.left * generator.uniform(0.2, 1.2),
        right=base.width - (base.width - base.right) * generator.uniform(0.2, 1.2),
        top=base.top * generator.uniform(0.3, 1.3),
        bottom=base.height - (base.height - base.bottom) * generator.uniform(0.3, 1.3),
        lowest_mv=middle - half,
        highest_mv=middle + half,
        line_width=float(np.exp(generator.uniform(np.log(0.45), np.log(2.0)))),
    )
