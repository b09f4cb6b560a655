"""Recordings whose beats are marked, at one rate, and their beats: person, record, sample, symbol, lead, millivolts.

Every database and every maker of synthetic recordings hands over a :class:`MarkedRecording`; all are cut in the same
way here.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ecg.beats import MARGIN, WINDOW_AFTER, WINDOW_BEFORE, cut_windows


@dataclass(frozen=True, slots=True)
class Beats:
    """Beats in record order, one row per beat and lead."""

    table: pd.DataFrame
    """Columns: ``patient``, ``record``, ``sample`` (R peak, samples at 360 Hz), ``symbol``, ``lead`` (name),
    ``primary`` (bool: the lead that pictures show by default), ``partition`` (``train`` or ``test`` where the source
    prescribes it, as class folders do, or ``validation``; else empty), ``group`` (people whom nobody can tell apart for
    certain, see :attr:`training.databases.database.Entry.group`; empty where the source doesn't tell)."""
    windows: NDArray[np.float32]
    """Shape ``[rows, STORED_SAMPLES]``, millivolts; R at index ``MARGIN + WINDOW_BEFORE``."""


@dataclass(frozen=True, slots=True)
class MarkedRecording:
    """One recording with its beats marked."""

    name: str
    patient: str
    leads: tuple[str, ...]
    primary: int
    """Which lead the pictures show by default."""
    signal: NDArray[np.float32]
    """``[samples, leads]``, millivolts at :data:`ecg.beats.SAMPLING_RATE`."""
    samples: NDArray[np.int64]
    """Where each beat has its R peak (of fibrillation: a wave's crest)."""
    symbols: NDArray[np.str_]
    """Annotation symbol of each beat."""
    partition: str = ""
    """``train``, ``validation`` or ``test`` where the source prescribes it; else empty."""
    every_peak: NDArray[np.int64] | None = None
    """R peaks of all beats, also of those that are not marked; None where every beat is marked."""
    group: str = ""
    """People whom nobody can tell apart for certain, this person among them; empty where the source doesn't tell."""

    @property
    def peaks(self) -> NDArray[np.int64]:
        """R peaks of all beats, ascending: what the rhythm is read from."""
        return self.samples if self.every_peak is None else self.every_peak

    def marking(self, beats: NDArray[np.int64]) -> MarkedRecording:
        """Only these of the marked beats are marked; the peaks of the others are still known."""
        return replace(self, samples=self.samples[beats], symbols=self.symbols[beats], every_peak=np.unique(self.peaks))

    def with_at_most(self, beats: int) -> MarkedRecording:
        """At most so many beats of each symbol are marked, spread evenly over the recording."""
        return self.marking(np.flatnonzero(spread_evenly(self.symbols, beats)))


def spread_evenly(kinds: NDArray[Any], most: int) -> NDArray[np.bool_]:
    """Which of the items are taken where at most ``most`` of each kind may be: spread evenly over its items.

    Args:
        kinds: ``[N]``, the kind of each item, in order.
    """
    taken = np.zeros(len(kinds), dtype=bool)
    _, kind, counts = np.unique(kinds, return_inverse=True, return_counts=True)
    for own in np.split(np.argsort(kind, kind="stable"), np.cumsum(counts)[:-1]):
        taken[own[np.linspace(0, len(own) - 1, min(most, len(own))).round().astype(np.int64)]] = True
    return taken


def generator_of(name: str) -> np.random.Generator:
    """Chance that is the same for the same name, and another for any other."""
    return np.random.default_rng(np.frombuffer(hashlib.sha256(name.encode()).digest(), dtype=np.uint32))


def cut_beats(recording: MarkedRecording) -> Beats:
    """All beats of a recording, in every lead.

    Beats whose picture window would reach past the recording's ends are left out.
    """
    inside = within(recording)
    samples, symbols = recording.samples[inside], recording.symbols[inside]
    reach = WINDOW_BEFORE + MARGIN
    tables, windows = [], []
    for channel, lead in enumerate(recording.leads):
        windows.append(cut_windows(recording.signal[:, channel], samples, reach))
        tables.append(
            pd.DataFrame(
                {
                    "patient": recording.patient,
                    "record": recording.name,
                    "sample": samples,
                    "symbol": symbols,
                    "lead": lead,
                    "primary": channel == recording.primary,
                    "partition": recording.partition,
                    "group": recording.group,
                }
            )
        )
    return Beats(pd.concat(tables, ignore_index=True), np.concatenate(windows))


def within(recording: MarkedRecording) -> NDArray[np.bool_]:
    """Which beats have their whole picture window inside the recording."""
    samples = recording.samples
    return (samples >= WINDOW_BEFORE) & (samples + WINDOW_AFTER <= len(recording.signal))
