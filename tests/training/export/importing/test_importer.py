"""An old Keras file on its way to the inference server."""

from __future__ import annotations

import io
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import keras
import numpy as np
import onnxruntime
import pytest
import tensorflow as tf
from PIL import Image, ImageDraw
from typer.testing import CliRunner

from ecg.pictures.canonical import to_pixels
from ecg.pictures.rendering import draw
from inference_server.classification import Verdict
from inference_server.models.classifier import Classifier
from inference_server.models.onnx_model import OnnxModel
from tests.training import legacy_files
from tests.training.student_models import made, pictures, says
from training.__main__ import app
from training.export.importing import importer, old_program
from training.export.importing.options import ImportRefused, Preprocessing, parse_classes

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
        outcome = classifier.classify(_picture(seed)).classification
        pixels = to_pixels(_picture(seed), height=64, width=96).astype(np.float32)
        rescaled = 255 - (255 - tf.image.resize(pixels, (64, 64)).numpy()) * 155 / 255
        expected = network.predict_on_batch(np.repeat(rescaled, 3, axis=2)[None] / 255)[0]
        assert [beat_class.short for beat_class, _ in outcome.probabilities] == CLASSES.split(",")
        assert [value for _, value in outcome.probabilities] == pytest.approx(expected, abs=1e-4)
        assert outcome.model_version == "2"


def test_blank_paper_gets_no_class(repository: Path) -> None:
    classifier = Classifier(OnnxModel.load(repository / "course" / "2"))
    out = io.BytesIO()
    Image.new("L", (192, 128), 255).save(out, "PNG")
    assert classifier.classify(out.getvalue()).classification.verdict is Verdict.NOT_A_BEAT


def test_maps_are_the_evidence_for_each_class(session: onnxruntime.InferenceSession, network: keras.Sequential) -> None:
    """Features times the gradient that TensorFlow finds, summed over the channels."""
    pixels = np.stack([to_pixels(_picture(seed), height=64, width=96) for seed in range(2)])
    (maps,) = session.run(["activation_maps"], {"pixels": pixels})
    rescaled = 255 - (255 - tf.image.resize(tf.cast(pixels, tf.float32), (64, 64))) * 155 / 255
    trunk = keras.Model(network.inputs, network.get_layer("pool_b").output)
    features = trunk(tf.repeat(rescaled, 3, axis=3) / 255)
    final = network.get_layer("dense_b")
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(features)
        hidden = network.get_layer("dense_a")(network.get_layer("flatten")(features))
        logits = tf.unstack(hidden @ final.kernel + final.bias, axis=1)
    assert maps.shape == (2, 14, 14, 6)
    for index, logit in enumerate(logits):
        expected = tf.reduce_sum(features * tape.gradient(logit, features), axis=3)
        assert maps[..., index] == pytest.approx(expected.numpy(), abs=1e-4)


def test_the_metadata_say_where_it_comes_from_and_what_was_checked(repository: Path) -> None:
    metadata = json.loads((repository / "course" / "2" / "metadata.json").read_text())
    assert metadata["training_run"].startswith("imported, Keras 1.2.2, HDF5")
    assert metadata["parity"]["max_probability_difference"] <= importer.PARITY_TOLERANCE
    assert metadata["agreement"]["pictures"] == old_program.DRAWN_PICTURES
    assert metadata["rescale"] == pytest.approx(1 / 255)
    assert metadata["input"] == {"height": 64, "width": 96, "channels": 1}
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
        ({"--resample": "soft"}, "'soft' is not known"),
        ({"--resample": "nearest", "--ink": "100"}, "are for --resample canonical"),
        ({"--colour": "grey"}, "--colour grey has 1 channels, the network takes 3"),
        ({"--size": "32x32"}, "takes 64x64 pixels, not 32x32"),
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


def _import(source: Path, models: Path, **more: Any) -> importer.Imported:
    settings = {"name": "course", "version": "2", "licence": "", **more}
    preprocessing = settings.pop("preprocessing", Preprocessing(1 / 255))
    return importer.import_keras(source, parse_classes(CLASSES), preprocessing, models, **settings)


def test_a_version_is_never_overwritten(repository: Path, old_file: Path) -> None:
    with pytest.raises(ImportRefused, match="never overwritten"):
        _import(old_file, repository)


