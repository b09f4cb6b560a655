"""Fit networks for recordings, and ask them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from ecg.features.conduction import NAMED, OF_LEADS
from training.datasets.recordings.beat_set import BeatSet
from training.datasets.recordings.labelling import CLASSES
from training.learning.recordings import network, trees
from training.learning.recordings.sampling import Sampler

#: Beats of one request.
_ASKED = 1024

#: Beats that trees learn from, and the share that has lost leads.
_DRAWN = 40_000
_LOST = 0.35


@dataclass(frozen=True, slots=True)
class Fit:
    """How a network is fitted."""

    steps: int = 1200
    batch: int = 192
    learning_rate: float = 1.5e-3
    weight_decay: float = 0.02
    dropout: float = 0.3
    plain: float = 0.65
    """Share of conducted beats that look like the usual one and don't come early."""
    iterations: int = 120
    """Trees of each kind of beat beside the network."""
    conduction_iterations: int = 80
    """Trees of each way of conduction."""
    part: float = 0.5
    """Of the trees in the logits; the rest is the network's."""
    seed: int = 0


def fit(
    beats: BeatSet, records: NDArray[np.bool_], settings: Fit, report: Callable[[int, float], None] = lambda *_: None
) -> keras.Model:
    """A network that has learnt from some records, and trees beside it.

    Args:
        beats: Everything that is prepared.
        records: ``[records]``, which of them train.
        settings: How long, how fast.
        report: Told how many steps are done, and the mean loss of the last hundred, every hundred steps.
    """
    keras.utils.set_random_seed(settings.seed)
    sampler = Sampler(beats, records, np.random.default_rng(settings.seed), settings.plain)
    own = np.flatnonzero(records[beats.record_of] & (beats.allowed > 0))
    spreads = [network.Spread.of(beats.numbers[name][own]) for name in ("features", "arrival")]
    model = network.build(*spreads, dropout=settings.dropout)
    warming = max(1, settings.steps // 15)
    schedule = keras.optimizers.schedules.CosineDecay(
        1e-5, settings.steps, warmup_target=settings.learning_rate, warmup_steps=warming, alpha=0.01
    )
    optimizer = keras.optimizers.AdamW(schedule, weight_decay=settings.weight_decay, clipnorm=1.0)
    optimizer.build(model.trainable_variables)

    @tf.function(reduce_retracing=True, autograph=False)  # type: ignore[untyped-decorator]
    def step(inputs: dict[str, tf.Tensor], allowed: tf.Tensor) -> tf.Tensor:
        with tf.GradientTape() as tape:
            logits = model(inputs, training=True)
            loss = tf.reduce_mean(missed(logits, allowed))
        variables = model.trainable_variables
        optimizer.apply_gradients(zip(tape.gradient(loss, variables), variables, strict=True))
        return loss

    losses: list[float] = []
    for number in range(1, settings.steps + 1):
        batch = sampler.batch(settings.batch)
        losses.append(float(step({name: tf.constant(value) for name, value in batch.inputs.items()}, batch.allowed)))
        if number % 100 == 0:
            report(number, float(np.mean(losses[-100:])))
    return with_trees(model, *grown(beats, sampler, settings), settings.part)


def grown(beats: BeatSet, sampler: Sampler, settings: Fit) -> tuple[trees.BoostedTrees, trees.BoostedTrees]:
    """Trees that have learnt from beats as a sampler draws them: of :data:`trees.KINDS` and of
    :data:`trees.CONDUCTION`.
    """
    drawn = sampler.places(_DRAWN)
    numbers = np.concatenate(
        [
            np.asarray(network.numbers_of({name: values[part] for name, values in beats.numbers.items()}))
            for part in np.array_split(drawn, -(-_DRAWN // _ASKED))
        ]
    )
    allowed, seed = beats.allowed[drawn], settings.seed
    return (
        trees.fit(numbers, allowed, trees.KINDS, iterations=settings.iterations, seed=seed),
        trees.fit(
            with_leads_lost(beats.numbers["conduction"][drawn], np.random.default_rng(seed)),
            allowed,
            trees.CONDUCTION,
            iterations=settings.conduction_iterations,
            seed=seed,
        ),
    )


def with_leads_lost(conduction: NDArray[np.float32], generator: np.random.Generator) -> NDArray[np.float32]:
    """Numbers of :data:`ecg.features.conduction.CONDUCTION` of which a third have lost one lead or more: no lead must
    decide alone.
    """
    lost = generator.random((len(conduction), len(NAMED))) < generator.random((len(conduction), 1))
    lost &= generator.random((len(conduction), 1)) < _LOST
    result = conduction.copy()
    for number, columns in enumerate(OF_LEADS):
        result[lost[:, number], columns] = np.nan
    return result


def with_trees(
    model: keras.Model, kinds: trees.BoostedTrees, conduction: trees.BoostedTrees, part: float
) -> keras.Model:
    """A network whose logits are the mean of its own and of what trees say, of which they have ``part``."""
    inputs = model.input
    reached = trees.Conduction(name="ways")(conduction(inputs["conduction"]), inputs["conduction"])
    said = kinds(network.numbers_of(inputs)) + reached
    return keras.Model(inputs, (1 - part) * model(inputs) + part * said, name="recordings")


def missed(logits: tf.Tensor, allowed: tf.Tensor) -> tf.Tensor:
    """Negative logarithm of the probability of the classes that each beat may have, ``[n]``."""
    none = tf.where(allowed > 0, 0.0, -1e9)
    return tf.reduce_logsumexp(logits, axis=1) - tf.reduce_logsumexp(logits + none, axis=1)


def logits_of(model: keras.Model, beats: BeatSet, record: int) -> NDArray[np.float32]:
    """What a network says of every beat of a record in all its leads, ``[n, classes]``."""
    places = np.arange(beats.begins[record], beats.begins[record + 1])
    parts = [
        np.asarray(_ask(model, {name: tf.constant(value) for name, value in beats.inputs(part).items()}))
        for part in np.array_split(places, -(-len(places) // _ASKED) or 1)
        if len(part)
    ]
    return np.concatenate([np.empty((0, len(CLASSES)), np.float32), *parts])


@tf.function(reduce_retracing=True, autograph=False)  # type: ignore[untyped-decorator]
def _ask(model: keras.Model, inputs: dict[str, tf.Tensor]) -> tf.Tensor:
    return model(inputs, training=False)
