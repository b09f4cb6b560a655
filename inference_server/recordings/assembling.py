"""What the segments of a recording say together: families, episodes, measures."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ecg.beats import SAMPLING_RATE
from ecg.recording import RecordingWarning
from ecg.rhythm.measures import measures
from ecg.rhythm.settings import RhythmSettings
from ecg.rhythm.stretches import Stretches
from ecg.rhythm.timeline import BeatKind, Timeline
from ecg.rhythm.ventricular_fibrillation import ventricular_fibrillation
from inference_server.classification import BeatClass, ModelInfo
from inference_server.classification.recordings import (
    RecordingAnalysis,
    RecordingBeats,
    RecordingRhythm,
    episodes_of,
)
from inference_server.recordings.digest import Digest, folded

_KINDS: Final = {
    "NORMAL": BeatKind.NORMAL,
    "LBBB": BeatKind.NORMAL,
    "RBBB": BeatKind.NORMAL,
    "PAC": BeatKind.SUPRAVENTRICULAR,
    "PVC": BeatKind.VENTRICULAR,
    "PACED": BeatKind.PACED,
}
"""What measures call each class; others are unknown to them."""


def rhythm_of(
    digests: list[Digest],
    classes: tuple[BeatClass, ...],
    *,
    rate: float,
    samples: int,
    settings: RhythmSettings | None = None,
) -> RecordingRhythm:
    """What all segments say together.

    Args:
        digests: Of the whole recording, in order of time; at least one.
        classes: Of the model.
        rate: Of the recording.
        samples: Length of the recording.
        settings: Definitions of the measures.
    """
    digest, gathering = folded(digests)
    stretches = ventricular_fibrillation(digest.flutter_power, digest.qrs_power)
    working = digest.samples.astype(np.int64)
    kinds = np.array([_KINDS.get(kind.short, BeatKind.UNKNOWN).value for kind in classes])[digest.classes]
    timeline = Timeline(working, kinds, digest.readable[: seconds_of(samples, rate)], stretches)
    measured = measures(timeline, settings)
    return RecordingRhythm(
        families=gathering.finish().families,
        fibrillating=_places_inside(working, stretches),
        episodes=episodes_of(measured),
        measures=measured,
    )


def seconds_of(samples: int, rate: float) -> int:
    """Seconds of a recording, the last one perhaps not whole."""
    return int(np.ceil(samples / rate))


def assembled(
    parts: list[RecordingBeats],
    faults: list[NDArray[np.uint8]],
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
    )


def _joined(parts: list[RecordingBeats], classes: int) -> RecordingBeats:
    nothing = RecordingBeats(
        samples=np.empty(0, np.int64),
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


def _places_inside(samples: NDArray[np.int64], stretches: Stretches) -> NDArray[np.int64]:
    """``[m, 2]``: which beats, from and to before, lie in each of ``stretches``, whole seconds."""
    places: NDArray[np.int64] = np.searchsorted(samples, np.asarray(stretches, np.int64) * SAMPLING_RATE)
    return places[places[:, 1] > places[:, 0]]
