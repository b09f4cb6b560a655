"""Where the files of a recording lie on this machine."""

from __future__ import annotations

from pathlib import Path

from django.core.files.storage import default_storage

from webportal.recordings.models import Recording, RecordingAnalysis


def folder_of(recording: Recording) -> Path:
    """The folder of a recording, in a portal whose files are in a folder."""
    return Path(default_storage.path(recording.folder))


def beats_path(analysis: RecordingAnalysis) -> Path:
    """The file of beats of an analysis that has one."""
    return folder_of(analysis.recording) / analysis.beats_file
