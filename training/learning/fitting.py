"""Fitting a network: epochs drawn with a cap per person, best weights stored, resumable after a kill."""

from __future__ import annotations

import csv
import os
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import keras
import numpy as np
import pandas as pd
import tensorflow as tf
from numpy.typing import NDArray
from sklearn.metrics import f1_score

from ecg.classes import CLASS_SETS
from training.datasets.prepared_data import Dataset
from training.datasets.splits import Split
from training.learning import line_numbers, networks
from training.learning.distributed import Team
from training.learning.optimizers import FusedAdamW
from training.learning.picture_trees import PictureTrees, joined
from training.learning.run import BEST, TREES, Run, RunError
from training.recipes.provenance import RunConfig
from training.synthetic import names

_CHECKPOINT = "epoch-{}.keras"
_HISTORY = "history.csv"
_SCORING_BATCH = 512


@dataclass(frozen=True, slots=True)
class Epoch:
    """One line of a run's history."""

    epoch: int
    loss: float
    validation_loss: float
    validation_accuracy: float
    validation_macro_f1: float


def fit(
    config: RunConfig,
    data: Dataset,
    run: Path,
    report: Callable[[Epoch], None],
    progress: Callable[[float], None] = lambda _epochs: None,
    team: Team | None = None,
    start: Path | None = None,
) -> Path:
    """Train ``config`` on ``data`` in the folder ``run``, continuing a stopped run.

    Stores the weights of the best epoch by macro-F1 on the validation partition, or of the last one, as ``config``
    says. The test partition is not looked at.

    Args:
        report: called with each finished epoch.
        progress: called with the finished epochs with the fraction of the current one, after each batch.
        team: the workers that train together, each in a folder of its own; by default this process trains alone.
        start: folder of the run whose weights it starts from; by default the one that ``config`` names, beside ``run``.

    Returns:
        The file of the run's weights.

    Raises:
        RunError: ``run`` holds a run with another configuration, or of other data, or ``start`` has no weights.
        SplitError: the protocol does not fit the data.
        TeamError: the workers have different data or other finished epochs.
    """
    claimed = Run.claim(run, config, data)
    labels, partitions = claimed.labels, claimed.partitions
    keras.utils.set_random_seed(_seed(config))
    history = read_history(run)
    if team:
        team.require_agreement("data", int(data.digest[:8], 16))
        team.require_agreement("finished epochs", len(history))
    with team.scope() if team else nullcontext():
        if history:
            model = keras.models.load_model(checkpoint(run, len(history)))
        else:
            steps = len(draw_epoch(data.table, labels, partitions, config, epoch=0)) // config.batch_size
            model = _first_model(config, data, start or run.parent / config.start_from, steps=max(1, steps))
    for epoch in range(len(history), config.epochs):
        rows = draw_epoch(data.table, labels, partitions, config, epoch=epoch)
        batches = epoch_batches(data, labels, rows, config, epoch=epoch, team=team)
        loss = _train_epoch(model, batches, partial(_report_fraction, progress, epoch), team=team)
        logits = predict_logits(model, data.pixels[0], partitions.validation, alone=team is None)
        line = _validated(epoch + 1, loss, logits, labels[partitions.validation])
        if config.keep == "last" or all(line.validation_macro_f1 > past.validation_macro_f1 for past in history):
            _save_weights(model, run / BEST)
        # The line makes the epoch count: until it is written, the checkpoint before is what a stopped run goes on from.
        _save_whole(model, checkpoint(run, epoch + 1))
        history.append(line)
        _append_history(run, line)
        checkpoint(run, epoch).unlink(missing_ok=True)
        report(line)
    if config.trees and (team is None or not team.index) and not (run / TREES).is_file():
        _grow_trees(claimed).save(run / TREES)
    return run / BEST


