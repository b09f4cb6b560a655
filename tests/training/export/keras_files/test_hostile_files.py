"""Files made to do more than to be read: nothing in them is run, and nothing that they claim is believed."""

from __future__ import annotations

import contextlib
import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import keras
import numpy as np
import pytest

from tests.training import legacy_files
from tests.training.student_models import made, pictures
from training.export.keras_files import bounds
from training.export.keras_files.classifier import read
from training.export.keras_files.errors import KerasFileError

Layers = legacy_files.Layers


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("archive") / "model.keras"
    made("keras 3", "rescaled").save(path)
    return path


def _members(archive: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(archive) as opened:
        return {name: opened.read(name) for name in opened.namelist()}


def _written(path: Path, members: dict[str, bytes], compression: int = zipfile.ZIP_STORED) -> Path:
    with zipfile.ZipFile(path, "w", compression) as opened:
        for name, content in members.items():
            opened.writestr(name, content)
    return path


def _with_config(archive: Path, path: Path, change: Callable[[dict[str, Any]], None]) -> Path:
    members = _members(archive)
    config = json.loads(members["config.json"])
    change(config)
    return _written(path, members | {"config.json": json.dumps(config).encode()})


def _layer(config: dict[str, Any], kind: str) -> dict[str, Any]:
    return next(layer for layer in config["config"]["layers"] if layer["class_name"] == kind)


def _becomes(kind: str, module: str | None, settings: dict[str, Any]) -> Callable[[dict[str, Any]], None]:
    def change(config: dict[str, Any]) -> None:
        layer = _layer(config, "MaxPooling2D")
        layer["class_name"], layer["module"] = kind, module
        layer["config"] |= settings

    return change


#: What ``exec`` would run, as Keras stores the code of a Lambda: it would leave a file behind.
CODE = {"class_name": "__lambda__", "config": {"code": "4wEAAAA=", "defaults": None, "closure": None}}


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (_becomes("Lambda", "keras.layers", {"function": CODE}), "is a Lambda: it holds code"),
        (_becomes("Lambda", None, {"function": CODE}), "is a Lambda: it holds code"),
        (_becomes("system", "os", {"command": "touch ran"}), "system, a class of its author's own"),
        (_becomes("MaxPooling2D", "evil.layers", {}), "MaxPooling2D, a class of its author's own"),
        (_becomes("MaxPooling2D", "keras_evil", {}), "a class of its author's own"),
        (_becomes("Package>MyLayer", None, {}), "a class of its author's own"),
        (_becomes("TFSMLayer", "keras.layers", {"filepath": "/etc"}), "loads another program, which is never done"),
        (_becomes("TorchModuleWrapper", "keras.layers", {"module": CODE}), "loads another program"),
        (_becomes("StringLookup", "keras.layers", {"vocabulary": "/etc/passwd"}), "which is not supported"),
        (_becomes("TextVectorization", "keras.layers", {"vocabulary": "/etc/passwd"}), "which is not supported"),
    ],
)
def test_code_and_strangers_classes_are_refused_by_name(
    archive: Path, tmp_path: Path, change: Callable[[dict[str, Any]], None], sentence: str
) -> None:
    with pytest.raises(KerasFileError, match=sentence):
        read(_with_config(archive, tmp_path / "model.keras", change))


