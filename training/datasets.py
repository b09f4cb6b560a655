"""Prepared data sets: every beat's identity, millivolts and canonical pixels, one shard per record on disk."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from PIL import Image

from inference_server.images import canonical
from training.augmentation import SignalAugmentation, augment, vary_geometry
from training.classes import TrainingClass
from training.records import Beats, read_beats
from training.rendering import CLASSIC, draw, picture_window

#: Canonical picture size of the trace representation, pixels (half the classic 128 × 192).
HEIGHT, WIDTH = 64, 96

#: Augmented pictures that share one varied geometry.
_GEOMETRY_GROUP = 16

TABLE_COLUMNS = ("patient", "record", "sample", "symbol", "lead", "primary", "side")


class DatasetError(Exception):
    """A prepared data set is missing, incomplete or made with other settings."""


@dataclass(frozen=True, slots=True)
class PreparationConfig:
    """What determines the content of a prepared data set."""

    representation: str = "trace"
    height: int = HEIGHT
    width: int = WIDTH
    augmented_variants: int = 2
    """How many augmented pictures stand beside the plain one of each beat."""
    seed: int = 20_260
    format: int = 2
    """Raised whenever the same beats are drawn otherwise, so that old and new pictures never mix."""


@dataclass(frozen=True, slots=True)
class Dataset:
    """Beats of a prepared data set, loaded. Rows of all members correspond."""

    table: pd.DataFrame
    windows: NDArray[np.float32]
    """``[N, STORED_SAMPLES]``, millivolts."""
    pixels: NDArray[np.uint8]
    """``[1 + variants, N, height, width, 1]``; variant 0 is the plain drawing."""
    digest: str
    """SHA-256 over all identities and signals, hexadecimal."""

    def labels(self, classes: Sequence[TrainingClass]) -> NDArray[np.int64]:
        """Index of each beat's class in ``classes``, −1 for beats of none of them. Shape ``[N]``."""
        index = {beat_class.symbol: position for position, beat_class in enumerate(classes)}
        return self.table["symbol"].map(lambda symbol: index.get(symbol, -1)).to_numpy(dtype=np.int64)


def to_canonical(pictures: NDArray[np.uint8], *, height: int = HEIGHT, width: int = WIDTH) -> NDArray[np.uint8]:
    """Drawn pictures ``[N, h, w]`` through the server's own canonicalisation: ``[N, height, width, 1]``."""
    out = np.empty((len(pictures), height, width, 1), dtype=np.uint8)
    for row, picture in enumerate(pictures):
        out[row] = canonical(Image.fromarray(picture), height=height, width=width)
    return out


def prepare(
    records_folder: Path, records: Sequence[str], out: Path, config: PreparationConfig, *, workers: int
) -> Iterator[tuple[str, int]]:
    """Draw every beat of ``records`` into ``out``, one shard per record, several records at a time.

    A shard that is already there is kept, so a stopped run continues where it was.

    Yields:
        ``(record, rows)`` as each shard is complete.

    Raises:
        DatasetError: ``out`` was made with another configuration.
        RecordsError: a record can't be read.
    """
    shards = out / "shards"
    shards.mkdir(parents=True, exist_ok=True)
    claim(out, config)
    (out / "complete.json").unlink(missing_ok=True)
    with ProcessPoolExecutor(max_workers=workers) as pool:
        waiting = {pool.submit(_prepare_record, records_folder, name, shards, config): name for name in records}
        for done in as_completed(waiting):
            yield waiting[done], done.result()
    (out / "complete.json").write_text(json.dumps({"records": list(records)}) + "\n")


