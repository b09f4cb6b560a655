"""The metrics of all fronts as one server's, whose counters never go back when a front is replaced."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from typing import Any, Final

from prometheus_client import Metric
from prometheus_client.registry import Collector

#: Gauges that only grow: they stay counted when their front has ended.
_GROWING: Final = ("beatlens_workers_lost", "beatlens_recording_workers_lost")
#: What is the same of every front that has it, and what is the earliest.
_SAME: Final = ("beatlens_model_in_service", "process_max_fds")
_EARLIEST: Final = ("process_start_time_seconds",)

_Packed = list[tuple[str, str, str, list[tuple[str, dict[str, str], float]]]]
_Key = tuple[str, tuple[tuple[str, str], ...]]
_Values = dict[_Key, float]


def packed(families: Iterable[Metric]) -> _Packed:
    """What one front has counted, for its way over the control line."""
    return [
        (
            family.name,
            family.documentation,
            family.type,
            [(sample.name, sample.labels, sample.value) for sample in family.samples],
        )
        for family in families
    ]


class Sums(Collector):
    """The sums over fronts by their last news, and over what those had counted that have ended. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._families: dict[str, tuple[str, str]] = {}  # text and type, in the order in which they are told
        self._of: dict[str, str] = {}  # the family of a sample
        self._now: dict[int, _Values] = {}
        self._past: _Values = {}

    def update(self, front: int, news: Any) -> None:
        """What a front has counted by now, as :func:`packed` made it."""
        with self._lock:
            values: _Values = {}
            for family, text, kind, samples in news:
                self._families.setdefault(family, (text, kind))
                for name, labels, value in samples:
                    self._of[name] = family
                    values[name, tuple(sorted(labels.items()))] = value
            self._now[front] = values

    def end(self, front: int) -> None:
        """A front has ended: what it had counted stays, what it held is gone."""
        with self._lock:
            for (name, labels), value in self._now.pop(front, {}).items():
                family = self._of[name]
                counts = self._families[family][1] in ("counter", "histogram") or family in _GROWING
                if counts:
                    key = name, labels
                    self._past[key] = _together(name, [self._past[key], value]) if key in self._past else value

    def collect(self) -> Iterator[Metric]:
        """Part of prometheus_client's interface."""
        with self._lock:
            metrics = {family: Metric(family, *described) for family, described in self._families.items()}
            everything: dict[_Key, list[float]] = {}
            for values in (self._past, *self._now.values()):
                for key, value in values.items():
                    everything.setdefault(key, []).append(value)
            for (name, labels), parts in everything.items():
                metrics[self._of[name]].add_sample(name, dict(labels), _together(name, parts))
        yield from metrics.values()


def _together(name: str, parts: list[float]) -> float:
    if name.endswith("_created") or name in _EARLIEST:
        return min(parts)
    return max(parts) if name in _SAME else sum(parts)
