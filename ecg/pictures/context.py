"""A beat with its surroundings: what is usual for this person and this rhythm, and how the beat differs from it.

For recordings in which the R peaks are marked; a beat of a kind that is never drawn counts as none. Four pictures of
each beat and lead:

1. the beat, as in ``trace``;
2. what is left of it when the usual beat is taken away: the median, sample by sample, of the nearest beats on both
   sides. It is flat where a beat looks like its neighbours, be they normal, with a bundle branch block or paced;
3. a strip of 1.2 s on each side;
4. the tachogram: each column is an interval between R peaks, the beat lies in the middle. A dot's height is the
   logarithm of the interval over the mean of those shown; the grey line stands at one second.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from ecg.beats import SAMPLING_RATE, WINDOW_BEFORE, cut_windows
from ecg.pictures.canvas import HEIGHT, WIDTH, Pixels, to_canonical
from ecg.pictures.rendering import CLASSIC, draw

CHANNELS = 4

#: The usual beat is the median of this many beats on each side, fewer at the ends of the recording.
NEIGHBOURS = 15

#: Samples that the strip shows before the R peak and from it on: 1.2 s.
STRIP_HALF = 432

#: Intervals on each side of the beat in the tachogram; one column each.
INTERVALS = WIDTH // 2

#: Octaves from the middle of the tachogram to its upper and lower edge: 0.42 to 2.4 times the mean interval.
OCTAVES = 1.25

#: Half the height of a dot, pixels, and the ink of the line at one second (a dot has 1).
_DOT = 1.5
_SECOND_INK = 0.4

#: The strip has no margins, so that the neighbours get every column.
_STRIP = replace(CLASSIC, left=0.0, right=float(CLASSIC.width))

Signals = NDArray[np.float32]


def pictures(leads: Iterable[Signals], samples: NDArray[np.int64], peaks: NDArray[np.int64]) -> Pixels:
    """The four pictures of every beat and lead, ``[leads * N, HEIGHT, WIDTH, 4]``: all beats of the first lead first.

    Args:
        leads: ``[samples]`` each, millivolts at :data:`ecg.beats.SAMPLING_RATE`.
        samples: ``[N]``, R peaks of the beats that are drawn.
        peaks: R peaks of all beats, ascending, each once.
    """
    if not len(samples):
        return np.empty((0, HEIGHT, WIDTH, CHANNELS), dtype=np.uint8)
    rhythm = tachogram(intervals_around(peaks, samples))
    parts = []
    for lead in leads:
        beats = cut_windows(lead, samples, WINDOW_BEFORE)
        strips = cut_windows(lead, samples, STRIP_HALF)
        drawn = [to_canonical(draw(signals)) for signals in (beats, beats - usual_beats(lead, peaks, samples))]
        parts.append(np.concatenate([*drawn, to_canonical(draw(strips, _STRIP)), rhythm], axis=-1))
    return np.concatenate(parts)


def usual_beats(lead: Signals, peaks: NDArray[np.int64], samples: NDArray[np.int64]) -> Signals:
    """What the beats around each of ``samples`` look like, without itself: ``[N, 2 * WINDOW_BEFORE]``, millivolts.

    Args:
        lead: ``[samples]``, millivolts.
        peaks: R peaks of all beats, ascending.
    """
    every = cut_windows(lead, peaks, WINDOW_BEFORE)
    usual = np.zeros((len(samples), 2 * WINDOW_BEFORE), dtype=np.float32)
    for row, place in enumerate(_nearest(peaks, samples)):
        around = np.arange(max(0, place - NEIGHBOURS), min(len(peaks), place + NEIGHBOURS + 1))
        around = around[around != place]
        if len(around):
            usual[row] = np.median(every[around], axis=0)
    return usual


def intervals_around(peaks: NDArray[np.int64], samples: NDArray[np.int64]) -> NDArray[np.float64]:
    """Intervals before and after each of ``samples``: ``[N, 2 * INTERVALS]``, samples; nan beyond the ends."""
    intervals = np.pad(np.diff(peaks).astype(np.float64), INTERVALS, constant_values=np.nan)
    return intervals[_nearest(peaks, samples)[:, None] + np.arange(2 * INTERVALS)]


def tachogram(intervals: NDArray[np.float64]) -> Pixels:
    """One column for each interval of ``[N, WIDTH]``, samples: ``[N, HEIGHT, WIDTH, 1]``, paper 255."""
    known = np.isfinite(intervals)
    mean = np.ones((len(intervals), 1))
    some = known.any(axis=1)
    mean[some, 0] = np.nanmean(intervals[some], axis=1)
    rows = np.arange(HEIGHT)[:, None]

    def ink(lengths: NDArray[np.float64]) -> NDArray[np.float64]:
        octaves = np.clip(np.log2(lengths / mean), -OCTAVES, OCTAVES)
        middle = (1 - octaves / OCTAVES) * (HEIGHT - 1) / 2
        covered: NDArray[np.float64] = np.clip(_DOT + 0.5 - np.abs(rows - middle[:, None, :]), 0, 1)
        return covered

    dots = np.where(known[:, None, :], ink(np.where(known, intervals, 1.0)), 0.0)
    second = _SECOND_INK * ink(np.full_like(intervals, SAMPLING_RATE))
    return np.rint(255 * (1 - np.maximum(dots, second))).astype(np.uint8)[..., None]


def _nearest(peaks: NDArray[np.int64], samples: NDArray[np.int64]) -> NDArray[np.int64]:
    """Place of the peak nearest to each sample."""
    after = np.clip(np.searchsorted(peaks, samples), 1, max(1, len(peaks) - 1))
    before = after - 1
    after = np.minimum(after, len(peaks) - 1)
    return np.where(samples - peaks[before] <= peaks[after] - samples, before, after)
