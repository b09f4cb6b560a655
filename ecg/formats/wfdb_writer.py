"""Writes recordings and annotations as WFDB records, for other programs to read."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ecg.digital import MISSING, Digital, DigitalSignal, Scale
from ecg.formats import wfdb_annotations
from ecg.recording import Annotations, Recording

_BLOCK: Final = 1 << 16
#: Signal formats by the largest value that they hold, the least being the code for a missing sample.
_FORMATS: Final = ((16, (1 << 15) - 1), (24, (1 << 23) - 1), (32, (1 << 31) - 1))
_FLOAT_STEP: Final = 0.001
"""Millivolts of a digital unit where the recording has none of its own: a microvolt."""


def write(
    recording: Recording, folder: Path, name: str, annotations: Mapping[str, Annotations] | None = None
) -> tuple[Path, ...]:
    """Write ``name.hea``, ``name.dat`` and an annotation file for each annotator, a block at a time.

    Samples keep the resolution of their source; the baseline is rounded to a whole number, by which values may move
    half a digital unit.

    Args:
        recording: What to write.
        folder: Where; it exists.
        name: The record's name: letters, digits, ``-`` and ``_``.
        annotations: By annotator, e.g. ``{"atr": …}``; without, the recording's own as ``atr`` if it has any.

    Returns:
        The files written, the header first.

    Raises:
        ValueError: the name is none that WFDB allows, or an annotation has no code.
    """
    if not re.fullmatch(r"[\w\-]{1,60}", name, re.ASCII):
        raise ValueError(f"{name!r} is no name of a record.")
    signal = _digital(recording)
    form = _format(signal)
    lines, sums = folder / f"{name}.hea", np.zeros(len(recording.leads), np.int64)
    first: NDArray[np.int64] | None = None
    with (folder / f"{name}.dat").open("wb") as file:
        for begin in range(0, recording.samples, _BLOCK):
            block = _upright(signal, signal.read_digital(begin, min(begin + _BLOCK, recording.samples)))
            stored = np.where(block == MISSING, -(1 << (form - 1)), block).astype(np.int64)
            first = stored[:, 0] if first is None else first
            sums += stored.sum(axis=1)
            file.write(_packed(stored.T, form))
    rows = zip(recording.leads, signal.scales, sums, first if first is not None else sums, strict=True)
    signals = [
        f"{name}.dat {form} {_gain(scale)} {form} 0 {start} {int(total) & 0xFFFF} 0 {lead}"
        for lead, scale, total, start in rows
    ]
    lines.write_text("\n".join([_record_line(recording, name), *signals]) + "\n", encoding="utf-8")
    written = [lines, folder / f"{name}.dat"]
    own = {"atr": recording.annotations} if len(recording.annotations.samples) else {}
    for annotator, marks in (annotations if annotations is not None else own).items():
        written.append(write_annotations(marks, folder / f"{name}.{annotator}"))
    return tuple(written)


def write_annotations(annotations: Annotations, path: Path) -> Path:
    """Write annotations in MIT format; see :func:`ecg.formats.wfdb_annotations.encode`."""
    path.write_bytes(wfdb_annotations.encode(annotations))
    return path


def _record_line(recording: Recording, name: str) -> str:
    line = f"{name} {len(recording.leads)} {recording.rate:.12g} {recording.samples}"
    if recording.start is None:
        return line
    return f"{line} {recording.start:%H:%M:%S}.{recording.start.microsecond // 1000:03d} {recording.start:%d/%m/%Y}"


def _gain(scale: Scale) -> str:
    """Gain and baseline of a lead that stands upright."""
    return f"{1 / abs(scale.step):.12g}({round(-scale.offset / abs(scale.step))})/mV"


def _upright(signal: DigitalSignal, block: Digital) -> Digital:
    """Leads of a negative step turned round: WFDB's gains are positive."""
    signs = np.array([[-1 if scale.step < 0 else 1] for scale in signal.scales], np.int32)
    return np.where(block == MISSING, MISSING, block * signs)


def _format(signal: DigitalSignal) -> int:
    largest = 0
    for begin in range(0, signal.samples, _BLOCK):
        block = signal.read_digital(begin, min(begin + _BLOCK, signal.samples)).astype(np.int64)
        present = np.abs(block[block != MISSING])
        largest = max(largest, int(present.max()) if present.size else 0)
    return next(form for form, most in _FORMATS if largest <= most)


def _packed(frames: NDArray[np.int64], form: int) -> bytes:
    if form == 24:
        return np.ascontiguousarray(frames, "<i4").view(np.uint8).reshape(-1, 4)[:, :3].tobytes()
    return frames.astype(f"<i{form // 8}").tobytes()


def _digital(recording: Recording) -> DigitalSignal:
    if isinstance(recording.signal, DigitalSignal):
        return recording.signal
    return _Microvolts(recording)


class _Microvolts:
    """Any signal in whole microvolts."""

    def __init__(self, recording: Recording) -> None:
        self._recording = recording
        self.samples = recording.samples
        self.scales = tuple(Scale(_FLOAT_STEP) for _ in recording.leads)

    def read(self, begin: int, end: int) -> NDArray[np.float32]:
        return self._recording.signal.read(begin, end)

    def read_digital(self, begin: int, end: int) -> Digital:
        values: NDArray[Any] = self.read(begin, end).astype(np.float64) / _FLOAT_STEP
        return np.where(np.isfinite(values), np.rint(values), MISSING).astype(np.int32)
