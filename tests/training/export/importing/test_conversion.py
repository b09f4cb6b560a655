"""Networks of every kind, converted and held against what they said in Keras, from the pixels and from the file on."""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import pytest
import tensorflow as tf
from PIL import Image

from inference_server.models.pixels_as_sent import Colour, Resample
from tests.training.student_models import BACKBONES, KINDS, SIDE, made, says
from training.export.importing import old_program
from training.export.importing.conversion import Converted, convert, of_keras
from training.export.importing.options import ImportRefused, Preprocessing
from training.export.keras_files.classifier import read

TOLERANCE = 1e-5


def _pictures(count: int = 16) -> list[bytes]:
    """Drawn beats, and coloured ones of other sizes."""
    pictures = old_program.drawn_pictures()[: count // 2]
    generator = np.random.default_rng(0)
    for number in range(count - len(pictures)):
        pixels = generator.integers(0, 256, (20 + 11 * number, 150 - 7 * number, 3), dtype=np.uint8)
        out = io.BytesIO()
        Image.fromarray(pixels).save(out, "PNG" if number % 2 else "JPEG")
        pictures.append(out.getvalue())
    return pictures


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*legacy")  # Keras about HDF5
        yield


def _converted(model: Any, folder: Path, preprocessing: Preprocessing) -> Converted:
    form = "h5" if type(model).__module__.startswith("tf_keras") else "keras"
    model.save(folder / f"model.{form}")
    network = read(folder / f"model.{form}")
    return convert(network, of_keras(network, preprocessing), preprocessing, _pictures())


def _own_answers(model: Any, preprocessing: Preprocessing) -> np.ndarray:
    """What Keras says after the old program's own steps."""
    channels = model.input_shape[-1]
    inputs = np.stack([old_program.own_steps(data, preprocessing, SIDE, SIDE, channels) for data in _pictures()])
    return says(model, inputs)


def _served_answers(converted: Converted) -> np.ndarray:
    session = onnxruntime.InferenceSession(converted.model.SerializeToString())
    pixels = np.stack([converted.takes.view(data).pixels for data in _pictures()])
    return session.run(["probabilities"], {"pixels": pixels})[0]


#: That files of either library are read as the same network is tested where they are read.
@pytest.mark.parametrize(("kind", "library"), [*((kind, "keras 3") for kind in KINDS), ("nested", "keras 2")])
def test_every_kind_is_served_as_it_predicts_in_keras(kind: str, library: str, tmp_path: Path) -> None:
    model = made(library, kind)
    preprocessing = Preprocessing(1.0, resample=Resample.NEAREST)
    converted = _converted(model, tmp_path, preprocessing)
    assert converted.parity <= TOLERANCE
    assert converted.agreement.same == converted.agreement.pictures == 16
    assert _served_answers(converted) == pytest.approx(_own_answers(model, preprocessing), abs=TOLERANCE)
    assert converted.classes == (2 if kind == "one_sigmoid" else 4)


@pytest.mark.parametrize("backbone", BACKBONES)
def test_backbones_are_served_as_they_predict_in_keras(backbone: str, tmp_path: Path) -> None:
    model = made("keras 3", backbone)
    preprocessing = Preprocessing(1.0, resample=Resample.NEAREST)
    converted = _converted(model, tmp_path, preprocessing)
    assert converted.parity <= TOLERANCE
    assert converted.agreement.same == 16
    assert _served_answers(converted) == pytest.approx(_own_answers(model, preprocessing), abs=TOLERANCE)


@pytest.mark.parametrize(("resample", "colour"), list(zip(Resample, [Colour.RGB, Colour.BGR] * 4, strict=False)))
def test_every_way_of_resizing_is_reproduced(resample: Resample, colour: Colour, tmp_path: Path) -> None:
    model = made("keras 3", "logits")
    preprocessing = Preprocessing((1.0, 0.9, 0.8), offset=-3.0, resample=resample, colour=colour)
    converted = _converted(model, tmp_path, preprocessing)
    assert converted.parity <= TOLERANCE
    assert converted.agreement.same == 16
    rounded = 3e-3 if resample is Resample.LINEAR else TOLERANCE  # the wire's pixels are whole numbers
    assert _served_answers(converted) == pytest.approx(_own_answers(model, preprocessing), abs=rounded)


def test_canonical_pixels_are_classified_otherwise_now_and_then_and_that_is_measured(tmp_path: Path) -> None:
    model = made("keras 3", "logits")
    kernel, bias = model.layers[-1].get_weights()
    inputs = np.stack([old_program.own_steps(data, Preprocessing(1.0), SIDE, SIDE, 3) for data in _pictures()])
    model.layers[-1].set_weights([kernel, bias - np.asarray(model(inputs)).mean(axis=0)])  # no class by default
    converted = _converted(model, tmp_path, Preprocessing(1.0, ink=100))
    assert converted.takes.steps is None
    assert converted.agreement.same < 16
    theirs, ours = _own_answers(model, Preprocessing(1.0)), _served_answers(converted)
    assert converted.agreement.same == (theirs.argmax(axis=1) == ours.argmax(axis=1)).sum()


def test_pictures_that_show_nothing_are_far_from_all_others(tmp_path: Path) -> None:
    converted = _converted(made("keras 3", "rescaled"), tmp_path, Preprocessing(1.0, resample=Resample.NEAREST))
    session = onnxruntime.InferenceSession(converted.model.SerializeToString())
    pixels = np.full((3, SIDE, SIDE, 3), (30, 60, 200), dtype=np.uint8)
    pixels[1, 5] = 255
    pixels[2, 5, :, 0] += 5
    (distances,) = session.run(["distance"], {"pixels": pixels})
    assert list(distances > 1) == [True, False, True]


def test_one_sigmoid_has_evidence_for_both_classes(tmp_path: Path) -> None:
    converted = _converted(made("keras 3", "one_sigmoid"), tmp_path, Preprocessing(1.0, resample=Resample.NEAREST))
    session = onnxruntime.InferenceSession(converted.model.SerializeToString())
    pixels = np.stack([converted.takes.view(data).pixels for data in _pictures(4)])
    (maps,) = session.run(["activation_maps"], {"pixels": pixels})
    assert maps.shape[::3] == (4, 2)
    assert maps[..., 0] == pytest.approx(-maps[..., 1], abs=1e-6)
    assert np.ptp(maps) > 0


def test_numbers_that_do_not_fit_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ImportRefused, match="--rescale has 3 numbers, the network takes 1"):
        _converted(made("keras 3", "one_sigmoid"), tmp_path, Preprocessing((1.0, 1.0, 1.0)))


def test_what_tensorflow_can_but_onnx_can_not_is_refused() -> None:
    network = _NotForOnnx()
    with pytest.raises(ImportRefused, match="can't be written as ONNX"):
        convert(network, network.call, Preprocessing(1.0, resample=Resample.NEAREST), _pictures(2))


class _NotForOnnx:
    height, width, channels = SIDE, SIDE, 3

    def probabilities(self, pictures: np.ndarray) -> np.ndarray:
        raise AssertionError

    def call(self, pixels: tf.Tensor) -> dict[str, tf.Tensor]:
        values = tf.cast(pixels, tf.float32)
        return {"probabilities": tf.math.digamma(values[:, 0, :, 0]), "distance": values[:, 0, 0, 0]}
