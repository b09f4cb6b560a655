"""What one segment of a recording says: a stateless job, the same wherever and however often it is done."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ecg.families.clustering import FamilyGathering
from ecg.faults import UNREADABLE
from ecg.features.stream import INTERVALS, beat_blocks
from ecg.recording import Recording
from ecg.rhythm.ventricular_fibrillation import fibrillation_odds
from inference_server.classification import Verdict
from inference_server.classification.recordings import RecordingBeats
from inference_server.models.decision import Thresholds, decide
from inference_server.models.recording_course import Course
from inference_server.models.recording_model import RecordingModel
from inference_server.recordings.digest import Digest

#: A recording has no OOD score: what is no beat isn't found as one, or lies in a second that can't be read.
_FAMILIAR: Final = 0.0


@dataclass(frozen=True, slots=True)
class SegmentAnalysis:
    """Of the blocks of a segment."""

    beats: RecordingBeats
    """Their families and fibrillation are not known yet."""
    faults: NDArray[np.uint8]
    """``[leads, seconds]``, leads as they were asked for; the last block of a recording is as long as any other."""
    digest: Digest


def analyse_segment(
    piece: Recording,
    blocks: range,
    model: RecordingModel,
    leads: tuple[str, ...],
    *,
    each_block: Callable[[], None] = lambda: None,
) -> SegmentAnalysis:
    """Analyse the blocks of a recording of which at least what they need is there.

    Args:
        piece: See :func:`inference_server.recordings.pieces.piece_of`.
        blocks: Of the recording.
        model: Classifies.
        leads: Their order in the answer.
        each_block: Called before each; what it raises ends the work.

    Raises:
        ecg.signal.resampling.RateError: the recording's rate is outside of what is analysed.
    """
    gathering = FamilyGathering()
    probabilities = [np.empty((0, len(model.info.classes)), np.float32)]
    samples, sources = [np.empty(0, np.int64)], [np.empty(0, np.int64)]
    faults, odds, odd, atrial = [], [], [np.empty(0, np.bool_)], []
    before = [np.empty(0, np.float32)]
    for block in beat_blocks(piece, blocks):
        each_block()
        gathering.add(block)
        samples.append(block.windows.samples)
        sources.append(block.source_samples)
        probabilities.append(model.probabilities(block))
        faults.append(block.windows.faults)
        odds.append(fibrillation_odds(block.windows.waves))
        odd.append(block.odd)
        before.append(block.intervals[:, INTERVALS - 1])
        atrial.append(block.atrial)
    groups = gathering.groups()
    course = Course(np.concatenate(before), np.concatenate(odd), gathering.finish().of_beat)
    beats = _decided(
        np.concatenate(sources),
        np.concatenate(samples),
        course.odd,
        model.of_recording(np.concatenate(probabilities), course),
        model.thresholds,
    )
    judged = np.concatenate(faults, axis=1)
    digest = Digest(
        beats.peaks.astype(np.int32),
        beats.classes,
        ((judged & int(UNREADABLE)) == 0).any(axis=0),
        np.concatenate(odds),
        beats.odd,
        np.stack(atrial),
        groups,
    )
    return SegmentAnalysis(beats, judged[[piece.leads.index(name) for name in leads]], digest)


def _decided(
    samples: NDArray[np.int64],
    peaks: NDArray[np.int64],
    odd: NDArray[np.bool_],
    probabilities: NDArray[np.float32],
    thresholds: Thresholds,
) -> RecordingBeats:
    """Beats with their verdicts, before families and fibrillation are known."""
    count = len(samples)
    confident, plausible = np.zeros(count, np.bool_), np.zeros(probabilities.shape, np.bool_)
    classes = np.zeros(count, np.int8)
    for row, of_beat in enumerate(probabilities.tolist()):
        decision = decide(of_beat, _FAMILIAR, thresholds)
        classes[row] = decision.top
        confident[row] = decision.verdict is Verdict.CONFIDENT
        plausible[row, list(decision.prediction_set)] = True
    return RecordingBeats(
        samples=samples,
        peaks=peaks,
        odd=odd,
        probabilities=probabilities,
        classes=classes,
        confident=confident,
        plausible=plausible,
        families=np.full(count, -1, np.int16),
        fibrillates=np.zeros(count, np.bool_),
    )
