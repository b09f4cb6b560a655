"""Any rate to the working rate of 360 Hz, a stretch at a time, with the same answer however it is cut.

A polyphase filter whose taps are laid on the recording's own clock: sample ``n`` at 360 Hz is always the same sum of
the same samples in the same order, whatever stretch it was asked for with. Where nothing was recorded there is nothing
afterwards, and the filter sees the nearest recorded sample there; but where samples stand at least as close together as
at the least rate, a line joins them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.signal import upfirdn

from ecg.beats import SAMPLING_RATE
from ecg.recording import Annotations, Gap, Millivolts, Recording, Signal
from ecg.signal.gaps import bridged, filled

LEAST_RATE: Final = 100.0
"""Below it, QRS complexes are a few samples wide."""
GREATEST_RATE: Final = 2000.0

#: Zero crossings of the windowed sinc on each side, and its Kaiser window: 80 dB from 0.58 of the lower rate on.
_CROSSINGS: Final = 16
_BETA: Final = 8.0
_CUTOFF: Final = 0.92
#: Phases of the filter; a ratio that needs more is approximated to 1 in 16 million.
_MOST_PHASES: Final = 4096


class RateError(ValueError):
    """A recording's rate is outside of what is analysed."""


@dataclass(frozen=True, slots=True)
class Ratio:
    """The working rate over a recording's rate, ``up / down`` in lowest terms."""

    up: int
    down: int

    @classmethod
    def of(cls, rate: float) -> Ratio:
        """The ratio for recordings at ``rate`` samples a second.

        Raises:
            RateError: below :data:`LEAST_RATE` or above :data:`GREATEST_RATE`.
        """
        if not LEAST_RATE <= rate <= GREATEST_RATE:
            raise RateError(f"Recordings from {LEAST_RATE:g} to {GREATEST_RATE:g} Hz are analysed, not of {rate:g} Hz.")
        ratio = (Fraction(SAMPLING_RATE) / Fraction(rate)).limit_denominator(_MOST_PHASES)
        return cls(ratio.numerator, ratio.denominator)

    @property
    def reach(self) -> int:
        """How many source samples on each side of its place a sample depends on."""
        return -(-_CROSSINGS * max(self.up, self.down) // self.up)

    @property
    def longest_joined(self) -> int:
        """How many missing source samples are joined by a line: those around are as close as at :data:`LEAST_RATE`."""
        return int(SAMPLING_RATE * self.down / (self.up * LEAST_RATE)) - 1

    def length(self, samples: int) -> int:
        """Samples at the working rate of ``samples`` of the source."""
        return (samples - 1) * self.up // self.down + 1 if samples else 0

    def needed(self, begin: int, end: int) -> tuple[int, int]:
        """Which source samples (from, to before) decide the samples ``begin`` to ``end`` at the working rate."""
        margin = 2 * self.reach + 1
        return begin * self.down // self.up - margin, end * self.down // self.up + margin + 1

    def to_source(self, samples: NDArray[np.int64]) -> NDArray[np.int64]:
        """The source samples nearest to samples at the working rate."""
        return (2 * samples * self.down + self.up) // (2 * self.up)

    def to_working(self, samples: NDArray[np.int64]) -> NDArray[np.int64]:
        """The samples at the working rate nearest to source samples."""
        return (2 * samples * self.up + self.down) // (2 * self.down)

    def resample(self, values: Millivolts, first: int, begin: int, end: int) -> Millivolts:
        """Samples ``begin`` to ``end`` at the working rate, ``[leads, end - begin]``, millivolts, ``nan`` in gaps.

        Args:
            values: ``[leads, n]``, millivolts from source sample ``first`` on, with all of :meth:`needed` that exists.
            first: Place of the first of them in the recording.
            begin: First sample wanted; not negative.
            end: The one after the last.
        """
        if self.up == self.down:
            return _stretch(values, begin - first, end - first)
        aligned = begin - begin % self.up
        origin = aligned // self.up * self.down
        before = 2 * self.reach + -3 * self.reach % self.down  # so that the filter's centre falls on a sample
        start, stop = origin - before, end * self.down // self.up + 2 * self.reach + 2
        source = filled(_stretch(values, start - first, stop - first), self.longest_joined)
        skipped = (before + self.reach) * self.up // self.down + begin - aligned
        taps = _taps(self.up, self.down, self.reach)
        samples = upfirdn(taps, bridged(source, 0).astype(np.float64), self.up, self.down)
        result = samples[:, skipped : skipped + end - begin].astype(np.float32)
        places = np.arange(begin, end) * self.down
        low, high = places // self.up - start, -(-places // self.up) - start
        result[np.isnan(source[:, low]) | np.isnan(source[:, high])] = np.nan
        return result


@lru_cache(maxsize=8)
def _taps(up: int, down: int, reach: int) -> NDArray[np.float64]:
    """The low-pass at ``up`` times the source's rate, ``[2 * reach * up + 1]``; each phase sums up to 1."""
    places = np.arange(-reach * up, reach * up + 1) / up
    cutoff = _CUTOFF * min(1.0, up / down)
    taps = np.sinc(cutoff * places) * np.kaiser(len(places), _BETA)
    phases = np.arange(len(taps)) % up
    taps /= np.bincount(phases, taps, minlength=up)[phases]
    return taps


def _stretch(values: Millivolts, begin: int, end: int) -> Millivolts:
    """``values[:, begin:end]``, ``nan`` where there are none."""
    inside = values[:, max(0, begin) : max(0, end)]
    missing = end - begin - inside.shape[1]
    if not missing:
        return inside
    before = min(max(0, -begin), missing)
    return np.pad(inside, ((0, 0), (before, missing - before)), constant_values=np.nan)


@dataclass(frozen=True, slots=True)
class ResampledSignal:
    """A signal at the working rate, computed when it is read; see :class:`ecg.recording.Signal`."""

    source: Signal
    ratio: Ratio

    @property
    def samples(self) -> int:
        """Length of every lead at the working rate."""
        return self.ratio.length(self.source.samples)

    def read(self, begin: int, end: int) -> Millivolts:
        """See :meth:`ecg.recording.Signal.read`."""
        first, last = self.ratio.needed(begin, end)
        first, last = max(0, first), min(self.source.samples, last)
        return self.ratio.resample(self.source.read(first, last), first, begin, end)


def at_working_rate(recording: Recording) -> Recording:
    """The recording at 360 Hz, its gaps and annotations moved along; itself if it has that rate.

    Raises:
        RateError: its rate is outside of what is analysed.
    """
    ratio = Ratio.of(recording.rate)
    if ratio.up == ratio.down:
        return recording
    marks = recording.annotations
    return replace(
        recording,
        rate=float(SAMPLING_RATE),
        signal=ResampledSignal(recording.signal, ratio),
        gaps=tuple(_moved(gap, ratio) for gap in recording.gaps),
        annotations=Annotations(ratio.to_working(marks.samples), marks.symbols, marks.notes),
    )


def _moved(gap: Gap, ratio: Ratio) -> Gap:
    """Every sample at the working rate that has a missing one beside it."""
    return Gap(-(-(gap.begin - 1) * ratio.up // ratio.down) if gap.begin else 0, -(-gap.end * ratio.up // ratio.down))