def _grow_trees(claimed: Run) -> PictureTrees:
    """Trees on what one epoch draws, in augmented pictures alone where there are any: of plain drawings they learn too
    much that pictures as they are sent don't have.
    """
    config, data, labels = claimed.config, claimed.data, claimed.labels
    rows = draw_epoch(data.table, labels, claimed.partitions, config, epoch=config.epochs)
    generator = np.random.default_rng((_seed(config), config.epochs, 2))
    variant = _draw_variants(generator, len(rows), data, 1.0)
    numbers = np.concatenate(
        [line_numbers.of_pictures(data.pixels[variant[part], rows[part]]) for part in _parts(len(rows))]
    )
    return PictureTrees.grow(
        numbers, labels[rows], classes=len(claimed.classes), iterations=config.trees, seed=_seed(config)
    )


def run_logits(opened: Run, rows: NDArray[np.int64]) -> NDArray[np.float32]:
    """What a finished run's network, with the trees beside it, says of plain pictures: ``[len(rows), C]``."""
    return with_trees(opened, predict_logits(opened.network(), opened.data.pixels[0], rows), rows)


def with_trees(opened: Run, logits: NDArray[np.float32], rows: NDArray[np.int64]) -> NDArray[np.float32]:
    """A network's logits of some rows, ``[len(rows), C]``, joined by what the run's trees say, if it has any."""
    trees = opened.trees()
    if trees is None:
        return logits
    said = [trees.logits(line_numbers.of_pictures(opened.pixels(rows[part]))) for part in _parts(len(rows))]
    return joined(logits, np.concatenate(said))


def _parts(count: int) -> list[slice]:
    return [slice(start, start + _SCORING_BATCH) for start in range(0, count, _SCORING_BATCH)]


def checkpoint(run: Path, epochs: int) -> Path:
    """The network and its optimizer after so many epochs of the run in the folder ``run``; only the last one stays."""
    return run / _CHECKPOINT.format(epochs)


def _first_model(config: RunConfig, data: Dataset, start: Path, *, steps: int) -> keras.Model:
    """The network before its first epoch, with the weights of the run in ``start`` where ``config`` names one."""
    _, _, height, width, channels = data.pixels.shape
    model = networks.build(
        config.network,
        height=height,
        width=width,
        channels=channels,
        classes=len(CLASS_SETS[config.class_set]),
        precision=config.precision,
    )
    if config.start_from:
        model.load_weights(_weights_of(start, config))
    _compile(model, config, steps=steps)
    return model


def _validated(number: int, loss: float, logits: NDArray[np.float32], truth: NDArray[np.int64]) -> Epoch:
    """The history's line of a finished epoch, from logits ``[N, C]`` of the validation partition."""
    predicted = logits.argmax(axis=1)
    return Epoch(
        epoch=number,
        loss=loss,
        validation_loss=float(keras.losses.SparseCategoricalCrossentropy(from_logits=True)(truth, logits)),
        validation_accuracy=float(np.mean(predicted == truth)),
        validation_macro_f1=float(f1_score(truth, predicted, average="macro", labels=np.unique(truth))),
    )


def _report_fraction(progress: Callable[[float], None], before: int, fraction: float) -> None:
    progress(before + fraction)


def _train_epoch(
    model: keras.Model,
    batches: tf.data.Dataset,
    progress: Callable[[float], None],
    *,
    team: Team | None,
) -> float:
    """Learn from one epoch's batches; the mean loss. ``progress`` is called with the fraction after each batch."""
    total = int(batches.cardinality())
    if team:
        team.synchronise(model)
        return team.train_epoch(model, batches, progress=lambda count: progress(count / total))
    ticker = keras.callbacks.LambdaCallback(
        # Keras passes logs by name.
        on_train_batch_end=lambda batch, logs: progress((batch + 1) / total)  # noqa: ARG005
    )
    fitted = model.fit(batches, callbacks=[ticker], shuffle=False, verbose=0)
    return float(fitted.history["loss"][-1])


def _seed(config: RunConfig) -> int:
    """Networks of an ensemble differ in what is by chance."""
    return config.seed + config.member


