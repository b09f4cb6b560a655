"""Opening a recording directly, and taking in a stranger's in a process that may die."""

from __future__ import annotations

import dataclasses
import logging
import os
import shutil
import tempfile
import uuid
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any, Final

from ecg import confinement
from ecg.digital import DigitalSignal
from ecg.formats import archives, limits
from ecg.formats.answers import Answers
from ecg.formats.assembly import assemble
from ecg.formats.files import Content, InputFile, files_of
from ecg.formats.inspection import Inspector
from ecg.formats.signals import FrameSignal
from ecg.formats.sniffing import Kind, recognise
from ecg.formats.source import Source
from ecg.recording import Recording, RecordingWarning
from ecg.recording_errors import Question, RecordingError, RecordingQuestion
from ecg.store import BLOCK, StoredRecording, StoreWriter, check_free, discarded_on_error, open_store

_log = logging.getLogger(__name__)

#: Each reads files into a source; loaded when first needed, since some bring large libraries.
_READERS: Final = {
    Kind.WFDB: "wfdb_records",
    Kind.EDF: "edf",
    Kind.BDF: "edf",
    Kind.TABLE: "tables",
    Kind.APPLE: "tables",
    Kind.JSON: "json_tables",
    Kind.DICOM: "dicom",
    Kind.SCP: "scp",
    Kind.AECG: "aecg",
    Kind.ISHNE: "ishne",
    Kind.MUSE: "muse",
    Kind.PHILIPS: "philips",
    Kind.KARDIA: "kardia",
}

#: Two weeks of three leads take about a minute, as a table of text ten.
IMPORT_LIMITS: Final = confinement.Limits(
    cpu_seconds=900.0,
    wall_seconds=1200.0,
    memory_bytes=1024 * 1024**2,
    file_bytes=2 * limits.MAX_BYTES,
    open_files=64,
)


def open_recording(paths: Mapping[str, Content] | Iterable[Path] | Path, answers: Answers | None = None) -> Recording:
    """The recording in some files, for files that can be trusted: it is read in this process, a stretch at a time.

    Args:
        paths: The file, or all files of one record; or contents by name.
        answers: What the file leaves out.

    Raises:
        RecordingQuestion: the file leaves out more.
        RecordingError: it is refused.
    """
    return _open(_named(paths), answers or Answers(), None)[1]


def import_recording(
    paths: Mapping[str, Content] | Iterable[Path] | Path,
    target_folder: Path,
    answers: Answers | None = None,
    *,
    limits: confinement.Limits = IMPORT_LIMITS,
) -> StoredRecording:
    """The recording in a stranger's files, brought into the house's own form in ``target_folder``.

    It is read in a process of its own within ``limits``, which sees only what was sent, under names of ours.

    Raises:
        RecordingQuestion: the file leaves something out.
        RecordingError: it is refused; ``RECORDING_TOO_COSTLY`` beyond the limits, ``RECORDING_UNREADABLE`` when its
            reader failed.
        FileExistsError: there is a recording in the folder already.
    """
    check_free(target_folder)
    contents = _named(paths)
    files_of(contents)  # refuse what is too much before anything is copied
    target_folder.mkdir(parents=True, exist_ok=True)
    with (
        discarded_on_error(target_folder),
        tempfile.TemporaryDirectory(prefix="recording-", dir=target_folder) as private,
    ):
        staged = _staged(contents, Path(private))
        answer = _confined(
            _import, staged, private, str(target_folder), dataclasses.astuple(answers or Answers()), limits
        )
        if answer["error"]:
            raise _error(answer["error"])
    return open_store(target_folder)


def _confined(function: Callable[..., Any], *arguments: Any) -> Any:
    *parameters, bounds = arguments
    try:
        return confinement.run(function, *parameters, limits=bounds)
    except (confinement.TookTooLong, confinement.TookTooMuchMemory) as error:
        raise RecordingError("RECORDING_TOO_COSTLY", "Reading the recording takes more than is allowed.") from error
    except confinement.NoTurn as error:
        raise RecordingError("RECORDING_BUSY", "Too many recordings are being read; try again later.") from error
    except confinement.ConfinementError as error:
        error_id = uuid.uuid4().hex[:12]
        _log.error("Reading a recording failed, error id %s: %s", error_id, error)
        message = f"The recording can't be read; its file may be damaged. Error id {error_id}."
        raise RecordingError("RECORDING_UNREADABLE", message) from error


