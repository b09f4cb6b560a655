"""Where the analysis of a recording can go on after its call failed: what the caller keeps for the server meanwhile.

The server holds nothing of a call that has ended, and the next one may reach another server. A state begins with a
digest of everything that it is true of; the rest, which a worker judges, is the digest of one segment.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from typing import Final

from inference_server.classification import ModelInfo
from inference_server.generated.ecg.v1 import recording_pb2 as pb
from inference_server.workers.recording_tasks import Segment, foreign_checkpoint

MOST_BYTES: Final = 2 * 1024 * 1024
"""Of a state."""

#: Changes when a digest means something else than before.
_FORMAT: Final = 1


class Checkpoints:
    """Those of one recording, in the order of its segments."""

    def __init__(self, facts: bytes, model: ModelInfo, plan: Sequence[Segment]) -> None:
        about = json.dumps([_FORMAT, model.name, model.version, plan]).encode()
        self._subject = hashlib.sha256(facts + about)
        self._plan = plan
        self._done = 0

    @property
    def left(self) -> Sequence[Segment]:
        """Segments that have no checkpoint yet."""
        return self._plan[self._done :]

    def of(self, digest: bytes) -> pb.RecordingCheckpoint:
        """That of the next segment."""
        place = self._done
        self._done += 1
        left = self.left
        return pb.RecordingCheckpoint(
            segment=place,
            next_sample=left[0].begin if left else self._plan[place].end,
            state=self._identity(place) + digest,
        )

    def next(self, sent: pb.RecordingCheckpoint) -> tuple[Segment, bytes]:
        """The next segment, and what was sent of it, which may still be anything but is meant for it.

        Raises:
            RecordingRefused: it is of another recording, model or place.
        """
        place = self._done
        if place >= len(self._plan) or len(sent.state) > MOST_BYTES:
            raise foreign_checkpoint()
        identity = self._identity(place)
        if sent.segment != place or not sent.state.startswith(identity):
            raise foreign_checkpoint()
        self._done += 1
        return self._plan[place], sent.state[len(identity) :]

    def _identity(self, place: int) -> bytes:
        whole = self._subject.copy()
        whole.update(place.to_bytes(4, "little"))
        return whole.digest()
