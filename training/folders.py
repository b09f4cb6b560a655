"""The class-folder layout of picture data sets: ``<split>/<Class name>/<record>_<sample>.png``."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from PIL import Image

from inference_server.images import ImageError, to_pixels
from training.canvas import HEIGHT, WIDTH
from ecg.classes import TrainingClass
from training.datasets import Dataset, DatasetError, PreparationConfig, claim, save_shard
from training.records import STORED_SAMPLES, Beats
from training.rendering import draw, picture_window
from training.splits import Split

#: Sides as folders; validation pictures are part of the training side.
SIDES = ("train", "test")

#: The list of files in a prepared data set, see :func:`read_files`.
FILES = "files.csv"

_BATCH = 512
_NAME = re.compile(r"(?P<record>[0-9]+)_(?P<sample>[0-9]+)")


def write_folders(
    data: Dataset, sides: Split, classes: Sequence[TrainingClass], out: Path
) -> Iterator[tuple[int, int]]:
    """Draw the primary-lead beats of a split as PNG files in class folders.

    Yields:
        ``(done, total)`` pictures.
    """
    primary = data.table["primary"].to_numpy(dtype=bool)
    labels = data.labels(classes)
    train = np.concatenate([sides.train[primary[sides.train]], sides.validation])
    done, total = 0, len(train) + len(sides.test)
    for side, rows in zip(SIDES, (train, sides.test), strict=True):
        for one in classes:
            (out / side / one.name).mkdir(parents=True, exist_ok=True)
        for start in range(0, len(rows), _BATCH):
            batch = rows[start : start + _BATCH]
            for row, picture in zip(batch, draw(picture_window(data.windows[batch])), strict=True):
                beat = data.table.iloc[row]
                name = f"{beat['record']}_{beat['sample']}.png"
                Image.fromarray(picture).save(out / side / classes[labels[row]].name / name)
            done += len(batch)
            yield done, total


def read_folders(
    source: Path,
    classes: Sequence[TrainingClass],
    out: Path,
    progress: Callable[[float], None] = lambda _done: None,
) -> Iterator[tuple[str, int, list[str]]]:
    """Read class folders into a prepared data set, through the server's own decoder.

    Files named ``<record>_<sample>.png`` keep their record; of others the patient is not known, and each class folder
    counts as one. The data set has no millivolts, so it can't be drawn anew or augmented on the signal. Which picture
    came from which file is kept in :data:`FILES`, see :func:`read_files`.

    Args:
        progress: told the fraction of files that is read.

    Yields:
        ``(folder, pictures, refused)`` per class folder; ``refused`` are sentences about files that are no pictures.

    Raises:
        DatasetError: a class folder or a side is missing.
    """
    for side in SIDES:
        if not (source / side).is_dir():
            raise DatasetError(f"{source} has no folder {side}/.")
    known = {one.name: one for one in classes}
    unknown = sorted(
        path.name for side in SIDES for path in (source / side).iterdir() if path.is_dir() and path.name not in known
    )
    if unknown:
        raise DatasetError(f"{source} has folders that are no class: {', '.join(unknown)}. Known: {', '.join(known)}.")
    shards = out / "shards"
    shards.mkdir(parents=True, exist_ok=True)
    config = PreparationConfig(representation="folders", augmented_variants=0)
    claim(out, config)
    (out / "complete.json").unlink(missing_ok=True)
    names, kept = [], []
    listed = {(side, one): sorted((source / side / one.name).glob("*.png")) for side in SIDES for one in classes}
    total, done = sum(map(len, listed.values())), 0
    for (side, one), files in listed.items():
        pixels, identities, refused = [], [], []
        for number, path in enumerate(files):
            try:
                pixels.append(to_pixels(path.read_bytes(), height=HEIGHT, width=WIDTH))
            except ImageError as error:
                refused.append(f"{path.name}: {error}")
                continue
            finally:
                done += 1
                progress(done / total)
            identities.append(_identity(path, number, side, one))
            kept.append(
                (f"{side}/{one.name}/{path.name}", side, one.short, hashlib.sha256(pixels[-1].tobytes()).hexdigest())
            )
        if pixels:
            table = pd.DataFrame(identities)
            beats = Beats(table, np.zeros((len(table), STORED_SAMPLES), dtype=np.float32))
            name = f"{side}-{one.short}"
            pictures = np.stack(pixels)
            # There are no signals to tell one data set from another, only pictures.
            digest = hashlib.sha256(table.to_csv(index=False).encode() + pictures.tobytes()).hexdigest()
            save_shard(beats, [pictures], shards / f"{name}.npz", digest)
            names.append(name)
        yield f"{side}/{one.name}", len(pixels), refused
    if not names:
        raise DatasetError(f"{source} has no PNG pictures.")
    pd.DataFrame(kept, columns=["file", "side", "label", "content"]).to_csv(out / FILES, index=False)
    (out / "complete.json").write_text(json.dumps({"records": names}) + "\n")


def read_files(folder: Path) -> pd.DataFrame:
    """The files that a folder data set was read from, in the order of its rows.

    Columns: ``file`` (from the source's folder on), ``side``, ``label`` (the class's short name) and ``content``
    (SHA-256 of the pixels).

    Raises:
        DatasetError: the data set was not read from class folders.
    """
    path = folder / FILES
    if not path.is_file():
        raise DatasetError(f"{folder} was not read from class folders.")
    return pd.read_csv(path, dtype=str, keep_default_na=False)


def _identity(path: Path, number: int, side: str, one: TrainingClass) -> dict[str, object]:
    named = _NAME.fullmatch(path.stem)
    record = named["record"] if named else f"unknown-{one.short}"
    return {
        "patient": record,
        "record": record,
        "sample": int(named["sample"]) if named else number,
        "symbol": one.symbol,
        "lead": "as drawn",
        "primary": True,
        "side": side,
    }
