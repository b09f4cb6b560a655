"""Analyses that tests make by hand: beats and kinds as they choose, measures as ever."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ecg.families.family import Family
from ecg.recording import Recording, RecordingWarning
from ecg.rhythm.measures import measures
from ecg.rhythm.timeline import BeatKind, Timeline
from inference_server.classification import BeatClass, ModelInfo
from inference_server.classification.recordings import RecordingAnalysis, RecordingBeats, episodes_of
from tests.ecg.signal.synthetic import noise, signal_of

CLASSES = ("NORMAL", "LBBB", "RBBB", "PAC", "PVC", "PACED")
KINDS = {"PAC": BeatKind.SUPRAVENTRICULAR, "PVC": BeatKind.VENTRICULAR, "PACED": BeatKind.PACED}

Beats = Sequence[tuple[float, str]]


def regular(seconds: float, every: float = 0.8, first: float = 0.5) -> list[tuple[float, str]]:
    """Normal beats at one rate."""
    return [(float(time), "NORMAL") for time in np.arange(first, seconds - 0.5, every)]


def with_ventricular(beats: Beats, *places: int) -> list[tuple[float, str]]:
    """The same, some of them ventricular."""
    return [(time, "PVC" if place in places else kind) for place, (time, kind) in enumerate(beats)]


def analysis_of(
    beats: Beats,
    seconds: float,
    *,
    rate: float = 360.0,
    leads: tuple[str, ...] = ("II", "V1"),
    fibrillation: Sequence[tuple[int, int]] = (),
    faults: np.ndarray[tuple[int, ...], np.dtype[np.uint8]] | None = None,
    uncertain: Sequence[int] = (),
    warnings: tuple[RecordingWarning, ...] = (),
) -> RecordingAnalysis:
    """What would be said of a recording with these beats, every other kind of beat a family of its own."""
    times = np.array([time for time, _ in beats])
    classes = np.array([CLASSES.index(kind) for _, kind in beats], np.int8)
    probabilities = np.full((len(beats), len(CLASSES)), 0.01, np.float32)
    probabilities[np.arange(len(beats)), classes] = 0.95
    probabilities[list(uncertain)] = 0.1
    probabilities[list(uncertain), classes[list(uncertain)]] = 0.5
    confident = np.isin(np.arange(len(beats)), uncertain, invert=True)
    stretches = np.array(fibrillation, np.int64).reshape(-1, 2)
    present = sorted(set(classes.tolist()), key=lambda kind: -int((classes == kind).sum()))
    members = [np.flatnonzero(classes == kind) for kind in present]
    whole = int(np.ceil(seconds))
    faults = np.zeros((len(leads), whole), np.uint8) if faults is None else faults
    readable = ((faults & 15) == 0).any(axis=0)
    kinds = np.array([KINDS.get(CLASSES[kind], BeatKind.NORMAL).value for kind in classes], np.str_)
    measured = measures(Timeline(np.rint(times * 360).astype(np.int64), kinds, readable, stretches))
    return RecordingAnalysis(
        rate=rate,
        samples=round(seconds * rate),
        leads=leads,
        model=ModelInfo(
            name="arrhythmia-recording",
            version="1",
            classes=tuple(BeatClass(short, short.title()) for short in CLASSES),
            input_height=0,
            input_width=0,
            digest="0" * 64,
            training_run="made",
            scores={},
            licence_notice="none",
        ),
        beats=RecordingBeats(
            samples=np.rint(times * rate).astype(np.int64),
            peaks=np.rint(times * 360).astype(np.int64),
            odd=np.zeros(len(beats), np.bool_),
            probabilities=probabilities,
            classes=classes,
            confident=confident,
            plausible=probabilities > 0.05,
            families=np.array([present.index(int(kind)) for kind in classes], np.int16),
            fibrillates=np.array([any(begin <= time < end for begin, end in fibrillation) for time in times], np.bool_),
        ),
        families=tuple(Family(False, places, int(places[-1])) for places in members),
        faults=faults,
        episodes=episodes_of(measured),
        measures=measured,
        warnings=warnings,
    )


def recording_of(
    beats: Beats, seconds: float, *, rate: float = 360.0, leads: tuple[str, ...] = ("II", "V1")
) -> Recording:
    """A signal with these beats."""
    lead = signal_of([(time, "V" if kind == "PVC" else "N") for time, kind in beats], seconds, rate)
    values = np.linspace(1, 0.5, len(leads))[:, None] * lead + noise((len(leads), len(lead)), 0.01, 1)
    return Recording.of_array(values, leads=leads, rate=rate)
