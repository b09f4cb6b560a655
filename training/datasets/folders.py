"""The class-folder layout of picture data sets: ``<partition>/<Class name>/<record>_<sample>.png``."""

from __future__ import annotations

import csv
import hashlib
import json
import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from PIL import Image

from ecg.beats import STORED_SAMPLES
from ecg.classes import TrainingClass
from ecg.pictures.canonical import to_pixels
from ecg.pictures.canvas import HEIGHT, WIDTH
from ecg.pictures.decoding import ImageError, ImageLimits
from ecg.pictures.files import LeftOut, LeftOutReason
from ecg.pictures.rendering import draw, picture_window
from training.databases.marked import Beats
from training.datasets.class_folders import TEST, TRAIN, ClassFolder, Survey
from training.datasets.prepared_data import (
    Dataset,
    DatasetError,
    PreparationConfig,
    as_read,
    as_stored,
    claim,
    save_shard,
)
from training.datasets.splits import Split

#: Partitions that are written as folders; validation pictures are part of the training partition.
PARTITIONS = (TRAIN, TEST)

#: The list of files in a prepared data set, see :func:`read_files`, and of those that were seen and not read.
FILES = "files.csv"
LEFT_OUT = "left-out.csv"

_BATCH = 512
_NAME = re.compile(r"(?P<record>[0-9]{1,12})_(?P<sample>[0-9]{1,12})")


def write_folders(
    data: Dataset, partitions: Split, classes: Sequence[TrainingClass], out: Path
) -> Iterator[tuple[int, int]]:
    """Draw the primary-lead beats of a split as PNG files in class folders.

    Yields:
        ``(done, total)`` pictures.
    """
    primary = data.table["primary"].to_numpy(dtype=bool)
    labels = data.labels(classes)
    train = np.concatenate([partitions.train[primary[partitions.train]], partitions.validation])
    done, total = 0, len(train) + len(partitions.test)
    for partition, rows in zip(PARTITIONS, (train, partitions.test), strict=True):
        for beat_class in classes:
            (out / partition / beat_class.name).mkdir(parents=True, exist_ok=True)
        for start in range(0, len(rows), _BATCH):
            batch = rows[start : start + _BATCH]
            for row, picture in zip(batch, draw(picture_window(data.windows[batch])), strict=True):
                beat = data.table.iloc[row]
                name = f"{beat['record']}_{beat['sample']}.png"
                Image.fromarray(picture).save(out / partition / classes[labels[row]].name / name)
            done += len(batch)
            yield done, total


@dataclass(frozen=True, slots=True)
class Read:
    """What was read of one class in one partition."""

    folder: ClassFolder
    pictures: int
    left_out: list[LeftOut]
    """What turned out to be no picture."""


def read_folders(surveyed: Survey, out: Path, progress: Callable[[float], None] = lambda _done: None) -> Iterator[Read]:
    """Read class folders into a prepared data set, through the server's own decoder.

    Files named ``<record>_<sample>`` keep their record; of others the patient is not known, and each class folder
    counts as one. The data set has no millivolts, so it can't be drawn anew or augmented on the signal. Which picture
    came from which file is stored in :data:`FILES`, see :func:`read_files`; which files were left out, in
    :data:`LEFT_OUT`.

    Args:
        progress: called with the fraction of files that is read.

    Raises:
        DatasetError: a partition has no readable picture.
    """
    shards = out / "shards"
    shards.mkdir(parents=True, exist_ok=True)
    claim(out, PreparationConfig(representation="folders", augmented_variants=0))
    (out / "complete.json").unlink(missing_ok=True)
    total = sum(len(folder.files) for folder in surveyed.class_folders)
    left_out = list(surveyed.left_out)
    tables: list[pd.DataFrame] = []
    names: list[str] = []
    by_partition: Counter[str] = Counter()
    done = 0

    def read_one() -> None:
        nonlocal done
        done += 1
        progress(done / total)

    for folder in surveyed.class_folders:
        files, pictures, refused = _read(folder, surveyed.root, read_one)
        if len(pictures):
            names.append(f"{folder.partition}-{folder.beat_class.short}")
            _save(files, pictures, shards / f"{names[-1]}.npz")
            tables.append(files[["file", "partition", "label", "content"]])
        by_partition[folder.partition] += len(pictures)
        left_out += refused
        yield Read(folder, len(pictures), refused)
    _write_left_out(left_out, surveyed.source, out / LEFT_OUT)
    for partition, count in by_partition.items():
        if not count:
            raise DatasetError(f"No picture of the {partition} partition can be read; {out / LEFT_OUT} says why.")
    as_stored(pd.concat(tables)).to_csv(out / FILES, index=False, errors="backslashreplace")
    (out / "complete.json").write_text(json.dumps({"records": names}) + "\n")


