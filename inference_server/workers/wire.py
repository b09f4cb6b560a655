"""What goes over the socket pair between the front and one worker: frames of a fixed head and bytes.

Both ends are started from the same source by the same server, so there are no versions of this. Times are
``time.monotonic()``, which all processes of a machine share.
"""

from __future__ import annotations

import json
import mmap
import struct
from dataclasses import asdict, dataclass
from enum import IntEnum, unique
from typing import Any, Final, NamedTuple, TypeVar

from ecg.pictures.decoding import ImageLimits
from inference_server.classification import Verdict
from inference_server.models.model_files import ModelFiles

_HEAD: Final = struct.Struct("<IB")  # length of what follows the head, kind
_TASK: Final = struct.Struct("<IBIIdd")  # head, id, model, admitted, deadline
_REPLY: Final = struct.Struct("<IBI")  # head, id
_COST: Final = struct.Struct("<HBddd")  # length of the label, verdict, seconds queued, decoding, running the model
_LENGTH: Final = struct.Struct("<I")

Body = TypeVar("Body", bytes, memoryview)

_VERDICTS: Final = tuple(Verdict)
#: Tasks that a worker may have in hand at once, far more than it ever has.
_MOST_TASKS: Final = 4096
#: The handle of no model.
NO_MODEL: Final = 0
#: A deadline that never comes.
NEVER: Final = float("inf")


@dataclass(frozen=True, slots=True)
class Configuration:
    """What a worker has to know when it starts."""

    limits: ImageLimits
    log_level: str
    memory_bytes: int
    """Memory that it may take for its work, beyond what it holds with its models."""
    niceness: int = 5
    """How far it steps back behind the front. Calls would pile up before they can be queued or refused: with 256
    callers on two CPUs the median refusal took 0.1 s without this and 5 ms with it."""
    page_models: str | None = None
    """Folder of the versions of the model for pages."""

    def to_argument(self) -> str:
        """As a command line argument."""
        return json.dumps(asdict(self))

    @classmethod
    def from_argument(cls, argument: str) -> Configuration:
        """What :meth:`to_argument` made."""
        fields = json.loads(argument)
        return cls(**fields | {"limits": ImageLimits(**fields["limits"])})


@unique
class Kind(IntEnum):
    """What the front asks for."""

    LOAD = 1
    """Get the model in the body ready; answered by a serialised ``ecg.v1.Model``."""
    DROP = 2
    """Forget a model. Has no answer."""
    CLASSIFY = 3
    """Classify the picture in the body; answered by one :class:`Classified`."""
    CLASSIFY_PIXELS = 4
    """Classify canonical pixels; answered by a :class:`Classified` for each picture."""
    EXPLAIN = 5
    """Explain a picture; answered by a serialised ``ecg.v1.ExplainImageResponse``. The body has the class's short name,
    the lead's and the picture."""
    LOAD_RECORDINGS = 6
    """As LOAD, for a model of recordings."""
    PLAN = 7
    """Cut the recording whose facts are in the body (:mod:`inference_server.workers.recording_tasks`) into segments;
    answered by the plan."""
    ANALYZE = 8
    """Analyse a segment; answered by its digest, and serialised ``ecg.v1.AnalyzeRecordingResponse`` messages."""
    FOLD = 9
    """Pack digests; answered by few bytes a beat, and the digest that stands for them before the next ones."""
    CHECK = 11
    """See whether bytes that a caller sent can be the digest of a segment; answered by the digest."""
    RHYTHM = 10
    """Say what all digests mean together; answered by serialised ``ecg.v1.AnalyzeRecordingResponse`` messages."""
    DIGITIZE = 12
    """Read a picture of a strip or page; answered by a serialised ``ecg.v1.DigitizeImageResponse``. Needs no model."""
    CLASSIFY_IN_LEAD = 13
    """As CLASSIFY; the body has the lead's canonical name before the picture."""
    CLASSIFY_PIXELS_IN_LEAD = 14
    """As CLASSIFY_PIXELS; the body has the lead's canonical name before the pixels."""


class Outcome(IntEnum):
    """What a worker answers."""

    HELLO = 1
    """The worker is there; the first frame it sends, answer to nothing."""
    DONE = 2
    IMAGE_REFUSED = 3
    """The body is the reason code, a line break and the sentence."""
    CLASS_UNKNOWN = 4
    """The body is the sentence."""
    LATE = 5
    """The deadline had passed, or the caller had left, before the work was begun."""
    MODEL_REFUSED = 6
    """The body is the sentence."""
    FAILED = 7
    """Unexpected; the body is the id under which the worker has logged it."""
    RECORDING_REFUSED = 8
    """The body is a :class:`inference_server.workers.recording_tasks.RecordingRefused`."""


class Task(NamedTuple):
    """One request of the front."""

    kind: int
    task_id: int
    model: int
    admitted: float
    deadline: float
    body: bytes


class Reply(NamedTuple):
    """One answer of a worker."""

    outcome: int
    task_id: int
    body: bytes


