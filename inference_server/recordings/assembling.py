"""What the segments of a recording say together: beats with verdicts, families, episodes, measures."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ecg.beats import SAMPLING_RATE
from ecg.families.clustering import FamilyGathering
from ecg.quality import UNREADABLE
from ecg.recording import RecordingWarning
from ecg.rhythm.measures import measures
from ecg.rhythm.settings import RhythmSettings
from ecg.rhythm.stretches import Stretches
from ecg.rhythm.timeline import BeatKind, Timeline
from ecg.rhythm.ventricular_fibrillation import ventricular_fibrillation
from inference_server.classification import Verdict
from inference_server.classification.recordings import (
    RecordingAnalysis,
    RecordingBeats,
    RecordingModelInfo,
    episodes_of,
)
from inference_server.models.decision import Thresholds, decide
from inference_server.recordings.segment_analysis import SegmentResult

_KINDS: Final = {
    "NORMAL": BeatKind.NORMAL,
    "LBBB": BeatKind.NORMAL,
    "RBBB": BeatKind.NORMAL,
    "PAC": BeatKind.SUPRAVENTRICULAR,
    "PVC": BeatKind.VENTRICULAR,
    "PACED": BeatKind.PACED,
}
"""What measures call each class; others are unknown to them."""


def decided(segment: SegmentResult, thresholds: Thresholds) -> RecordingBeats:
    """The beats of a segment with their verdicts, before families and fibrillation are known."""
    count = len(segment.samples)
    confident, plausible = np.zeros(count, np.bool_), np.zeros(segment.probabilities.shape, np.bool_)
    classes = np.zeros(count, np.int8)
    for row, probabilities in enumerate(segment.probabilities.tolist()):
        decision = decide(probabilities, 0.0, thresholds)
        classes[row] = decision.top
        confident[row] = decision.verdict is Verdict.CONFIDENT
        plausible[row, list(decision.prediction_set)] = True
    return RecordingBeats(
        samples=segment.source_samples,
        probabilities=segment.probabilities,
        classes=classes,
        confident=confident,
        plausible=plausible,
        families=np.full(count, -1, np.int16),
        fibrillates=np.zeros(count, np.bool_),
    )


class Assembly:
    """Takes the segments of a recording in order of time and says what they mean together."""

    def __init__(self, model: RecordingModelInfo, thresholds: Thresholds) -> None:
        self._model, self._thresholds = model, thresholds
        self._gathering = FamilyGathering()
        self._parts: list[RecordingBeats] = []
        self._working: list[NDArray[np.int64]] = []
        self._faults: list[NDArray[np.uint8]] = []
        self._powers: list[NDArray[np.float32]] = []

    def add(self, segment: SegmentResult) -> RecordingBeats:
        """The next segment; its beats with their verdicts."""
        beats = decided(segment, self._thresholds)
        self._gathering.join(segment.groups)
        self._parts.append(beats)
        self._working.append(segment.samples)
        self._faults.append(segment.faults)
        self._powers.append(np.stack([segment.flutter_power, segment.qrs_power]))
        return beats

    def finish(
        self,
        *,
        rate: float,
        samples: int,
        leads: tuple[str, ...],
        settings: RhythmSettings | None = None,
        warnings: tuple[RecordingWarning, ...] = (),
    ) -> RecordingAnalysis:
        """All that is said about the recording, of which every segment came."""
        families = self._gathering.finish()
        faults = np.concatenate([np.empty((len(leads), 0), np.uint8), *self._faults], axis=1)
        flutter, qrs = np.concatenate([np.empty((2, len(leads), 0), np.float32), *self._powers], axis=2)
        stretches = ventricular_fibrillation(flutter, qrs)
        working = np.concatenate([np.empty(0, np.int64), *self._working])
        beats = replace(
            _joined(self._parts, len(self._model.classes)),
            families=families.of_beat.astype(np.int16),
            fibrillates=_inside(working, stretches),
        )
        kinds = np.array([_KINDS.get(kind.short, BeatKind.UNKNOWN).value for kind in self._model.classes])
        readable = ((faults & int(UNREADABLE)) == 0).any(axis=0)
        seconds = int(np.ceil(samples / rate))
        measured = measures(Timeline(working, kinds[beats.classes], readable[:seconds], stretches), settings)
        return RecordingAnalysis(
            rate=rate,
            samples=samples,
            leads=leads,
            model=self._model,
            beats=beats,
            families=families.families,
            faults=faults[:, :seconds],
            episodes=episodes_of(measured),
            measures=measured,
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
    return RecordingBeats(
        **{name: np.concatenate([getattr(part, name) for part in (nothing, *parts)]) for name in names}
    )


def _inside(samples: NDArray[np.int64], stretches: Stretches) -> NDArray[np.bool_]:
    """Which samples, at 360 Hz, lie in one of ``stretches``, whole seconds."""
    inside = np.zeros(len(samples), np.bool_)
    for begin, end in np.asarray(stretches).tolist():
        inside |= (samples >= begin * SAMPLING_RATE) & (samples < end * SAMPLING_RATE)
    return inside