def test_a_graph_that_disagrees_with_keras_is_not_written(
    old_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importer, "PARITY_TOLERANCE", -1.0)
    with pytest.raises(ImportRefused, match="differ by"):
        _import(old_file, tmp_path)
    assert not (tmp_path / "course").exists()


def _command(source: Path, models: Path, *options: str, classes: str = CLASSES) -> tuple[int, str]:
    words = ["import-keras", str(source), "--classes", classes, "--name", "course", "--models", str(models)]
    result = CliRunner().invoke(app, [*words, *options])
    return result.exit_code, " ".join(result.output.split())


def test_the_old_program_s_own_steps_are_served_unless_told_otherwise(
    old_file: Path, network: keras.Sequential, tmp_path: Path
) -> None:
    """The same class from the file on, for pictures in colour, of any size, and in any format."""
    code, output = _command(old_file, tmp_path / "models", "--rescale", "1./255")
    assert code == 0, output
    assert "the same class as the old program (RGB, nearest to 64x64, × 0.00392157) for 200 of 200 pictures" in output
    classifier = Classifier(OnnxModel.load(tmp_path / "models" / "course" / "1"))
    assert classifier.model.info.input_channels == 3
    for number in range(20):
        data = _coloured(number)
        old = Image.open(io.BytesIO(data)).convert("RGB").resize((64, 64), Image.Resampling.NEAREST)
        expected = network.predict_on_batch(np.asarray(old, dtype=np.float32)[None] * (1 / 255))[0]
        outcome = classifier.classify(data).classification
        assert [value for _, value in outcome.probabilities] == pytest.approx(expected, abs=1e-5)


def _coloured(number: int) -> bytes:
    generator = np.random.default_rng(number)
    size = (int(generator.integers(20, 400)), int(generator.integers(20, 300)))
    image = Image.new("RGB", size, (255, 250, 240))
    points = [(int(x), int(generator.integers(0, size[1]))) for x in np.linspace(0, size[0], 12)]
    ImageDraw.Draw(image).line(points, fill=tuple(generator.integers(0, 200, 3).tolist()), width=1 + number % 4)
    out = io.BytesIO()
    image.save(out, "PNG" if number % 2 else "JPEG")
    return out.getvalue()


def test_evidence_covers_the_picture_that_was_sent(old_file: Path, tmp_path: Path) -> None:
    assert _command(old_file, tmp_path / "models", "--rescale", "1/255")[0] == 0
    classifier = Classifier(OnnxModel.load(tmp_path / "models" / "course" / "1"))
    saliency = classifier.explain(_picture(1)).saliency
    assert saliency.size == (192, 128)
    assert saliency.values.shape == (64, 64)  # stretched, nothing cut off
    assert saliency.values.max() == pytest.approx(1.0)


def test_one_s_own_pictures_can_be_compared(old_file: Path, tmp_path: Path) -> None:
    (tmp_path / "own" / "deeper").mkdir(parents=True)
    for number in range(5):
        (tmp_path / "own" / "deeper" / f"{number}.png").write_bytes(_coloured(number))
    (tmp_path / "own" / "note.txt").write_text("no picture")
    (tmp_path / "own" / "broken.png").write_text("no picture")
    options = ["--rescale", "1/255", "--pictures", str(tmp_path / "own")]
    code, output = _command(old_file, tmp_path / "models", *options)
    assert code == 0, output
    assert "for 5 of 5 pictures" in output
    for path in (tmp_path / "own" / "deeper").iterdir():
        path.unlink()
    code, output = _command(old_file, tmp_path / "models", *options, "--version", "2")
    assert (code, "has no pictures that can be read" in output) == (1, True)


def test_a_model_that_scales_pixels_itself_needs_no_word_about_it(tmp_path: Path) -> None:
    made("keras 3", "rescaled").save(tmp_path / "model.keras")
    code, output = _command(tmp_path / "model.keras", tmp_path / "models", classes="N,L,R,V")
    assert code == 0, output
    assert re.search(r"The model scales pixels itself \(layer rescaling\w*\), so nothing else does\.", output)
    code, output = _command(
        tmp_path / "model.keras", tmp_path / "models", "--rescale", "1/255", "--version", "2", classes="N,L,R,V"
    )
    assert "what --rescale says comes before that" in output


