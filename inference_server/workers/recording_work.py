"""What a worker does for recordings; loaded by workers that have a model for them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ecg.digital import Scale
from ecg.rhythm.settings import RhythmSettings
from ecg.signal.grid import BLOCK_SECONDS
from ecg.signal.resampling import RateError
from inference_server.classification import recording_messages
from inference_server.classification.recordings import seconds_of
from inference_server.models.recording_model import RecordingModel
from inference_server.recordings import pieces
from inference_server.recordings.assembling import rhythm_of
from inference_server.recordings.digest import Digest, packed, unpacked
from inference_server.recordings.segment_analysis import analyse_segment
from inference_server.workers import recording_tasks, wire
from inference_server.workers.recording_tasks import RecordingFacts, RecordingRefused, Segment, Stretch
from inference_server.workers.wire import Kind

_TYPES: Final = {"FLOAT32": "<f4", "INT16": "<i2", "INT32": "<i4"}
#: The value of a sample that a lead doesn't have; single precision has its own.
_MISSING: Final = {"INT16": -(2**15), "INT32": -(2**31)}


class RecordingWork:
    """One model for recordings, and what is done with it."""

    def __init__(self, model: RecordingModel) -> None:
        self.model = model

    def answer(self, kind: int, body: bytes, each_block: Callable[[], None]) -> bytes:
        """The body of the reply to a task; ``each_block`` is called now and then, and may end the work by raising.

        Raises:
            RecordingRefused: the recording is not as it must be.
        """
        match kind:
            case Kind.PLAN:
                return _plan(RecordingFacts.from_bytes(body))
            case Kind.ANALYZE:
                return self._analyse(body, each_block)
            case Kind.CHECK:
                return self._checked(body)
            case Kind.FOLD:
                beats, rest = packed(map(Digest.from_bytes, wire.split(memoryview(body))))
                return wire.join([beats, rest.to_bytes()])
            case Kind.RHYTHM:
                return self._rhythm(body)
        raise ValueError(f"There is no task {kind}.")

    def _analyse(self, body: bytes, each_block: Callable[[], None]) -> bytes:
        facts, segment, stretches = recording_tasks.segment_from_bytes(body)
        cut = pieces.Segment(*segment)
        values = millivolts(facts, segment, stretches)
        piece = pieces.piece_of(cut, values, leads=facts.leads, rate=facts.rate, samples=facts.samples)
        analysed = analyse_segment(piece, cut.blocks, self.model, facts.leads, each_block=each_block)
        first_second = segment.first * BLOCK_SECONDS
        faults = analysed.faults[:, : seconds_of(facts.samples, facts.rate) - first_second]
        answers = recording_messages.segment_responses(
            analysed.beats, faults, analysed.digest.atrial, first_second, _last_sample(facts, segment)
        )
        return wire.join([analysed.digest.to_bytes(), *(answer.SerializeToString() for answer in answers)])

    def _checked(self, body: bytes) -> bytes:
        facts, segment, state = recording_tasks.check_from_bytes(body)
        blocks = range(segment.first, segment.last)
        try:
            fits = Digest.from_bytes(state).fits(blocks, len(facts.leads), len(self.model.info.classes))
        except ValueError:
            fits = False
        if not fits:
            raise recording_tasks.foreign_checkpoint()
        return state

    def _rhythm(self, body: bytes) -> bytes:
        facts, chosen, pieces_packed, parts = recording_tasks.rhythm_from_bytes(body)
        chosen |= {name: tuple(value) for name, value in chosen.items() if isinstance(value, list)}
        rhythm = rhythm_of(
            _digests(pieces_packed, parts),
            self.model.info.classes,
            rate=facts.rate,
            samples=facts.samples,
            settings=RhythmSettings(**chosen),
        )
        return wire.join([answer.SerializeToString() for answer in recording_messages.rhythm_responses(rhythm)])


def _digests(pieces_packed: list[memoryview], parts: list[memoryview]) -> Iterator[Digest]:
    """One after the other, so that only what is made of them is held."""
    first, *others = map(Digest.from_bytes, parts)
    yield unpacked(pieces_packed, first) if pieces_packed else first
    yield from others


def _plan(facts: RecordingFacts) -> bytes:
    try:
        cut = pieces.segments(facts.samples, facts.rate, len(facts.leads))
        plan = [Segment(piece.first, piece.last, piece.begin, piece.end) for piece in cut]
    except RateError as error:
        raise RecordingRefused("RECORDING_RATE_INVALID", str(error), field="header.rate") from error
    return recording_tasks.plan_to_bytes(plan)


def _last_sample(facts: RecordingFacts, segment: Segment) -> int:
    """Sample up to which a segment's blocks reach."""
    return min(facts.samples, round(segment.last * BLOCK_SECONDS * facts.rate))


def millivolts(facts: RecordingFacts, segment: Segment, stretches: list[Stretch]) -> NDArray[np.float32]:
    """``[leads, segment.end - segment.begin]``, millivolts, ``nan`` where nothing was recorded."""
    leads = len(facts.leads)
    result = np.full((leads, segment.end - segment.begin), np.nan, np.float32)
    scales = [Scale(*scale) for scale in facts.scales]
    for stretch in stretches:
        sent = np.frombuffer(stretch.values, _TYPES[facts.encoding]).reshape(-1, leads)
        place = stretch.first - segment.begin
        for lead, scale in enumerate(scales):
            values = sent[:, lead]
            if (scale.step, scale.offset) == (1.0, 0.0):
                scaled = values.astype(np.float32)
            else:  # in double precision, as ecg.digital does
                scaled = (values * np.float64(scale.step) + scale.offset).astype(np.float32)
            if facts.encoding in _MISSING:
                scaled[values == _MISSING[facts.encoding]] = np.nan
            result[lead, place : place + len(values)] = scaled
    return result