class Classified(NamedTuple):
    """The answer to one picture: what goes to the caller as it is, and what the front counts."""

    model_version: str
    beat_class: str
    """Short name of the most probable class."""
    verdict: Verdict
    queue_seconds: float
    """From admission to the begin of the work."""
    decode_seconds: float
    inference_seconds: float
    response: bytes
    """A serialised ``ecg.v1.ClassifyImageResponse``."""

    def to_bytes(self) -> bytes:
        """The body of a reply."""
        label = f"{self.model_version}/{self.beat_class}".encode()
        cost = (self.queue_seconds, self.decode_seconds, self.inference_seconds)
        return _COST.pack(len(label), _VERDICTS.index(self.verdict), *cost) + label + self.response

    @classmethod
    def from_bytes(cls, body: bytes) -> Classified:
        """What :meth:`to_bytes` made."""
        length, verdict, queue, decode, inference = _COST.unpack_from(body)
        response = _COST.size + length
        version, _, beat_class = body[_COST.size : response].decode().partition("/")
        return cls(version, beat_class, _VERDICTS[verdict], queue, decode, inference, body[response:])


class Marks:
    """A page of memory that the front shares with a worker: what nobody waits for, and what the worker is at.

    Each side writes its own part. A task's number is that of its frame; 0 is no task.
    """

    _AT: Final = struct.Struct("<I")
    BYTES: Final = _MOST_TASKS + _AT.size

    def __init__(self, memory: mmap.mmap) -> None:
        self._memory = memory

    def expect(self, task_id: int) -> None:
        """The front: somebody waits for the task."""
        self._memory[task_id % _MOST_TASKS] = 0

    def abandon(self, task_id: int) -> None:
        """The front: nobody waits for the task any more."""
        self._memory[task_id % _MOST_TASKS] = 1

    def is_abandoned(self, task_id: int) -> bool:
        """The worker: whether it may leave the task out."""
        return self._memory[task_id % _MOST_TASKS] == 1

    def begin(self, task_id: int) -> None:
        """The worker: this is what it is at now."""
        self._AT.pack_into(self._memory, _MOST_TASKS, task_id)

    @property
    def begun(self) -> int:
        """The front: what the worker is at, or was at when it ended."""
        return int(self._AT.unpack_from(self._memory, _MOST_TASKS)[0])


def task(kind: Kind, task_id: int, model: int, body: bytes, *, admitted: float = 0.0, deadline: float = NEVER) -> bytes:
    """A task as it goes over the socket."""
    return _TASK.pack(_TASK.size - _HEAD.size + len(body), kind, task_id, model, admitted, deadline) + body


def reply(outcome: Outcome, task_id: int, body: bytes = b"") -> bytes:
    """A reply as it goes over the socket."""
    return _REPLY.pack(_REPLY.size - _HEAD.size + len(body), outcome, task_id) + body


class _Frames:
    """Cuts what arrives into frames."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self._held = 0
        self._wanted = 0

    def cut(self, data: bytes, head: struct.Struct) -> list[tuple[tuple[Any, ...], bytes]]:
        """Head and body of every frame that is complete now; nothing else of them is held."""
        if self._parts:
            self._parts.append(data)
            self._held += len(data)
            if self._held < self._wanted:  # a large picture comes in many parts, which are put together once
                return []
            data = b"".join(self._parts)
            self._parts.clear()
        frames: list[tuple[tuple[Any, ...], bytes]] = []
        position, size, wanted = 0, len(data), head.size
        while size - position >= head.size:
            end = position + _HEAD.size + _HEAD.unpack_from(data, position)[0]
            if end > size:
                wanted = end - position
                break
            frames.append((head.unpack_from(data, position), data[position + head.size : end]))
            position = end
        self._parts = [data[position:]] if position < size else []
        self._held, self._wanted = size - position, wanted
        return frames


class TaskReader(_Frames):
    """Cuts a stream of bytes into tasks."""

    def feed(self, data: bytes) -> list[Task]:
        """The tasks that are complete with ``data``."""
        return [Task._make((*head[1:], body)) for head, body in self.cut(data, _TASK)]


class ReplyReader(_Frames):
    """Cuts a stream of bytes into replies."""

    def feed(self, data: bytes) -> list[Reply]:
        """The replies that are complete with ``data``."""
        return [Reply._make((*head[1:], body)) for head, body in self.cut(data, _REPLY)]


def join(parts: list[bytes]) -> bytes:
    """Several bodies as one."""
    return b"".join(_LENGTH.pack(len(part)) + part for part in parts)


def split(body: Body) -> list[Body]:
    """What :func:`join` joined; parts of a view are views."""
    parts, position = list[Body](), 0
    while position < len(body):
        (length,) = _LENGTH.unpack_from(body, position)
        position += _LENGTH.size + length
        parts.append(body[position - length : position])
    return parts


def files_to_bytes(files: ModelFiles) -> bytes:
    """A model version as the body of a task."""
    return join([json.dumps([files.version, files.digest]).encode(), files.content])


def files_from_bytes(body: bytes) -> ModelFiles:
    """What :func:`files_to_bytes` made."""
    described, content = split(body)
    version, digest = json.loads(described)
    return ModelFiles(version=version, digest=digest, content=content)
