"""What is read from old Keras files, and what is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import h5py
import keras
import numpy as np
import pytest

from tests.training import legacy_files
from training.export.keras_files.classifier import read
from training.export.keras_files.errors import KerasFileError


@pytest.fixture(scope="module")
def network() -> keras.Sequential:
    return legacy_files.course_network()


def _pictures(count: int = 3) -> np.ndarray:
    return np.random.default_rng(1).random((count, 64, 64, 3), dtype=np.float32)


@pytest.mark.parametrize(
    ("version", "layers"),
    [
        ("1.2.2", legacy_files.keras1_layers()),
        ("2.1.6", legacy_files.keras2_layers()),
        ("2.15.0", legacy_files.keras2_layers()),
    ],
)
def test_each_dialect_predicts_as_the_network_it_was_saved_from(
    version: str, layers: legacy_files.Layers, network: keras.Sequential, tmp_path: Path
) -> None:
    path = legacy_files.write(tmp_path / "ECG.h5", layers, legacy_files.weights_of(network), version=version)
    classifier = read(path)
    assert (classifier.height, classifier.width, classifier.channels, classifier.classes) == (64, 64, 3, 6)
    assert classifier.keras_version == version
    expected = network.predict_on_batch(_pictures())
    assert classifier.probabilities(_pictures()) == pytest.approx(expected, abs=1e-6)


def test_a_file_that_todays_keras_saves_as_hdf5_is_read_too(network: keras.Sequential, tmp_path: Path) -> None:
    network.save(tmp_path / "new.h5")
    classifier = read(tmp_path / "new.h5")
    expected = network.predict_on_batch(_pictures())
    assert classifier.probabilities(_pictures()) == pytest.approx(expected, abs=1e-6)


def test_normalisation_padding_and_averages_are_read(tmp_path: Path) -> None:
    keras.utils.set_random_seed(3)
    model = keras.Sequential(
        [
            keras.Input((24, 32, 1)),
            keras.layers.ZeroPadding2D((1, 2), name="pad"),
            keras.layers.Conv2D(4, (3, 5), strides=2, padding="same", use_bias=False, name="conv"),
            keras.layers.BatchNormalization(name="norm"),
            keras.layers.Activation("tanh", name="act"),
            keras.layers.AveragePooling2D(2, name="mean"),
            keras.layers.GlobalAveragePooling2D(name="all"),
            keras.layers.Dense(3, name="dense"),
            keras.layers.Activation("softmax", name="softmax"),
        ]
    )
    generator = np.random.default_rng(4)
    model.get_layer("norm").set_weights([generator.uniform(0.5, 2, 4) for _ in range(4)])
    model.save(tmp_path / "model.h5")
    pictures = generator.random((2, 24, 32, 1), dtype=np.float32)
    classifier = read(tmp_path / "model.h5")
    assert classifier.probabilities(pictures) == pytest.approx(model.predict_on_batch(pictures), abs=1e-6)


def _changed(number: int, **settings: Any) -> legacy_files.Layers:
    layers = legacy_files.keras2_layers()
    layers[number]["config"] |= settings
    return layers


def _with(number: int, kind: str) -> legacy_files.Layers:
    layers = legacy_files.keras2_layers()
    layers.insert(number, {"class_name": kind, "config": {"name": "added", "units": 3, "function": ["code"]}})
    return layers


@pytest.mark.parametrize(
    ("layers", "sentence"),
    [
        (_with(2, "Lambda"), "added is a Lambda: it holds code"),
        (_with(2, "MyAttention"), "MyAttention, which is not supported"),
        (_changed(0, batch_input_shape=[None, 3, 64, 64]), "channels_last"),
        (_changed(0, batch_input_shape=[None, None, None, 3]), "input shape"),
        (_changed(0, batch_input_shape=[None, 8, 64, 3]), "8 × 64"),
        (_changed(1, data_format="channels_first"), "pool_a has its channels first"),
        (_changed(2, activation="mine"), "conv_b has the activation 'mine'"),
        (_changed(2, activation={"class_name": "Lambda", "config": {}}), "conv_b has the activation"),
        (_changed(2, kernel_size="three"), "conv_b .Conv2D. has settings"),
        (_changed(5, units=100_000_000_000), "bytes of weights, up to layer dense_a"),
        (_changed(5, units=129), "dense_a needs weights of shapes"),
        (_changed(6, activation="sigmoid"), "dense_b ends in 6 sigmoids"),
        (_changed(6, activation="relu"), "not in a softmax"),
        (_changed(5, activation="softmax"), "dense_a is a softmax before the last layer"),
        (_with(5, "MaxPooling2D"), "added does not fit features of shape"),
        (_with(4, "Dense"), "added .Dense. can't follow features"),
        (legacy_files.keras2_layers()[:4], "ends in features of shape"),
        (_changed(1, pool_size=[2, 2], strides=[1, 1], name="conv_a"), "same name"),
        ([], "no layers"),
    ],
)
def test_what_is_not_supported_is_named(
    layers: legacy_files.Layers, sentence: str, network: keras.Sequential, tmp_path: Path
) -> None:
    path = legacy_files.write(tmp_path / "ECG.h5", layers, legacy_files.weights_of(network))
    with pytest.raises(KerasFileError, match=sentence):
        read(path)


@pytest.mark.parametrize(
    ("attributes", "sentence"),
    [
        ({"class_name": "MyModel"}, "is a MyModel, a class of its author's own"),
        ({"backend": "theano"}, "theano"),
        ({"class_name": ""}, "Sequential"),
    ],
)
def test_other_kinds_of_models_are_refused(
    attributes: dict[str, str], sentence: str, network: keras.Sequential, tmp_path: Path
) -> None:
    weights = legacy_files.weights_of(network)
    path = legacy_files.write(tmp_path / "ECG.h5", legacy_files.keras2_layers(), weights, **attributes)
    with pytest.raises(KerasFileError, match=sentence):
        read(path)


def test_weights_alone_are_no_model(network: keras.Sequential, tmp_path: Path) -> None:
    network.save_weights(tmp_path / "only.weights.h5")
    with pytest.raises(KerasFileError, match="weights alone"):
        read(tmp_path / "only.weights.h5")


def test_a_file_that_is_no_hdf5_is_refused(tmp_path: Path) -> None:
    (tmp_path / "ECG.h5").write_bytes(b"not a model")
    with pytest.raises(KerasFileError, match="not a readable HDF5 file"):
        read(tmp_path / "ECG.h5")


def test_weights_that_are_no_numbers_are_refused(network: keras.Sequential, tmp_path: Path) -> None:
    weights = legacy_files.weights_of(network)
    weights["conv_b"][1] = np.full(32, np.nan)
    with pytest.raises(KerasFileError, match="conv_b has weights that are not finite"):
        read(legacy_files.write(tmp_path / "ECG.h5", legacy_files.keras2_layers(), weights))


def test_weights_in_another_file_are_refused(network: keras.Sequential, tmp_path: Path) -> None:
    """A link in a stranger's file must not reach other files of this machine."""
    weights = legacy_files.weights_of(network)
    whole = legacy_files.write(tmp_path / "private.h5", legacy_files.keras2_layers(), weights)
    linked = legacy_files.write(tmp_path / "ECG.h5", legacy_files.keras2_layers(), weights)
    with h5py.File(linked, "a") as file:
        del file["model_weights/conv_a"]
        file["model_weights/conv_a"] = h5py.ExternalLink(str(whole), "/model_weights/conv_a")
    with pytest.raises(KerasFileError, match="outside the file"):
        read(linked)
