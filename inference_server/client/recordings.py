"""Recordings as a client sends them, and the analysis that it puts together of the answers.

Loaded when the first recording is analysed: it needs NumPy and what reads measures, the rest of the client doesn't.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Final

import numpy as np

from ecg.recording import Recording
from ecg.rhythm.settings import RhythmSettings
from inference_server.classification.recording_messages import Answers
from inference_server.classification.recordings import RecordingAnalysis, assembled
from inference_server.classification.rhythm_messages import to_settings
from inference_server.client.errors import CallFailed, ClientError, ServerUnavailable
from inference_server.generated.ecg.v1 import recording_pb2 as pb

Progress = Callable[[float], None]

#: Bytes of a message, some less than what the server takes.
_BLOCK_BYTES: Final = 240 * 1024

ATTEMPTS: Final = 8
"""How often a recording is sent at most, over about half a minute: a server may be started anew meanwhile."""
_PAUSE_SECONDS: Final = 0.5
_MOST_PAUSE_SECONDS: Final = 10.0

#: Sending it again is no use.
_LASTING: Final = ("DEADLINE_PASSED", "MESSAGE_TOO_SLOW")


def requests(
    recording: Recording, version: str | None, settings: RhythmSettings | None
) -> Iterator[pb.AnalyzeRecordingRequest]:
    """The messages that a recording is sent as; where no lead has a sample, nothing is sent."""
    header = pb.RecordingHeader(
        rate=recording.rate,
        leads=[pb.RecordingLead(name=name) for name in recording.leads],
        encoding=pb.SAMPLE_ENCODING_FLOAT32,
        samples=recording.samples,
        model_version=version or "",
        settings=None if settings is None else to_settings(settings),
    )
    if recording.start is not None:
        header.start.FromDatetime(recording.start)
    yield pb.AnalyzeRecordingRequest(header=header)
    step = _BLOCK_BYTES // (4 * len(recording.leads))
    for first in range(0, recording.samples, step):
        values = recording.read(first, first + step)
        if not np.isnan(values).all():
            frames = np.ascontiguousarray(values.T, "<f4")
            yield pb.AnalyzeRecordingRequest(block=pb.SampleBlock(first_sample=first, values=frames.tobytes()))
    yield pb.AnalyzeRecordingRequest(block=pb.SampleBlock(first_sample=recording.samples))


class Gathering:
    """What has been answered in one attempt."""

    def __init__(self, recording: Recording, progress: Progress) -> None:
        self._recording = recording
        self._progress = progress
        self._answers = Answers(recording.rate)

    def add(self, response: pb.AnalyzeRecordingResponse) -> None:
        """The next answer.

        Raises:
            CallFailed: it says what can't be.
        """
        try:
            self._answers.add(response)
        except ValueError as error:
            raise CallFailed(str(error), code="DATA_LOSS") from error
        if response.HasField("progress"):
            self._progress(self._answers.samples / self._recording.samples)

    def finish(self) -> RecordingAnalysis:
        """The analysis, all answers being there.

        Raises:
            CallFailed: they are not.
        """
        answers, recording = self._answers, self._recording
        if answers.rhythm is None or answers.model is None:
            raise CallFailed("The server ended the analysis before all was answered.", code="DATA_LOSS")
        return assembled(
            answers.beats,
            answers.faults,
            answers.atrial,
            answers.rhythm,
            rate=recording.rate,
            samples=recording.samples,
            leads=recording.leads,
            model=answers.model,
            warnings=recording.warnings,
        )


def pause_after(failure: ClientError, attempt: int, end: float | None) -> float | None:
    """Seconds after which a recording may be sent again; None: that is no use.

    Args:
        failure: What became of it.
        attempt: How often it was sent, 1 for once.
        end: When the caller waits no longer, by ``time.monotonic()``.
    """
    if not isinstance(failure, ServerUnavailable) or attempt >= ATTEMPTS or failure.reason in _LASTING:
        return None
    seconds = max(failure.retry_after or 0.0, min(_PAUSE_SECONDS * 2 ** (attempt - 1), _MOST_PAUSE_SECONDS))
    return None if end is not None and time.monotonic() + seconds >= end else seconds
