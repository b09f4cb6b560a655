"""Fit the network for pages; a stopped run goes on where it was."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import keras
import numpy as np
from numpy.typing import NDArray

from training import TrainingError
from training.datasets.pages import crops
from training.learning.pages import network
from training.pages.truth import PIXEL_CLASSES

_NETWORK: Final = "network.keras"
_SETTINGS: Final = "settings.json"

#: The network is stored every so many steps.
_STORED_EVERY: Final = 50


class RunError(TrainingError):
    """A run that can't go on, or isn't there."""


@dataclass(frozen=True, slots=True)
class Fit:
    """How a network for pages is fitted."""

    steps: int = 6000
    squares: int = 24
    """Cut from each page."""
    batch: int = 8
    learning_rate: float = 3e-3
    weight_decay: float = 1e-3
    widths: tuple[int, ...] = (12, 16, 24, 32, 48)
    """Channels at a half, a quarter, … of the resolution."""
    class_weights: tuple[float, ...] = (1.0, 3.0, 1.0, 3.0)
    """How much a pixel of each class counts."""
    seed: int = 0


def fit(pages: Sequence[Path], settings: Fit, folder: Path, report: Callable[[int, float], None]) -> keras.Model:
    """The network of a run, fitted as far as it wasn't.

    Batches follow from the seed and the step's number, so a stopped run learns from the same squares.

    Args:
        pages: Of :func:`training.datasets.pages.crops.drawn_pages`.
        settings: What is stored in ``folder`` must be the same.
        folder: Of the run.
        report: Told how many steps are done and the mean loss of the last ones, every :data:`_STORED_EVERY`.

    Raises:
        RunError: the run was begun with other settings.
    """
    model = _begun(settings, folder)
    squares = crops.Squares.of(pages, settings.squares, settings.seed)
    losses: list[float] = []
    for step in range(int(model.optimizer.iterations.numpy()), settings.steps):
        pixels, labels = squares.batch(settings.batch, np.random.default_rng((settings.seed, step)))
        weights = crops.weights(labels, settings.class_weights)
        losses.append(float(model.train_on_batch(pixels, labels, sample_weight=weights)))
        if (step + 1) % _STORED_EVERY == 0 or step + 1 == settings.steps:
            _store(model, folder)
            report(step + 1, float(np.mean(losses[-_STORED_EVERY:])))
    return model


def fitted(folder: Path) -> tuple[keras.Model, Fit]:
    """The network of a finished run, and how it was fitted.

    Raises:
        RunError: there is none, or it isn't finished.
    """
    if not (folder / _NETWORK).is_file():
        raise RunError(f"{folder} has no network. Run `python -m training pages-train` first.")
    settings = _stored(folder)
    model = keras.saving.load_model(folder / _NETWORK)
    done = int(model.optimizer.iterations.numpy())
    if done < settings.steps:
        raise RunError(f"The run in {folder} has done {done} of {settings.steps} steps. Go on with it first.")
    return model, settings


def confusion(model: keras.Model, pages: Sequence[Path], per_page: int, seed: int = 0) -> NDArray[np.int64]:
    """Pixels by true class (rows) and by what the network says, ``[classes, classes]``, of so many squares a page."""
    classes = len(PIXEL_CLASSES)
    counts = np.zeros((classes, classes), np.int64)
    squares = crops.Squares.of(pages, per_page, seed)
    for begin in range(0, len(squares.labels), 4):
        part = slice(begin, begin + 4)
        said = model.predict_on_batch(squares.pixels[part]).argmax(axis=-1)
        pairs = classes * squares.labels[part].ravel().astype(np.int64) + said.ravel()
        counts += np.bincount(pairs, minlength=classes**2).reshape(classes, -1)
    return counts


def _begun(settings: Fit, folder: Path) -> keras.Model:
    if (folder / _NETWORK).is_file():
        if _stored(folder) != settings:
            raise RunError(f"The run in {folder} was begun with other settings; choose another folder.")
        return keras.saving.load_model(folder / _NETWORK)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / _SETTINGS).write_text(json.dumps(asdict(settings), indent=2) + "\n", encoding="utf-8")
    keras.utils.set_random_seed(settings.seed)
    model = network.build(settings.widths)
    schedule = keras.optimizers.schedules.CosineDecay(
        1e-4, settings.steps, warmup_target=settings.learning_rate, warmup_steps=max(1, settings.steps // 15)
    )
    model.compile(
        keras.optimizers.AdamW(schedule, weight_decay=settings.weight_decay, clipnorm=1.0),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    )
    return model


def _store(model: keras.Model, folder: Path) -> None:
    partial = folder / "partial.keras"
    model.save(partial)
    os.replace(partial, folder / _NETWORK)


def _stored(folder: Path) -> Fit:
    values: dict[str, Any] = json.loads((folder / _SETTINGS).read_text(encoding="utf-8"))
    return Fit(**values | {name: tuple(values[name]) for name in ("widths", "class_weights")})
