"""Ectopic beats: how many, in which company, in which pattern."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ecg.rhythm.heart_rate import Episode
from ecg.rhythm.settings import RhythmSettings
from ecg.rhythm.stretches import lasting, unbroken
from ecg.rhythm.timeline import BeatKind, Rhythm


@dataclass(frozen=True, slots=True)
class Run:
    """Ectopic beats in a row."""

    begin: float
    """Seconds from the recording's start: first beat."""
    end: float
    """Last beat."""
    beats: int
    rate: float
    """Beats a minute, mean of its intervals."""


@dataclass(frozen=True, slots=True)
class Ectopy:
    """Of one kind of ectopic beats."""

    beats: int
    burden: float | None
    """Percent of classified beats; None without any."""
    each_hour: float | None
    """Beats an analysable hour; None of a recording that is too short for that."""
    isolated: int
    couplets: int
    short_runs: int
    long_runs: int
    longest: Run | None
    """Of the runs the one with the most beats; of equals the first."""
    fastest: Run | None
    runs: tuple[Run, ...]


@dataclass(frozen=True, slots=True)
class Alternation:
    """Bigeminy or trigeminy."""

    episodes: tuple[Episode, ...]
    beats: int
    """Ventricular beats in them."""


@dataclass(frozen=True, slots=True)
class VentricularTachycardia:
    """Ventricular runs above the rate."""

    sustained: tuple[Run, ...]
    non_sustained: tuple[Run, ...]


def ectopy(rhythm: Rhythm, kind: BeatKind, settings: RhythmSettings, hours: float | None) -> Ectopy:
    """Count ectopic beats of one kind in ``hours`` that could be analysed; None where these are too few for a rate."""
    groups = unbroken(rhythm.of(kind), rhythm.known)  # neither another beat nor an unknown interval between
    lengths = groups[:, 1] - groups[:, 0]
    runs = tuple(_run(rhythm, first, last) for first, last in lasting(groups, settings.run_beats).tolist())
    beats = int(rhythm.of(kind).sum())
    classified = int((~rhythm.of(BeatKind.UNKNOWN)).sum())
    return Ectopy(
        beats=beats,
        burden=100 * beats / classified if classified else None,
        each_hour=beats / hours if hours else None,
        isolated=int((lengths == 1).sum()),
        couplets=int((lengths == 2).sum()),
        short_runs=int(((lengths >= settings.run_beats) & (lengths < settings.long_run_beats)).sum()),
        long_runs=int((lengths >= settings.long_run_beats).sum()),
        longest=max(runs, key=lambda run: run.beats, default=None),
        fastest=max(runs, key=lambda run: run.rate, default=None),
        runs=runs,
    )


def _run(rhythm: Rhythm, first: int, last: int) -> Run:
    begin, end = rhythm.time(first), rhythm.time(last - 1)
    return Run(begin, end, last - first, 60 * (last - first - 1) / (end - begin))


def ventricular_tachycardia(ventricular: Ectopy, settings: RhythmSettings) -> VentricularTachycardia:
    """Which ventricular runs are tachycardia, and which of these are sustained."""
    fast = [run for run in ventricular.runs if run.rate > settings.ventricular_run_rate]
    return VentricularTachycardia(
        tuple(run for run in fast if run.end - run.begin >= settings.sustained_seconds),
        tuple(run for run in fast if run.end - run.begin < settings.sustained_seconds),
    )


def alternation(rhythm: Rhythm, normal_beats: int, settings: RhythmSettings) -> Alternation:
    """Bigeminy (one normal beat before each ventricular one) or trigeminy (two)."""
    cycle = normal_beats + 1
    ventricular = rhythm.of(BeatKind.VENTRICULAR)
    other = rhythm.of(BeatKind.NORMAL) | rhythm.of(BeatKind.SUPRAVENTRICULAR)
    count = len(ventricular)
    ends = np.zeros(count, np.bool_)
    if count >= cycle:
        beats = np.lib.stride_tricks.sliding_window_view
        ends[cycle - 1 :] = ventricular[cycle - 1 :] & beats(other, cycle)[:, :-1].all(axis=1)
        ends[cycle - 1 :] &= beats(rhythm.known, normal_beats).all(axis=1)
    episodes, beats_in = [], 0
    for phase in range(cycle):
        own = ends[phase::cycle]
        linked = unbroken(own, rhythm.known[phase::cycle][: len(own) - 1])
        for first, last in lasting(linked, settings.alternation_cycles).tolist():
            begin, end = phase + cycle * first - normal_beats, phase + cycle * (last - 1)
            episodes.append(Episode(rhythm.time(begin), rhythm.time(end)))
            beats_in += last - first
    return Alternation(tuple(sorted(episodes, key=lambda episode: episode.begin)), beats_in)
