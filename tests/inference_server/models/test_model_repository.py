from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from inference_server.models.model_files import LoadInterrupted, ModelFiles
from inference_server.models.model_repository import ModelNotFound, ModelRepository, NoModelLoaded
from inference_server.models.onnx_model import ModelError, OnnxModel
from tests.inference_server.tiny_models import write_model


def repository(folder: Path, versions: str = "latest") -> ModelRepository[OnnxModel]:
    models = ModelRepository(folder, name="arrhythmia", load=OnnxModel.from_files, versions=versions)
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


def test_what_was_broken_off_is_loaded_again_but_not_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_model(tmp_path, version="1")
    now, attempts = [1000.0], []

    def load(files: ModelFiles) -> OnnxModel:
        attempts.append(now[0])
        if len(attempts) < 3:
            raise LoadInterrupted("Loading it ended the worker process.")
        return OnnxModel.from_files(files)

    monkeypatch.setattr("inference_server.models.model_repository.time.monotonic", lambda: now[0])
    models = ModelRepository(tmp_path, name="arrhythmia", load=load)
    for seconds in (0, 10, 59, 61, 120, 180, 182, 500):
        now[0] = 1000.0 + seconds
        models.refresh()
    assert attempts == [1000.0, 1061.0, 1182.0]
    assert models.get().info.version == "1"
    assert models.refused == {}


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


def loaded(models: ModelRepository[OnnxModel]) -> list[str]:
    return [model.info.version for model in models.loaded()]


def test_a_new_version_is_switched_to(tmp_path: Path) -> None:
    write_model(tmp_path, version="1")
    models = repository(tmp_path)
    old = models.get()
    assert not models.refresh()
    write_model(tmp_path, version="2")
    assert models.refresh()
    assert models.get().info.version == "2"
    assert loaded(models) == ["2"]
    assert old.info.version == "1"  # a call under way keeps what it began with


def test_a_broken_new_version_leaves_the_old_one_in_service(tmp_path: Path) -> None:
    write_model(tmp_path, version="1")
    models = repository(tmp_path)
    old = models.get()
    write_model(tmp_path, version="2", sidecar={"sha256": "0" * 64})
    assert not models.refresh()
    assert models.get() is old
    assert "does not match its digest" in models.refused["2"]


def test_a_version_that_is_mended_is_taken(tmp_path: Path) -> None:
    write_model(tmp_path, version="1")
    folder = write_model(tmp_path, version="2")
    content = (folder / "model.onnx").read_bytes()
    (folder / "model.onnx").write_bytes(content[: len(content) // 2])  # a copy that has not finished
    models = repository(tmp_path)
    assert models.get().info.version == "1"
    (folder / "model.onnx").write_bytes(content)
    assert models.refresh()
    assert models.get().info.version == "2"
    assert models.refused == {}


def test_a_version_that_is_overwritten_by_something_broken_serves_on_from_memory(tmp_path: Path) -> None:
    folder = write_model(tmp_path)
    models = repository(tmp_path)
    (folder / "model.onnx").write_bytes(b"broken")
    assert not models.refresh()
    assert not models.refresh()
    assert models.get().info.version == "1"
    shutil.rmtree(tmp_path)
    assert not models.refresh()
    assert models.get().info.version == "1"


def test_a_pin_decides_who_answers(tmp_path: Path) -> None:
    for version in ("1", "2", "3"):
        write_model(tmp_path, version=version)
    models = repository(tmp_path)
    models.pin("2")
    assert models.refresh()
    assert models.get().info.version == "2"
    assert repository(tmp_path).get().info.version == "2"
    models.unpin()
    assert models.refresh()
    assert models.get().info.version == "3"


def test_what_can_not_be_served_can_not_be_pinned(tmp_path: Path) -> None:
    write_model(tmp_path, version="1")
    write_model(tmp_path, version="2", metadata={"classes": None})
    models = repository(tmp_path)
    for version in ("2", "9"):
        with pytest.raises(ModelError):
            models.pin(version)
    assert models.pinned is None


def test_a_pinned_version_that_breaks_is_not_replaced_by_another(tmp_path: Path) -> None:
    write_model(tmp_path, version="1")
    write_model(tmp_path, version="2")
    repository(tmp_path).pin("1")
    (tmp_path / "arrhythmia" / "1" / "model.onnx").unlink()
    models = repository(tmp_path)
    assert models.loaded() == ()
    assert models.refused["pinned.json"] == "version '1' is pinned but not usable"


def test_a_damaged_pin_changes_nothing(tmp_path: Path) -> None:
    write_model(tmp_path, version="1")
    models = repository(tmp_path)
    write_model(tmp_path, version="2")
    (tmp_path / "arrhythmia" / "pinned.json").write_text("{")
    assert not models.refresh()
    assert models.get().info.version == "1"
    assert "not usable" in models.refused["pinned.json"]


@pytest.mark.parametrize(("versions", "expected"), [("all", ["1", "2", "10"]), ("1,10", ["1", "10"]), ("2", ["2"])])
def test_several_versions_at_once(tmp_path: Path, versions: str, expected: list[str]) -> None:
    for version in ("1", "2", "10"):
        write_model(tmp_path, version=version)
    models = repository(tmp_path, versions)
    assert loaded(models) == expected
    assert models.get().info.version == expected[-1]
    assert models.get("2" if "2" in expected else "1").info.version in expected


def test_a_pin_is_served_beside_the_listed_versions(tmp_path: Path) -> None:
    for version in ("1", "2", "3"):
        write_model(tmp_path, version=version)
    repository(tmp_path).pin("2")
    models = repository(tmp_path, "3")
    assert loaded(models) == ["2", "3"]
    assert models.get().info.version == "2"
