from __future__ import annotations

import keras
import numpy as np
import pytest

from training.learning import networks


@pytest.mark.parametrize("name", sorted(networks.NETWORKS))
def test_every_network_takes_raw_pixels_and_gives_logits(name: str) -> None:
    body = networks.build(name, height=64, width=96, classes=7)
    assert body.input.dtype == "uint8"
    pixels = np.random.default_rng(0).integers(0, 256, (3, 64, 96, 1), dtype=np.uint8)
    logits = np.asarray(body(pixels))
    assert logits.shape == (3, 7)
    assert np.isfinite(logits).all()


@pytest.mark.parametrize("name", sorted(networks.NETWORKS))
def test_the_scaling_is_inside_white_paper_is_zero_ink(name: str) -> None:
    body = networks.build(name, height=64, width=96, classes=7)
    scaled = body.get_layer("ink")(np.array([[[[255]], [[0]]]], dtype=np.uint8))
    assert np.asarray(scaled).ravel() == pytest.approx([0.0, 1.0])


def test_the_course_cnn_is_the_course_projects() -> None:
    body = networks.build("course_cnn", height=64, width=96, classes=6)
    kinds = [type(layer).__name__ for layer in body.layers]
    read = ["InputLayer", "Rescaling", "Conv2D", "MaxPooling2D", "Activation", "Flatten"]
    assert kinds == [*read, "Dense", "Dense", "Dense"]
    assert [layer.units for layer in body.layers if type(layer).__name__ == "Dense"] == [200, 300, 6]


@pytest.mark.parametrize("name", sorted(networks.NETWORKS))
def test_a_network_that_computes_in_bfloat16_keeps_float32_weights_and_answers_the_same_within_its_precision(
    name: str,
) -> None:
    exact = networks.build(name, height=64, width=96, classes=7)
    rough = networks.build(name, height=64, width=96, classes=7, precision="bfloat16")
    rough.set_weights(exact.get_weights())
    assert {variable.dtype for variable in rough.variables if "seed" not in variable.path} == {"float32"}
    pixels = np.random.default_rng(0).integers(0, 256, (3, 64, 96, 1), dtype=np.uint8)
    logits = np.asarray(rough(pixels))
    assert logits.dtype == np.float32
    assert logits == pytest.approx(np.asarray(exact(pixels)), abs=0.1)
    assert keras.config.dtype_policy().name == "float32"


def test_the_residual_network_is_small() -> None:
    assert networks.build("residual", height=64, width=96, classes=7).count_params() < 200_000


def test_an_unknown_network_is_refused_with_the_known_ones() -> None:
    with pytest.raises(ValueError, match="columns, course_cnn, residual, rhythm"):
        networks.build("vgg", height=64, width=96, classes=7)