def _named(paths: Mapping[str, Content] | Iterable[Path] | Path) -> dict[str, Content]:
    if isinstance(paths, Mapping):
        return dict(paths)
    several = [paths] if isinstance(paths, Path) else list(paths)
    often = Counter(path.name for path in several)
    return {path.name if often[path.name] == 1 else str(path): path for path in several}


def _staged(contents: Mapping[str, Content], folder: Path) -> list[tuple[str, str]]:
    """The files under numbers in a private folder: each one's own name and its path."""
    result = []
    for number, (name, content) in enumerate(contents.items()):
        target = folder / f"file-{number}"
        if isinstance(content, Path):
            try:
                os.link(content, target)
            except OSError:  # on another device, or not ours
                shutil.copyfile(content, target)
        else:
            target.write_bytes(content)
        result.append((name, str(target)))
    return result


def _import(staged: Sequence[tuple[str, str]], private: str, target: str, answers: tuple[Any, ...]) -> dict[str, Any]:
    """What happens in the other process; errors travel as plain data."""
    try:
        contents: dict[str, Content] = {name: Path(path) for name, path in staged}
        kind, recording, unfinished = _assembled(contents, Answers(*answers), Path(private))
        _write(kind, recording, unfinished, Path(target))
    except RecordingQuestion as question:
        return {"error": {"questions": [dataclasses.astuple(item) for item in question.questions]}}
    except RecordingError as error:
        return {"error": {"reason": error.reason, "message": error.message}}
    return {"error": None}


def _error(plain: dict[str, Any]) -> RecordingError:
    if "questions" in plain:
        return RecordingQuestion(tuple(Question(*item) for item in plain["questions"]))
    return RecordingError(plain["reason"], plain["message"])


def _open(contents: Mapping[str, Content], answers: Answers, folder: Path | None) -> tuple[Kind, Recording]:
    kind, recording, inspector = _assembled(contents, answers, folder)
    for begin in range(0, recording.samples, BLOCK):
        inspector.add(_digital(recording).read_digital(begin, min(begin + BLOCK, recording.samples)))
    gaps, warnings = inspector.finish()
    return kind, dataclasses.replace(recording, gaps=gaps, warnings=(*recording.warnings, *warnings))


def _assembled(
    contents: Mapping[str, Content], answers: Answers, folder: Path | None
) -> tuple[Kind, Recording, Inspector]:
    """The recording before its samples have been looked at, and what will look at them."""
    files = files_of(contents)
    if len(files) == 1 and archives.is_zip(files[0].read(0, 8)):
        files = _unpacked(files[0], folder)
    kind, files, left_out = _sorted(files)
    source = _read(kind, files)
    if left_out:
        source.warn(
            "RECORDING_FILES_LEFT_OUT", f"{left_out} of the files are no part of the recording and were not read."
        )
    recording = assemble(source, answers)
    assert isinstance(recording.signal, FrameSignal)  # noqa: S101 - what assemble makes
    signal = recording.signal
    return kind, recording, Inspector(recording.leads, signal.scales, recording.rate, signal.limits)


def _sorted(files: list[InputFile]) -> tuple[Kind, list[InputFile], int]:
    kind, used = recognise(files)
    return kind, used, len(files) - len(used)


def _unpacked(archive: InputFile, folder: Path | None) -> list[InputFile]:
    if folder is not None:
        return archives.unpack(archive, folder)
    with tempfile.TemporaryDirectory(prefix="recording-") as private:
        files = archives.unpack(archive, Path(private))
        return [InputFile(file.name, file.read()) for file in files]


def _read(kind: Kind, files: list[InputFile]) -> Source:
    reader = import_module(f"ecg.formats.{_READERS[kind]}")
    source: Source = reader.read(files)
    return source


def _write(kind: Kind, recording: Recording, inspector: Inspector, target: Path) -> None:
    """Into the store, looking at the samples as they pass."""
    signal = _digital(recording)
    with StoreWriter(
        target, leads=recording.leads, scales=signal.scales, rate=recording.rate, samples=recording.samples
    ) as writer:
        for begin in range(0, recording.samples, BLOCK):
            block = signal.read_digital(begin, min(begin + BLOCK, recording.samples))
            inspector.add(block)
            writer.add(block)
        gaps, warnings = inspector.finish()
        known: tuple[RecordingWarning, ...] = (*recording.warnings, *warnings)
        marks = recording.annotations
        writer.finish(start=recording.start, gaps=gaps, warnings=known, annotations=marks, kind=kind.value)


def _digital(recording: Recording) -> DigitalSignal:
    assert isinstance(recording.signal, DigitalSignal)  # noqa: S101 - what assemble makes
    return recording.signal