def test_a_model_that_does_not_has_to_be_told(old_file: Path, tmp_path: Path) -> None:
    code, output = _command(old_file, tmp_path / "models")
    assert code == 1
    assert "What did the old program multiply grey levels by? Say --rescale 1/255" in output


def test_what_is_not_known_of_the_model_is_said(tmp_path: Path) -> None:
    made("keras 3", "logits").save(tmp_path / "model.keras")
    code, output = _command(tmp_path / "model.keras", tmp_path / "models", classes="N,L,R,V")
    assert code == 0, output
    assert "The model ends without a softmax, which was added." in output


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_an_exported_model_is_served_with_maps(tmp_path: Path) -> None:
    """Nothing is known of its layers, so places are covered one after the other."""
    model = made("keras 3", "global_maximum")
    model.export(str(tmp_path / "exported"), verbose=False)
    code, output = _command(tmp_path / "exported", tmp_path / "models", "--rescale", "1", classes="N,L,R,V")
    assert code == 0, output
    assert "TensorFlow" in output
    loaded = OnnxModel.load(tmp_path / "models" / "course" / "1")
    inputs = pictures(2).astype(np.uint8)
    assert loaded.run(inputs).probabilities == pytest.approx(says(model, inputs.astype(np.float32)), abs=1e-5)
    maps = loaded.activation_maps(inputs)
    assert maps.shape == (2, 8, 8, 4)
    assert np.ptp(maps) > 0
    explained = Classifier(loaded).explain(_coloured(1))
    assert explained.saliency.values.max() == pytest.approx(1.0)


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_a_folder_of_keras_2_is_served_by_its_layers(tmp_path: Path) -> None:
    model = made("keras 2", "nested")
    model.save(tmp_path / "saved", save_format="tf")
    code, output = _command(tmp_path / "saved", tmp_path / "models", classes="N,L,R,V")
    assert code == 0, output
    loaded = OnnxModel.load(tmp_path / "models" / "course" / "1")
    inputs = pictures(2).astype(np.uint8)
    assert loaded.run(inputs).probabilities == pytest.approx(says(model, inputs.astype(np.float32)), abs=1e-5)
    assert loaded.activation_maps(inputs).shape == (2, 13, 13, 4)


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_a_layer_that_is_not_known_may_still_be_a_graph_that_is(tmp_path: Path) -> None:
    import tf_keras

    layers = tf_keras.layers
    model = tf_keras.Sequential(
        [
            tf_keras.Input((32, 32, 3)),
            layers.Lambda(lambda values: values / 255.0, name="scale"),
            layers.Conv2D(4, 3),
            layers.Flatten(),
            layers.Dense(4, activation="softmax"),
        ]
    )
    model.save(tmp_path / "saved", save_format="tf")
    code, output = _command(tmp_path / "saved", tmp_path / "models", "--rescale", "1", classes="N,L,R,V")
    assert code == 0, output
    assert "Its layers can't be read (Layer scale is a Lambda: it holds code" in output
    inputs = pictures(2).astype(np.uint8)
    outcome = OnnxModel.load(tmp_path / "models" / "course" / "1").run(inputs).probabilities
    assert outcome == pytest.approx(says(model, inputs.astype(np.float32)), abs=1e-5)


def test_what_ends_the_process_that_reads_ends_in_a_sentence(
    old_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A library in C that crashes takes nothing else with it."""
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    (tmp_path / "h5py.py").write_text("import os, signal\nos.kill(os.getpid(), signal.SIGSEGV)\n")
    with pytest.raises(ImportRefused, match=r"ended by itself \(signal 11"):
        _import(old_file, tmp_path / "models")
    assert not (tmp_path / "models").exists()


def test_the_process_that_reads_has_bounds() -> None:
    program = (
        "from training.export.importing import process; process.bound()\n"
        "import numpy\n"
        "try: numpy.ones(2 * 1024**3)\n"
        "except MemoryError: print('no memory')\n"
    )
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60)
    assert ran.stdout.strip() == "no memory", ran.stderr


def test_what_is_refused_there_is_said_here(tmp_path: Path) -> None:
    (tmp_path / "ECG.h5").write_text("version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n")
    code, output = _command(tmp_path / "ECG.h5", tmp_path / "models", "--rescale", "1/255")
    assert code == 1
    assert "error: ECG.h5 is a Git LFS pointer, not the model" in output
