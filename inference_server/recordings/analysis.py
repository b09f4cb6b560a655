"""A whole recording in one process: the segments one after the other."""

from __future__ import annotations

from collections.abc import Callable

from ecg.recording import Recording
from ecg.rhythm.settings import RhythmSettings
from inference_server.classification.recordings import RecordingAnalysis
from inference_server.models.recording_model import RecordingModel
from inference_server.recordings.assembling import Assembly
from inference_server.recordings.pieces import piece_of, segments
from inference_server.recordings.segment_analysis import analyse_segment


def analyse(
    recording: Recording,
    model: RecordingModel,
    *,
    settings: RhythmSettings | None = None,
    progress: Callable[[float], None] = lambda _fraction: None,
) -> RecordingAnalysis:
    """Every beat of a recording and its rhythm.

    The server does the same in its workers, with the same result.

    Args:
        progress: called with the fraction that is done, after each segment.

    Raises:
        ecg.signal.resampling.RateError: the recording's rate is outside of what is analysed.
    """
    assembly = Assembly(model.info, model.thresholds)
    cut = list(segments(recording.samples, recording.rate, len(recording.leads)))
    for done, segment in enumerate(cut, start=1):
        values = recording.read(segment.begin, segment.end)
        piece = piece_of(segment, values, rate=recording.rate, samples=recording.samples)
        assembly.add(analyse_segment(piece, segment.blocks, model))
        progress(done / len(cut))
    return assembly.finish(
        rate=recording.rate,
        samples=recording.samples,
        leads=recording.leads,
        settings=settings,
        warnings=recording.warnings,
    )
