"""Which stretches of a recording a report shows, the most important first."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np

from inference_server.classification.recordings import EpisodeKind, RecordingAnalysis
from inference_server.exports.counting import readable_seconds
from inference_server.exports.wording import ENGLISH, Wording

STRIP_SECONDS: Final = 7.0
"""Length of a strip: 175 mm at 25 mm/s."""

#: Seconds shown before what begins in a strip.
_BEFORE: Final = 1.0
#: Moments whose strips begin so near each other share one, seconds.
_SAME: Final = 2.0
_MOST: Final = 14
#: Beats that a strip of the usual rhythm has at least: 26 a minute.
_USUAL_BEATS: Final = 3


@dataclass(frozen=True, slots=True)
class Moment:
    """A stretch of :data:`STRIP_SECONDS`."""

    titles: tuple[str, ...]
    begin: float
    """Seconds from the recording's start."""


def moments(analysis: RecordingAnalysis, words: Wording = ENGLISH) -> tuple[Moment, ...]:
    """The moments to show; those that lie together are one."""
    latest = max(0.0, analysis.seconds - STRIP_SECONDS)
    chosen: list[Moment] = []
    for title, begin in _found(analysis, words):
        begin = min(max(0.0, begin), latest)
        near = next((place for place, moment in enumerate(chosen) if abs(moment.begin - begin) < _SAME), None)
        if near is not None:
            chosen[near] = Moment((*chosen[near].titles, title), chosen[near].begin)
        elif len(chosen) < _MOST:
            chosen.append(Moment((title,), begin))
    return tuple(chosen)


def _found(analysis: RecordingAnalysis, words: Wording) -> Iterator[tuple[str, float]]:
    """Title and begin of each strip."""
    if (usual := _usual(analysis)) is not None:
        yield words("Usual rhythm"), usual
    yield from _fibrillation(analysis, words)
    yield from _ventricular(analysis, words)
    rates, pause = analysis.measures.heart_rate, analysis.measures.pauses.longest
    if pause is not None:
        yield (
            words("Longest pause, {seconds} s", seconds=words.number(pause.seconds, "", 2)),
            _around(pause.begin, pause.end),
        )
    if rates.greatest is not None:
        yield words("Fastest rate, {rate}/min", rate=f"{rates.greatest.rate:.0f}"), rates.greatest.time - 0.5
    if rates.least is not None:
        yield words("Slowest rate, {rate}/min", rate=f"{rates.least.rate:.0f}"), rates.least.time - 0.5
    if (run := analysis.measures.supraventricular.longest) is not None:
        title = "Longest supraventricular run, {beats} beats, {rate}/min"
        yield words(title, beats=run.beats, rate=f"{run.rate:.0f}"), _around(run.begin, run.end)
    if (time := _first_of(analysis, "PAC", 1)) is not None:
        yield words("First isolated supraventricular beat"), time - STRIP_SECONDS / 2
    if (doubtful := _least_certain(analysis)) is not None:
        place, probability = doubtful
        kind = analysis.model.classes[int(analysis.beats.classes[place])].short
        time = float(analysis.beats.samples[place]) / analysis.rate
        title = words(
            "Least certain beat ({kind}, probability {probability}), in the middle",
            kind=kind,
            probability=words.number(probability, "", 2),
        )
        yield title, time - STRIP_SECONDS / 2


def _fibrillation(analysis: RecordingAnalysis, words: Wording) -> Iterator[tuple[str, float]]:
    for kind, name in (
        (EpisodeKind.VENTRICULAR_FIBRILLATION, words("Ventricular flutter or fibrillation")),
        (EpisodeKind.ATRIAL_FIBRILLATION, words("Atrial fibrillation")),
    ):
        episodes = [episode for episode in analysis.episodes if episode.kind is kind]
        if episodes:
            longest = max(episodes, key=lambda episode: episode.end - episode.begin)
            length = longest.end - longest.begin
            which = words("longest of {count}", count=len(episodes)) if len(episodes) > 1 else words("the only episode")
            title = words("{name}, {which}, {seconds} s; its middle", name=name, which=which, seconds=f"{length:.0f}")
            yield title, longest.begin + length / 2 - STRIP_SECONDS / 2


