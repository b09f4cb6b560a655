"""The house's own form of a recording: blocks of whole numbers with exact scales, and a pyramid for viewers.

A folder with four files. ``signal.bin`` holds blocks of ``BLOCK`` samples, in each block one lead after the other;
``pyramid.bin`` the least and greatest values of buckets (:mod:`ecg.pyramid`); ``annotations.json`` the marks;
``recording.json``, written last, everything else and the others' SHA-256. Samples are 16-bit numbers, 32-bit where
the source's don't fit; the least number stands for what was not recorded. Reading a stretch costs what the stretch is
long, and writing holds a block at a time.
"""

from __future__ import annotations

import hashlib
import json
import math
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ecg import pyramid
from ecg.digital import MISSING, Digital, DigitalSignal, Scale, to_millivolts
from ecg.recording import Annotations, Gap, Recording, RecordingWarning, no_annotations
from ecg.recording_errors import RecordingError
from ecg.store_files import MappedFiles, StoreFiles

FORMAT: Final = "beatlens-recording/1"
BLOCK: Final = max(pyramid.FACTORS)
"""Samples of a lead in a block."""

HEADER: Final = "recording.json"
"""Name of the file that is written last: a store that has it is whole."""

_SIGNAL, _PYRAMID, _MARKS = "signal.bin", "pyramid.bin", "annotations.json"
#: Bytes that are read at once where all of a file is.
_STRIDE: Final = 1 << 20
_SMALL: Final = int(np.iinfo(np.int16).max)
_DTYPES: Final[dict[str, np.dtype[Any]]] = {"int16": np.dtype("<i2"), "int32": np.dtype("<i4")}


@dataclass(frozen=True, slots=True)
class Extremes:
    """What a viewer draws: least and greatest millivolts of buckets, ``nan`` where nothing was recorded."""

    begin: int
    """First sample of the first bucket."""
    factor: int
    """Samples in a bucket."""
    low: NDArray[np.float32]
    """``[leads, buckets]``."""
    high: NDArray[np.float32]