def _weights_of(start: Path, config: RunConfig) -> Path:
    weights = start / BEST
    if not weights.is_file():
        raise RunError(f"{config.name} starts from {start.name}, which has no trained weights yet.")
    return weights


def use_threads(threads: int) -> None:
    """Bound TensorFlow's threads, before it computes anything; 0 leaves the choice to it."""
    if threads:
        tf.config.threading.set_intra_op_parallelism_threads(threads)
        tf.config.threading.set_inter_op_parallelism_threads(threads)


def read_history(run: Path) -> list[Epoch]:
    """The epochs that a run has finished."""
    path = run / _HISTORY
    if not path.is_file():
        return []
    with path.open(newline="") as lines:
        return [
            Epoch(
                epoch=int(row["epoch"]),
                loss=float(row["loss"]),
                validation_loss=float(row["validation_loss"]),
                validation_accuracy=float(row["validation_accuracy"]),
                validation_macro_f1=float(row["validation_macro_f1"]),
            )
            for row in csv.DictReader(lines)
        ]


def draw_epoch(
    table: pd.DataFrame, labels: NDArray[np.int64], partitions: Split, config: RunConfig, *, epoch: int
) -> NDArray[np.int64]:
    """Rows of one epoch in training order.

    At most the configured number of beats per person, class and lead; or, with ``beats_per_class``, that many of each
    class, drawn with repetition. A recording's chance is the square root of how many beats of the class it has: someone
    seen for ten seconds counts for more than those beats, someone seen for half an hour does not drown the others.
    With ``synthetic_fraction``, this holds among real and among synthetic recordings.
    """
    generator = np.random.default_rng((_seed(config), epoch))
    if config.beats_per_class:
        records = table["record"].to_numpy()[partitions.train].astype(str)
        drawn = []
        for label in np.unique(labels[partitions.train]):
            rows = partitions.train[labels[partitions.train] == label]
            _, record, beats = np.unique(
                records[labels[partitions.train] == label], return_inverse=True, return_counts=True
            )
            chance = (1 / np.sqrt(beats))[record]
            if config.synthetic_fraction is not None:
                synthetic = names.rows(table["record"].iloc[rows])
                if 0 < synthetic.sum() < len(rows):
                    chance[synthetic] *= config.synthetic_fraction / chance[synthetic].sum()
                    chance[~synthetic] *= (1 - config.synthetic_fraction) / chance[~synthetic].sum()
            drawn.append(generator.choice(rows, size=_beats_of(label, config), p=chance / chance.sum()))
        return generator.permutation(np.concatenate(drawn))
    shuffled = generator.permutation(partitions.train)
    group = table["patient"].to_numpy()[shuffled].astype(str)
    keys = pd.DataFrame({"patient": group, "label": labels[shuffled], "lead": table["lead"].to_numpy()[shuffled]})
    within_cap = keys.groupby(["patient", "label", "lead"]).cumcount() < config.beats_per_patient_class_and_lead
    # Shuffled again: the cap keeps the first beats of each group, so what is left is front-heavy with large groups.
    return generator.permutation(shuffled[within_cap.to_numpy()])


def _beats_of(label: int, config: RunConfig) -> int:
    if isinstance(config.beats_per_class, int):
        return config.beats_per_class
    return config.beats_per_class.get(CLASS_SETS[config.class_set][label].short, 0)


def predict_logits(
    model: keras.Model, pixels: NDArray[np.uint8], rows: NDArray[np.int64], *, alone: bool = True
) -> NDArray[np.float32]:
    """Logits ``[len(rows), C]`` of the given rows of ``pixels`` ``[N, height, width, channels]``.

    Args:
        alone: whether this process trains alone; in a team Keras would put the outputs of all workers together.
    """
    logits_of = model.predict_on_batch if alone else partial(model, training=False)
    return np.concatenate([keras.ops.convert_to_numpy(logits_of(pixels[rows[part]])) for part in _parts(len(rows))])


