"""Models of every kind that students save, read without Keras loading them, answer as they did in Keras."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.training import student_models
from tests.training.student_models import BACKBONES, KINDS, made, pictures, says
from training.export.keras_files.classifier import SIGMOID, SOFTMAX, read

FORMS = ("h5", "keras", "SavedModel")

#: What Keras itself can't write.
CAN_NOT_BE_SAVED = {("h5", "keras 3", "augmented"), ("keras", "keras 2", "colours_by_imagenet")}


def saved(model: Any, folder: Path, form: str) -> Path:
    path = folder / ("saved" if form == "SavedModel" else f"model.{form}")
    if form == "SavedModel":
        model.save(path, save_format="tf")
    else:
        model.save(path)
    return path


@pytest.mark.filterwarnings("ignore:.*legacy:UserWarning")
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("library", ["keras 3", "keras 2"])
def test_every_kind_is_read_from_every_file(kind: str, library: str, tmp_path: Path) -> None:
    model = made(library, kind)
    inputs = pictures(channels=model.input_shape[-1])
    expected = says(model, inputs)
    assert np.ptp(expected, axis=0).max() > 1e-4  # it tells pictures apart
    for form in FORMS if library == "keras 2" else FORMS[:2]:
        if (form, library, kind) in CAN_NOT_BE_SAVED:
            continue
        classifier = read(saved(model, tmp_path, form))
        assert classifier.probabilities(inputs) == pytest.approx(expected, abs=2e-6), form
        assert (classifier.height, classifier.width, classifier.channels) == inputs.shape[1:]
        assert classifier.classes == expected.shape[1]
        assert classifier.ending == (SIGMOID if kind == "one_sigmoid" else SOFTMAX)
        assert classifier.ends_in_logits == (kind == "logits")
        assert (classifier.trunk is None) == (kind == "two_heads_in_one")


@pytest.mark.filterwarnings("ignore:.*legacy:UserWarning")
@pytest.mark.parametrize("backbone", BACKBONES)
def test_backbones_are_read(backbone: str, tmp_path: Path) -> None:
    model = made("keras 3", backbone)
    expected = says(model, pictures())
    classifier = read(saved(model, tmp_path, "keras"))
    assert classifier.probabilities(pictures()) == pytest.approx(expected, abs=5e-6)
    assert classifier.trunk is not None


@pytest.mark.filterwarnings("ignore:.*legacy:UserWarning")
def test_a_backbone_of_keras_2_is_read_from_hdf5(tmp_path: Path) -> None:
    """Its weights lie together in one group, the frozen ones in another order than the trained ones."""
    model = made("keras 2", "MobileNetV2")
    model.layers[1].trainable = True
    classifier = read(saved(model, tmp_path, "h5"))
    assert classifier.probabilities(pictures()) == pytest.approx(says(model, pictures()), abs=5e-6)


@pytest.mark.parametrize("library", ["keras 3", "keras 2"])
@pytest.mark.parametrize("kind", ["GaussianNoise", "SpatialDropout2D", "RandomFlip", "RandomZoom", "RandomContrast"])
def test_what_does_nothing_to_predictions_really_does_nothing(kind: str, library: str) -> None:
    lib = student_models.LIBRARIES[library]
    layer = getattr(lib.layers, kind)(*(["horizontal"] if kind == "RandomFlip" else [0.2]))
    assert np.asarray(layer(pictures(), training=False)) == pytest.approx(pictures())


def test_every_layer_that_is_left_out_does_nothing_to_predictions_in_keras_3() -> None:
    """The list is held against Keras itself, all of it."""
    import keras

    from training.export.keras_files.training_only import AT_TRAINING_ONLY

    tried = 0
    for kind in set(AT_TRAINING_ONLY) & set(dir(keras.layers)):
        for settings in ((), (0.2,), (0.2, 0.2), ((0, 255),)):
            try:
                layer = getattr(keras.layers, kind)(*settings)
            except (TypeError, ValueError):
                continue
            inputs = pictures().reshape(3, -1, 3) if kind == "SpatialDropout1D" else pictures()
            assert np.asarray(layer(inputs, training=False)) == pytest.approx(inputs), kind
            tried += 1
            break
    assert tried >= 25


def test_a_size_that_is_left_open_can_be_told(tmp_path: Path) -> None:
    import keras

    model = keras.Sequential(
        [
            keras.Input((None, None, 3)),
            keras.layers.Conv2D(4, 3),
            keras.layers.GlobalAveragePooling2D(),
            keras.layers.Dense(3, activation="softmax"),
        ]
    )
    path = saved(model, tmp_path, "keras")
    with pytest.raises(Exception, match="--size, such as 224x224"):
        read(path)
    classifier = read(path, (24, 40))
    assert (classifier.height, classifier.width) == (24, 40)
    with pytest.raises(Exception, match="takes 32x32 pixels, not 40x24"):
        read(saved(made("keras 3", "rescaled"), tmp_path, "keras"), (24, 40))
