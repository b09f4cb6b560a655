"""A day of two leads, made by repeating real ones: time and memory, beside wfdb's xqrs on one lead."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import numpy as np
import typer

from benchmarks.recordings import detectors
from benchmarks.recordings.made import Repeated
from benchmarks.recordings.table import show
from ecg.families.clustering import FamilyGathering
from ecg.features.stream import beat_blocks
from ecg.peaks.stream import peaks
from ecg.quality import UNREADABLE
from ecg.recording import Recording
from ecg.rhythm.measures import measures
from ecg.rhythm.timeline import BeatKind, Timeline
from ecg.rhythm.ventricular_fibrillation import ventricular_fibrillation
from training.databases.mitdb import MITDB

#: Records whose half hours are repeated, one after the other: quiet and noisy, regular and not, slow and fast.
_REPEATED = ("100", "105", "119", "200", "203", "213", "223", "231")


def command(
    hours: Annotated[float, typer.Option(help="Length of the recording.", min=0.1)] = 24.0,
    others: Annotated[bool, typer.Option("--others", help="Time the other detectors on one lead of it, too.")] = False,
) -> None:
    """Print how long a recording of two leads takes, and how much memory."""
    recording = _recording(hours)
    steps: dict[str, Callable[[], int]] = {
        "R peaks, both leads": lambda: sum(len(block.samples) for block in peaks(recording)),
        "everything, families and measures too": lambda: _whole(recording),
    }
    if others:
        for name, detector in detectors.installed().items():
            steps[f"{name}, R peaks of one lead"] = lambda detector=detector: _one_lead(recording, detector)  # type: ignore[misc]
    rows = []
    for name, step in steps.items():
        rest = _most_memory(afresh=True)
        started = time.process_time()
        beats = step()
        rows.append([name, f"{time.process_time() - started:.1f}", f"{_most_memory() - rest:.0f}", beats])
    columns = ["what", "CPU s", "most memory above rest, MB", "beats"]
    show(f"{hours:g} h of two leads at 360 Hz, in one process", columns, rows)


def _recording(hours: float) -> Recording:
    entries = {entry.name: entry for entry in MITDB.entries()}
    parts = np.concatenate([MITDB.read(entries[name]).recording.read() for name in _REPEATED], axis=1)
    return Recording(("ECG1", "ECG2"), 360.0, Repeated(parts, round(hours * 3600 * 360)))


def _whole(recording: Recording) -> int:
    gathering = FamilyGathering()
    samples, readable, powers = [], [], []
    for block in beat_blocks(recording):
        gathering.add(block)
        windows = block.windows
        samples.append(windows.samples)
        readable.append(((windows.faults & int(UNREADABLE)) == 0).any(axis=0))
        powers.append(np.stack([windows.flutter_power, windows.qrs_power]))
    gathering.finish()
    places = np.concatenate(samples)
    flutter, qrs = np.concatenate(powers, axis=2)
    kinds = np.full(len(places), BeatKind.NORMAL.value)
    measures(Timeline(places, kinds, np.concatenate(readable), ventricular_fibrillation(flutter, qrs)))
    return len(places)


def _one_lead(recording: Recording, detector: detectors.Detector) -> int:
    return len(detectors.quietly(detector, recording.read()[0].astype(np.float64), recording.rate))


def _most_memory(*, afresh: bool = False) -> float:
    """The most memory that the process held since it was asked ``afresh``, MB (Linux)."""
    if afresh:
        gc.collect()
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return next(int(line.split()[1]) / 1024 for line in status.splitlines() if line.startswith("VmHWM"))
