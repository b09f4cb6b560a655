"""The gradient that is written out backwards is the one that TensorFlow finds."""

from __future__ import annotations

import keras
import numpy as np
import pytest
import tensorflow as tf

from training.export.importing.evidence import evidence
from training.export.keras_files.activations import ELEMENTWISE, layers_of


def _held_against_tensorflow(layers: list[keras.layers.Layer]) -> None:
    generator = np.random.default_rng(6)
    features = tf.constant(generator.normal(0, 1.5, (2, 4, 5, 6)).astype(np.float32))
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(features)
        values, outputs = features, []
        for layer in layers:
            values = layer(values)
            outputs.append(values)
        logits = tf.unstack(values, axis=1)
    maps = evidence(features, layers, outputs).numpy()
    assert np.ptp(maps) > 0
    for index, logit in enumerate(logits):
        expected = tf.reduce_sum(features * tape.gradient(logit, features), axis=3)
        assert maps[..., index] == pytest.approx(expected.numpy(), abs=2e-6, rel=1e-5)


@pytest.fixture(autouse=True)
def _seed() -> None:
    keras.utils.set_random_seed(5)


@pytest.mark.parametrize(
    "pooling",
    [keras.layers.Flatten, keras.layers.GlobalAveragePooling2D, keras.layers.GlobalMaxPooling2D],
)
def test_through_each_way_to_flat_features(pooling: type[keras.layers.Layer]) -> None:
    _held_against_tensorflow(
        [pooling(), keras.layers.Dense(5), keras.layers.BatchNormalization(), keras.layers.Dense(3)]
    )


@pytest.mark.parametrize("name", [*ELEMENTWISE, "hard_sigmoid of keras 2"])
def test_through_each_activation(name: str) -> None:
    major = 2 if name.endswith("2") else 3
    _held_against_tensorflow(
        [
            keras.layers.Flatten(),
            keras.layers.Dense(8),
            *layers_of(name.partition(" ")[0], major),
            keras.layers.Dense(3),
        ]
    )


@pytest.mark.parametrize(
    "layer",
    [
        keras.layers.ReLU(max_value=1.0, negative_slope=0.2, threshold=0.1),
        keras.layers.LeakyReLU(negative_slope=0.3),
        keras.layers.ELU(alpha=0.6),
        keras.layers.PReLU(alpha_initializer=keras.initializers.Constant(0.25)),
    ],
)
def test_through_each_activation_that_is_a_layer(layer: keras.layers.Layer) -> None:
    _held_against_tensorflow([keras.layers.Flatten(), keras.layers.Dense(8), layer, keras.layers.Dense(3)])


def test_places_that_are_equally_large_share_the_evidence() -> None:
    features = tf.ones((1, 2, 2, 1))
    layers = [keras.layers.GlobalMaxPooling2D()]
    maps = evidence(features, layers, [layers[0](features)]).numpy()
    assert maps == pytest.approx(np.full((1, 2, 2, 1), 0.25))
