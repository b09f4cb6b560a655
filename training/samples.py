"""Small pictures that ship with the project: samples to try, and an example of each class on ECG paper."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from PIL import Image

from training import paper
from training.classes import CLASS_SETS
from training.configuration import RunConfig
from training.datasets import Dataset
from training.rendering import draw, picture_window
from training.splits import split

SAMPLES_PER_CLASS = 3

#: Seconds of recording on an example's paper: the beat with its neighbours, so that its timing can be seen.
STRIP_SECONDS = 3.2

#: Records that show a class clearly, for the examples.
EXAMPLE_RECORDS = {
    "NORMAL": "100",
    "LBBB": "109",
    "RBBB": "118",
    "PAC": "209",
    "PVC": "119",
    "VF": "207",
    "PACED": "107",
}


def write_samples(data: Dataset, config: RunConfig, out: Path) -> Iterator[Path]:
    """Draw :data:`SAMPLES_PER_CLASS` beats of each class from the test side of the run that made the served model.

    The choice is by chance, with the run's seed; different people first. ``out/<SHORT>/<record>_<sample>.png``.
    """
    classes = CLASS_SETS[config.class_set]
    labels = data.labels(classes)
    sides = split(data.table, labels, config.protocol, fold=config.fold, seed=config.seed)
    shuffled = np.random.default_rng(config.seed).permutation(sides.test)
    patients = data.table["patient"].to_numpy(dtype=str)
    for label, one in enumerate(classes):
        candidates = [row for row in shuffled if labels[row] == label]
        seen: dict[str, int] = {}
        turn = []
        for row in candidates:
            seen[patients[row]] = seen.get(patients[row], 0) + 1
            turn.append(seen[patients[row]])
        chosen = [candidates[place] for place in np.argsort(turn, kind="stable")[:SAMPLES_PER_CLASS]]
        folder = out / one.short
        folder.mkdir(parents=True, exist_ok=True)
        for row, picture in zip(chosen, draw(picture_window(data.windows[chosen])), strict=True):
            beat = data.table.iloc[row]
            path = folder / f"{beat['record']}_{beat['sample']}.png"
            Image.fromarray(picture).save(path, optimize=True)
            yield path


def write_examples(data: Dataset, config: RunConfig, records_folder: Path, out: Path) -> Iterator[Path]:
    """Draw one example of each class on ECG paper, ``out/<SHORT>.png``.

    The beat is the one nearest to the median shape of its class in the record of :data:`EXAMPLE_RECORDS`.
    """
    out.mkdir(parents=True, exist_ok=True)
    table = data.table
    for one in CLASS_SETS[config.class_set]:
        record = EXAMPLE_RECORDS[one.short]
        rows = np.flatnonzero(
            (table["record"] == record).to_numpy()
            & (table["symbol"] == one.symbol).to_numpy()
            & table["primary"].to_numpy(dtype=bool)
        )
        windows = picture_window(data.windows[rows])
        nearest = rows[np.abs(windows - np.median(windows, axis=0)).sum(axis=1).argmin()]
        strip = paper.read_strip(records_folder, record, int(table["sample"].iloc[nearest]), seconds=STRIP_SECONDS)
        path = out / f"{one.short}.png"
        paper.draw_on_paper(strip).quantize(48).save(path, optimize=True)
        yield path
