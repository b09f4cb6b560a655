"""Small pictures that ship with the project: samples to try, references to compare with, an example of each class."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from PIL import Image

from ecg.beats import SAMPLING_RATE
from ecg.classes import CLASS_SETS, NORMAL, PAC, PVC
from ecg.pictures.ink.reading import read_beat
from ecg.pictures.rendering import draw, picture_window
from training.datasets.prepared_data import Dataset, DatasetError
from training.datasets.splits import divide
from training.pictures import paper
from training.recipes.provenance import RunConfig

SAMPLES_PER_CLASS = 3
REFERENCES_PER_CLASS = 3

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
    "PACED": "217",
}


def write_samples(data: Dataset, config: RunConfig, out: Path) -> Iterator[Path]:
    """Draw :data:`SAMPLES_PER_CLASS` beats of each class from the test partition of the run that made the served model.

    The choice is by chance, with the run's seed, among those that are read as one beat; different people first.
    ``out/<SHORT>/<record>_<sample>.png``.
    """
    classes = CLASS_SETS[config.class_set]
    labels = data.labels(classes)
    partitions = divide(data, config)
    shuffled = np.random.default_rng(config.seed).permutation(partitions.test)
    patients = data.table["patient"].to_numpy(dtype=str)
    for label, beat_class in enumerate(classes):
        candidates = [row for row in shuffled if labels[row] == label]
        pictures_of: dict[str, int] = {}
        turn = []
        for row in candidates:
            pictures_of[patients[row]] = pictures_of.get(patients[row], 0) + 1
            turn.append(pictures_of[patients[row]])
        in_turn = (candidates[place] for place in np.argsort(turn, kind="stable"))
        chosen = list(islice((row for row in in_turn if _is_read(data, row)), SAMPLES_PER_CLASS))
        folder = out / beat_class.short
        folder.mkdir(parents=True, exist_ok=True)
        for row, picture in zip(chosen, draw(picture_window(data.windows[chosen])), strict=True):
            beat = data.table.iloc[row]
            path = folder / f"{beat['record']}_{beat['sample']}.png"
            Image.fromarray(picture).save(path, optimize=True)
            yield path


def _is_read(data: Dataset, row: int) -> bool:
    """Whether the picture of a beat is read as one: noise between beats may count as several."""
    picture = draw(picture_window(data.windows[[row]]))[0]
    return read_beat(Image.fromarray(picture)).reason is None


def write_references(data: Dataset, config: RunConfig, out: Path) -> Iterator[Path]:
    """Draw :data:`REFERENCES_PER_CLASS` typical beats of each class, to hold a sent picture against.

    They are of the people with the most beats of the class in the training partition, of different people as far as
    there are, and each is the nearest to the median shape of its person's. ``out/<SHORT>/<record>_<sample>.png``.
    """
    classes = CLASS_SETS[config.class_set]
    labels = data.labels(classes)
    primary = data.table["primary"].to_numpy(dtype=bool)
    train = divide(data, config).train
    for label, beat_class in enumerate(classes):
        rows = np.sort(train[(labels[train] == label) & primary[train]])
        people = data.table["patient"].iloc[rows].value_counts(sort=True).index[:REFERENCES_PER_CLASS]
        folder = out / beat_class.short
        folder.mkdir(parents=True, exist_ok=True)
        for place, patient in enumerate(people):
            theirs = rows[(data.table["patient"].iloc[rows] == patient).to_numpy()]
            # Fewer people than pictures: several of one, from different parts of the recording.
            share = len(range(place, REFERENCES_PER_CLASS, len(people)))
            for part in np.array_split(theirs, min(share, len(theirs))):
                windows = picture_window(data.windows[part])
                nearest = part[np.abs(windows - np.median(windows, axis=0)).sum(axis=1).argmin()]
                beat = data.table.iloc[nearest]
                path = folder / f"{beat['record']}_{beat['sample']}.png"
                picture = draw(picture_window(data.windows[[nearest]]))[0]
                Image.fromarray(picture).save(path, optimize=True)
                yield path


def write_examples(data: Dataset, config: RunConfig, records_folder: Path, out: Path) -> Iterator[Path]:
    """Draw one example of each class on ECG paper, ``out/<SHORT>.png``.

    Of the beats of the record in :data:`EXAMPLE_RECORDS` whose whole strip is as it should be (a premature beat among
    normal ones, any other among its like), the one nearest to their median shape is taken.
    """
    out.mkdir(parents=True, exist_ok=True)
    table = data.table
    for beat_class in CLASS_SETS[config.class_set]:
        record = EXAMPLE_RECORDS.get(beat_class.short, "")
        rows = np.flatnonzero(
            (table["record"] == record).to_numpy()
            & (table["symbol"] == beat_class.symbol).to_numpy()
            & table["primary"].to_numpy(dtype=bool)
        )
        if not len(rows):
            raise DatasetError(
                f"Record {record}, the example of {beat_class.short}, has no such beat in this data set."
            )
        company = NORMAL.symbol if beat_class in (PAC, PVC) else beat_class.symbol
        rows = _among(table, rows, record, company)
        windows = picture_window(data.windows[rows])
        nearest = rows[np.abs(windows - np.median(windows, axis=0)).sum(axis=1).argmin()]
        strip = paper.read_strip(records_folder, record, int(table["sample"].iloc[nearest]), seconds=STRIP_SECONDS)
        path = out / f"{beat_class.short}.png"
        paper.draw_on_paper(strip).quantize(48).save(path, optimize=True)
        yield path


def _among(table: pd.DataFrame, rows: NDArray[np.int64], record: str, company: str) -> NDArray[np.int64]:
    """Those of ``rows`` whose strip shows no other beat than ``company`` beside it; all of them if there is none."""
    everywhere = table[(table["record"] == record).to_numpy() & table["primary"].to_numpy(dtype=bool)]
    samples, symbols = everywhere["sample"].to_numpy(), everywhere["symbol"].to_numpy(dtype=str)
    reach = STRIP_SECONDS * SAMPLING_RATE / 2
    chosen = []
    for row in rows:
        gap = np.abs(samples - table["sample"].iloc[row])
        beside = symbols[(gap > 0) & (gap <= reach)]
        if len(beside) >= 2 and (beside == company).all():
            chosen.append(row)
    return np.array(chosen or rows)
