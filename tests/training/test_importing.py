"""An old Keras file on its way to the inference server."""

from __future__ import annotations

import io
import json
from pathlib import Path

import keras
import numpy as np
import onnxruntime
import pytest
import tensorflow as tf
from PIL import Image
from typer.testing import CliRunner

from inference_server.classification import Verdict
from inference_server.classifier import Classifier
from inference_server.images import to_pixels
from inference_server.onnx_model import OnnxModel
from tests.training import legacy_files
from training import importing
from training.__main__ import app
from training.rendering import draw

CLASSES = "LBBB,NORMAL,PAC,PVC,RBBB,VF"


@pytest.fixture(scope="module")
def network() -> keras.Sequential:
    return legacy_files.course_network()


@pytest.fixture(scope="module")
def old_file(network: keras.Sequential, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("old") / "ECG.h5"
    return legacy_files.write(path, legacy_files.keras1_layers(), legacy_files.weights_of(network), version="1.2.2")


@pytest.fixture(scope="module")
def repository(old_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    models = tmp_path_factory.mktemp("models")
    words = ["import-keras", str(old_file), "--classes", CLASSES, "--rescale", "1/255", "--ink", "100"]
    result = CliRunner().invoke(app, [*words, "--name", "course", "--version", "2", "--models", str(models)])
    assert result.exit_code == 0, result.output
    assert "largest difference between Keras and onnxruntime" in " ".join(result.output.split())
    return models


@pytest.fixture(scope="module")
def session(repository: Path) -> onnxruntime.InferenceSession:
    return onnxruntime.InferenceSession(repository / "course" / "2" / "model.onnx")


def _picture(seed: int) -> bytes:
    time = np.linspace(-1, 1, 192)
    width = 0.03 + 0.05 * seed
    signal = np.exp(-0.5 * (time / width) ** 2) - 0.4 * np.exp(-0.5 * ((time - 0.3) / width) ** 2)
    out = io.BytesIO()
    Image.fromarray(draw(signal[None].astype(np.float32))[0]).save(out, "PNG")
    return out.getvalue()


def test_the_server_answers_with_what_the_old_network_says(repository: Path, network: keras.Sequential) -> None:
    classifier = Classifier(OnnxModel.load(repository / "course" / "2"))
    for seed in range(3):
        found = classifier.classify(_picture(seed)).classification
        pixels = to_pixels(_picture(seed), height=64, width=96).astype(np.float32)
        seen = 255 - (255 - tf.image.resize(pixels, (64, 64)).numpy()) * 155 / 255
        expected = network.predict_on_batch(np.repeat(seen, 3, axis=2)[None] / 255)[0]
        assert [one.short for one, _ in found.probabilities] == CLASSES.split(",")
        assert [value for _, value in found.probabilities] == pytest.approx(expected, abs=1e-4)
        assert found.model_version == "2"


def test_blank_paper_gets_no_class(repository: Path) -> None:
    classifier = Classifier(OnnxModel.load(repository / "course" / "2"))
    out = io.BytesIO()
    Image.new("L", (192, 128), 255).save(out, "PNG")
    assert classifier.classify(out.getvalue()).classification.verdict is Verdict.NOT_A_BEAT


def test_maps_are_the_evidence_for_each_class(session: onnxruntime.InferenceSession, network: keras.Sequential) -> None:
    """Features times the gradient that TensorFlow finds, summed over the channels."""
    pixels = np.stack([to_pixels(_picture(seed), height=64, width=96) for seed in range(2)])
    (maps,) = session.run(["activation_maps"], {"pixels": pixels})
    seen = 255 - (255 - tf.image.resize(tf.cast(pixels, tf.float32), (64, 64))) * 155 / 255
    trunk = keras.Model(network.inputs, network.get_layer("pool_b").output)
    features = trunk(tf.repeat(seen, 3, axis=3) / 255)
    final = network.get_layer("dense_b")
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(features)
        hidden = network.get_layer("dense_a")(network.get_layer("flatten")(features))
        logits = tf.unstack(hidden @ final.kernel + final.bias, axis=1)
    assert maps.shape == (2, 14, 14, 6)
    for index, logit in enumerate(logits):
        expected = tf.reduce_sum(features * tape.gradient(logit, features), axis=3)
        assert maps[..., index] == pytest.approx(expected.numpy(), abs=1e-4)


def test_maps_through_averages_and_normalisation_are_gradients_too(tmp_path: Path) -> None:
    keras.utils.set_random_seed(5)
    layers = [
        keras.layers.GlobalAveragePooling2D(),
        keras.layers.Dense(5, activation=None),
        keras.layers.BatchNormalization(),
        keras.layers.Activation("tanh"),
        keras.layers.Dense(4),
        keras.layers.Activation("sigmoid"),
        keras.layers.Dense(3),
    ]
    features = tf.constant(np.random.default_rng(6).random((2, 4, 5, 6), dtype=np.float32))
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(features)
        values, outputs = features, []
        for layer in layers:
            values = layer(values)
            outputs.append(values)
        logits = tf.unstack(values, axis=1)
    maps = importing.evidence(features, layers, outputs).numpy()
    for index, logit in enumerate(logits):
        expected = tf.reduce_sum(features * tape.gradient(logit, features), axis=3)
        assert maps[..., index] == pytest.approx(expected.numpy(), abs=1e-6)


def test_the_metadata_say_where_it_comes_from_and_what_was_checked(repository: Path) -> None:
    metadata = json.loads((repository / "course" / "2" / "metadata.json").read_text())
    assert metadata["training_run"].startswith("imported, Keras 1.2.2")
    assert metadata["parity"]["max_probability_difference"] <= importing.PARITY_TOLERANCE
    assert metadata["rescale"] == pytest.approx(1 / 255)
    assert metadata["scores"] == {}


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"--classes": "LBBB,NORMAL"}, "6 outputs, but 2 classes"),
        ({"--classes": "LBBB,NORMAL,PAC,PVC,RBBB,VF,X9"}, "no class 'X9'"),
        ({"--classes": "LBBB,LBBB,PAC,PVC,RBBB,VF"}, "named twice"),
        ({"--rescale": "bright"}, "'bright' is no number"),
        ({"--rescale": "-1"}, "not a positive number"),
        ({"--rescale": "1/0"}, "is no number"),
        ({"--drawn": "wide"}, "'wide' is no size"),
        ({"--drawn": "1000x1"}, "8 times"),
        ({"--version": "0"}, "not a positive whole number"),
        ({"--name": "../course"}, "can't be a model's name"),
    ],
)
def test_what_does_not_fit_is_said_and_nothing_is_written(
    changes: dict[str, str], sentence: str, old_file: Path, tmp_path: Path
) -> None:
    options = {"--classes": CLASSES, "--rescale": "1/255", "--name": "course", "--models": str(tmp_path / "models")}
    words = [word for pair in (options | changes).items() for word in pair]
    result = CliRunner().invoke(app, ["import-keras", str(old_file), *words])
    assert result.exit_code == 1
    assert sentence in " ".join(result.output.split())
    assert not (tmp_path / "models").exists()


def test_a_version_is_never_overwritten(repository: Path, old_file: Path) -> None:
    with pytest.raises(importing.ImportRefused, match="never overwritten"):
        importing.import_keras(
            old_file,
            importing.parse_classes(CLASSES),
            importing.Preprocessing(1 / 255),
            repository,
            name="course",
            version="2",
            licence="",
        )


def test_a_graph_that_disagrees_with_keras_is_not_written(
    old_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importing, "PARITY_TOLERANCE", -1.0)
    with pytest.raises(importing.ImportRefused, match="differ by"):
        importing.import_keras(
            old_file,
            importing.parse_classes(CLASSES),
            importing.Preprocessing(1 / 255),
            tmp_path,
            name="course",
            version="1",
            licence="",
        )
    assert not (tmp_path / "course").exists()


def test_classes_may_be_known_names_or_ones_own() -> None:
    found = importing.parse_classes("Premature Ventricular Contraction, normal, FUSION=Fusion Beat")
    assert [(one.short, one.name) for one in found] == [
        ("PVC", "Premature Ventricular Contraction"),
        ("NORMAL", "Normal"),
        ("FUSION", "Fusion Beat"),
    ]
