from __future__ import annotations

from pathlib import Path

import pytest

from inference_server.model_repository import ModelNotFound, ModelRepository, NoModelLoaded
from tests.inference_server.tiny_models import write_model


def repository(folder: Path) -> ModelRepository:
    models = ModelRepository(folder, name="arrhythmia")
    models.refresh()
    return models


def test_versions_are_ordered_as_numbers(tmp_path: Path) -> None:
    for version in ("2", "10", "1"):
        write_model(tmp_path, version=version)
    (tmp_path / "arrhythmia" / "drafts").mkdir()
    (tmp_path / "arrhythmia" / "MODEL_CARD.md").write_text("# Card")
    models = repository(tmp_path)
    assert models.versions() == ["1", "2", "10"]
    assert models.get().info.version == "10"


def test_a_broken_newest_version_is_passed_over_with_its_reason(tmp_path: Path) -> None:
    write_model(tmp_path, version="1")
    write_model(tmp_path, version="2", metadata={"classes": None})
    models = repository(tmp_path)
    assert models.get().info.version == "1"
    assert models.refused == {"2": "model.onnx lacks metadata: classes."}


@pytest.mark.parametrize("folder", ["empty", "missing"])
def test_without_a_version_nothing_is_in_service(tmp_path: Path, folder: str) -> None:
    (tmp_path / "empty" / "arrhythmia").mkdir(parents=True)
    models = repository(tmp_path / folder)
    assert models.loaded() == ()
    with pytest.raises(NoModelLoaded):
        models.get()


def test_a_version_that_is_not_in_service(tmp_path: Path) -> None:
    write_model(tmp_path)
    with pytest.raises(ModelNotFound) as caught:
        repository(tmp_path).get("7")
    assert caught.value.version == "7"
