"""Pictures a second in training: cached pixels against PNG files read by Keras' old ``ImageDataGenerator``.

Both train the course project's network (``course_cnn``) on the same drawn pictures with the same batch, optimizer and
loss, an epoch of one after an epoch of the other. The old way has Keras' own layers in the course's order, and computes
in float32; ours computes in ``--precision``. The old way is timed twice: as it reads plain pictures, and with the
shear, zoom and flips that such projects turn on; ours takes half of its pictures from augmented variants both times.
``fed`` is the same without a network: how fast batches come. Where that is far above ``trained``, the network is what
training waits for, and no faster reading can help.

``python -m benchmarks.training.speed --help``; ends with 1 if the median ratio in training stays below ``--least``.
"""

from __future__ import annotations

import json
import os
import statistics
import sys
import tempfile
import time
from contextlib import redirect_stdout
from pathlib import Path
from typing import Annotated

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")

import keras
import numpy as np
import pandas as pd
import typer
from keras.src.legacy.preprocessing.image import ImageDataGenerator  # no public name is left
from numpy.typing import NDArray
from PIL import Image

from ecg.beats import STORED_SAMPLES
from ecg.classes import CLASS_SETS
from ecg.pictures.canvas import HEIGHT, WIDTH, to_canonical
from ecg.pictures.rendering import draw, picture_window
from training.datasets.prepared_data import Dataset
from training.datasets.splits import divide
from training.learning import epochs, fitting
from training.learning.fitting import Epoch
from training.recipes.provenance import RunConfig
from training.recipes.recipe import Precision

CLASSES = CLASS_SETS["six"]


def main(
    pictures: Annotated[int, typer.Option(help="Pictures that train in one epoch.", min=64)] = 1536,
    rounds: Annotated[int, typer.Option(help="Epochs of each way.", min=1)] = 3,
    least: Annotated[float, typer.Option(help="Ratio to the plain old way that must be reached.")] = 1.0,
    batch: Annotated[int, typer.Option(help="Pictures of a batch.", min=1)] = 64,
    precision: Annotated[Precision, typer.Option(help="What ours computes in.")] = "float32",
) -> None:
    """Time both ways in one run and print the figures as JSON."""
    config = RunConfig(
        name="speed",
        class_set="six",
        network="course_cnn",
        epochs=rounds + 1,  # the first one compiles
        batch_size=batch,
        precision=precision,
        beats_per_patient_class_and_lead=10**6,
    )
    data, drawn = _data(pictures)
    trained = divide(data, config).train
    with tempfile.TemporaryDirectory() as folder:
        _write_folders(drawn[trained], data.labels(CLASSES)[trained], Path(folder) / "pictures")
        old = {
            "files": _OldWay(Path(folder) / "pictures", ImageDataGenerator(), batch),
            "files, varied": _OldWay(
                Path(folder) / "pictures",
                ImageDataGenerator(shear_range=0.2, zoom_range=0.2, horizontal_flip=True),
                batch,
            ),
        }
        clock = _Clock(batch)
        trained_rates: list[dict[str, float]] = []
        fed_rates: list[dict[str, float]] = []

        def after(line: Epoch) -> None:
            in_training = {"cached": clock.rate()} | {name: way.train() for name, way in old.items()}
            feeding = {"cached": _feed(data, config)} | {name: way.feed() for name, way in old.items()}
            if line.epoch > 1:
                trained_rates.append({name: round(rate, 1) for name, rate in in_training.items()})
                fed_rates.append({name: round(rate, 1) for name, rate in feeding.items()})

        fitting.fit(config, data, Path(folder) / "run", after, clock.tick)
    report = {
        "network": config.network,
        "pictures": len(trained),
        "batch": batch,
        "precision": precision,
        "cpus": os.cpu_count(),
        "pictures_per_second": {"trained": trained_rates, "fed": fed_rates},
        "median_ratio": {"trained": _ratios(trained_rates), "fed": _ratios(fed_rates)},
    }
    typer.echo(json.dumps(report, indent=2))
    if _ratios(trained_rates)["files"] < least:
        raise typer.Exit(1)


def _ratios(rates: list[dict[str, float]]) -> dict[str, float]:
    """Median over the rounds of how much faster cached pixels are."""
    return {
        name: round(statistics.median(rate["cached"] / rate[name] for rate in rates), 2)
        for name in rates[0]
        if name != "cached"
    }


