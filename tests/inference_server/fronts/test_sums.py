"""The metrics of several fronts as one server's."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from inference_server.fronts.sums import Sums, packed


class OneFront:
    """What one front counts."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.calls = Counter("beatlens_calls", "Calls.", ["code"], registry=self.registry)
        self.seconds = Histogram("beatlens_call_seconds", "Time.", buckets=(1.0,), registry=self.registry)
        self.waiting = Gauge("beatlens_queue_pictures", "Waiting.", registry=self.registry)
        self.lost = Gauge("beatlens_workers_lost", "Lost.", registry=self.registry)
        self.model = Gauge("beatlens_model_in_service", "Served.", ["version"], registry=self.registry)

    def tell(self, sums: Sums, number: int) -> None:
        sums.update(number, packed(self.registry.collect()))


def values(sums: Sums) -> dict[str, float]:
    return {
        sample.name + "".join(sample.labels.values()): sample.value
        for family in sums.collect()
        for sample in family.samples
        if not sample.name.endswith("_created")
    }


def test_fronts_are_added_up_and_what_they_share_is_not() -> None:
    sums = Sums()
    for number in (0, 1):
        front = OneFront()
        front.calls.labels("OK").inc(3 + number)
        front.seconds.observe(0.5)
        front.waiting.set(2)
        front.model.labels("7").set(1)
        front.tell(sums, number)
    told = values(sums)
    assert told["beatlens_calls_totalOK"] == 7
    assert told["beatlens_call_seconds_bucket1.0"] == 2
    assert told["beatlens_queue_pictures"] == 4
    assert told["beatlens_model_in_service7"] == 1


def test_what_was_counted_stays_when_a_front_has_ended_and_what_it_held_goes() -> None:
    sums = Sums()
    for _ in range(3):
        front = OneFront()
        front.calls.labels("OK").inc(5)
        front.seconds.observe(0.5)
        front.waiting.set(2)
        front.lost.set(1)
        front.tell(sums, 0)
        before = values(sums)
        sums.end(0)
        after = values(sums)
        assert after["beatlens_calls_totalOK"] == before["beatlens_calls_totalOK"]
        assert "beatlens_queue_pictures" not in after
    assert after["beatlens_calls_totalOK"] == 15
    assert after["beatlens_call_seconds_count"] == 3
    assert after["beatlens_workers_lost"] == 3


def test_a_front_that_ends_before_it_has_told_anything_changes_nothing() -> None:
    sums = Sums()
    sums.end(0)
    assert values(sums) == {}