class StoreWriter:
    """Writes a store, block by block; a context that closes its files whatever happens.

    Raises:
        FileExistsError: there is a finished one in the folder; it is left as it is.
    """

    def __init__(
        self, folder: Path, *, leads: Sequence[str], scales: Sequence[Scale], rate: float, samples: int
    ) -> None:
        check_free(folder)
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._about: dict[str, Any] = {
            "format": FORMAT,
            "leads": list(leads),
            "rate": rate,
            "samples": samples,
            "scales": [[scale.step, scale.offset] for scale in scales],
        }
        self._samples, self._leads = samples, len(leads)
        self._levels = pyramid.levels(samples, len(leads))
        self._dtype = _DTYPES["int16"]
        self._written = 0
        self._signal = (folder / _SIGNAL).open("w+b")
        self._pyramid = (folder / _PYRAMID).open("w+b")

    def __enter__(self) -> StoreWriter:
        return self

    def __exit__(self, *_: object) -> None:
        self._signal.close()
        self._pyramid.close()

    def add(self, digital: Digital) -> None:
        """The next block, ``[leads, BLOCK]``; only the last one may be shorter."""
        length = digital.shape[1]
        if length != min(BLOCK, self._samples - self._written):
            raise ValueError(f"A block of {length} samples after {self._written} of {self._samples}.")
        recorded = digital != MISSING
        if self._dtype.itemsize == 2 and np.any(np.abs(np.where(recorded, digital, 0), dtype=np.int64) > _SMALL):
            self._widen()
        missing = np.int32(np.iinfo(self._dtype).min)
        self._put(np.where(recorded, digital, missing).astype(self._dtype), self._written)
        self._written += length

    def finish(
        self,
        *,
        start: datetime | None,
        gaps: Sequence[Gap],
        warnings: Sequence[RecordingWarning],
        annotations: Annotations,
        kind: str = "",
    ) -> None:
        """Write what is known only at the end, the header last."""
        if self._written != self._samples:
            raise ValueError(f"{self._written} samples were written of {self._samples}.")
        self._signal.close()
        self._pyramid.close()
        noted = [index for index, note in enumerate(annotations.notes) if note]
        marks = {
            "samples": annotations.samples.tolist(),
            "symbols": annotations.symbols.tolist(),
            "notes": {str(index): str(annotations.notes[index]) for index in noted},
        }
        (self._folder / _MARKS).write_text(json.dumps(marks, ensure_ascii=False), encoding="utf-8")
        about = self._about | {
            "kind": kind,
            "dtype": self._dtype.name,
            "start": start.isoformat() if start else None,
            "gaps": [[gap.begin, gap.end] for gap in gaps],
            "warnings": [asdict(warning) for warning in warnings],
            "digests": {name: _digest_of(MappedFiles(self._folder), name) for name in (_SIGNAL, _PYRAMID, _MARKS)},
        }
        about["digest"] = _digest_of_header(about)
        unfinished = self._folder / f".{HEADER}"
        unfinished.write_text(json.dumps(about, ensure_ascii=False), encoding="utf-8")
        os.replace(unfinished, self._folder / HEADER)

    def _put(self, block: NDArray[Any], begin: int) -> None:
        self._signal.write(block.tobytes())
        wanted = {level.factor: level for level in self._levels}
        for factor, part in pyramid.parts(block, int(np.iinfo(block.dtype).min)):
            if factor in wanted:
                pyramid.write_part(self._pyramid, wanted[factor], begin // factor, part)

    def _widen(self) -> None:
        """Go over to 32 bits: what was written so far is written again, a block at a time."""
        narrow = self._signal
        self._signal = (self._folder / f"{_SIGNAL}.32").open("w+b")
        self._pyramid.truncate(0)
        self._dtype = _DTYPES["int32"]
        narrow.seek(0)
        for begin in range(0, self._written, BLOCK):
            shape = self._leads, min(BLOCK, self._written - begin)
            block = np.frombuffer(narrow.read(2 * math.prod(shape)), "<i2").reshape(shape).astype("<i4")
            block[block == np.iinfo(np.int16).min] = MISSING
            self._put(block, begin)
        narrow.close()
        os.replace(self._folder / f"{_SIGNAL}.32", self._folder / _SIGNAL)


def check_free(folder: Path) -> None:
    """Raise ``FileExistsError`` where a folder has a finished store: none is written over."""
    if (folder / HEADER).exists():
        raise FileExistsError(f"There is a recording in {folder} already.")


@contextmanager
def discarded_on_error(folder: Path) -> Iterator[None]:
    """Leave nothing of a store in a folder when writing it ends with an error, by whichever process."""
    try:
        yield
    except BaseException:
        for name in (HEADER, f".{HEADER}", _SIGNAL, f"{_SIGNAL}.32", _PYRAMID, _MARKS):
            (folder / name).unlink(missing_ok=True)
        raise


def write(recording: Recording, folder: Path, *, kind: str = "") -> None:
    """Write a recording into a folder.

    Samples of a :class:`ecg.digital.DigitalSignal` are kept as they are; others are rounded to 2^-30 of their range.
    """
    signal = recording.signal
    digital = signal if isinstance(signal, DigitalSignal) else _Rounded(recording)
    with StoreWriter(
        folder, leads=recording.leads, scales=digital.scales, rate=recording.rate, samples=recording.samples
    ) as writer:
        for begin in range(0, recording.samples, BLOCK):
            writer.add(digital.read_digital(begin, min(begin + BLOCK, recording.samples)))
        writer.finish(
            start=recording.start,
            gaps=recording.gaps,
            warnings=recording.warnings,
            annotations=recording.annotations,
            kind=kind,
        )


class _Rounded:
    """Millivolts of any signal as whole numbers."""

    def __init__(self, recording: Recording) -> None:
        self._signal = recording.signal
        top = np.zeros(len(recording.leads))
        for begin in range(0, recording.samples, BLOCK):
            block = np.abs(recording.read(begin, begin + BLOCK))
            top = np.maximum(top, np.where(np.isfinite(block), block, 0).max(axis=1))
        self.samples = recording.samples
        self.scales = tuple(Scale(float(value) / 2**30 if value else 1.0) for value in top)

    def read(self, begin: int, end: int) -> NDArray[np.float32]:
        return self._signal.read(begin, end)

    def read_digital(self, begin: int, end: int) -> Digital:
        values = self._signal.read(begin, end).astype(np.float64)
        values /= np.array([[scale.step] for scale in self.scales])
        return np.where(np.isfinite(values), np.rint(values), MISSING).astype(np.int32)


@dataclass(frozen=True, slots=True)
class StoreSignal:
    """The samples of a store; a :class:`ecg.digital.DigitalSignal` that reads what is asked for and no more."""

    files: StoreFiles
    samples: int
    scales: tuple[Scale, ...]
    dtype: np.dtype[Any]

    def read(self, begin: int, end: int) -> NDArray[np.float32]:
        """See :class:`ecg.recording.Signal`."""
        return to_millivolts(self.read_digital(begin, end), self.scales)

    def read_digital(self, begin: int, end: int) -> Digital:
        """See :class:`ecg.digital.DigitalSignal`."""
        result = np.empty((len(self.scales), end - begin), np.int32)
        if begin == end:
            return result
        leads, opening = len(self.scales), begin // BLOCK * BLOCK
        closing = min(-(-end // BLOCK) * BLOCK, self.samples)
        stored = self._read(_SIGNAL, opening * leads, closing * leads)
        for block in range(opening, closing, BLOCK):
            length = min(BLOCK, self.samples - block)
            rows = stored[(block - opening) * leads :][: length * leads].reshape(-1, length)
            first, last = max(begin, block), min(end, block + length)
            result[:, first - begin : last - begin] = rows[:, first - block : last - block]
        return self._with_missing(result)

    def extremes(self, begin: int, end: int, least: int) -> Extremes:
        """Samples ``begin`` to ``end`` in the coarsest buckets of which there are at least ``least``."""
        span = max(1, end - begin)
        coarse = (level.factor for level in reversed(pyramid.levels(self.samples, len(self.scales))))
        factor = next((factor for factor in (*coarse, 4) if span >= least * factor), 1)
        first, rows = self.digital_extremes(begin, end, factor)
        low, high = (to_millivolts(rows[:, :, side], self.scales) for side in (0, 1))
        return Extremes(first, factor, np.fmin(low, high), np.fmax(low, high))  # an inverted lead turns them round

    def digital_extremes(self, begin: int, end: int, factor: int) -> tuple[int, Digital]:
        """Least and greatest digital values of samples ``begin`` to ``end``, in buckets of ``factor`` samples.

        Returns:
            The first bucket's first sample, a multiple of ``factor``, and ``[leads, buckets, 2]``; ``MISSING`` twice
            where nothing of a bucket was recorded.
        """
        levels = pyramid.levels(self.samples, len(self.scales))
        level = next((level for level in levels if level.factor == factor), None)
        first, last = begin // factor, -(-end // factor)
        if level is None:
            digital = self.read_digital(first * factor, min(last * factor, self.samples))
            return first * factor, pyramid.extremes(digital, factor, MISSING).astype(np.int32)
        width = len(self.scales) * 2
        stored = self._read(_PYRAMID, level.offset + first * width, level.offset + last * width)
        buckets = stored.reshape(-1, len(self.scales), 2)
        return first * factor, self._with_missing(buckets.transpose(1, 0, 2).astype(np.int32))

    def _read(self, name: str, begin: int, end: int) -> NDArray[Any]:
        """Numbers ``begin`` to ``end`` of a file."""
        size = self.dtype.itemsize
        return self.files.read(name, begin * size, end * size).view(self.dtype)

    def _with_missing(self, values: Digital) -> Digital:
        if self.dtype.itemsize == 2:
            values[values == np.iinfo(np.int16).min] = MISSING
        return values


@dataclass(frozen=True, slots=True)
class StoredRecording:
    """A recording in the house's own form."""

    files: StoreFiles
    kind: str
    """The format that it came in; empty where it came from none."""
    recording: Recording
    signal: StoreSignal
    digest: str
    """SHA-256 of the header, which has those of the samples and annotations in it."""

    @property
    def bytes(self) -> int:
        """Of its files together."""
        return sum(self.files.size(name) for name in (HEADER, _SIGNAL, _PYRAMID, _MARKS))


def open_store(folder: Path | StoreFiles, *, verify: bool = False) -> StoredRecording:
    """The recording in a folder, its samples unread.

    Args:
        folder: Where :class:`StoreWriter` wrote, or where its files are now.
        verify: Read everything once and compare the digests.

    Raises:
        RecordingError: ``RECORDING_STORE_DAMAGED``.
    """
    files = MappedFiles(folder) if isinstance(folder, Path) else folder
    try:
        about = _json(files, HEADER)
        stored = _of_header(files, about)
        sizes_fit = files.size(_SIGNAL) == (
            stored.signal.samples * len(stored.recording.leads) * stored.signal.dtype.itemsize
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise _damaged(f"The stored recording can't be read: {error}") from error
    if not sizes_fit:
        raise _damaged("The stored samples are not as many as their header says.")
    if verify and any(_digest_of(files, name) != digest for name, digest in about["digests"].items()):
        raise _damaged("The stored samples or annotations are not those that were written.")
    return stored


def _of_header(files: StoreFiles, about: dict[str, Any]) -> StoredRecording:
    if about["format"] != FORMAT:
        raise ValueError(f"format {about['format']!r} is not {FORMAT!r}")
    if about["digest"] != _digest_of_header(about):
        raise ValueError("the header is not the one that was written")
    scales = tuple(Scale(float(step), float(offset)) for step, offset in about["scales"])
    signal = StoreSignal(files, int(about["samples"]), scales, _DTYPES[about["dtype"]])
    recording = Recording(
        tuple(about["leads"]),
        float(about["rate"]),
        signal,
        start=datetime.fromisoformat(about["start"]) if about["start"] else None,
        gaps=tuple(Gap(begin, end) for begin, end in about["gaps"]),
        annotations=_annotations(_json(files, _MARKS)),
        warnings=tuple(RecordingWarning(**warning) for warning in about["warnings"]),
    )
    return StoredRecording(files, about["kind"], recording, signal, about["digest"])


def _annotations(marks: dict[str, Any]) -> Annotations:
    count = len(marks["samples"])
    if not count:
        return no_annotations()
    notes = [""] * count
    for index, note in marks["notes"].items():
        notes[int(index)] = note
    return Annotations(np.array(marks["samples"], np.int64), np.array(marks["symbols"]), np.array(notes))


def _damaged(message: str) -> RecordingError:
    return RecordingError("RECORDING_STORE_DAMAGED", message)


def _json(files: StoreFiles, name: str) -> dict[str, Any]:
    return json.loads(files.read(name, 0, files.size(name)).tobytes())


def _digest_of(files: StoreFiles, name: str) -> str:
    digest = hashlib.sha256()
    for begin in range(0, files.size(name), _STRIDE):
        digest.update(files.read(name, begin, begin + _STRIDE).data)
    return digest.hexdigest()


def _digest_of_header(about: dict[str, Any]) -> str:
    content = {key: value for key, value in about.items() if key != "digest"}
    return hashlib.sha256(json.dumps(content, sort_keys=True, ensure_ascii=False).encode()).hexdigest()
