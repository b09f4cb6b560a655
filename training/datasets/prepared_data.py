"""Prepared data sets: every beat's identity, millivolts and canonical pixels, one shard per record on disk."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ecg.classes import TrainingClass, index_of_symbols
from ecg.pictures.canvas import HEIGHT, WIDTH
from training import TrainingError
from training.databases.marked import Beats, cut_beats, generator_of
from training.datasets.sources import SOURCES, Source
from training.pictures.representations import REPRESENTATIONS, Variant

TABLE_COLUMNS = ("patient", "record", "sample", "symbol", "lead", "primary", "partition", "group")

#: Columns that came later: older shards lack them, and a data set's digest is made without them.
_LATER_COLUMNS = ("group",)

#: What a column of that table is called where it is stored, and in what a data set's digest is made of.
_STORED_NAMES = {"partition": "side"}

#: What settings were called in configurations that earlier versions wrote.
_FORMER_SETTINGS = {"turned": "lead_rotation"}


class DatasetError(TrainingError):
    """A prepared data set is missing, incomplete or made with other settings."""


@dataclass(frozen=True, slots=True)
class PreparationConfig:
    """What determines the content of a prepared data set."""

    representation: str = "trace"
    height: int = HEIGHT
    width: int = WIDTH
    augmented_variants: int = 2
    """How many augmented pictures stand beside the plain one of each beat."""
    lead_rotation: bool = False
    """Whether augmented pictures show most beats with rotated leads
    (:func:`training.synthetic.lead_rotation.rotated_windows`)."""
    beats_of_a_kind: int = 0
    """If not 0: at most so many beats of each symbol in a record are drawn, spread evenly over it."""
    seed: int = 20_260
    format: int = 5
    """Raised whenever the same beats are drawn otherwise, so that old and new pictures never mix."""


@dataclass(frozen=True, slots=True)
class Dataset:
    """Beats of a prepared data set, loaded. Rows of all members correspond."""

    table: pd.DataFrame
    windows: NDArray[np.float32]
    """``[N, STORED_SAMPLES]``, millivolts."""
    pixels: NDArray[np.uint8]
    """``[1 + variants, N, height, width, channels]``; variant 0 is the plain drawing."""
    digest: str
    """SHA-256 over all identities and signals, hexadecimal."""

    def labels(self, classes: Sequence[TrainingClass]) -> NDArray[np.int64]:
        """Index of each beat's class in ``classes``, −1 for beats of none of them. Shape ``[N]``."""
        index = index_of_symbols(classes)
        return self.table["symbol"].map(lambda symbol: index.get(symbol, -1)).to_numpy(dtype=np.int64)


def prepare(
    source: Source,
    records_folder: Path,
    records: Sequence[str],
    out: Path,
    config: PreparationConfig,
    *,
    workers: int,
) -> Iterator[tuple[str, int]]:
    """Draw every beat of ``records`` into ``out``, one shard per record, several records at a time.

    A shard that is already there stays, so a stopped run continues where it was.

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
        waiting = {
            pool.submit(_prepare_record, source.name, records_folder, name, shards, config): name for name in records
        }
        for done in as_completed(waiting):
            yield waiting[done], done.result()
    (out / "complete.json").write_text(json.dumps({"records": list(records)}) + "\n")


def load(
    *folders: Path, variants: int | None = None, progress: Callable[[float], None] = lambda _fraction: None
) -> Dataset:
    """Load one or several complete data sets into memory, one after the other.

    Args:
        variants: how many augmented variants to load; by default as many as every folder has.
        progress: called with the fraction that is loaded, 0 to 1.

    Raises:
        DatasetError: a folder is not a complete prepared data set, or they show different representations.
    """
    configs = [read_config(folder) for folder in folders]
    shapes = {(config.representation, config.height, config.width) for config in configs}
    if len(shapes) > 1:
        raise DatasetError(f"These data sets show different things: {', '.join(map(str, sorted(shapes)))}.")
    wanted = 1 + min(config.augmented_variants for config in configs)
    wanted = wanted if variants is None else min(wanted, 1 + variants)
    paths: list[Path] = []
    digests, tables, windows = [], [], []
    for folder in folders:
        shards = _shards(folder)
        digest = hashlib.sha256()
        for path in shards:
            with np.load(path) as shard:
                tables.append(_table_in(shard))
                windows.append(shard["windows"])
                channels = shard["pixels_0"].shape[-1]
                digest.update(str(shard["digest"]).encode())
        paths += shards
        digests.append(digest.hexdigest())
    table = pd.concat(tables, ignore_index=True)
    # Pixels are gigabytes: filled in place, never held twice.
    pixels = np.empty((wanted, len(table), configs[0].height, configs[0].width, channels), dtype=np.uint8)
    start = 0
    for path, rows in zip(paths, map(len, tables), strict=True):
        with np.load(path) as shard:
            for variant in range(wanted):
                pixels[variant, start : start + rows] = shard[f"pixels_{variant}"]
        start += rows
        progress(start / len(table))
    whole = digests[0] if len(digests) == 1 else hashlib.sha256("".join(digests).encode()).hexdigest()
    return Dataset(table, np.concatenate(windows), pixels, whole)


def read_table(folder: Path) -> pd.DataFrame:
    """Only the identities of a complete data set's beats, see :class:`training.databases.marked.Beats`.

    Raises:
        DatasetError: ``folder`` is not a complete prepared data set.
    """
    tables = []
    for path in _shards(folder):
        with np.load(path) as shard:
            tables.append(_table_in(shard))
    return pd.concat(tables, ignore_index=True)


def find_window(folder: Path, record: str, sample: int) -> NDArray[np.float32] | None:
    """The stored window of one beat's primary lead, ``[STORED_SAMPLES]`` millivolts; None where it is not there."""
    # Shards are called as their database calls the record, without the prefix that keeps records of databases apart.
    path = folder / "shards" / f"{record.rpartition('-')[2]}.npz"
    if not path.is_file():
        return None
    with np.load(path) as shard:
        chosen = (shard["record"] == record) & (shard["sample"] == sample) & shard["primary"]
        window: NDArray[np.float32] | None = shard["windows"][chosen][0] if chosen.any() else None
        return window


