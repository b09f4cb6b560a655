"""What is said about a recording: every beat, families, quality, episodes and measures."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ecg.families.family import Family
from ecg.recording import RecordingWarning
from ecg.rhythm.measures import Measures
from inference_server.classification import ModelInfo


@dataclass(frozen=True, slots=True)
class RecordingBeats:
    """Beats in order of time; rows correspond."""

    samples: NDArray[np.int64]
    """``[n]``: R peaks in samples of the recording's own rate."""
    peaks: NDArray[np.int64]
    """``[n]``: the same at 360 Hz, between which intervals are measured."""
    odd: NDArray[np.bool_]
    """``[n]``: whether its QRS complex is unlike the usual one (:attr:`ecg.features.stream.BeatBlock.odd`)."""
    probabilities: NDArray[np.float32]
    """``[n, C]``, calibrated, in the order of :attr:`inference_server.classification.ModelInfo.classes`."""
    classes: NDArray[np.int8]
    """``[n]``: place of the most probable class."""
    confident: NDArray[np.bool_]
    """``[n]``: whether that is answered at the model's stated risk."""
    plausible: NDArray[np.bool_]
    """``[n, C]``: classes that stay plausible."""
    families: NDArray[np.int16]
    """``[n]``: place of each beat's family; −1 before all beats are known."""
    fibrillates: NDArray[np.bool_]
    """``[n]``: whether it lies in ventricular flutter or fibrillation, where waves are no beats."""

    def __len__(self) -> int:
        return len(self.samples)


class EpisodeKind(StrEnum):
    """What lasts."""

    ATRIAL_FIBRILLATION = "ATRIAL_FIBRILLATION"
    VENTRICULAR_FIBRILLATION = "VENTRICULAR_FIBRILLATION"
    """Or flutter."""
    VENTRICULAR_RUN = "VENTRICULAR_RUN"
    SUPRAVENTRICULAR_RUN = "SUPRAVENTRICULAR_RUN"
    BIGEMINY = "BIGEMINY"
    TRIGEMINY = "TRIGEMINY"
    TACHYCARDIA = "TACHYCARDIA"
    BRADYCARDIA = "BRADYCARDIA"
    PAUSE = "PAUSE"


@dataclass(frozen=True, slots=True)
class RecordingEpisode:
    """Something that lasts, in seconds from the recording's start."""

    kind: EpisodeKind
    begin: float
    end: float
    beats: int | None = None
    """Of a run."""
    rate: float | None = None
    """Beats a minute, of a run."""


@dataclass(frozen=True, slots=True)
class RecordingRhythm:
    """What is known once every beat is."""

    families: tuple[Family, ...]
    """The largest first."""
    fibrillating: NDArray[np.int64]
    """``[m, 2]``: places of beats, from and to before, that lie in ventricular flutter or fibrillation."""
    episodes: tuple[RecordingEpisode, ...]
    """In order of time."""
    measures: Measures


@dataclass(frozen=True, slots=True)
class RecordingAnalysis:
    """All that is said about one recording."""

    rate: float
    """Samples a second."""
    samples: int
    """Length of every lead, gaps included."""
    leads: tuple[str, ...]
    model: ModelInfo
    """The version that answered."""
    beats: RecordingBeats
    families: tuple[Family, ...]
    """The largest first."""
    faults: NDArray[np.uint8]
    """``[leads, seconds]``: :class:`ecg.quality.Fault` bits."""
    episodes: tuple[RecordingEpisode, ...]
    """In order of time."""
    measures: Measures
    warnings: tuple[RecordingWarning, ...] = ()
    atrial: NDArray[np.float32] | None = None
    """``[blocks, 7]``: P waves or none (:attr:`ecg.features.stream.BeatBlock.atrial`); None: nobody says."""

    @property
    def seconds(self) -> float:
        """Length, gaps included."""
        return self.samples / self.rate

    def counts(self) -> dict[str, int]:
        """Beats of each class by its short name, those in ventricular fibrillation left out."""
        own = np.bincount(self.beats.classes[~self.beats.fibrillates], minlength=len(self.model.classes))
        return {kind.short: int(count) for kind, count in zip(self.model.classes, own, strict=True)}