class _Clock:
    """Pictures a second from one batch's end to the last one's, so that preparation and validation do not count."""

    def __init__(self, batch: int) -> None:
        self._batch = batch
        self._ends: list[float] = []

    def tick(self, *_: object) -> None:
        self._ends.append(time.perf_counter())

    def rate(self) -> float:
        """Of the batches since the last call."""
        ends, self._ends = self._ends, []
        return self._batch * (len(ends) - 1) / (ends[-1] - ends[0])


class _OldWay:
    """Training from class folders of PNG files."""

    def __init__(self, folder: Path, generator: ImageDataGenerator, batch: int) -> None:
        self._model = course_network()
        self._model.compile(
            optimizer=keras.optimizers.AdamW(1e-3),
            loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
            jit_compile=False,
        )
        with redirect_stdout(sys.stderr):  # it prints how many it found
            self._files = generator.flow_from_directory(
                str(folder),
                target_size=(HEIGHT, WIDTH),
                color_mode="grayscale",
                classes=[beat_class.short for beat_class in CLASSES],
                class_mode="sparse",
                batch_size=batch,
            )
        self._clock = _Clock(batch)
        self._steps = self._files.n // batch

    def train(self) -> float:
        """Pictures a second of one epoch."""
        ticker = keras.callbacks.LambdaCallback(on_train_batch_end=lambda batch, logs: self._clock.tick())  # noqa: ARG005
        self._model.fit(self._files, epochs=1, steps_per_epoch=self._steps, callbacks=[ticker], verbose=0)
        return self._clock.rate()

    def feed(self) -> float:
        """Pictures a second of the files alone."""
        for number in range(self._steps):
            _ = self._files[number]
            self._clock.tick()
        return self._clock.rate()


def course_network() -> keras.Model:
    """The course project's network as it was written there: ``[N, HEIGHT, WIDTH, 1]``, float32, to six logits."""
    return keras.Sequential(
        [
            keras.Input((HEIGHT, WIDTH, 1)),
            keras.layers.Rescaling(-1 / 255, offset=1.0),
            keras.layers.Conv2D(32, 3, activation="relu"),
            keras.layers.MaxPooling2D(2),
            keras.layers.Flatten(),
            keras.layers.Dense(200, activation="relu"),
            keras.layers.Dense(300, activation="relu"),
            keras.layers.Dense(len(CLASSES)),
        ]
    )


def _feed(data: Dataset, config: RunConfig) -> float:
    """Pictures a second of our batches alone."""
    clock = _Clock(config.batch_size)
    labels = data.labels(CLASSES)
    rows = epochs.draw_epoch(data.table, labels, divide(data, config), config, epoch=0)
    for _ in epochs.epoch_batches(data, labels, rows, config, epoch=0):
        clock.tick()
    return clock.rate()


def _data(trained: int) -> tuple[Dataset, NDArray[np.uint8]]:
    """A data set of random walks of which about ``trained`` are trained on, and their pictures ``[N, 128, 192]``."""
    count = round(trained / 0.8 / len(CLASSES)) * len(CLASSES)
    generator = np.random.default_rng(0)
    windows = generator.normal(0, 0.08, size=(count, STORED_SAMPLES)).cumsum(axis=1).astype(np.float32)
    windows -= windows.mean(axis=1, keepdims=True)
    table = pd.DataFrame(
        {
            "patient": "nobody",
            "record": "walk",
            "sample": np.arange(count),
            "symbol": [beat_class.symbol for beat_class in CLASSES] * (count // len(CLASSES)),
            "lead": "MLII",
            "primary": True,
            "partition": "",
        }
    )
    drawn = draw(picture_window(windows))
    plain = to_canonical(drawn)
    return Dataset(table, windows, np.stack([plain, plain[:, :, ::-1]]), "0" * 64), drawn


def _write_folders(drawn: NDArray[np.uint8], labels: NDArray[np.int64], folder: Path) -> None:
    for beat_class in CLASSES:
        (folder / beat_class.short).mkdir(parents=True)
    for number, (picture, label) in enumerate(zip(drawn, labels, strict=True)):
        Image.fromarray(picture).save(folder / CLASSES[label].short / f"fig_{number}.png")
