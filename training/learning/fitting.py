"""Fitting a network: epochs drawn with a cap per person, best weights stored, resumable after a kill."""

from __future__ import annotations

import csv
import os
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray
from sklearn.metrics import f1_score

from ecg.classes import CLASS_SETS
from training.datasets.prepared_data import Dataset
from training.learning import epochs, line_numbers, networks, teaching
from training.learning.distributed import Team
from training.learning.optimizers import FusedAdamW
from training.learning.picture_trees import PictureTrees, joined
from training.learning.run import BEST, TREES, Run, RunError
from training.recipes.provenance import RunConfig

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
    """Train ``config`` on ``data`` in the folder ``run``, continuing a stopped run; its earlier generations first.

    Stores the weights of the best epoch by macro-F1 on the validation partition, or of the last one, as ``config``
    says. The test partition is not looked at.

    Args:
        report: called with each finished epoch.
        progress: called with the finished epochs of all generations with the fraction of the current one, after each
            batch.
        team: the workers that train together, each in a folder of its own; by default this process trains alone.
        start: folder of the run whose weights it starts from; by default the one that ``config`` names, beside ``run``.

    Returns:
        The file of the run's weights.

    Raises:
        RunError: ``run`` holds a run with another configuration, or of other data, or ``start`` has no weights.
        SplitError: the protocol does not fit the data.
        TeamError: the workers have different data or other finished epochs.
    """
    start = start or run.parent / config.start_from
    earlier = [teaching.generation(run, number) for number in range(1, config.generations)]
    if earlier:
        Run.claim(run, config, data)  # what doesn't fit is told before they are trained
    for number, folder in enumerate(earlier, start=1):
        before = partial(_report_fraction, progress, (number - 1) * config.epochs)
        own = teaching.recipe_of(config, number)
        _fit_network(own, data, folder, report, before, team, start, earlier[: number - 1])
    before = partial(_report_fraction, progress, len(earlier) * config.epochs)
    claimed = _fit_network(config, data, run, report, before, team, start, earlier)
    if config.trees and (team is None or not team.index) and not (run / TREES).is_file():
        _grow_trees(claimed).save(run / TREES)
    return run / BEST


def finished_epochs(config: RunConfig, run: Path) -> int:
    """How many epochs the run of ``config`` in the folder ``run`` has finished, of all generations."""
    earlier = [teaching.generation(run, number) for number in range(1, config.generations)]
    return sum(len(read_history(folder)) for folder in (*earlier, run))


def _fit_network(
    config: RunConfig,
    data: Dataset,
    run: Path,
    report: Callable[[Epoch], None],
    progress: Callable[[float], None],
    team: Team | None,
    start: Path,
    earlier: Sequence[Path],
) -> Run:
    """Train one generation, taught by the ``earlier`` ones in these folders; arguments as of :func:`fit`."""
    claimed = Run.claim(run, config, data)
    labels, partitions = claimed.labels, claimed.partitions
    keras.utils.set_random_seed(epochs.seed_of(config))
    history = read_history(run)
    if team:
        team.require_agreement("data", int(data.digest[:8], 16))
        team.require_agreement("finished epochs", len(history))
    if len(history) >= config.epochs:
        return claimed
    with team.scope() if team else nullcontext():
        if history:
            model = keras.models.load_model(checkpoint(run, len(history)))
        else:
            steps = len(epochs.draw_epoch(data.table, labels, partitions, config, epoch=0)) // config.batch_size
            model = _first_model(config, data, start, steps=max(1, steps))
    teachers = [_teacher(config, data, folder) for folder in earlier]
    for epoch in range(len(history), config.epochs):
        rows = epochs.draw_epoch(data.table, labels, partitions, config, epoch=epoch)
        batches = teaching.taught(epochs.epoch_batches(data, labels, rows, config, epoch=epoch, team=team), teachers)
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
    return claimed


def _grow_trees(claimed: Run) -> PictureTrees:
    """Trees on what one epoch draws, in augmented pictures alone where there are any: of plain drawings they learn too
    much that pictures as they are sent don't have.
    """
    config, data, labels = claimed.config, claimed.data, claimed.labels
    rows = epochs.draw_epoch(data.table, labels, claimed.partitions, config, epoch=config.epochs)
    generator = np.random.default_rng((epochs.seed_of(config), config.epochs, 2))
    variant = epochs.draw_variants(generator, len(rows), data, 1.0)
    numbers = np.concatenate(
        [line_numbers.of_pictures(data.pixels[variant[part], rows[part]]) for part in _parts(len(rows))]
    )
    return PictureTrees.grow(
        numbers, labels[rows], classes=len(claimed.classes), iterations=config.trees, seed=epochs.seed_of(config)
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
    model = _network(config, data)
    if config.start_from:
        model.load_weights(_weights_of(start, config))
    _compile(model, config, steps=steps)
    return model


def _network(config: RunConfig, data: Dataset) -> keras.Model:
    _, _, height, width, channels = data.pixels.shape
    return networks.build(
        config.network,
        height=height,
        width=width,
        channels=channels,
        classes=len(CLASS_SETS[config.class_set]),
        precision=config.precision,
    )


def _teacher(config: RunConfig, data: Dataset, folder: Path) -> keras.Model:
    """The network of an earlier generation, which is in ``folder``.

    Raises:
        RunError: its weights are missing or damaged.
    """
    model = _network(config, data)
    try:
        model.load_weights(folder / BEST)
    except (OSError, KeyError, ValueError) as error:
        raise RunError(f"{folder / BEST} is missing or damaged. Delete {folder} and train once more.") from error
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
        return team.train_epoch(model, batches, model.loss, progress=lambda count: progress(count / total))
    ticker = keras.callbacks.LambdaCallback(
        # Keras passes logs by name.
        on_train_batch_end=lambda batch, logs: progress((batch + 1) / total)  # noqa: ARG005
    )
    fitted = model.fit(batches, callbacks=[ticker], shuffle=False, verbose=0)
    return float(fitted.history["loss"][-1])


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
        loss=teaching.loss_of(config),
        jit_compile=False,  # on CPUs XLA compiles for half a minute and then is no faster
    )


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