def _compile(model: keras.Model, config: RunConfig, *, steps: int) -> None:
    total = steps * config.epochs
    warm_up = min(steps, total // 10)
    schedule = keras.optimizers.schedules.CosineDecay(
        config.learning_rate / 20, max(1, total - warm_up), warmup_target=config.learning_rate, warmup_steps=warm_up
    )
    model.compile(
        optimizer=FusedAdamW(schedule, weight_decay=config.weight_decay),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        jit_compile=False,  # on CPUs XLA compiles for half a minute and then is no faster
    )


def epoch_batches(
    data: Dataset,
    labels: NDArray[np.int64],
    rows: NDArray[np.int64],
    config: RunConfig,
    *,
    epoch: int,
    team: Team | None = None,
) -> tf.data.Dataset:
    """Batches of cached pixels, or a worker's shares of them; the only Python is one NumPy gather per batch."""
    generator = np.random.default_rng((_seed(config), epoch, 1))
    variant = _draw_variants(generator, len(rows), data, config.augmented_fraction)
    _, _, height, width, channels = data.pixels.shape
    whole = len(rows) // config.batch_size * config.batch_size or len(rows)

    def gather() -> Iterator[tuple[NDArray[np.uint8], NDArray[np.int64]]]:
        for start in range(0, whole, config.batch_size):
            end = min(start + config.batch_size, whole)
            part = team.share(start, end) if team else slice(start, end)
            pixels = data.pixels[variant[part], rows[part]]
            if config.jitter:
                pixels = moved(pixels, *generator.integers(-config.jitter, config.jitter + 1, size=2).tolist())
            yield pixels, labels[rows[part]]

    signature = (
        tf.TensorSpec((None, height, width, channels), tf.uint8),
        tf.TensorSpec((None,), tf.int64),
    )
    batches = tf.data.Dataset.from_generator(gather, output_signature=signature)
    count = -(-whole // config.batch_size)
    return batches.apply(tf.data.experimental.assert_cardinality(count)).prefetch(4)


def _draw_variants(
    generator: np.random.Generator, count: int, data: Dataset, augmented_fraction: float
) -> NDArray[np.int64]:
    """Which picture of each of ``count`` beats is shown, 0 the plain one: ``[count]``."""
    variants = data.pixels.shape[0] - 1
    variant = np.zeros(count, dtype=np.int64)
    if variants:
        augmented = generator.random(count) < augmented_fraction
        variant[augmented] = generator.integers(1, variants + 1, size=int(augmented.sum()))
    return variant


def moved(pixels: NDArray[np.uint8], down: int, right: int) -> NDArray[np.uint8]:
    """Pictures ``[N, H, W, C]`` moved by whole pixels on their white paper; what leaves it is cut off."""
    shifted = np.full_like(pixels, 255)
    _, height, width, _ = pixels.shape
    rows, columns = slice(max(down, 0), height + min(down, 0)), slice(max(right, 0), width + min(right, 0))
    from_rows, from_columns = slice(max(-down, 0), height - max(down, 0)), slice(max(-right, 0), width - max(right, 0))
    shifted[:, rows, columns] = pixels[:, from_rows, from_columns]
    return shifted


def _save_weights(model: keras.Model, path: Path) -> None:
    partial = path.with_name("partial.weights.h5")
    model.save_weights(partial)
    os.replace(partial, path)


def _save_whole(model: keras.Model, path: Path) -> None:
    partial = path.with_name("partial.keras")
    model.save(partial)
    os.replace(partial, path)


def _append_history(run: Path, line: Epoch) -> None:
    path = run / _HISTORY
    fresh = not path.is_file()
    with path.open("a", newline="") as lines:
        writer = csv.writer(lines)
        if fresh:
            writer.writerow(Epoch.__slots__)
        writer.writerow([getattr(line, field) for field in Epoch.__slots__])