def episodes_of(measures: Measures) -> tuple[RecordingEpisode, ...]:
    """Everything in the measures that lasts, in order of time."""
    kind = EpisodeKind
    stretches: list[tuple[EpisodeKind, Any]] = [
        (kind.ATRIAL_FIBRILLATION, measures.atrial_fibrillation.episodes),
        (kind.VENTRICULAR_FIBRILLATION, measures.ventricular_fibrillation),
        (kind.BIGEMINY, measures.bigeminy.episodes),
        (kind.TRIGEMINY, measures.trigeminy.episodes),
        (kind.TACHYCARDIA, measures.heart_rate.tachycardia),
        (kind.BRADYCARDIA, measures.heart_rate.bradycardia),
        (kind.PAUSE, measures.pauses.episodes),
    ]
    runs = (
        (kind.VENTRICULAR_RUN, measures.ventricular.runs),
        (kind.SUPRAVENTRICULAR_RUN, measures.supraventricular.runs),
    )
    episodes_found = [
        RecordingEpisode(of, episode.begin, episode.end) for of, episodes in stretches for episode in episodes
    ]
    episodes_found += [
        RecordingEpisode(of, run.begin, run.end, run.beats, run.rate) for of, several in runs for run in several
    ]
    return tuple(sorted(episodes_found, key=lambda episode: (episode.begin, episode.end, episode.kind)))


def seconds_of(samples: int, rate: float) -> int:
    """Seconds of a recording, the last one perhaps not whole."""
    return int(np.ceil(samples / rate))


def assembled(
    parts: list[RecordingBeats],
    faults: list[NDArray[np.uint8]],
    atrial: list[NDArray[np.float32]],
    rhythm: RecordingRhythm,
    *,
    rate: float,
    samples: int,
    leads: tuple[str, ...],
    model: ModelInfo,
    warnings: tuple[RecordingWarning, ...],
) -> RecordingAnalysis:
    """The analysis of a recording of which all is known.

    Args:
        parts: Its beats, in order of time.
        faults: Its seconds, ``[leads, …]`` each, in order of time; what lies beyond its end is left out.
        atrial: Its half minutes, ``[…, 7]`` each, in order of time; nothing where nobody says.
        rhythm: What they say together.
        rate: Of the recording.
        samples: Length of the recording.
        leads: Its leads.
        model: That answered.
        warnings: Of the recording.
    """
    beats = _joined(parts, len(model.classes))
    for place, family in enumerate(rhythm.families):
        beats.families[family.members] = place
    for first, last in rhythm.fibrillating.tolist():
        beats.fibrillates[first:last] = True
    judged = np.concatenate([np.empty((len(leads), 0), np.uint8), *faults], axis=1)
    return RecordingAnalysis(
        rate=rate,
        samples=samples,
        leads=leads,
        model=model,
        beats=beats,
        families=rhythm.families,
        faults=judged[:, : seconds_of(samples, rate)],
        episodes=rhythm.episodes,
        measures=rhythm.measures,
        warnings=warnings,
        atrial=np.concatenate(atrial) if atrial else None,
    )


def _joined(parts: list[RecordingBeats], classes: int) -> RecordingBeats:
    nothing = RecordingBeats(
        samples=np.empty(0, np.int64),
        peaks=np.empty(0, np.int64),
        odd=np.empty(0, np.bool_),
        probabilities=np.empty((0, classes), np.float32),
        classes=np.empty(0, np.int8),
        confident=np.empty(0, np.bool_),
        plausible=np.empty((0, classes), np.bool_),
        families=np.empty(0, np.int16),
        fibrillates=np.empty(0, np.bool_),
    )
    names = RecordingBeats.__slots__
    columns = {name: np.concatenate([getattr(part, name) for part in (nothing, *parts)]) for name in names}
    return replace(nothing, **columns)
