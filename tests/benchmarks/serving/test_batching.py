from __future__ import annotations

from pathlib import Path

from benchmarks.serving.batching import SIZES, measure
from inference_server.models.onnx_model import OnnxModel
from tests.inference_server.pictures import picture
from tests.inference_server.tiny_models import write_model


def test_every_size_of_batch_is_measured(tmp_path: Path) -> None:
    figures = measure(OnnxModel.load(write_model(tmp_path)), picture(), rounds=1, pictures=32)
    assert tuple(figures) == SIZES
    assert all(0 < milliseconds < 1000 for milliseconds in figures.values())
