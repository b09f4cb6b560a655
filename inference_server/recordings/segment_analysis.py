"""What one segment of a recording says: a stateless job, the same wherever and however often it is done."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ecg.families.clustering import FamilyGathering, FamilyGroups
from ecg.features.stream import beat_blocks
from ecg.recording import Recording
from inference_server.models.recording_model import RecordingModel


@dataclass(frozen=True, slots=True)
class SegmentResult:
    """What is known of the blocks of a segment."""

    samples: NDArray[np.int64]
    """``[n]``: R peaks at 360 Hz from the recording's start."""
    source_samples: NDArray[np.int64]
    """``[n]``: the same in samples of the recording's own rate."""
    probabilities: NDArray[np.float32]
    """``[n, C]``."""
    faults: NDArray[np.uint8]
    """``[leads, seconds]``."""
    flutter_power: NDArray[np.float32]
    qrs_power: NDArray[np.float32]
    """``[leads, seconds]``, square millivolts; see :class:`ecg.signal.filters.Filtered`."""
    groups: FamilyGroups


def analyse_segment(piece: Recording, blocks: range, model: RecordingModel) -> SegmentResult:
    """Analyse the blocks of a recording of which at least what they need is there.

    Raises:
        ecg.signal.resampling.RateError: the recording's rate is outside of what is analysed.
    """
    gathering = FamilyGathering()
    leads = len(piece.leads)
    samples, sources = [np.empty(0, np.int64)], [np.empty(0, np.int64)]
    probabilities = [np.empty((0, len(model.info.classes)), np.float32)]
    faults = [np.empty((leads, 0), np.uint8)]
    flutter, qrs = [np.empty((leads, 0), np.float32)], [np.empty((leads, 0), np.float32)]
    for block in beat_blocks(piece, blocks):
        gathering.add(block)
        samples.append(block.windows.samples)
        sources.append(block.source_samples)
        probabilities.append(model.probabilities(block))
        faults.append(block.windows.faults)
        flutter.append(block.windows.flutter_power)
        qrs.append(block.windows.qrs_power)
    return SegmentResult(
        np.concatenate(samples),
        np.concatenate(sources),
        np.concatenate(probabilities),
        np.concatenate(faults, axis=1),
        np.concatenate(flutter, axis=1),
        np.concatenate(qrs, axis=1),
        gathering.groups(),
    )