def load(
    folder: Path, *, variants: int | None = None, progress: Callable[[float], None] = lambda _fraction: None
) -> Dataset:
    """Load a complete data set into memory.

    Args:
        variants: how many augmented variants to load; all by default.
        progress: told the fraction that is loaded, 0 to 1.

    Raises:
        DatasetError: the folder is not a complete prepared data set.
    """
    marker = folder / "complete.json"
    if not marker.is_file():
        raise DatasetError(f"{folder} is not a complete prepared data set. Run `python -m training prepare` first.")
    names = json.loads(marker.read_text())["records"]
    config = read_config(folder)
    wanted = 1 + (config.augmented_variants if variants is None else min(variants, config.augmented_variants))
    paths = [folder / "shards" / f"{name}.npz" for name in names]
    tables, windows, digest = [], [], hashlib.sha256()
    for path in paths:
        with np.load(path) as shard:
            tables.append(pd.DataFrame({column: shard[column] for column in TABLE_COLUMNS}))
            windows.append(shard["windows"])
            digest.update(str(shard["digest"]).encode())
    table = pd.concat(tables, ignore_index=True)
    # Pixels are gigabytes: filled in place, never held twice.
    pixels = np.empty((wanted, len(table), config.height, config.width, 1), dtype=np.uint8)
    start = 0
    for path, rows in zip(paths, map(len, tables), strict=True):
        with np.load(path) as shard:
            for variant in range(wanted):
                pixels[variant, start : start + rows] = shard[f"pixels_{variant}"]
        start += rows
        progress(start / len(table))
    return Dataset(table, np.concatenate(windows), pixels, digest.hexdigest())


def read_config(folder: Path) -> PreparationConfig:
    """The configuration that a prepared data set was made with.

    Raises:
        DatasetError: there is none.
    """
    path = folder / "config.json"
    if not path.is_file():
        raise DatasetError(f"{folder} is not a prepared data set: it has no config.json.")
    return PreparationConfig(**json.loads(path.read_text()))


def beats_digest(beats: Beats) -> str:
    """SHA-256 of the beats' identities and signals, hexadecimal."""
    digest = hashlib.sha256(beats.table.to_csv(index=False).encode())
    digest.update(np.ascontiguousarray(beats.windows).tobytes())
    return digest.hexdigest()


def save_shard(beats: Beats, pixels: Sequence[NDArray[np.uint8]], path: Path) -> None:
    """Write one shard; it appears under its name only when it is whole."""
    columns = {column: beats.table[column].to_numpy() for column in TABLE_COLUMNS}
    columns = {name: values.astype(str) if values.dtype == object else values for name, values in columns.items()}
    drawn = {f"pixels_{variant}": picture for variant, picture in enumerate(pixels)}
    partial = path.with_suffix(".partial.npz")
    arrays = {"windows": beats.windows, "digest": np.array(beats_digest(beats))} | columns | drawn
    np.savez(partial, allow_pickle=False, **arrays)
    os.replace(partial, path)


def claim(out: Path, config: PreparationConfig) -> None:
    """Mark the folder ``out`` as holding a data set made with ``config``.

    Raises:
        DatasetError: it holds one made with other settings.
    """
    path = out / "config.json"
    if path.is_file() and read_config(out) != config:
        raise DatasetError(f"{out} was prepared with other settings. Choose another folder or delete it.")
    path.write_text(json.dumps(asdict(config), indent=2) + "\n")


def _prepare_record(records_folder: Path, name: str, shards: Path, config: PreparationConfig) -> int:
    path = shards / f"{name}.npz"
    if path.is_file():
        with np.load(path) as shard:
            return len(shard["sample"])
    beats = read_beats(records_folder, name)
    pixels = [to_canonical(draw(picture_window(beats.windows)), height=config.height, width=config.width)]
    for variant in range(1, config.augmented_variants + 1):
        seed = hashlib.sha256(f"{config.seed}/{name}/{variant}".encode()).digest()
        generator = np.random.default_rng(np.frombuffer(seed, dtype=np.uint32))
        varied = augment(beats.windows, generator, SignalAugmentation())
        pictures = np.empty((len(varied), CLASSIC.height, CLASSIC.width), dtype=np.uint8)
        for start in range(0, len(varied), _GEOMETRY_GROUP):
            group = slice(start, start + _GEOMETRY_GROUP)
            pictures[group] = draw(varied[group], vary_geometry(generator))
        pixels.append(to_canonical(pictures, height=config.height, width=config.width))
    save_shard(beats, pixels, path)
    return len(beats.table)
