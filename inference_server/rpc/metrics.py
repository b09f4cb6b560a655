"""What the server counts for Prometheus; :mod:`inference_server.rpc.internal` serves it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, TypeVar

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector

from inference_server.classification import ModelInfo
from inference_server.workers.wire import Classified

#: From a tenth of a millisecond (a queue with nobody in it) to ten seconds (beyond most callers' deadlines).
_SECONDS: Final = (0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)
_PICTURES: Final = (1, 2, 4, 8, 16, 32, 64, 128, 256)


_Metric = TypeVar("_Metric", Counter, Histogram)


class _Children(dict[tuple[str, ...], _Metric]):
    """The children of a metric by their labels' values, each looked up in the metric once."""

    def __init__(self, metric: _Metric) -> None:
        super().__init__()
        self._metric: _Metric = metric

    def __missing__(self, labels: tuple[str, ...]) -> _Metric:
        child = self[labels] = self._metric.labels(*labels)
        return child


class Metrics:
    """What the server counts, from one thread; read from any.

    Labels come from methods, reason codes and the model's classes only.
    """

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        self._calls = _Children(
            Counter("beatlens_calls", "Calls that have ended.", ["method", "code", "reason"], registry=self.registry)
        )
        self._call_seconds = _Children(
            Histogram(
                "beatlens_call_seconds", "Time from a call's start to its end.", ["method"],
                buckets=_SECONDS, registry=self.registry,
            )
        )  # fmt: skip
        self._in_flight = 0
        Gauge("beatlens_calls_in_flight", "Calls being served.", registry=self.registry).set_function(
            lambda: self._in_flight
        )
        self._refusals = Counter(
            "beatlens_picture_errors", "Pictures that got no classification.", ["reason"], registry=self.registry
        )
        self._verdicts = _Children(
            Counter(
                "beatlens_classifications", "Pictures classified.", ["model_version", "beat_class", "verdict"],
                registry=self.registry,
            )
        )  # fmt: skip
        self._batch = Histogram(
            "beatlens_batch_pictures", "Pictures in a call.", buckets=_PICTURES, registry=self.registry
        )
        self._queue, self._decode, self._inference = (
            Histogram(f"beatlens_{stage}_seconds", text, buckets=_SECONDS, registry=self.registry)
            for stage, text in (
                ("queue", "Time a picture waited for a worker."),
                ("decode", "Time from a picture's bytes to canonical pixels."),
                ("inference", "Time the model ran on a picture."),
            )
        )
        self._waiting = Gauge("beatlens_queue_pictures", "Pictures that wait for a worker.", registry=self.registry)
        self._running = Gauge("beatlens_worker_pictures", "Pictures on workers.", registry=self.registry)
        self._held = Gauge(
            "beatlens_picture_bytes", "Bytes of the pictures that wait or are on workers.", registry=self.registry
        )
        self._workers = Gauge("beatlens_workers", "Worker processes that take pictures.", registry=self.registry)
        self._lost = Gauge(
            "beatlens_workers_lost", "Worker processes that have ended without being told to.", registry=self.registry
        )
        self._models = Gauge(
            "beatlens_model_in_service", "1 for each model version in service.", ["name", "version", "sha256"],
            registry=self.registry,
        )  # fmt: skip

    def watch_queue(self, waiting: Callable[[], int], running: Callable[[], int], held: Callable[[], int]) -> None:
        """Read the pictures that wait, those on workers and the bytes of both whenever someone asks for the metrics."""
        self._waiting.set_function(waiting)
        self._running.set_function(running)
        self._held.set_function(held)

    def watch_workers(self, ready: Callable[[], int], lost: Callable[[], int]) -> None:
        """Read the number of workers that are ready, and that were lost, whenever someone asks for the metrics."""
        self._workers.set_function(ready)
        self._lost.set_function(lost)

    def call_begun(self) -> None:
        """A call has begun."""
        self._in_flight += 1

    def call_ended(self, method: str, code: str, reason: str, seconds: float) -> None:
        """A call has ended with a status code and, if it failed, a reason code."""
        self._in_flight -= 1
        self._calls[method, code, reason].inc()
        self._call_seconds[method,].observe(seconds)

    def pictures(self, number: int) -> None:
        """A call has brought so many pictures."""
        self._batch.observe(number)

    def classified(self, classified: Classified) -> None:
        """A picture was classified."""
        self._verdicts[classified.model_version, classified.beat_class, classified.verdict].inc()
        self._queue.observe(classified.queue_seconds)
        self._decode.observe(classified.decode_seconds)
        self._inference.observe(classified.inference_seconds)

    def refused(self, reason: str) -> None:
        """A picture got no classification."""
        self._refusals.labels(reason).inc()

    def models(self, in_service: tuple[ModelInfo, ...]) -> None:
        """These versions are in service now."""
        self._models.clear()
        for info in in_service:
            self._models.labels(info.name, info.version, info.digest).set(1)
