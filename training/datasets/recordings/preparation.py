"""Recordings to stored arrays of their detected beats: a file a record, so that a stopped run goes on where it was."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path
from string import digits
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ecg.beats import SAMPLING_RATE
from ecg.classes import NORMAL
from ecg.families.clustering import FamilyGathering
from ecg.features.stream import BeatBlock, beat_blocks
from ecg.recording import Recording
from ecg.rhythm.ventricular_fibrillation import fibrillation_odds, ventricular_fibrillation
from training.databases.database import Database, DatabaseRecord, Entry, RecordsError, Truth
from training.databases.labels import Label
from training.databases.marked import MarkedRecording, generator_of, whole_records
from training.databases.marked.resampling import resampled
from training.databases.registry import DATABASES
from training.datasets.recordings import labelling
from training.synthetic import rhythm_edits
from training.synthetic.bundle_branch_block import BLOCKS, block


class NoBeatsError(RecordsError):
    """No beat is found in a recording."""


#: A sample of a stored strip is the mean of so many.
STRIP_STEP: Final = 4

#: How often each recording's rhythm is edited, and how.
_EDITS: Final = {"early": 2, "runs": 3, "irregular": 1}

#: Where normal beats are marked as such, some are changed to those of a right bundle branch block that comes and goes.
_SIMULATED_BLOCKS: Final = {"mitdb": {"right0": BLOCKS["right"]}}

#: Databases whose beats are learnt or asked about. VFDB marks no beats, and says of none what it is.
NAMES: Final = ("mitdb", "qtdb", "ptbxl", "cpsc2018", "ludb", "ecgiddb", "aftdb", "challenge2017")

#: Databases that state bundle branch blocks of records as a whole.
_TELL_BLOCKS: Final = ("ptbxl", "cpsc2018", "ludb")

#: Databases whose recordings are edited: every beat is marked.
_EDITED: Final = ("mitdb", "qtdb")


@dataclass(frozen=True, slots=True)
class Task:
    """A record to prepare, or an edit of it."""

    entry: Entry
    edit: str = ""
    """E.g. ``early0``; empty for the record as it is."""

    @property
    def path(self) -> Path:
        """Where it is stored, below the folder of all."""
        name = self.entry.name.replace("/", ".")
        return Path(self.entry.database, f"{name}.{self.edit}.npz" if self.edit else f"{name}.npz")


def tasks(databases: list[Database]) -> list[Task]:
    """Everything that there is to prepare.

    Raises:
        RecordsError: a folder is missing or no copy of its database.
    """
    wanted = []
    for database in databases:
        entries = database.entries()
        wanted += [Task(entry) for entry in entries]
        if database.name in _EDITED:
            edits = [f"{edit}{number}" for edit, times in _EDITS.items() for number in range(times)]
            edits += list(_SIMULATED_BLOCKS.get(database.name, ()))
            wanted += [Task(entry, edit) for entry in entries for edit in edits]
    return wanted


def prepare(task: Task, folder: Path) -> bool:
    """Store one record; False where it was stored before.

    Raises:
        NoBeatsError: none is found in it.
        RecordsError: its files are missing or damaged.
    """
    path = folder / task.path
    if path.is_file():
        return False
    arrays, facts = _edited(task) if task.edit else _as_it_is(task.entry)
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(path.name + ".partial")
    with partial.open("wb") as file:
        np.savez(file, facts=np.array(json.dumps(facts)), **arrays)  # type: ignore[arg-type]
    os.replace(partial, path)
    return True


Arrays = dict[str, NDArray[Any]]


def _as_it_is(entry: Entry) -> tuple[Arrays, dict[str, Any]]:
    database = DATABASES[entry.database]
    stored = database.read(entry)
    blocks = list(beat_blocks(stored.recording))
    if not any(map(len, blocks)):
        raise NoBeatsError(f"No beat is found in {entry.name} of the {database.title}.")
    arrays = _arrays(blocks)
    symbols, allowed = _labels(stored, database, arrays)
    gathering = FamilyGathering()
    for own in blocks:
        gathering.add(own)
    arrays["families"] = gathering.finish().of_beat
    waves = np.concatenate([block.windows.waves for block in blocks])
    arrays["fibrillation"] = ventricular_fibrillation(fibrillation_odds(waves[: int(stored.recording.seconds)]))
    return arrays | {"symbols": symbols, "allowed": allowed}, _facts(entry, stored.recording, "")


def _facts(entry: Entry, recording: Recording, edit: str) -> dict[str, Any]:
    return {
        "database": entry.database,
        "record": entry.name,
        "person": entry.person,
        "group": entry.group,
        "edit": edit,
        "labels": sorted(entry.labels),
        "leads": list(recording.leads),
        "rate": recording.rate,
        "samples": recording.samples,
    }


def _arrays(blocks: list[BeatBlock]) -> Arrays:
    """What the network reads of all beats, and where they are."""
    beats = [beat for block in blocks for beat in block.beats()]
    strips = np.stack([beat.strip for beat in beats])
    return {
        "windows": np.stack([beat.windows for beat in beats]).astype(np.float16),
        "difference": np.stack([beat.difference for beat in beats]).astype(np.float16),
        "strip": strips.reshape(*strips.shape[:2], -1, STRIP_STEP).mean(axis=3).astype(np.float16),
        "intervals": np.concatenate([block.intervals for block in blocks]),
        "features": np.concatenate([block.features for block in blocks]),
        "arrival": np.concatenate([block.arrival for block in blocks]),
        "conduction": np.concatenate([block.conduction for block in blocks]),
        "samples": np.concatenate([block.windows.samples for block in blocks]),
        "source_samples": np.concatenate([block.source_samples for block in blocks]),
    }


def _labels(stored: DatabaseRecord, database: Database, arrays: Arrays) -> tuple[NDArray[np.str_], NDArray[np.uint8]]:
    """Annotation code of each detected beat, and which classes it may have."""
    samples, rate = arrays["source_samples"], stored.recording.rate
    if stored.beats is not None:
        places = labelling.matched(stored.beats.samples, samples, rate)
        symbols = np.where(places >= 0, stored.beats.symbols[places], labelling.INVENTED)
        allowed = labelling.of_kinds(stored.beats.kinds[places])
        return symbols, np.where(places >= 0, allowed, labelling.NO_BEAT).astype(np.uint8)
    tells_blocks = database.name in _TELL_BLOCKS
    allowed = labelling.of_record(stored.labels, arrays["features"], tells_blocks=tells_blocks)
    symbols = np.full(len(samples), "", dtype="<U1")
    if database.truth in (Truth.RECORDS, Truth.NOTHING) and len(stored.recording.leads) > 2:
        marked = _marked_as_a_whole(database, stored.entry)
        places = labelling.matched(marked.samples, arrays["samples"], SAMPLING_RATE)
        symbols = np.where(places >= 0, marked.symbols[places], "") if len(marked.samples) else symbols
        certain = symbols != ""
        allowed[certain] = labelling.of_symbols(symbols[certain])
    return symbols, allowed


def _marked_as_a_whole(database: Database, entry: Entry) -> MarkedRecording:
    folder = next(folder for folder in database.folders() if folder in entry.header.parents)
    return whole_records.read_recording(database, folder, entry.name.replace("/", "."))


def _edited(task: Task) -> tuple[Arrays, dict[str, Any]]:
    """A recording with another rhythm, or a block that comes and goes; the edited beats alone are stored."""
    recording = _marked(DATABASES[task.entry.database].read(task.entry))
    generator = generator_of(f"{task.edit}-{task.entry.database}-{task.entry.name}")
    simulated = _SIMULATED_BLOCKS.get(task.entry.database, {}).get(task.edit)
    if simulated is not None:
        edited = block(recording, generator, *simulated)
    else:
        edited = rhythm_edits.EDITS[task.edit.rstrip(digits)](recording, generator)
    changed = Recording.of_array(edited.signal.T, leads=edited.leads, rate=float(SAMPLING_RATE))
    arrays = _arrays(list(beat_blocks(changed)))
    places = labelling.matched(edited.samples, arrays["samples"], changed.rate)
    kept = places >= 0
    arrays = {name: values[kept] for name, values in arrays.items()}
    symbols = edited.symbols[places[kept]]
    allowed = labelling.of_symbols(symbols)
    if Label.CONDUCTED in task.entry.labels:
        allowed[symbols == NORMAL.symbol] = labelling.CONDUCTED
    nothing: Arrays = {"families": np.zeros(len(allowed), np.int16), "fibrillation": np.empty((0, 2), np.int64)}
    arrays |= {"symbols": symbols, "allowed": allowed} | nothing
    return arrays, _facts(task.entry, changed, task.edit)


def _marked(stored: DatabaseRecord) -> MarkedRecording:
    """A recording of which every beat is marked, at 360 Hz."""
    beats = stored.beats
    if beats is None:
        raise RecordsError(f"Not every beat of {stored.name} is marked.")
    recording = stored.recording
    signal = resampled(recording, recording.leads)
    samples = np.rint(beats.samples * (SAMPLING_RATE / recording.rate)).astype(np.int64)
    return MarkedRecording(
        name=stored.name,
        patient=stored.person,
        leads=recording.leads,
        primary=0,
        signal=signal,
        samples=np.clip(samples, 0, len(signal) - 1),
        symbols=beats.symbols,
    )
