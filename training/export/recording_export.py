"""What is trained for recordings, to the version of the model that is served."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from itertools import islice
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ecg.features.stream import beat_blocks
from inference_server.models.recording_model import arrays_of
from training.databases.registry import DATABASES
from training.datasets.recordings import divisions
from training.datasets.recordings.beat_set import Prepared, records, stored
from training.datasets.recordings.labelling import CLASSES
from training.export import recording_model
from training.export.exporting import require_version
from training.export.recording_model import Decided
from training.learning.recordings import calibrating, runs
from training.learning.recordings.calibrating import Calibration, Known

#: Keras and onnxruntime are compared on the first block of so many records of each database.
_COMPARED: Final = 4


def export_run(
    data: Path, trained: Path, repository: Path, version: str, folds: Sequence[str] = divisions.FOLDS
) -> Path:
    """Write the network of all people, decided and scored on people whom the folds' networks don't know.

    Args:
        data: The prepared recordings.
        trained: The networks, and what they said.
        repository: Folder of models.
        version: Name of the version.
        folds: Those of :data:`~training.datasets.recordings.divisions.FOLDS` whose people calibrate, decide and score.

    Raises:
        ExportError: that is no version.
        NothingPreparedError: a network wasn't trained.
        RecordingExportError: Keras and onnxruntime don't agree.
        RecordsError: a recording can't be read.
    """
    require_version(version)
    paths = stored(data)
    prepared = records(data, paths)
    said = {name: runs.said(trained, (name,)) for name in folds}
    logits = {name: own for fold in said.values() for name, own in fold.items()}
    calibration = Calibration.of(tuple(prepared), logits)
    scaled = calibration.scaling
    answers = calibration.of_recordings(tuple(prepared), logits)
    thresholds = calibrating.thresholds(tuple(prepared), answers)
    names = sorted({record.database for record in prepared})
    return recording_model.export(
        runs.networks(trained, divisions.ALL_PEOPLE),
        Decided(calibration, thresholds, scores(prepared, said)),
        [arrays for name in names for arrays in compared(name)],
        repository / recording_model.NAME / version,
        facts={
            "temperature": round(scaled.temperature, 4),
            "bias": [round(value, 4) for value in scaled.bias],
            "calibrated_on": list(folds),
            "settings": runs.settings_of(trained, divisions.ALL_PEOPLE),
        },
        licence=" ".join(DATABASES[name].notice for name in names),
        digest=digest(data, paths),
    )


def scores(prepared: Sequence[Prepared], folds: dict[str, runs.Logits]) -> dict[str, float]:
    """Sensitivity and positive predictivity of each class for new people, and how many beats and people tell.

    Calibrated by the other folds' people, counted as thresholds are (:func:`training.learning.recordings.calibrating`).
    """
    logits = {name: np.log(values + 1e-12) for name, values in calibrating.cross_fitted(tuple(prepared), folds).items()}
    known: Known = calibrating.known(tuple(prepared), logits)
    called = known.logits.argmax(axis=1)
    found = {"people-5fold/accuracy": round(float((called == known.truth).mean()), 4)}
    for place, kind in enumerate(CLASSES):
        own, said = known.truth == place, called == place
        right = int((own & said).sum())
        found |= {
            f"people-5fold/{kind.short}/sensitivity": round(right / max(int(own.sum()), 1), 4),
            f"people-5fold/{kind.short}/positive_predictivity": round(right / max(int(said.sum()), 1), 4),
            f"people-5fold/{kind.short}/beats": float(own.sum()),
            f"people-5fold/{kind.short}/people": float(len(np.unique(known.people[own]))),
        }
    return found


def compared(database: str) -> list[dict[str, NDArray[np.float32]]]:
    """Beats of a few recordings of a database, on which Keras and onnxruntime must agree.

    Raises:
        RecordsError: its setting is empty, or a recording can't be read.
    """
    found = []
    for entry in DATABASES[database].entries()[:_COMPARED]:
        recording = DATABASES[database].read(entry).recording
        found += [
            arrays_of(block, recording_model.ARRAYS)
            for block in islice(beat_blocks(recording, range(1)), 1)
            if len(block)
        ]
    return found


def digest(data: Path, paths: Sequence[Path]) -> str:
    """SHA-256 of everything that is prepared."""
    total = hashlib.sha256()
    for path in paths:
        total.update(path.as_posix().encode())
        total.update(hashlib.sha256((data / path).read_bytes()).digest())
    return total.hexdigest()
