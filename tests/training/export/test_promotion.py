from __future__ import annotations

import json
from pathlib import Path

import pytest

from inference_server.models.onnx_model import ModelError, OnnxModel
from tests.inference_server.tiny_models import write_model
from training.export import promotion


def scored(value: float) -> dict[str, str | None]:
    return {"scores": json.dumps({promotion.SCORE: value})}


@pytest.fixture
def served(tmp_path: Path) -> Path:
    return write_model(tmp_path / "models", version="1", metadata=scored(0.5))


def test_a_candidate_that_is_no_worse_stands_beside_the_served_version(served: Path, tmp_path: Path) -> None:
    candidate = write_model(tmp_path / "candidates", version="2", metadata=scored(0.6))
    target, findings = promotion.promote(candidate, served, force=True)
    assert target == served.parent / "2"
    assert OnnxModel.load(target).info.version == "2"
    assert (findings.score, findings.served_score) == (0.6, 0.5)
    assert findings.time_ratio > 0
    assert {path.name for path in served.parent.iterdir()} == {"1", "2"}


def test_a_candidate_that_is_worse_for_new_patients_is_refused(served: Path, tmp_path: Path) -> None:
    candidate = write_model(tmp_path / "candidates", version="2", metadata=scored(0.4))
    with pytest.raises(promotion.PromotionError, match=r"inter-patient/macro_f1 is 0.4000"):
        promotion.promote(candidate, served)
    assert [path.name for path in served.parent.iterdir()] == ["1"]


def test_a_slow_candidate_is_refused(served: Path, tmp_path: Path) -> None:
    candidate = write_model(tmp_path / "candidates", version="2", work=4, metadata=scored(0.6))
    with pytest.raises(promotion.PromotionError, match="times as long"):
        promotion.promote(candidate, served)


def test_a_version_is_never_replaced(served: Path, tmp_path: Path) -> None:
    candidate = write_model(tmp_path / "candidates", version="1")
    with pytest.raises(promotion.PromotionError, match="exists"):
        promotion.promote(candidate, served, force=True)


def test_a_broken_candidate_is_refused_even_by_force(served: Path, tmp_path: Path) -> None:
    candidate = write_model(tmp_path / "candidates", version="2", metadata={"classes": None})
    with pytest.raises(ModelError, match="lacks metadata: classes"):
        promotion.promote(candidate, served, force=True)
