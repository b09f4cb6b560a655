"""Prepared data sets as the commands find, make and load them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from training.commands.options import CPUS, PREPARED
from training.commands.terminal import console, progress_bar
from training.databases import checksums
from training.databases.marked import RecordsError
from training.datasets import prepared_data
from training.datasets.prepared_data import Dataset
from training.datasets.sources import SOURCES, Source
from training.recipes.provenance import RunConfig


def prepared_folder(source: str, representation: str) -> Path:
    """Where ``prepare`` puts a source's beats."""
    return PREPARED / (source if representation == "trace" else f"{source}-{representation}")


def load_data(folders: Sequence[Path] | None, config: RunConfig | None = None, variants: int | None = None) -> Dataset:
    """The given folders, or those that ``config`` names, as one data set; progress is shown."""
    config = config or RunConfig(name="default")
    named = [prepared_folder(source, config.representation) for source in config.sources]
    with progress_bar() as progress:
        task = progress.add_task("% of the data set loaded", total=100)
        return prepared_data.load(
            *(folders or named),
            variants=variants,
            progress=lambda fraction: progress.update(task, completed=100 * fraction),
        )


def load_plain(folders: Sequence[Path] | None, config: RunConfig) -> Dataset:
    """Plain pictures of the given folders; without any, of those that ``config`` names, drawn now where missing."""
    return load_data(folders or _plain_folders(config), config, variants=0)


def _plain_folders(config: RunConfig) -> list[Path]:
    """The prepared folders of ``config``; where one is missing, its plain pictures are drawn into another now."""
    folders = []
    for name in config.sources:
        folder = prepared_folder(name, config.representation)
        if not prepared_data.is_complete(folder):
            folder = folder.with_name(f"{folder.name}-plain")
            plain = prepared_data.PreparationConfig(representation=config.representation, augmented_variants=0)
            draw(SOURCES[name], SOURCES[name].folder(), folder, plain)
        folders.append(folder)
    return folders


def draw(
    source: Source,
    records_folder: Path,
    out: Path,
    config: prepared_data.PreparationConfig,
    *,
    only: str = "",
    workers: int = CPUS,
) -> None:
    """Draw the beats of a database into ``out``, with progress; what is already there stays.

    Raises:
        RecordsError: the database can't be read, or has no record that ``only`` names.
        DatasetError: ``out`` was prepared with other settings.
    """
    names = source.record_names(records_folder)
    if only:
        chosen = set(only.split(","))
        if unknown := sorted(chosen - set(names)):
            raise RecordsError(f"{records_folder} has no record {', '.join(unknown)}.")
        names = [name for name in names if name in chosen]
    compared = checksums.verify(records_folder, headers=not source.database.headers_vary)
    console.print(
        f"{len(names)} records, {compared} files match their SHA-256"
        if compared
        else f"[yellow]{len(names)} records; {records_folder} has no SHA256SUMS.txt, so nothing could be compared[/]"
    )
    rows = 0
    with progress_bar() as progress:
        task = progress.add_task("records", total=len(names))
        for _, count in prepared_data.prepare(source, records_folder, names, out, config, workers=workers):
            rows += count
            progress.advance(task)
    console.print(f"{rows:,} beat pictures (each beat once per lead) in {out}")
