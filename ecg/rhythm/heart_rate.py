"""Heart rate, by hour too, tachycardia, bradycardia, pauses."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ecg.beats import SAMPLING_RATE
from ecg.rhythm.settings import RhythmSettings
from ecg.rhythm.stretches import joined, unbroken, where
from ecg.rhythm.timeline import Rhythm

Samples = NDArray[np.integer]


@dataclass(frozen=True, slots=True)
class Episode:
    """Something that lasts, in seconds from the recording's start."""

    begin: float
    end: float

    @property
    def seconds(self) -> float:
        """How long it lasts."""
        return self.end - self.begin


@dataclass(frozen=True, slots=True)
class RateExtreme:
    """A heart rate and when it was reached."""

    rate: float
    """Beats a minute, mean of :attr:`RhythmSettings.rate_intervals` intervals."""
    time: float
    """Seconds from the recording's start, where these begin."""


@dataclass(frozen=True, slots=True)
class HourOfRate:
    """Heart rate in one hour of the recording."""

    hour: int
    """0 is the first."""
    mean: float | None
    least: float | None
    greatest: float | None
    """Beats a minute; None without enough intervals."""
    beats: int


@dataclass(frozen=True, slots=True)
class HeartRate:
    """Heart rates, beats a minute; None where there were too few intervals."""

    mean: float | None
    least: RateExtreme | None
    greatest: RateExtreme | None
    hours: tuple[HourOfRate, ...]
    tachycardia: tuple[Episode, ...]
    bradycardia: tuple[Episode, ...]


@dataclass(frozen=True, slots=True)
class Pauses:
    """Intervals in which no beat came."""

    counts: dict[float, int]
    """How many lasted at least so many seconds."""
    longest: Episode | None
    episodes: tuple[Episode, ...]
    """All from the least of these on, in order of time."""


def heart_rate(rhythm: Rhythm, settings: RhythmSettings, seconds: float) -> HeartRate:
    """Heart rates of a recording of ``seconds``."""
    begins, ends, rates = _sliding(rhythm, settings.rate_intervals)
    return HeartRate(
        mean=_mean_rate(rhythm.intervals[rhythm.known]),
        least=_extreme(rates, begins, int(np.argmin(rates))) if len(rates) else None,
        greatest=_extreme(rates, begins, int(np.argmax(rates))) if len(rates) else None,
        hours=tuple(_hour(rhythm, begins, rates, hour) for hour in range(int(np.ceil(seconds / 3600)))),
        tachycardia=_episodes(begins, ends, rates > settings.tachycardia_rate, settings),
        bradycardia=_episodes(begins, ends, rates < settings.bradycardia_rate, settings),
    )


def _mean_rate(intervals: NDArray[np.float64]) -> float | None:
    return 60 / float(intervals.mean()) if len(intervals) else None


def _sliding(rhythm: Rhythm, count: int) -> tuple[Samples, Samples, NDArray[np.float64]]:
    """Begin and end, samples, and rate of each ``count`` intervals in a row that are all known."""
    if len(rhythm.known) < count:
        return rhythm.samples[:0], rhythm.samples[:0], np.empty(0)
    whole = np.lib.stride_tricks.sliding_window_view(rhythm.known, count).all(axis=1)
    begins, ends = rhythm.samples[:-count][whole], rhythm.samples[count:][whole]
    rates = ends / SAMPLING_RATE
    rates -= begins / SAMPLING_RATE
    rates /= count
    return begins, ends, np.divide(60, rates, out=rates)


def _extreme(rates: NDArray[np.float64], begins: Samples, place: int) -> RateExtreme:
    return RateExtreme(float(rates[place]), float(begins[place] / SAMPLING_RATE))


def _hour(rhythm: Rhythm, begins: Samples, rates: NDArray[np.float64], hour: int) -> HourOfRate:
    def inside(samples: Samples) -> slice:
        bounds = np.array([hour, hour + 1]) * 3600 * SAMPLING_RATE
        return slice(*np.searchsorted(samples, bounds.astype(samples.dtype)).tolist())

    beats, own = inside(rhythm.samples), rates[inside(begins)]
    known = rhythm.known[beats]
    intervals = np.diff(rhythm.samples[beats.start : beats.stop + 1])[: len(known)] / SAMPLING_RATE
    return HourOfRate(
        hour,
        _mean_rate(intervals[known]),
        float(own.min()) if len(own) else None,
        float(own.max()) if len(own) else None,
        beats.stop - beats.start,
    )


def _episodes(begins: Samples, ends: Samples, on: NDArray[np.bool_], settings: RhythmSettings) -> tuple[Episode, ...]:
    """Stretches of sliding rates of one kind that last; where the next one begins after a break, one has ended."""
    stretches = unbroken(on, begins[1:] <= ends[:-1])
    times = np.stack([begins[stretches[:, 0]], ends[stretches[:, 1] - 1]], axis=1) / SAMPLING_RATE
    episodes = (Episode(begin, end) for begin, end in times.tolist())
    return tuple(episode for episode in episodes if episode.seconds >= settings.rate_episode_seconds)


def pauses(rhythm: Rhythm, settings: RhythmSettings) -> Pauses:
    """The pauses of a recording."""
    lengths = np.where(rhythm.known, rhythm.intervals, 0)
    places = np.flatnonzero(lengths >= min(settings.pauses_seconds))
    episodes = tuple(Episode(rhythm.time(place), rhythm.time(place + 1)) for place in places.tolist())
    return Pauses(
        {seconds: int((lengths >= seconds).sum()) for seconds in settings.pauses_seconds},
        max(episodes, key=lambda episode: episode.seconds, default=None),
        episodes,
    )


def seconds_to_episodes(on: NDArray[np.bool_], longest_break: int, least: float) -> tuple[Episode, ...]:
    """Stretches of whole seconds as episodes; short breaks are bridged, short stretches left out."""
    stretches = joined(where(on), longest_break)
    return tuple(Episode(float(begin), float(end)) for begin, end in stretches if end - begin >= least)
