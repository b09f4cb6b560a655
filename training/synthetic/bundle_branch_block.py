"""Real recordings in which one branch of the bundle no longer conducts: simulated on normal beats.

Few people of the databases have a bundle branch block, and what their beats have in common can't be told from so few.
But what block does to a beat is known. The P wave stays. With the left branch blocked, the left ventricle is activated
from cell to cell: the QRS complex is slow and slurred or notched from its beginning, and ST segment and T wave point
away from it. With the right branch blocked, the complex begins as ever and ends with a slow wave of its own (Surawicz
et al. 2009, AHA/ACCF/HRS recommendations part III, Circulation 119:e235). How slow, how notched and along which axis is
by chance, anew for every beat, and the same for all leads of one.

A synthetic beat only trains, and never where the beat that it comes from validates or tests
(:mod:`training.datasets.splits`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d
from scipy.special import expit

from ecg.classes import LBBB, NORMAL, RBBB
from training.databases import marked
from training.databases.divisions import TRAINING_RECORDS
from training.databases.marked import MarkedRecording, mitdb
from training.synthetic import lead_rotation, names
from training.synthetic.names import SyntheticName

#: Samples at 360 Hz before and after the R peak that a simulated block reads and changes.
REACH = 152

#: A conducted QRS complex begins and ends so far from its R peak, samples.
_BEGINS, _ENDS = (14, 20), (15, 24)

#: Changed are normal beats that are so far from their neighbours, samples: half a second.
_LEAST_INTERVAL = 180

#: At most this many beats of one recording are changed, by chance.
BEATS = 150

#: The new R peak is the largest deflection of the primary lead this near to the old one, samples.
_NEAR = 26

#: The changed samples end so softly, and so long before the next R peak (its P wave is its own), samples.
_RAMP, _BEFORE_NEXT = 12, 72


def block_left(beat: NDArray[np.float64], generator: np.random.Generator) -> NDArray[np.float64]:
    """A conducted beat as it would be with the left branch blocked.

    Args:
        beat: ``[2 * REACH, leads]``, millivolts above the baseline, R peak in the middle.
    """
    time = np.arange(len(beat), dtype=np.float64)
    begins, ends = REACH - generator.uniform(*_BEGINS), REACH + generator.uniform(*_ENDS)
    before = beat * expit(-(time - begins) / 2)[:, None]
    after = beat * expit((time - ends) / 3)[:, None]
    qrs = beat * (expit((time - begins) / 1.5) * expit(-(time - ends) / 1.5))[:, None]
    # The same complex, slower, and a second front behind it, which has another axis: slurred, or notched.
    slower = generator.uniform(1.5, 2.6)
    slow = gaussian_filter1d(_sampled(qrs, begins + (time - begins) / slower), generator.uniform(2.5, 6), axis=0)
    delay, share = generator.uniform(6, 18), generator.uniform()
    axis = np.eye(beat.shape[1]) + generator.normal(0, 0.35, (beat.shape[1], beat.shape[1]))
    slow += share * _sampled(slow, time - delay) @ axis
    slow *= generator.uniform(0.7, 1.5) * _largest(qrs) / _largest(slow)
    lasts = (ends - begins) * slower + (delay if share > 0.3 else 0)
    # ST segment and T wave point away from what the complex is on the whole.
    area = slow.sum(axis=0) / _largest(slow.sum(axis=0))
    summit, rise, fall = (generator.uniform(*bounds) for bounds in ((28, 60), (16, 30), (9, 18)))
    t_wave = _wave(time, begins + lasts + summit, rise, fall)
    discordant = -generator.uniform(0.1, 0.55) * _largest(slow) * t_wave[:, None] * area
    left = generator.uniform(0, 0.4) * _sampled(after, time - 0.7 * (lasts - (ends - begins)))
    return before + slow + discordant + left


def block_right(beat: NDArray[np.float64], generator: np.random.Generator) -> NDArray[np.float64]:
    """A conducted beat as it would be with the right branch blocked.

    Args:
        beat: ``[2 * REACH, leads]``, millivolts above the baseline, R peak in the middle.
    """
    time = np.arange(len(beat), dtype=np.float64)
    leads = np.arange(beat.shape[1])
    middle = beat[REACH - 10 : REACH + 10]
    peaks = middle[np.abs(middle).argmax(axis=0), leads]
    elsewhere = generator.normal(size=len(leads))
    elsewhere /= np.sqrt((elsewhere**2).sum())
    # The last front points away from the main one in the leads that look at the left ventricle, most of those drawn.
    size = (-1 if generator.random() < 0.8 else 1) * generator.uniform(0.25, 0.9)
    front = size * (0.7 * peaks + 0.3 * _largest(peaks) * elsewhere)
    delay, width = generator.uniform(16, 28), generator.uniform(5, 11)
    # What comes after the complex comes later.
    late = expit((time - REACH - generator.uniform(12, 20)) / 2)
    changed = _sampled(beat, time - generator.uniform(4, 14) * late)
    changed *= (1 - late * (1 - generator.uniform(0.3, 1.1)))[:, None]
    changed += _wave(time, REACH + delay, width, width)[:, None] * front
    turn = generator.uniform(14, 25)
    t_wave = _wave(time, REACH + delay + 2 * width + generator.uniform(30, 55), turn, turn)
    return changed - generator.uniform(0, 0.4) * t_wave[:, None] * front


def block(
    recording: MarkedRecording,
    generator: np.random.Generator,
    simulate: Callable[[NDArray[np.float64], np.random.Generator], NDArray[np.float64]],
    symbol: str,
    *,
    beats: int = BEATS,
) -> MarkedRecording:
    """The recording with some of its normal beats changed to a bundle branch block; only these are marked, with
    ``symbol``.

    Args:
        simulate: :func:`block_left` or :func:`block_right`.
        beats: at most so many.
    """
    taken = recording.signal.astype(np.float64)
    signal, peaks = taken.copy(), recording.peaks.copy()
    marked = []
    for peak in _chosen(recording, generator, beats):
        here = slice(peak - REACH, peak + REACH)
        baseline = np.median(taken[here], axis=0)
        changed = simulate(taken[here] - baseline, generator) + baseline
        following = peaks[peaks > peak + _NEAR]
        ends = REACH + min(REACH - _RAMP, (following[0] - peak if len(following) else 2 * REACH) - _BEFORE_NEXT)
        weight = np.clip((ends + _RAMP - np.arange(2 * REACH)) / _RAMP, 0, 1)
        # From the P wave before on; earlier samples are another beat's.
        weight[: REACH - 2 * _NEAR] = 0
        signal[here] += weight[:, None] * (changed - signal[here])
        near = signal[peak - _NEAR : peak + _NEAR, recording.primary] - baseline[recording.primary]
        moved = peak - _NEAR + int(np.abs(near).argmax())
        peaks[peaks == peak] = moved
        marked.append(moved)
    return replace(
        recording,
        signal=signal.astype(np.float32),
        samples=np.array(marked, dtype=np.int64),
        symbols=np.full(len(marked), symbol),
        every_peak=np.unique(peaks),
    )


#: What can be blocked, by the name that such recordings carry before their own.
BLOCKS = {"left": (block_left, LBBB.symbol), "right": (block_right, RBBB.symbol)}

#: How often each is simulated on a recording of MIT-BIH: first in the recording's own leads, then in rotated ones.
TIMES = 2


def record_names(folder: Path) -> list[str]:
    """Every block of every MIT-BIH record of the training partition; those without normal beats give none.

    Raises:
        RecordsError: not a MIT-BIH folder.
    """
    names = [name for name in mitdb.record_names(folder) if name in TRAINING_RECORDS]
    return [str(SyntheticName(kind, number, name)) for kind in BLOCKS for number in range(TIMES) for name in names]


def read_recording(folder: Path, name: str) -> MarkedRecording:
    """One record with simulated bundle branch block; by chance, and the same for the same name.

    Raises:
        RecordsError: the record can't be read.
    """
    parsed = names.parse(name)
    generator = marked.generator_of(name)
    recording = mitdb.read_recording(folder, parsed.origin)
    if parsed.number:
        recording = lead_rotation.rotate(recording, generator)
    return replace(block(recording, generator, *BLOCKS[parsed.kind]), name=name, partition="train")


def _chosen(recording: MarkedRecording, generator: np.random.Generator, most: int) -> list[int]:
    """R peaks of some normal beats, in order; no two are neighbours, and their neighbours are not near."""
    peaks = recording.peaks
    normal = recording.samples[recording.symbols == NORMAL.symbol]
    places = np.searchsorted(peaks, normal)
    intervals = np.diff(np.concatenate([[-(10**6)], peaks, [10**9]]))
    inside = (normal >= REACH) & (normal + REACH <= len(recording.signal))
    alone = (intervals[places] >= _LEAST_INTERVAL) & (intervals[places + 1] >= _LEAST_INTERVAL)
    apart: list[int] = []
    for place in places[inside & alone]:
        if not apart or place - apart[-1] > 1:
            apart.append(int(place))
    some = np.sort(generator.permutation(np.array(apart, dtype=np.int64))[:most])
    return [int(peak) for peak in peaks[some]]


def _sampled(beat: NDArray[np.float64], time: NDArray[np.float64]) -> NDArray[np.float64]:
    """The beat ``[samples, leads]`` at other times; beyond its ends the last value goes on."""
    return np.stack([np.interp(time, np.arange(len(beat)), lead) for lead in beat.T], axis=1)


def _wave(time: NDArray[np.float64], middle: float, rise: float, fall: float) -> NDArray[np.float64]:
    """A bump of height 1; ``rise`` and ``fall`` are the widths of its halves, samples."""
    return np.exp(-0.5 * ((time - middle) / np.where(time < middle, rise, fall)) ** 2)


def _largest(values: NDArray[np.float64]) -> float:
    return max(float(np.abs(values).max()), 1e-3)
