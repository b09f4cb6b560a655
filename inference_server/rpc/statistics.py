"""What calls of the Open Inference Protocol have cost, in the words of its statistics extension."""

from __future__ import annotations

import time
from dataclasses import dataclass

from inference_server.generated.inference import open_inference_pb2 as pb
from inference_server.workers.wire import Classified


@dataclass(slots=True)
class _Cost:
    """How often, and how long in all."""

    count: int = 0
    seconds: float = 0.0

    def add(self, seconds: float) -> None:
        self.count += 1
        self.seconds += seconds

    def message(self) -> pb.StatisticDuration:
        return pb.StatisticDuration(count=self.count, ns=int(self.seconds * 1e9))


class Statistics:
    """What the calls for one model version have cost since the start."""

    def __init__(self) -> None:
        self._success, self._fail, self._queue, self._decode, self._inference = (_Cost() for _ in range(5))
        self._last_milliseconds = 0
        self._pictures = 0

    def succeeded(self, seconds: float, answers: list[Classified]) -> None:
        """A call was answered after so many seconds."""
        self._success.add(seconds)
        self._last_milliseconds = int(time.time() * 1000)
        self._pictures += len(answers)
        for answer in answers:
            self._queue.add(answer.queue_seconds)
            self._decode.add(answer.decode_seconds)
            self._inference.add(answer.inference_seconds)

    def failed(self, seconds: float) -> None:
        """A call has failed after so many seconds."""
        self._fail.add(seconds)

    def message(self, name: str, version: str) -> pb.ModelStatistics:
        """All of it, for a model's name and version."""
        return pb.ModelStatistics(
            name=name,
            version=version,
            last_inference=self._last_milliseconds,
            inference_count=self._pictures,
            execution_count=self._inference.count,
            inference_stats=pb.InferStatistics(
                success=self._success.message(),
                fail=self._fail.message(),
                queue=self._queue.message(),
                compute_input=self._decode.message(),
                compute_infer=self._inference.message(),
            ),
        )
