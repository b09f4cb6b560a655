"""What front and workers tell each other about recordings. It loads no NumPy: the front sees samples as bytes only.

A recording is planned (:attr:`Kind.PLAN`), its segments are analysed one by one, in any order, by any worker, what is
to be known of them is folded now and then, and at last all of it says what the rhythm is.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final, NamedTuple, Self

from inference_server.runtime.failures import Failure, Status
from inference_server.workers import wire

WIDTHS: Final = {"FLOAT32": 4, "INT16": 2, "INT32": 4}
"""Bytes of a value, by encoding."""


class RecordingRefused(Failure):
    """A recording is not as it must be; sending it again changes nothing."""

    status = Status.INVALID_ARGUMENT

    def __init__(self, reason: str, message: str, *, field: str) -> None:
        super().__init__(message)
        self.reason = reason
        self.field = field

    def to_bytes(self) -> bytes:
        """The body of a reply."""
        return f"{self.reason}\n{self.field}\n{self}".encode()

    @classmethod
    def from_bytes(cls, body: bytes) -> Self:
        """What :meth:`to_bytes` made."""
        reason, field, message = body.decode().split("\n", 2)
        return cls(reason, message, field=field)


def foreign_checkpoint() -> RecordingRefused:
    """A checkpoint is none of the recording and the model that the header names."""
    return RecordingRefused(
        "RECORDING_CHECKPOINT_INVALID",
        "The checkpoint is not of this recording and this model version, or not the next one. Send the recording anew.",
        field="checkpoint",
    )


@dataclass(frozen=True, slots=True)
class RecordingFacts:
    """What a header says, checked."""

    rate: float
    samples: int
    leads: tuple[str, ...]
    scales: tuple[tuple[float, float], ...]
    """Of each lead: millivolts of a unit, and of the value 0."""
    encoding: str
    """A key of :data:`WIDTHS`."""

    @property
    def frame(self) -> int:
        """Bytes of one sample of all leads."""
        return WIDTHS[self.encoding] * len(self.leads)

    def to_bytes(self) -> bytes:
        """The body of a task to plan the recording, or a part of another one."""
        return json.dumps(asdict(self)).encode()

    @classmethod
    def from_bytes(cls, body: bytes) -> Self:
        """What :meth:`to_bytes` made."""
        fields = json.loads(body)
        return cls(**fields | {"leads": tuple(fields["leads"]), "scales": tuple(map(tuple, fields["scales"]))})


class Segment(NamedTuple):
    """Blocks ``first`` to before ``last``, and the samples ``begin`` to before ``end`` that say all about them."""

    first: int
    last: int
    begin: int
    end: int


class Stretch(NamedTuple):
    """Samples as they were sent."""

    first: int
    """Place of the first of them in the recording."""
    values: bytes


def plan_to_bytes(plan: Sequence[Segment]) -> bytes:
    """A plan as the body of a reply."""
    return json.dumps(plan).encode()


def plan_from_bytes(body: bytes) -> list[Segment]:
    """What :func:`plan_to_bytes` made."""
    return [Segment(*numbers) for numbers in json.loads(body)]


def segment_to_bytes(facts: bytes, segment: Segment, stretches: Sequence[Stretch]) -> bytes:
    """The body of a task to analyse a segment; what no stretch covers was not recorded."""
    described = json.dumps([segment, [stretch.first for stretch in stretches]]).encode()
    return wire.join([facts, described, *(stretch.values for stretch in stretches)])


def segment_from_bytes(body: bytes) -> tuple[RecordingFacts, Segment, list[Stretch]]:
    """What :func:`segment_to_bytes` made."""
    facts, described, *values = wire.split(body)
    segment, firsts = json.loads(described)
    stretches = [Stretch(first, part) for first, part in zip(firsts, values, strict=True)]
    return RecordingFacts.from_bytes(facts), Segment(*segment), stretches


def check_to_bytes(facts: bytes, segment: Segment, state: bytes) -> bytes:
    """The body of a task to see whether ``state`` can be the digest of a segment."""
    return wire.join([facts, json.dumps(segment).encode(), state])


def check_from_bytes(body: bytes) -> tuple[RecordingFacts, Segment, bytes]:
    """What :func:`check_to_bytes` made."""
    facts, segment, state = wire.split(body)
    return RecordingFacts.from_bytes(facts), Segment(*json.loads(segment)), state


def rhythm_to_bytes(facts: bytes, settings: dict[str, Any], packed: Sequence[bytes], digests: Sequence[bytes]) -> bytes:
    """The body of a task to say what all digests mean together; ``settings`` are those that were chosen, and the first
    digest stands for what was ``packed``.
    """
    return wire.join([facts, json.dumps([settings, len(packed)]).encode(), *packed, *digests])


def rhythm_from_bytes(body: bytes) -> tuple[RecordingFacts, dict[str, Any], list[memoryview], list[memoryview]]:
    """What :func:`rhythm_to_bytes` made."""
    facts, chosen, *parts = wire.split(memoryview(body))
    settings, count = json.loads(bytes(chosen))
    return RecordingFacts.from_bytes(bytes(facts)), settings, parts[:count], parts[count:]
