"""A day of two leads, made by repeating real ones: time and memory, beside wfdb's xqrs on one lead."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import numpy as np
import typer

from benchmarks.recordings import detectors
from benchmarks.recordings.repeated import repeated
from benchmarks.recordings.table import show
from ecg.families.clustering import FamilyGathering
from ecg.faults import UNREADABLE
from ecg.features.stream import beat_blocks
from ecg.peaks.stream import peaks
from ecg.recording import Recording
from ecg.rhythm.measures import measures
from ecg.rhythm.timeline import BeatKind, Timeline
from ecg.rhythm.ventricular_fibrillation import fibrillation_odds, ventricular_fibrillation


def command(
    hours: Annotated[float, typer.Option(help="Length of the recording.", min=0.1)] = 24.0,
    days: Annotated[float, typer.Option(help="Everything once more on a recording of so many days.", min=0.0)] = 0.0,
    others: Annotated[bool, typer.Option("--others", help="Time the other detectors on one lead of it, too.")] = False,
) -> None:
    """Print how long a recording of two leads takes, and how much memory."""
    recording = repeated(hours)
    steps: dict[str, Callable[[], int]] = {
        "R peaks, both leads": lambda: sum(len(block.samples) for block in peaks(recording)),
        "everything, families and measures too": lambda: _whole(recording),
    }
    if others:
        for name, detector in detectors.installed().items():
            steps[f"{name}, R peaks of one lead"] = lambda detector=detector: _one_lead(recording, detector)  # type: ignore[misc]
    rows = [[name, *_measured(step).row()] for name, step in steps.items()]
    columns = ["what", "CPU s", "most memory above rest, MB", "beats"]
    show(f"{hours:g} h of two leads at 360 Hz, in one process", columns, rows)
    if days:
        _compare(hours, 24 * days)


def _compare(hours: float, longer: float) -> None:
    """Print what a longer recording takes beside a shorter one."""
    short, long = (_whole_of(repeated(length)) for length in (hours, longer))
    rows: list[list[object]] = [[f"{hours:g} h", *short.row()], [f"{longer:g} h", *long.row()]]
    ratio = long.megabytes / max(short.megabytes, 1)
    rows.append([f"{longer / hours:.1f} times", f"{long.seconds / short.seconds:.1f}", f"{ratio:.2f}", ""])
    columns = ["recording", "CPU s", "most memory above rest, MB", "beats"]
    show("Everything, on a longer recording", columns, rows)


@dataclass(frozen=True, slots=True)
class _Measured:
    """What a step took."""

    seconds: float
    megabytes: float
    """The most beyond what the process had."""
    beats: int

    def row(self) -> list[object]:
        """As a table shows it."""
        return [f"{self.seconds:.1f}", f"{self.megabytes:.0f}", self.beats]


def _whole_of(recording: Recording) -> _Measured:
    return _measured(lambda: _whole(recording))


def _measured(step: Callable[[], int]) -> _Measured:
    rest = _most_memory(afresh=True)
    started = time.process_time()
    beats = step()
    return _Measured(time.process_time() - started, _most_memory() - rest, beats)


def _whole(recording: Recording) -> int:
    gathering = FamilyGathering()
    samples, readable, waves, odd, atrial = [], [], [], [], []
    for block in beat_blocks(recording):
        gathering.add(block)
        windows = block.windows
        samples.append(windows.samples)
        readable.append(((windows.faults & int(UNREADABLE)) == 0).any(axis=0))
        waves.append(windows.waves)
        odd.append(block.odd)
        atrial.append(block.atrial)
    gathering.finish()
    places = np.concatenate(samples)
    kinds = np.full(len(places), BeatKind.NORMAL.value)
    fibrillation = ventricular_fibrillation(fibrillation_odds(np.concatenate(waves)))
    measures(Timeline(places, kinds, np.concatenate(readable), fibrillation, np.concatenate(odd), np.stack(atrial)))
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
