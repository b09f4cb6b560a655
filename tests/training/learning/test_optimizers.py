"""The fused update is the one that Keras computes."""

from __future__ import annotations

from pathlib import Path

import keras
import numpy as np
import pytest

from training.learning.optimizers import FusedAdamW


def _model(optimizer: keras.optimizers.Optimizer) -> keras.Model:
    keras.utils.set_random_seed(1)
    inputs = keras.Input((6,))
    x = keras.layers.BatchNormalization()(keras.layers.Dense(5, activation="relu")(inputs))
    model = keras.Model(inputs, keras.layers.Dense(3)(x))
    model.compile(optimizer=optimizer, loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    return model


def _fit(model: keras.Model, epochs: int) -> list[np.ndarray]:
    generator = np.random.default_rng(0)
    inputs, labels = generator.normal(size=(64, 6)).astype(np.float32), generator.integers(0, 3, 64)
    model.fit(inputs, labels, batch_size=16, epochs=epochs, shuffle=False, verbose=0)
    return model.get_weights()


def _schedule() -> keras.optimizers.schedules.LearningRateSchedule:
    return keras.optimizers.schedules.CosineDecay(0.01, 20, warmup_target=0.02, warmup_steps=3)


@pytest.mark.parametrize("weight_decay", [0.0, 0.01])
def test_weights_are_those_of_adamw(weight_decay: float) -> None:
    plain = _fit(_model(keras.optimizers.AdamW(_schedule(), weight_decay=weight_decay)), 3)
    fused = _fit(_model(FusedAdamW(_schedule(), weight_decay=weight_decay)), 3)
    for ours, theirs in zip(fused, plain, strict=True):
        assert ours == pytest.approx(theirs, abs=1e-5)


def test_a_saved_model_goes_on_with_its_moments(tmp_path: Path) -> None:
    whole = _fit(_model(FusedAdamW(0.01)), 4)
    stopped = _model(FusedAdamW(0.01))
    _fit(stopped, 2)
    stopped.save(tmp_path / "stopped.keras")
    again = keras.models.load_model(tmp_path / "stopped.keras")
    assert isinstance(again.optimizer, FusedAdamW)
    for ours, theirs in zip(_fit(again, 2), whole, strict=True):
        assert ours == pytest.approx(theirs, abs=1e-6)
