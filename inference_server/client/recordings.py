"""Recordings as a client sends them, and the analysis that it puts together of the answers.

Loaded when the first recording is analysed: it needs NumPy and what reads measures, the rest of the client doesn't.
"""

from __future__ import annotations

import struct
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Final

import numpy as np
from google.protobuf.message import DecodeError

from ecg.recording import Recording
from ecg.rhythm.settings import RhythmSettings
from inference_server.classification.recording_messages import Answers
from inference_server.classification.recordings import RecordingAnalysis, assembled
from inference_server.classification.rhythm_messages import to_settings
from inference_server.client.errors import CallFailed, ClientError, RecordingRefused, ServerUnavailable
from inference_server.generated.ecg.v1 import recording_pb2 as pb

Progress = Callable[[float], None]
Store = Callable[[int, bytes], None]
"""Called with what was answered between two checkpoints, and its place: 0, 1, …; 0 once more where it begins anew."""

#: Bytes of a message, some less than what the server takes.
_BLOCK_BYTES: Final = 240 * 1024

ATTEMPTS: Final = 8
"""How often a recording is sent at most without any progress, over about half a minute: a server may be started anew
meanwhile."""
_PAUSE_SECONDS: Final = 0.5
_MOST_PAUSE_SECONDS: Final = 10.0

#: Sending it again is no use.
_LASTING: Final = ("DEADLINE_PASSED", "MESSAGE_TOO_SLOW")
#: The model has gone out of service, or the server has become another one: from the beginning, then.
_STALE: Final = ("RECORDING_CHECKPOINT_INVALID", "MODEL_NOT_FOUND")

_LENGTH: Final = struct.Struct("<I")


class Stored:
    """What was answered of a recording in earlier calls, up to the last checkpoint.

    Args:
        parts: What ``store`` was called with before, perhaps by another program, in order.
        store: Called with each further part.

    Raises:
        ValueError: these are no such parts.
    """

    def __init__(self, parts: Sequence[bytes] = (), store: Store = lambda _place, _part: None) -> None:
        self._store = store
        self._parts = len(parts)
        self.responses = [response for part in parts for response in responses_of(part)]
        """All of it, in order."""
        self.failures = 0
        """Calls that have failed since there was progress."""

    def __bool__(self) -> bool:
        return bool(self.responses)

    def add(self, responses: list[pb.AnalyzeRecordingResponse]) -> None:
        """Store what came until a checkpoint, and that."""
        bodies = [response.SerializeToString() for response in responses]
        self.responses += responses
        self.failures = 0
        self._parts += 1
        self._store(self._parts - 1, b"".join(_LENGTH.pack(len(body)) + body for body in bodies))

    def forget(self) -> None:
        """Begin anew."""
        self.responses.clear()
        self._parts = 0


def responses_of(part: bytes) -> list[pb.AnalyzeRecordingResponse]:
    """The responses that a part was made of.

    Raises:
        ValueError: it is no such part.
    """
    result, place = [], 0
    while place < len(part):
        try:
            (length,) = _LENGTH.unpack_from(part, place)
            body = part[place + _LENGTH.size : place + _LENGTH.size + length]
            if len(body) < length:
                raise ValueError("What was stored of an analysis is damaged.")
            result.append(pb.AnalyzeRecordingResponse.FromString(body))
        except (struct.error, DecodeError) as error:
            raise ValueError("What was stored of an analysis is damaged.") from error
        place += _LENGTH.size + length
    if not result or not result[-1].HasField("checkpoint"):
        raise ValueError("What was stored of an analysis ends with no checkpoint.")
    return result


def requests(
    recording: Recording, version: str | None, settings: RhythmSettings | None, stored: Stored | None = None
) -> Iterator[pb.AnalyzeRecordingRequest]:
    """The messages that a recording is sent as; where no lead has a sample, nothing is sent."""
    responses = stored.responses if stored else []
    accepted = (response.accepted.model.version for response in responses if response.HasField("accepted"))
    version = next(accepted, version)
    header = pb.RecordingHeader(
        rate=recording.rate,
        leads=[pb.RecordingLead(name=name) for name in recording.leads],
        encoding=pb.SAMPLE_ENCODING_FLOAT32,
        samples=recording.samples,
        model_version=version or "",
        settings=None if settings is None else to_settings(settings),
        checkpoints=True,
    )
    if recording.start is not None:
        header.start.FromDatetime(recording.start)
    yield pb.AnalyzeRecordingRequest(header=header)
    begin = 0
    for checkpoint in [response.checkpoint for response in responses if response.HasField("checkpoint")]:
        begin = checkpoint.next_sample
        yield pb.AnalyzeRecordingRequest(checkpoint=checkpoint)
    step = _BLOCK_BYTES // (4 * len(recording.leads))
    for first in range(begin, recording.samples, step):
        values = recording.read(first, first + step)
        if not np.isnan(values).all():
            frames = np.ascontiguousarray(values.T, "<f4")
            yield pb.AnalyzeRecordingRequest(block=pb.SampleBlock(first_sample=first, values=frames.tobytes()))
    yield pb.AnalyzeRecordingRequest(block=pb.SampleBlock(first_sample=recording.samples))


class Gathering:
    """What has been answered: in one attempt, and before where it goes on."""

    def __init__(self, recording: Recording, progress: Progress, stored: Stored) -> None:
        self._recording = recording
        self._progress = progress
        self._stored = stored
        self._answers = Answers(recording.rate)
        self._fresh: list[pb.AnalyzeRecordingResponse] = []
        for response in stored.responses:
            self._answers.add(response)

    def add(self, response: pb.AnalyzeRecordingResponse) -> None:
        """The next answer.

        Raises:
            CallFailed: it says what can't be.
        """
        try:
            self._answers.add(response)
        except ValueError as error:
            raise CallFailed(str(error), code="DATA_LOSS") from error
        self._fresh.append(response)
        if response.HasField("progress"):
            self._progress(self._answers.samples / self._recording.samples)
        elif response.HasField("checkpoint"):
            self._stored.add(self._fresh)
            self._fresh = []

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


def pause_after(failure: ClientError, stored: Stored, end: float | None) -> float | None:
    """Seconds after which a recording may be sent again; None: that is no use.

    Args:
        failure: What became of it.
        stored: From where it goes on; forgotten where the server doesn't know what to do with it any more.
        end: When the caller waits no longer, by ``time.monotonic()``.
    """
    if stored and isinstance(failure, (RecordingRefused, CallFailed)) and failure.reason in _STALE:
        stored.forget()
        return 0.0
    stored.failures += 1
    if not isinstance(failure, ServerUnavailable) or stored.failures >= ATTEMPTS or failure.reason in _LASTING:
        return None
    seconds = max(failure.retry_after or 0.0, min(_PAUSE_SECONDS * 2 ** (stored.failures - 1), _MOST_PAUSE_SECONDS))
    return None if end is not None and time.monotonic() + seconds >= end else seconds