def _read(
    folder: ClassFolder, root: Path, read_one: Callable[[], None]
) -> tuple[pd.DataFrame, NDArray[np.uint8], list[LeftOut]]:
    """The identities (columns of the beats' table and of :data:`FILES`) and pixels of what can be read."""
    rows, pixels, refused = [], [], []
    for number, path in enumerate(folder.files):
        try:
            picture = to_pixels(_content(path), height=HEIGHT, width=WIDTH)
        except ImageError as error:
            refused.append(LeftOut(path, error.reason, str(error)))
        except OSError as error:
            refused.append(LeftOut(path, LeftOutReason.UNREADABLE, f"The file can't be read: {error.strerror}."))
        else:
            pixels.append(picture)
            rows.append(
                {
                    **_identity(path, number, folder.partition, folder.beat_class),
                    "file": path.relative_to(root).as_posix(),
                    "label": folder.beat_class.short,
                    "content": hashlib.sha256(picture.tobytes()).hexdigest(),
                }
            )
        read_one()
    # Arrow, where it is installed, takes no name that is not Unicode.
    with pd.option_context("mode.string_storage", "python"):
        files = pd.DataFrame(rows)
    return files, np.array(pixels, dtype=np.uint8), refused


def _content(path: Path) -> bytes:
    """A file, but no more of it than shows that it is too large."""
    with path.open("rb") as file:
        return file.read(ImageLimits().max_bytes + 1)


def _save(files: pd.DataFrame, pictures: NDArray[np.uint8], path: Path) -> None:
    table = files.drop(columns=["file", "label", "content"])
    beats = Beats(table, np.zeros((len(table), STORED_SAMPLES), dtype=np.float32))
    # There are no signals to tell one data set from another, only pictures.
    digest = hashlib.sha256(as_stored(table).to_csv(index=False).encode() + pictures.tobytes()).hexdigest()
    save_shard(beats, [pictures], path, digest)


def _write_left_out(left_out: Sequence[LeftOut], source: Path, path: Path) -> None:
    with path.open("w", newline="", encoding="utf-8", errors="backslashreplace") as lines:
        writer = csv.writer(lines)
        writer.writerow(["file", "reason", "message"])
        writer.writerows((item.path.relative_to(source).as_posix(), item.reason, item.message) for item in left_out)


def read_files(folder: Path) -> pd.DataFrame:
    """The files that a folder data set was read from, in the order of its rows.

    Columns: ``file`` (from the source's folder on), ``partition``, ``label`` (the class's short name) and ``content``
    (SHA-256 of the pixels).

    Raises:
        DatasetError: the data set was not read from class folders.
    """
    path = folder / FILES
    if not path.is_file():
        raise DatasetError(f"{folder} was not read from class folders.")
    return as_read(pd.read_csv(path, dtype=str, keep_default_na=False))


def _identity(path: Path, number: int, partition: str, beat_class: TrainingClass) -> dict[str, object]:
    named = _NAME.fullmatch(path.stem)
    record = named["record"] if named else f"unknown-{beat_class.short}"
    return {
        "patient": record,
        "record": record,
        "sample": int(named["sample"]) if named else number,
        "symbol": beat_class.symbol,
        "lead": "as drawn",
        "primary": True,
        "partition": partition,
    }
