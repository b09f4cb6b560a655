"""Heart rate, by hour too, tachycardia, bradycardia, pauses."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ecg.rhythm.settings import RhythmSettings
from ecg.rhythm.stretches import joined, where
from ecg.rhythm.timeline import Rhythm


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
    begins, ends, means = _sliding(rhythm, settings.rate_intervals)
    rates = 60 / means
    known = rhythm.intervals[rhythm.known]
    return HeartRate(
        mean=60 / float(known.mean()) if len(known) else None,
        least=_extreme(rates, begins, int(np.argmin(rates))) if len(rates) else None,
        greatest=_extreme(rates, begins, int(np.argmax(rates))) if len(rates) else None,
        hours=tuple(_hour(rhythm, begins, rates, hour) for hour in range(int(np.ceil(seconds / 3600)))),
        tachycardia=_episodes(begins, ends, rates > settings.tachycardia_rate, settings),
        bradycardia=_episodes(begins, ends, rates < settings.bradycardia_rate, settings),
    )


def _sliding(rhythm: Rhythm, count: int) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Begin, end and mean interval of each ``count`` intervals in a row that are all known."""
    if len(rhythm.intervals) < count:
        return np.empty(0), np.empty(0), np.empty(0)
    whole = np.lib.stride_tricks.sliding_window_view(rhythm.known, count).all(axis=1)
    begins, ends = rhythm.times[:-count][whole], rhythm.times[count:][whole]
    return begins, ends, (ends - begins) / count


def _extreme(rates: NDArray[np.float64], begins: NDArray[np.float64], place: int) -> RateExtreme:
    return RateExtreme(float(rates[place]), float(begins[place]))


def _hour(rhythm: Rhythm, begins: NDArray[np.float64], rates: NDArray[np.float64], hour: int) -> HourOfRate:
    def inside(times: NDArray[np.float64]) -> NDArray[np.bool_]:
        return np.asarray((times >= hour * 3600) & (times < (hour + 1) * 3600))

    intervals = rhythm.intervals[inside(rhythm.times[:-1]) & rhythm.known] if len(rhythm.times) else rhythm.intervals
    own = rates[inside(begins)]
    return HourOfRate(
        hour,
        60 / float(intervals.mean()) if len(intervals) else None,
        float(own.min()) if len(own) else None,
        float(own.max()) if len(own) else None,
        int(inside(rhythm.times).sum()),
    )


def _episodes(
    begins: NDArray[np.float64], ends: NDArray[np.float64], on: NDArray[np.bool_], settings: RhythmSettings
) -> tuple[Episode, ...]:
    """Stretches of sliding rates of one kind that last; where the next one begins after a break, one has ended."""
    whole = np.append(begins[1:] <= ends[:-1], False) if len(begins) else on
    episodes = []
    for first, last in where(on):
        cuts = np.flatnonzero(~whole[first : last - 1]) + first + 1
        for begin, other in zip([first, *cuts], [*cuts, last], strict=True):
            episode = Episode(float(begins[begin]), float(ends[other - 1]))
            if episode.seconds >= settings.rate_episode_seconds:
                episodes.append(episode)
    return tuple(episodes)


def pauses(rhythm: Rhythm, settings: RhythmSettings) -> Pauses:
    """The pauses of a recording."""
    lengths = np.where(rhythm.known, rhythm.intervals, 0)
    places = np.flatnonzero(lengths >= min(settings.pauses_seconds))
    episodes = tuple(Episode(float(rhythm.times[place]), float(rhythm.times[place + 1])) for place in places)
    return Pauses(
        {seconds: int((lengths >= seconds).sum()) for seconds in settings.pauses_seconds},
        max(episodes, key=lambda episode: episode.seconds, default=None),
        episodes,
    )


def seconds_to_episodes(on: NDArray[np.bool_], longest_break: int, least: float) -> tuple[Episode, ...]:
    """Stretches of whole seconds as episodes; short breaks are bridged, short stretches left out."""
    stretches = joined(where(on), longest_break)
    return tuple(Episode(float(begin), float(end)) for begin, end in stretches if end - begin >= least)
