"""Runs for recordings: a network a division, and what it says of those whom it doesn't know."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from training.datasets.recordings import divisions
from training.datasets.recordings.beat_set import BeatSet, NothingPreparedError, Prepared
from training.learning.recordings.fitting import Fit, fit, logits_of

Logits = dict[str, NDArray[np.float32]]
"""By database and record, ``mitdb/100``: ``[n, classes]``."""


def key(record: Prepared) -> str:
    """What a record is called among all databases."""
    return f"{record.database}/{record.record}"


def run(beats: BeatSet, division: str, settings: Fit, folder: Path, report: Callable[[int, float], None]) -> None:
    """Fit a network of a division, unless that was done, and store what it says.

    Networks of different seeds are the members of an ensemble.

    Raises:
        DivisionError: there is no such division.
    """
    own = folder / division
    answers = own / f"logits-{settings.seed}.npz"
    if answers.is_file():
        return
    model = fit(beats, divisions.trains(beats.records, division), settings, report)
    logits = {
        key(beats.records[place]): logits_of(model, beats, int(place))
        for place in np.flatnonzero(divisions.tests(beats.records, division))
    }
    own.mkdir(parents=True, exist_ok=True)
    model.save(own / f"network-{settings.seed}.keras")
    (own / f"settings-{settings.seed}.json").write_text(json.dumps(asdict(settings), indent=2) + "\n", "utf-8")
    partial = answers.with_suffix(".partial")
    with partial.open("wb") as file:
        np.savez(file, **logits)  # type: ignore[arg-type]
    os.replace(partial, answers)


def networks(folder: Path, division: str) -> list[keras.Model]:
    """The networks of a division.

    Raises:
        NothingPreparedError: none was trained.
    """
    return [keras.saving.load_model(path) for path in _of_members(folder, division, "network-*.keras")]


def settings_of(folder: Path, division: str) -> list[dict[str, Any]]:
    """How the networks of a division were fitted.

    Raises:
        NothingPreparedError: none was trained.
    """
    return [json.loads(path.read_text(encoding="utf-8")) for path in _of_members(folder, division, "settings-*.json")]


def said(folder: Path, named: tuple[str, ...]) -> Logits:
    """What the networks of some divisions said of those whom they don't know, each division's together.

    Raises:
        NothingPreparedError: one of them wasn't trained.
    """
    logits: Logits = {}
    for division in named:
        members = []
        for path in _of_members(folder, division, "logits-*.npz"):
            with np.load(path) as file:
                members.append({name: file[name] for name in file.files})
        logits |= {name: np.mean([member[name] for member in members], axis=0) for name in members[0]}
    return logits


def _of_members(folder: Path, division: str, pattern: str) -> list[Path]:
    paths = sorted((folder / division).glob(pattern))
    if not paths:
        raise NothingPreparedError(
            f"No network of {division} is in {folder}. Run `python -m training recordings train` first."
        )
    return paths
