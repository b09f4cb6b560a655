"""A whole recording in one process: the segments one after the other."""

from __future__ import annotations

from collections.abc import Callable

from ecg.recording import Recording
from ecg.rhythm.settings import RhythmSettings
from inference_server.classification.recordings import RecordingAnalysis, assembled
from inference_server.models.recording_model import RecordingModel
from inference_server.recordings.assembling import rhythm_of
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
        recording: Any of one sample or more, of 100 to 2,000 Hz.
        model: Classifies.
        settings: Definitions of the measures.
        progress: Called with the fraction that is done, after each segment.

    Raises:
        ecg.signal.resampling.RateError: the recording's rate is outside of what is analysed.
        ValueError: it has no samples.
    """
    rate, samples, leads = recording.rate, recording.samples, recording.leads
    if not samples:
        raise ValueError("The recording has no samples.")
    beats, faults, atrial, digests = [], [], [], []
    cut = list(segments(samples, rate, len(leads)))
    for done, segment in enumerate(cut, start=1):
        values = recording.read(segment.begin, segment.end)
        piece = piece_of(segment, values, leads=leads, rate=rate, samples=samples)
        analysed = analyse_segment(piece, segment.blocks, model, leads)
        beats.append(analysed.beats)
        faults.append(analysed.faults)
        atrial.append(analysed.digest.atrial)
        digests.append(analysed.digest)
        progress(done / len(cut))
    rhythm = rhythm_of(digests, model.info.classes, rate=rate, samples=samples, settings=settings)
    return assembled(
        beats,
        faults,
        atrial,
        rhythm,
        rate=rate,
        samples=samples,
        leads=leads,
        model=model.info,
        warnings=recording.warnings,
    )
