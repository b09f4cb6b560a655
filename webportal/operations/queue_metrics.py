"""What waits for an answer, for Prometheus."""

from __future__ import annotations

import time
from collections.abc import Iterator

from django.db import DatabaseError
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from webportal.operations import figures


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
            queue = figures.queue()
        except DatabaseError:
            queue = None
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
