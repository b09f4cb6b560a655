from __future__ import annotations

import pytest

from inference_server.classification import BeatClass, ModelInfo, Verdict
from inference_server.rpc.metrics import Metrics
from inference_server.workers.wire import Classified

PVC = BeatClass("PVC", "Premature Ventricular Contraction")
ANSWER = Classified("3", "PVC", Verdict.CONFIDENT, 0.1, 0.2, 0.3, b"")


def test_calls_are_counted_by_method_code_and_reason() -> None:
    metrics = Metrics()
    value = metrics.registry.get_sample_value
    metrics.call_begun()
    assert value("beatlens_calls_in_flight") == 1
    metrics.call_ended("/ecg.v1.ArrhythmiaService/ClassifyImage", "INVALID_ARGUMENT", "IMAGE_EMPTY", 0.002)
    assert value("beatlens_calls_in_flight") == 0
    labels = {
        "method": "/ecg.v1.ArrhythmiaService/ClassifyImage",
        "code": "INVALID_ARGUMENT",
        "reason": "IMAGE_EMPTY",
    }
    assert value("beatlens_calls_total", labels) == 1


def test_pictures_are_counted_by_class_and_verdict_and_timed_by_stage() -> None:
    metrics = Metrics()
    value = metrics.registry.get_sample_value
    metrics.classified(ANSWER)
    labels = {"model_version": "3", "beat_class": "PVC", "verdict": "CONFIDENT"}
    assert value("beatlens_classifications_total", labels) == 1
    for stage, seconds in (("queue", 0.1), ("decode", 0.2), ("inference", 0.3)):
        assert value(f"beatlens_{stage}_seconds_sum") == pytest.approx(seconds)


def test_the_queue_is_read_when_asked() -> None:
    metrics = Metrics()
    length = [3]
    metrics.watch_queue(lambda: length[0], lambda: 1, lambda: 5000)
    assert metrics.registry.get_sample_value("beatlens_queue_pictures") == 3
    length[0] = 5
    assert metrics.registry.get_sample_value("beatlens_queue_pictures") == 5
    assert metrics.registry.get_sample_value("beatlens_picture_bytes") == 5000


def test_the_workers_are_counted_when_asked() -> None:
    metrics = Metrics()
    metrics.watch_workers(lambda: 2, lambda: 1)
    assert metrics.registry.get_sample_value("beatlens_workers") == 2
    assert metrics.registry.get_sample_value("beatlens_workers_lost") == 1


def test_only_models_in_service_are_shown() -> None:
    metrics = Metrics()
    info = [ModelInfo("arrhythmia", version, (PVC,), 1, 1, "d", "run", {}, "") for version in ("1", "2")]
    metrics.models((info[0],))
    metrics.models((info[1],))
    value = metrics.registry.get_sample_value
    assert value("beatlens_model_in_service", {"name": "arrhythmia", "version": "1", "sha256": "d"}) is None
    assert value("beatlens_model_in_service", {"name": "arrhythmia", "version": "2", "sha256": "d"}) == 1
