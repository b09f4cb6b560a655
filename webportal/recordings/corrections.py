"""Answers with what people changed in them, as pages, reports and exports read them."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from functools import lru_cache

from webportal.media.folders import Folder
from webportal.recordings import beats_file
from webportal.recordings.editing import corrected as correcting
from webportal.recordings.editing.corrected import Corrected
from webportal.recordings.editing.edits import Edit, EditKind
from webportal.recordings.editing.families import EditedBeats
from webportal.recordings.models import RecordingAnalysis, RecordingEdit


def edits_of(analysis: RecordingAnalysis) -> list[Edit]:
    """All edits of an answer, in order, those among them that were taken back."""
    return _edits(analysis.pk)


def edited(analysis: RecordingAnalysis) -> EditedBeats:
    """Beats and families of a finished analysis as they are now.

    Raises:
        BeatsFileDamaged, FileNotFoundError: its file is.
    """
    return _edited(*_version(analysis))


def corrected_answer(analysis: RecordingAnalysis) -> Corrected:
    """What is said of the recording now: classes, families, episodes and measures with all edits.

    Raises:
        BeatsFileDamaged, FileNotFoundError: its file is.
    """
    return _corrected(*_version(analysis))


def version_of(analysis: RecordingAnalysis) -> str:
    """Another one whenever an edit comes in."""
    return f"{analysis.pk.hex}-{_number(analysis)}"


def _number(analysis: RecordingAnalysis) -> int:
    return RecordingEdit.objects.filter(analysis=analysis).count()


@dataclass(frozen=True, slots=True)
class _AnswerFile:
    """A file of beats, told from another content of it."""

    folder: Folder = field(compare=False)
    place: str
    """Of the folder; with the name the same for the same file."""
    name: str
    version: str


def _version(analysis: RecordingAnalysis) -> tuple[uuid.UUID, _AnswerFile, int]:
    folder, name = analysis.recording.stored, analysis.beats_file
    return analysis.pk, _AnswerFile(folder, folder.name, name, folder.version(name)), _number(analysis)


def _edits(analysis_id: uuid.UUID) -> list[Edit]:
    rows = RecordingEdit.objects.filter(analysis=analysis_id).order_by("number")
    return [Edit(row.number, EditKind(row.kind), row.payload, row.by_id, row.at) for row in rows]


@lru_cache(maxsize=4)
def _edited(analysis_id: uuid.UUID, file: _AnswerFile, number: int) -> EditedBeats:
    """With the first ``number`` edits: rows are never changed, so the same key is the same beats."""
    return EditedBeats(beats_file.unpack(file.folder.read(file.name)).analysis, _edits(analysis_id)[:number])


@lru_cache(maxsize=4)
def _corrected(analysis_id: uuid.UUID, file: _AnswerFile, number: int) -> Corrected:
    return correcting.corrected(_edited(analysis_id, file, number))
