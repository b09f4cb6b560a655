"""What of one person's recordings is stored, for them to take along."""

from __future__ import annotations

import shutil
import zipfile
from collections.abc import Iterable
from typing import Any

from webportal.accounts.exports import write_rows
from webportal.accounts.models import User
from webportal.recordings.models import Recording, RecordingAnalysis, RecordingEdit

_FACTS = (
    "id", "name", "state", "reason", "created_at", "finished_at", "trashed_at", "shared_at", "files", "answers", "kind",
    "leads", "rate", "samples", "start", "gaps", "lost_seconds", "warnings", "stored_bytes",
)  # fmt: skip
_ANSWERS = (
    "id", "recording", "state", "reason", "created_at", "finished_at", "model_name", "model_version", "beats",
    "summary", "edited_summary",
)  # fmt: skip


def write_recordings(user: User, archive: zipfile.ZipFile) -> None:
    """Write recordings.json, recording-analyses.json, recording-edits.json (what they changed themselves) and, in
    ``recordings/``, the files that were sent and those of the beats. Nothing in it names another person.
    """
    own = Recording.objects.filter(owner=user).order_by("created_at", "id")
    write_rows(archive, "recordings.json", own.values(*_FACTS).iterator(chunk_size=500))
    answers = RecordingAnalysis.objects.filter(owner=user).order_by("created_at", "id")
    write_rows(archive, "recording-analyses.json", answers.values(*_ANSWERS).iterator(chunk_size=500))
    write_rows(archive, "recording-edits.json", _edits(user))
    for recording in own.iterator(chunk_size=500):
        for name in recording.stored.names():
            if name.startswith("sent/") or name.endswith(".beats"):
                _write_file(recording, name, archive)


def _write_file(recording: Recording, name: str, archive: zipfile.ZipFile) -> None:
    target = f"recordings/{recording.pk}/{name.removeprefix('sent/')}"
    with recording.stored.opened(name) as file, archive.open(target, "w", force_zip64=True) as entry:
        shutil.copyfileobj(file, entry)


def _edits(user: User) -> Iterable[dict[str, Any]]:
    edits = RecordingEdit.objects.filter(by=user).order_by("at", "id")
    return map(dict, edits.values("analysis", "number", "at", "kind", "payload").iterator(chunk_size=500))
