"""Synchronous training on several machines: every worker holds the model and learns from its share of each batch.

``tf.distribute.MultiWorkerMirroredStrategy`` adds up the workers' gradients, so a step is the step that one process
would take on the whole batch. Who takes part is told by TensorFlow's own variable ``TF_CONFIG``, the same on every
worker but for the task's index.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from typing import Self

import keras
import tensorflow as tf

from training import TrainingError

#: How long a worker waits for the others in one exchange, seconds.
TIMEOUT = 600.0


class TeamError(TrainingError):
    """The workers can't train together; the message says why."""


class Team:
    """The workers of one run, seen from one of them."""

    def __init__(self, strategy: tf.distribute.Strategy, *, index: int, workers: int) -> None:
        self._strategy = strategy
        self.index = index
        self.workers = workers

    @classmethod
    def join(cls) -> Self:
        """Meet the workers that ``TF_CONFIG`` names. Must come before TensorFlow computes anything.

        Raises:
            TeamError: ``TF_CONFIG`` is missing or makes no sense.
        """
        index, workers = _task(os.environ.get("TF_CONFIG", ""))
        options = tf.distribute.experimental.CommunicationOptions(timeout_seconds=TIMEOUT)
        return cls(
            tf.distribute.MultiWorkerMirroredStrategy(communication_options=options), index=index, workers=workers
        )

    def scope(self) -> AbstractContextManager[object]:
        """Where the model and its optimizer must be made or loaded."""
        scope: AbstractContextManager[object] = self._strategy.scope()
        return scope

    def share(self, start: int, end: int) -> slice:
        """The part that is this worker's of a batch that lies at ``start`` … ``end``."""
        return slice(start + self.index, end, self.workers)

    def require_agreement(self, quantity: str, number: int) -> None:
        """Wait for all workers and compare ``number``.

        Raises:
            TeamError: it is not the same on all of them.
        """
        own = tf.constant(number, tf.int64)
        total = self._strategy.reduce(tf.distribute.ReduceOp.SUM, self._strategy.run(lambda: own), axis=None)
        if int(total) != number * self.workers:
            raise TeamError(f"The workers have different {quantity}. Give them all what the first one has.")

    def synchronise(self, model: keras.Model) -> None:
        """Let batch normalisation see the whole batch, as in one process."""
        for layer in model.layers:
            if isinstance(layer, keras.layers.BatchNormalization):
                layer.synchronized = True

    def train_epoch(
        self,
        model: keras.Model,
        batches: Iterable[tuple[tf.Tensor, tf.Tensor]],
        loss: keras.losses.Loss,
        *,
        progress: Callable[[int], None],
    ) -> float:
        """Learn from this worker's shares of one epoch's batches, in step with the others.

        Args:
            batches: pixels and targets of this worker's shares.
            loss: of each beat, by its logits and its target.
            progress: called with the number of finished batches.

        Returns:
            Mean loss of the epoch's whole batches.
        """

        def learn(pixels: tf.Tensor, targets: tf.Tensor) -> tf.Tensor:
            context = tf.distribute.get_replica_context()
            whole = context.all_reduce(tf.distribute.ReduceOp.SUM, tf.cast(tf.shape(targets)[0], tf.float32))
            with tf.GradientTape() as tape:
                part = tf.reduce_sum(loss.call(targets, model(pixels, training=True))) / whole
            gradients = tape.gradient(part, model.trainable_variables)
            # The optimizer adds up the gradients of all workers.
            model.optimizer.apply_gradients(zip(gradients, model.trainable_variables, strict=True))
            return part

        def exchange(pixels: tf.Tensor, targets: tf.Tensor) -> tf.Tensor:
            parts = self._strategy.run(learn, args=(pixels, targets))
            return self._strategy.reduce(tf.distribute.ReduceOp.SUM, parts, axis=None)

        step = tf.function(exchange, reduce_retracing=True)
        with self.scope():
            model.optimizer.build(model.trainable_variables)
        total, count = 0.0, 0
        for count, (pixels, targets) in enumerate(batches, start=1):
            total += float(step(pixels, targets))
            progress(count)
        return total / count


def _task(text: str) -> tuple[int, int]:
    """Index of this worker, and how many there are."""
    try:
        tf_config = json.loads(text)
        workers, task = tf_config["cluster"]["worker"], tf_config["task"]
        index = int(task["index"])
        if set(tf_config["cluster"]) != {"worker"} or task["type"] != "worker" or not 0 <= index < len(workers):
            raise ValueError
    except (ValueError, KeyError, TypeError) as error:
        raise TeamError(
            'TF_CONFIG must name the workers and this one, such as {"cluster": {"worker": ["host1:29500",'
            ' "host2:29500"]}, "task": {"type": "worker", "index": 0}}.'
        ) from error
    return index, len(workers)