def _ventricular(analysis: RecordingAnalysis, words: Wording) -> Iterator[tuple[str, float]]:
    ventricular = analysis.measures.ventricular
    for run, title in (
        (ventricular.longest, "Longest ventricular run, {beats} beats, {rate}/min"),
        (ventricular.fastest, "Fastest ventricular run, {beats} beats, {rate}/min"),
    ):
        if run is not None:
            yield words(title, beats=run.beats, rate=f"{run.rate:.0f}"), _around(run.begin, run.end)
    if ventricular.runs:
        first = ventricular.runs[0]
        yield words("First ventricular run, {beats} beats", beats=first.beats), _around(first.begin, first.end)
    if (time := _first_of(analysis, "PVC", 2)) is not None:
        yield words("First ventricular couplet"), time - STRIP_SECONDS / 2
    bigeminy = analysis.measures.bigeminy.episodes
    if bigeminy:
        longest = max(bigeminy, key=lambda episode: episode.seconds)
        yield (
            words("Longest bigeminy, {seconds} s", seconds=f"{longest.seconds:.0f}"),
            _around(longest.begin, longest.end),
        )
    if (time := _first_of(analysis, "PVC", 1)) is not None:
        yield words("First isolated ventricular beat"), time - STRIP_SECONDS / 2


def _around(begin: float, end: float) -> float:
    """Begin of a strip with a stretch in its middle, or with the stretch's begin where it is longer."""
    if end - begin > STRIP_SECONDS - 2 * _BEFORE:
        return begin - _BEFORE
    return (begin + end - STRIP_SECONDS) / 2


def _first_of(analysis: RecordingAnalysis, short: str, in_a_row: int) -> float | None:
    """When the first group of exactly so many beats of a class begins, seconds."""
    names = [kind.short for kind in analysis.model.classes]
    if short not in names:
        return None
    beats = analysis.beats
    on = (beats.classes == names.index(short)) & ~beats.fibrillates
    edges = np.flatnonzero(np.diff(np.concatenate([[False], on, [False]]).astype(np.int8)))
    begins, lengths = edges[::2], edges[1::2] - edges[::2]
    fitting = begins[lengths == in_a_row]
    return float(beats.samples[fitting[0]]) / analysis.rate if len(fitting) else None


def _usual(analysis: RecordingAnalysis) -> float | None:
    """Begin of the stretch nearest the middle that can be read and has beats of the largest family alone."""
    seconds = int(STRIP_SECONDS)
    readable = readable_seconds(analysis)
    if len(readable) < seconds or not len(analysis.beats):
        return None
    times = np.minimum((analysis.beats.samples / analysis.rate).astype(np.int64), len(readable) - 1)
    own = analysis.beats.families == 0
    disturbed = ~readable | (np.bincount(times[~own], minlength=len(readable)) > 0)
    counts = np.bincount(times[own], minlength=len(readable))
    windows = np.lib.stride_tricks.sliding_window_view
    fitting = np.flatnonzero(
        ~windows(disturbed, seconds).any(axis=1) & (windows(counts, seconds).sum(axis=1) >= _USUAL_BEATS)
    )
    if not len(fitting):
        return None
    return float(fitting[np.argmin(np.abs(fitting - (len(readable) - seconds) / 2))])


def _least_certain(analysis: RecordingAnalysis) -> tuple[int, float] | None:
    """Place and probability of the beat whose most probable class is least probable."""
    beats = analysis.beats
    counted = np.flatnonzero(~beats.fibrillates & ~beats.confident)
    if not len(counted):
        return None
    top = beats.probabilities[counted, beats.classes[counted]]
    place = int(np.argmin(top))
    return int(counted[place]), float(top[place])