@pytest.mark.parametrize(
    "setting",
    [
        "kernel_initializer",
        "bias_regularizer",
        "kernel_constraint",
        "activity_regularizer",
        "dtype",
    ],
)
def test_what_does_not_matter_for_predictions_is_not_even_looked_at(
    archive: Path, tmp_path: Path, setting: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Keras would import and call what such a setting names."""
    monkeypatch.chdir(tmp_path)

    def change(config: dict[str, Any]) -> None:
        named = {"module": "os", "class_name": "function", "config": "system", "registered_name": "system"}
        _layer(config, "Dense")["config"][setting] = named

    classifier = read(_with_config(archive, tmp_path / "model.keras", change))
    assert classifier.probabilities(pictures()) == pytest.approx(read(archive).probabilities(pictures()))


def test_nothing_that_keras_can_load_by_name_is_called(archive: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        pytest.fail("Keras loads it")

    monkeypatch.setattr(keras.saving, "load_model", refuse)
    monkeypatch.setattr(keras.saving, "deserialize_keras_object", refuse)
    monkeypatch.setattr(keras.models, "load_model", refuse)
    assert read(archive).classes == 4


def test_an_activation_that_is_code_is_refused(archive: Path, tmp_path: Path) -> None:
    def change(config: dict[str, Any]) -> None:
        _layer(config, "Dense")["config"]["activation"] = CODE

    with pytest.raises(KerasFileError, match=r"has the activation .*__lambda__"):
        read(_with_config(archive, tmp_path / "model.keras", change))


def test_a_member_with_a_path_of_its_own_is_not_unpacked(archive: Path, tmp_path: Path) -> None:
    escaped = tmp_path / "elsewhere" / "escaped"
    members = _members(archive) | {"../escaped": b"x", "../../escaped": b"x", str(escaped): b"x"}
    folder = tmp_path / "a" / "b"
    folder.mkdir(parents=True)
    assert read(_written(folder / "model.keras", members)).classes == 4
    assert {path.name for path in tmp_path.rglob("*")} == {"a", "b", "model.keras"}


@pytest.mark.parametrize("name", ["config.json", "model.weights.h5", "metadata.json"])
def test_what_unpacks_to_much_more_is_read_to_its_limit_only(
    archive: Path, tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("training.export.keras_files.files.MAX_BYTES", 1_000_000)
    monkeypatch.setattr("training.export.keras_files.files.MAX_CONFIG_BYTES", 1_000_000)
    members = _members(archive) | {name: bytes(50_000_000)}
    path = _written(tmp_path / "model.keras", members, zipfile.ZIP_DEFLATED)
    assert path.stat().st_size < 500_000
    with pytest.raises(KerasFileError, match=f"{name} in model.keras has more than 1,000,000 bytes"):
        read(path)


@pytest.mark.filterwarnings("ignore:Duplicate name:UserWarning")
def test_a_name_that_is_there_twice_is_refused(archive: Path, tmp_path: Path) -> None:
    path = _written(tmp_path / "model.keras", _members(archive))
    with zipfile.ZipFile(path, "a") as opened:
        opened.writestr("config.json", "{}")
    with pytest.raises(KerasFileError, match=r"holds config.json more than once"):
        read(path)


def test_damage_anywhere_is_refused_or_harmless(archive: Path, tmp_path: Path) -> None:
    content = archive.read_bytes()
    generator = np.random.default_rng(0)
    for _ in range(60):
        broken = bytearray(content)
        for place in generator.integers(0, len(content), 8):
            broken[place] = generator.integers(256)
        (tmp_path / "model.keras").write_bytes(broken[: generator.integers(1, len(content) + 1)])
        with contextlib.suppress(KerasFileError):  # whatever else is raised fails the test
            read(tmp_path / "model.keras")


def test_json_that_is_deeper_than_python_goes_is_refused(archive: Path, tmp_path: Path) -> None:
    members = _members(archive)
    for deep in (b"[" * 100_000, b'{"class_name": "Sequential", "config": ' * 300 + b"1" + b"}" * 300):
        path = _written(tmp_path / "model.keras", members | {"config.json": deep})
        with pytest.raises(KerasFileError, match="understood"):
            read(path)


def test_models_within_models_have_a_limit(archive: Path, tmp_path: Path) -> None:
    def change(config: dict[str, Any]) -> None:
        for number in range(bounds.MAX_DEPTH + 2):
            inner = {"class_name": "Sequential", "config": {"name": f"m{number}", "layers": config["config"]["layers"]}}
            config["config"]["layers"] = [inner]

    with pytest.raises(KerasFileError, match="lies deeper than 8 models"):
        read(_with_config(archive, tmp_path / "model.keras", change))


def test_layers_have_a_limit(archive: Path, tmp_path: Path) -> None:
    def change(config: dict[str, Any]) -> None:
        noise = {"module": "keras.layers", "class_name": "Dropout", "config": {}}
        config["config"]["layers"][1:1] = [
            noise | {"config": {"name": f"noise {number}"}} for number in range(bounds.MAX_LAYERS)
        ]

    with pytest.raises(KerasFileError, match="more than 4,000 layers"):
        read(_with_config(archive, tmp_path / "model.keras", change))


@pytest.mark.parametrize(
    ("kind", "settings", "sentence"),
    [
        ("UpSampling2D", {"size": [10_000, 10_000]}, "numbers for a picture; the limit is"),
        ("ZeroPadding2D", {"padding": [[10**6, 0], [10**6, 0]]}, "numbers for a picture; the limit is"),
        ("Resizing", {"height": 10**6, "width": 10**6}, "numbers for a picture; the limit is"),
        ("Resizing", {"height": 10**30, "width": 1}, "settings|does not fit|limit"),
        ("Reshape", {"target_shape": [-1, 10**9]}, "does not fit|limit"),
        ("Cropping2D", {"cropping": [[10**6, 0], [10**6, 0]]}, "does not fit"),
        ("MaxPooling2D", {"pool_size": [0, 0]}, "settings"),
        ("MaxPooling2D", {"pool_size": ["a", {}]}, "settings"),
    ],
)
def test_features_of_any_size_are_refused_before_they_are_made(
    archive: Path, tmp_path: Path, kind: str, settings: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(KerasFileError, match=sentence):
        read(_with_config(archive, tmp_path / "model.keras", _becomes(kind, "keras.layers", settings)))


def test_weights_that_unpack_to_more_than_memory_are_refused_before_they_are_read(tmp_path: Path) -> None:
    """A megabyte of HDF5 that says it is 40 GB, with settings that agree."""
    layers = legacy_files.keras2_layers()
    layers[5]["config"]["units"] = 800_000
    weights = legacy_files.weights_of(legacy_files.course_network())
    path = legacy_files.write(tmp_path / "model.h5", layers, weights)
    with h5py.File(path, "a") as file:
        group = file["model_weights/dense_a"]
        del group["dense_a"]
        shape = (6272, 800_000)
        made_of = {"chunks": (6272, 100), "compression": "gzip", "fillvalue": 0, "dtype": "f4"}
        group.create_dataset("dense_a/weight_0:0", shape, **made_of)
        group["dense_a/weight_1:0"] = np.zeros(800_000, np.float32)
    assert path.stat().st_size < 20_000_000
    with pytest.raises(KerasFileError, match="bytes of weights, up to layer dense_a"):
        read(path)


def test_weights_that_are_text_or_lie_elsewhere_are_refused(archive: Path, tmp_path: Path) -> None:
    members = _members(archive)
    for change, sentence in ((_text_for_kernel, "no numbers"), (_virtual_kernel, "outside the file")):
        content = io.BytesIO(members["model.weights.h5"])
        with h5py.File(content, "a") as file:
            change(file, tmp_path)
        path = _written(tmp_path / "model.keras", members | {"model.weights.h5": content.getvalue()})
        with pytest.raises(KerasFileError, match=sentence):
            read(path)


def _text_for_kernel(file: Any, _folder: Path) -> None:
    del file["layers/dense/vars/0"]
    file["layers/dense/vars/0"] = "text"


def _virtual_kernel(file: Any, folder: Path) -> None:
    shape = file["layers/dense/vars/0"].shape
    with h5py.File(folder / "private.h5", "w") as other:
        other["secret"] = np.zeros(shape, np.float32)
    layout = h5py.VirtualLayout(shape, dtype="f4")
    layout[...] = h5py.VirtualSource(folder / "private.h5", "secret", shape)
    del file["layers/dense/vars/0"]
    file.create_virtual_dataset("layers/dense/vars/0", layout)


def test_layers_that_wait_for_each_other_are_refused(tmp_path: Path) -> None:
    made("keras 3", "branched").save(tmp_path / "model.keras")

    def change(config: dict[str, Any]) -> None:
        for layer in config["config"]["layers"]:
            if layer["class_name"] == "Conv2D":
                layer["inbound_nodes"] = [{"args": [_tensor_of(layer["name"])], "kwargs": {}}]

    with pytest.raises(KerasFileError, match="waits for a layer that is not there"):
        read(_with_config(tmp_path / "model.keras", tmp_path / "changed.keras", change))


def _tensor_of(name: str) -> dict[str, Any]:
    return {
        "class_name": "__keras_tensor__",
        "config": {"shape": [None], "dtype": "float32", "keras_history": [name, 0, 0]},
    }


@pytest.mark.parametrize(
    ("content", "name", "sentence"),
    [
        (
            b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n",
            "ECG.h5",
            "Git LFS pointer.*git lfs pull",
        ),
        (b"\x80\x04\x95\x0c\x00\x00\x00", "model.h5", "a pickle, which can run any program"),
        (b"    TFL3", "model.tflite", "TensorFlow Lite"),
        (b'{"class_name": "Sequential"}', "model.json", "JSON: perhaps a model without its weights"),
        (b"<!DOCTYPE html><html>", "ECG.h5", "a web page"),
        (b"", "ECG.h5", "is empty"),
        (b"\x0a\x05graph", "saved_model.pb", "name the folder of the SavedModel"),
        (b"x" * 100, "model.ckpt", "a checkpoint"),
        (b"x" * 100, "model.h5", "not a readable HDF5 file"),
    ],
)
def test_what_a_file_is_instead_is_said(content: bytes, name: str, sentence: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(KerasFileError, match=sentence):
        read(tmp_path / name)


@pytest.mark.parametrize(
    ("members", "sentence"),
    [
        ({"archive/data.pkl": b"x"}, "a PyTorch model"),
        ({"my_model/saved_model.pb": b"x"}, "a packed SavedModel; unpack it"),
        ({"a.txt": b"x"}, "no .keras file"),
        ({"config.json": b"{}"}, "has no model.weights.h5"),
    ],
)
def test_what_a_zip_file_is_instead_is_said(members: dict[str, bytes], sentence: str, tmp_path: Path) -> None:
    with pytest.raises(KerasFileError, match=sentence):
        read(_written(tmp_path / "model.keras", members))
