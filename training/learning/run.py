"""A run: its folder, its configuration, and its data, divided wherever it trains, predicts or is exported."""

from __future__ import annotations

import json
from dataclasses import dataclass
from lzma import LZMAError
from pathlib import Path
from typing import TYPE_CHECKING
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from ecg.classes import CLASS_SETS, TrainingClass
from training import TrainingError
from training.datasets.prepared_data import Dataset
from training.datasets.splits import Split, divide
from training.learning.picture_trees import PictureTrees
from training.recipes import recipe_files
from training.recipes.provenance import RunConfig

if TYPE_CHECKING:
    import keras

#: The run's weights, the trees beside them, its effective configuration, and what tells its data from others.
BEST = "best.weights.h5"
TREES = "trees.npz"
CONFIG = "config.yaml"
_DATA = "data.json"


class RunError(TrainingError):
    """A run's folder can't be used."""


@dataclass(frozen=True, slots=True)
class Run:
    """A run with the data that it was, or will be, trained on."""

    folder: Path
    config: RunConfig
    data: Dataset
    classes: tuple[TrainingClass, ...]
    """Of the run's class set, in output order."""
    labels: NDArray[np.int64]
    """Class index of each beat of ``data``, −1 for beats of none: ``[N]``."""
    partitions: Split

    @classmethod
    def claim(cls, folder: Path, config: RunConfig, data: Dataset) -> Run:
        """Mark ``folder`` as that of ``config`` trained on ``data``, whether it is new or was stopped.

        Raises:
            RunError: it holds a run with another configuration, or one that was trained on other data.
            SplitError: the protocol does not fit the data.
        """
        folder.mkdir(parents=True, exist_ok=True)
        effective = folder / CONFIG
        if effective.is_file() and recipe_files.read_run(effective) != config:
            raise RunError(f"{folder} holds a run with another configuration. Choose another folder or delete it.")
        recipe_files.write(config, effective)
        if not (folder / _DATA).is_file():
            (folder / _DATA).write_text(json.dumps({"digest": data.digest}) + "\n")
        return cls._divided(folder, config, data)

    @classmethod
    def open(cls, folder: Path, data: Dataset) -> Run:
        """The trained run in ``folder``.

        Raises:
            RunError: it has no trained weights, or was not trained on ``data``.
            ConfigurationError: its configuration can't be read.
            SplitError: the protocol does not fit the data.
        """
        if not (folder / BEST).is_file():
            raise RunError(f"{folder} holds no trained weights. Run `python -m training train` first.")
        config = recipe_files.read_run(folder / CONFIG)
        if config.trees and not (folder / TREES).is_file():
            raise RunError(f"{folder} has no trees yet. Run `python -m training train` once more.")
        return cls._divided(folder, config, data)

    @classmethod
    def _divided(cls, folder: Path, config: RunConfig, data: Dataset) -> Run:
        path = folder / _DATA
        if not path.is_file() or json.loads(path.read_text())["digest"] != data.digest:
            raise RunError(
                f"{folder} was not trained on this data set: its partitions would mix. Prepare the same records."
            )
        classes = CLASS_SETS[config.class_set]
        return cls(folder, config, data, classes, data.labels(classes), divide(data, config))

    @property
    def shorts(self) -> list[str]:
        """Short names of the classes."""
        return [beat_class.short for beat_class in self.classes]

    def pixels(self, rows: NDArray[np.int64]) -> NDArray[np.uint8]:
        """The plain pictures of ``rows``, ``[N, height, width, channels]``."""
        return self.data.pixels[0][rows]

    def trees(self) -> PictureTrees | None:
        """The trees beside the network; None where the recipe has none.

        Raises:
            RunError: what is stored of them is damaged.
        """
        if not self.config.trees:
            return None
        try:
            return PictureTrees.load(self.folder / TREES)
        except (OSError, EOFError, BadZipFile, LZMAError, ValueError, TypeError) as error:
            raise RunError(f"{self.folder / TREES} is damaged: {error}. Delete it and train once more.") from error

    def network(self) -> keras.Model:
        """The network with the run's weights, which computes in float32 whatever it was trained in."""
        from training.learning import networks  # TensorFlow is loaded only where a network runs

        _, _, height, width, channels = self.data.pixels.shape
        model = networks.build(
            self.config.network, height=height, width=width, channels=channels, classes=len(self.classes)
        )
        model.load_weights(self.folder / BEST)
        return model
