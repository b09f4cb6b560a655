"""Tiny WFDB records in the forms that the databases have them in."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ecg.formats.wfdb_annotations import encode
from ecg.leads import STANDARD
from ecg.recording import Annotations
from training.databases.database import Entry

Mark = tuple[int, str, str]
"""Sample, symbol, note."""

GAIN = 1000

TWELVE = STANDARD


def heartbeats(peaks: Iterable[int], samples: int, leads: int, *, rate: float = 500) -> NDArray[np.float64]:
    """``[samples, leads]``, millivolts: a narrow beat at each peak, in each lead of another size."""
    time = np.arange(samples) / rate
    beats = sum((np.exp(-0.5 * ((time - peak / rate) / 0.012) ** 2) for peak in peaks), np.zeros(samples))
    noise = np.random.default_rng(samples).normal(0, 0.004, (samples, leads))
    return beats[:, None] * np.linspace(0.6, 1.4, leads) + noise


def write_record(
    folder: Path,
    name: str,
    signal: NDArray[np.float64],
    leads: Sequence[str],
    rate: float,
    *,
    matlab: bool = False,
    comments: Sequence[str] = (),
    marks: Mapping[str, Sequence[Mark]] | None = None,
    stated_gain: float = GAIN,
) -> Path:
    """Write one record; its header.

    Args:
        signal: ``[samples, leads]``, millivolts.
        matlab: whether samples stand in a MATLAB file, as in PhysioNet's challenges.
        marks: annotations, by the suffix of their file.
        stated_gain: what the header says of the digital units in a millivolt; there are 1000.
    """
    folder.mkdir(parents=True, exist_ok=True)
    digital = np.rint(signal * GAIN).astype("<i2")
    file = f"{name}.{'mat' if matlab else 'dat'}"
    head = struct.pack("<5i", 30, digital.shape[1], digital.shape[0], 0, 4) + b"val\0" if matlab else b""
    (folder / file).write_bytes(head + digital.tobytes())
    form = "16+24" if matlab else "16"
    lines = [f"{name} {len(leads)} {rate:g} {len(signal)}"]
    for column, lead in enumerate(leads):
        total = int(digital[:, column].sum(dtype=np.int64)) & 0xFFFF
        total -= 0x10000 if total >= 0x8000 else 0
        lines.append(f"{file} {form} {stated_gain:g}/mV 16 0 {digital[0, column]} {total} 0 {lead}")
    header = folder / f"{name}.hea"
    header.write_text("\n".join([*lines, *(f"#{comment}" for comment in comments)]) + "\n", encoding="utf-8")
    for suffix, items in (marks or {}).items():
        (folder / f"{name}.{suffix}").write_bytes(encode(as_annotations(items)))
    return header


def as_annotations(marks: Sequence[Mark]) -> Annotations:
    """Marks as annotations."""
    samples, symbols, notes = zip(*marks, strict=True)
    return Annotations(np.array(samples, np.int64), np.array(symbols, np.str_), np.array(notes, np.str_))


def by_name(entries: Iterable[Entry]) -> dict[str, Entry]:
    """Entries by the names of their records."""
    return {entry.name: entry for entry in entries}
