"""What the server counts of recordings, beside :class:`inference_server.rpc.metrics.Metrics`."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager

from prometheus_client import CollectorRegistry, Counter, Gauge


class RecordingMetrics:
    """Counts from one thread; read from any."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._registry = registry
        self._analysing = Gauge("beatlens_recordings", "Recordings being analysed.", registry=registry)
        self._seconds = Counter(
            "beatlens_recording_analysed_seconds", "Length of the recordings that were analysed.", registry=registry
        )
        self._segments = Counter("beatlens_recording_segments", "Segments of recordings analysed.", registry=registry)
        self._repeats = Counter(
            "beatlens_recording_segments_repeated",
            "Parts of recordings that were repeated because a worker had ended.",
            registry=registry,
        )

    def watch(
        self,
        waiting: Callable[[], int],
        running: Callable[[], int],
        held: Callable[[], int],
        ready: Callable[[], int],
        lost: Callable[[], int],
    ) -> None:
        """Read what waits and is worked on whenever someone asks for the metrics."""
        for name, text, value in (
            ("beatlens_recording_queue_segments", "Segments that wait for a worker.", waiting),
            ("beatlens_recording_worker_segments", "Segments on workers.", running),
            ("beatlens_recording_bytes", "Bytes of the segments that wait or are on workers.", held),
            ("beatlens_recording_workers", "Worker processes that take segments of recordings.", ready),
            ("beatlens_recording_workers_lost", "Of these, that have ended without being told to.", lost),
        ):
            Gauge(name, text, registry=self._registry).set_function(value)

    def one(self) -> AbstractContextManager[None]:
        """A recording is being analysed during the block."""
        tracking: AbstractContextManager[None] = self._analysing.track_inprogress()
        return tracking

    def segment_analysed(self) -> None:
        """A segment was analysed."""
        self._segments.inc()

    def repeated(self) -> None:
        """A part of a recording is done again, because a worker has ended."""
        self._repeats.inc()

    def analysed(self, seconds: float) -> None:
        """A recording of that length was analysed to its end."""
        self._seconds.inc(seconds)