def as_stored(table: pd.DataFrame) -> pd.DataFrame:
    """A table of beats or files under the names that its columns have in stored files."""
    return table.rename(columns=_STORED_NAMES)


def as_read(table: pd.DataFrame) -> pd.DataFrame:
    """A stored table under the names that its columns have here."""
    return table.rename(columns={stored: name for name, stored in _STORED_NAMES.items()})


def _table_in(shard: Mapping[str, NDArray[Any]]) -> pd.DataFrame:
    columns = {column: shard.get(_STORED_NAMES.get(column, column)) for column in TABLE_COLUMNS}
    return pd.DataFrame({column: "" if values is None else values for column, values in columns.items()})


def is_complete(folder: Path) -> bool:
    """Whether ``folder`` holds a data set that was prepared to its end."""
    return (folder / "complete.json").is_file()


def _shards(folder: Path) -> list[Path]:
    if not is_complete(folder):
        raise DatasetError(f"{folder} is not a complete prepared data set. Run `python -m training prepare` first.")
    names = json.loads((folder / "complete.json").read_text())["records"]
    return [folder / "shards" / f"{name}.npz" for name in names]


def read_config(folder: Path) -> PreparationConfig:
    """The configuration that a prepared data set was made with.

    Raises:
        DatasetError: there is none.
    """
    path = folder / "config.json"
    if not path.is_file():
        raise DatasetError(f"{folder} is not a complete prepared data set. Run `python -m training prepare` first.")
    settings = json.loads(path.read_text())
    return PreparationConfig(**{_FORMER_SETTINGS.get(name, name): value for name, value in settings.items()})


def beats_digest(beats: Beats) -> str:
    """SHA-256 of the beats' identities and signals, hexadecimal."""
    identities = as_stored(beats.table).drop(columns=list(_LATER_COLUMNS), errors="ignore")
    digest = hashlib.sha256(identities.to_csv(index=False).encode())
    digest.update(np.ascontiguousarray(beats.windows).tobytes())
    return digest.hexdigest()


def save_shard(beats: Beats, pixels: Sequence[NDArray[np.uint8]], path: Path, digest: str = "") -> None:
    """Write one shard; it appears under its name only when it is whole.

    Args:
        digest: what tells the beats from others; by default :func:`beats_digest`.
    """
    stored = as_stored(beats.table[[column for column in TABLE_COLUMNS if column in beats.table]])
    columns = {column: stored[column].to_numpy() for column in stored.columns}
    columns = {name: values.astype(str) if values.dtype == object else values for name, values in columns.items()}
    drawn = {f"pixels_{variant}": picture for variant, picture in enumerate(pixels)}
    partial = path.with_suffix(".partial.npz")
    arrays = {"windows": beats.windows, "digest": np.array(digest or beats_digest(beats))} | columns | drawn
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


def _prepare_record(source: str, records_folder: Path, name: str, shards: Path, config: PreparationConfig) -> int:
    path = shards / f"{name}.npz"
    if path.is_file():
        with np.load(path) as shard:
            return len(shard["sample"])
    recording = SOURCES[source].read(records_folder, name)
    if config.beats_of_a_kind:
        recording = recording.with_at_most(config.beats_of_a_kind)
    representation = REPRESENTATIONS[config.representation]
    pixels = [representation.pictures(recording)]
    for number in range(1, config.augmented_variants + 1):
        variant = Variant(number, generator_of(f"{config.seed}/{name}/{number}"), config.lead_rotation)
        pixels.append(representation.pictures(recording, variant))
    beats = cut_beats(recording)
    save_shard(beats, pixels, path)
    return len(beats.table)
