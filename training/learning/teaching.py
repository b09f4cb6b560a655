"""Networks taught by those that were trained before them: born-again networks (Furlanello et al. 2018), by distillation
(Hinton et al. 2015).

What a network says of a beat tells which other classes it resembles, which the beat's label does not. One that learns
from both knows more of people whom neither has seen.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import keras
import tensorflow as tf

from training.recipes.provenance import RunConfig

#: What the teachers have of the loss; the rest is the label's.
SHARE: Final = 0.7
#: Logits are divided by this, so that classes that are unlikely count, too (Hinton's temperature).
TEMPERATURE: Final = 2.0


def generation(run: Path, number: int) -> Path:
    """The folder of an earlier generation of the run in the folder ``run``; the first one's number is 1."""
    return run / f"generation-{number}"


def recipe_of(config: RunConfig, number: int) -> RunConfig:
    """What trains an earlier generation of ``config``: nothing stands beside its network."""
    return config.model_copy(update={"generations": number, "trees": 0})


@keras.saving.register_keras_serializable("beatlens")
class TaughtLoss(keras.losses.Loss):  # type: ignore[misc]
    """Cross entropy with the label and with what teachers say; see :func:`taught` for the targets."""

    def call(self, y_true: tf.Tensor, y_pred: tf.Tensor) -> tf.Tensor:
        """The loss of each beat, ``[N]``, of logits ``[N, C]`` and targets ``[N, 1 + C]``."""
        labels = keras.ops.cast(y_true[:, 0], "int32")
        own = keras.losses.sparse_categorical_crossentropy(labels, y_pred, from_logits=True)
        said = keras.ops.softmax(y_true[:, 1:] / TEMPERATURE)
        theirs = keras.losses.categorical_crossentropy(said, y_pred / TEMPERATURE, from_logits=True)
        # Gradients of the softened part are smaller by the temperature's square.
        return (1 - SHARE) * own + SHARE * TEMPERATURE**2 * theirs


def loss_of(config: RunConfig) -> keras.losses.Loss:
    """The loss of a run's network."""
    return TaughtLoss() if config.generations > 1 else keras.losses.SparseCategoricalCrossentropy(from_logits=True)


def taught(batches: tf.data.Dataset, teachers: Sequence[keras.Model]) -> tf.data.Dataset:
    """Batches with a label, and behind it the mean logits of all teachers: pixels and targets ``[N, 1 + C]``.

    Args:
        batches: pixels and labels ``[N]``.
        teachers: networks that give logits ``[N, C]``; without any, the batches stay as they are.
    """
    if not teachers:
        return batches

    def ask(pixels: tf.Tensor, labels: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        said = tf.add_n([teacher(pixels, training=False) for teacher in teachers]) / len(teachers)
        return pixels, tf.concat([tf.cast(labels, tf.float32)[:, tf.newaxis], said], axis=1)

    return batches.map(ask).prefetch(4)
