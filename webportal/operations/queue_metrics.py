"""What waits for an answer, for Prometheus."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence

from django.db import DatabaseError
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from webportal.operations import figures, recording_figures


def exposition() -> bytes:
    """The queue as it is now, in Prometheus' text format."""
    registry = CollectorRegistry()
    registry.register(_Queue())
    return generate_latest(registry)


class _Queue(Collector):
    """What waits, read from the database when somebody asks; it is the same whichever process reads it."""

    def collect(self) -> Iterator[GaugeMetricFamily]:
        begun = time.perf_counter()
        try:
            queue, recordings = figures.queue(), recording_figures.queues()
        except DatabaseError:
            queue, recordings = None, ()
        yield GaugeMetricFamily(
            "beatlens_portal_database_up", "1 when the database answered.", value=0 if queue is None else 1
        )
        if queue is None:
            return
        yield GaugeMetricFamily(
            "beatlens_portal_database_seconds", "Time that reading the queue took.", value=time.perf_counter() - begun
        )
        analyses = GaugeMetricFamily(
            "beatlens_portal_queue_analyses", "Analyses without an answer, by what they wait for.", labels=["waiting"]
        )
        analyses.add_metric(["for_turn"], queue.waiting - queue.without_server)
        analyses.add_metric(["for_server"], queue.without_server)
        analyses.add_metric(["for_answer"], queue.running)
        yield analyses
        yield GaugeMetricFamily(
            "beatlens_portal_queue_oldest_seconds",
            "How long the oldest analysis without an answer has waited; 0 when none waits.",
            value=queue.oldest_seconds,
        )
        yield from _of_recordings(recordings)


def _of_recordings(queues: Sequence[recording_figures.RecordingQueue]) -> Iterator[GaugeMetricFamily]:
    waiting = GaugeMetricFamily(
        "beatlens_portal_recordings_waiting",
        "Recordings that are not read or not analysed, by what they wait for.",
        labels=["work", "waiting"],
    )
    overdue = GaugeMetricFamily(
        "beatlens_portal_recordings_overdue_seconds",
        "For how long a worker could have taken the recording that has waited longest; 0 when none waits.",
        labels=["work"],
    )
    for queue in queues:
        waiting.add_metric([queue.work, "for_turn"], queue.waiting - queue.without_server)
        waiting.add_metric([queue.work, "for_server"], queue.without_server)
        waiting.add_metric([queue.work, "for_answer"], queue.running)
        overdue.add_metric([queue.work], queue.overdue_seconds)
    yield waiting
    yield overdue
