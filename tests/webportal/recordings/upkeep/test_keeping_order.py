"""Folders go with their rows, into backups and into what a person takes along; administrators see and mend, no more."""

from __future__ import annotations

import io
import json
import os
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from tests.webportal.recordings.folders import folder_of
from webportal.accounts.exports import write_archive
from webportal.accounts.models import User
from webportal.analyses.upkeep.orphans import GRACE, SUSPICIOUS
from webportal.backups.contents import Writer
from webportal.backups.taking import _add_folder
from webportal.recordings.models import Recording, RecordingAnalysis, RecordingEdit
from webportal.recordings.models.recordings import random_folder
from webportal.recordings.upkeep import orphans

pytestmark = pytest.mark.django_db


def test_folders_without_a_row_are_deleted_once_they_are_old(read_recording: Recording, media: Path) -> None:
    shelf = read_recording.folder.rpartition("/")[0]
    stray = media / shelf / ("f" * 32)
    stray.mkdir()
    assert orphans.collect(shelf) == 0
    long_ago = time.time() - 2 * GRACE
    for folder in (stray, folder_of(read_recording)):
        os.utime(folder, (long_ago, long_ago))
    assert orphans.collect(shelf) == 1
    assert (folder_of(read_recording) / "store").exists()
    assert not stray.exists()


def test_a_database_of_other_files_deletes_nothing(media: Path) -> None:
    shelf = random_folder().rpartition("/")[0]
    long_ago = time.time() - 2 * GRACE
    for number in range(SUSPICIOUS + 1):
        folder = media / shelf / f"{number:032x}"
        folder.mkdir(parents=True)
        os.utime(folder, (long_ago, long_ago))
    assert orphans.collect(shelf) == 0


def test_a_backup_has_all_of_a_recording_but_what_is_being_written(
    analysed: RecordingAnalysis, tmp_path: Path, media: Path
) -> None:
    folder = folder_of(analysed.recording)
    (folder / ".x.beats.part").write_bytes(b"half")
    (folder / "store" / "recording-abc").mkdir()
    (folder / "store" / "recording-abc" / "file-0").write_bytes(b"half")
    count = _add_folder(Writer(tmp_path / "backup"), analysed.recording.folder)
    copied = {
        path.relative_to(tmp_path / "backup" / "media") for path in (tmp_path / "backup").rglob("*") if path.is_file()
    }
    kept = {path.relative_to(media) for path in folder.rglob("*") if path.is_file() and "half" not in str(path)}
    assert copied == {path for path in kept if not path.name.startswith((".", "file-"))}
    assert len(copied) == count == 6
    assert _add_folder(Writer(tmp_path / "backup"), random_folder()) == 0


def test_people_take_their_recordings_along(analysed: RecordingAnalysis, owner: User, other: User) -> None:
    RecordingEdit.objects.create(analysis=analysed, number=1, by=other, kind="rename", payload={"family": 1})
    packed = io.BytesIO()
    write_archive(owner, packed)
    with zipfile.ZipFile(packed) as archive:
        names = set(archive.namelist())
        (row,) = json.loads(archive.read("recordings.json"))
        (answer,) = json.loads(archive.read("recording-analyses.json"))
        assert json.loads(archive.read("recording-edits.json")) == []
    assert (row["id"], answer["beats"]) == (str(analysed.recording_id), analysed.beats)
    assert {f"recordings/{row['id']}/0", f"recordings/{row['id']}/{analysed.beats_file}"} <= names


def test_administrators_queue_what_failed_and_see_no_names(
    keep_recording: Callable[..., Recording], owner: User, staff_client: Client
) -> None:
    read = keep_recording(name="name-zzyzx")
    failed = Recording.objects.create(owner=owner, state="failed", error_id="0123456789ab", finished_at=timezone.now())
    lost = RecordingAnalysis.objects.create(
        recording=read, owner=owner, state="failed", error_id="0123456789ac", finished_at=timezone.now()
    )
    for row in (failed, lost):
        url = reverse(f"admin:recordings_{row._meta.model_name}_changelist")
        assert b"name-zzyzx" not in staff_client.get(url).content
        staff_client.post(url, {"action": "requeue", "_selected_action": [str(row.pk)]})
        row.refresh_from_db()
    assert (failed.state, lost.state) == ("received", "queued")
    page = staff_client.get(reverse("admin:recordings_recording_change", args=[read.pk])).content
    assert b"name-zzyzx" not in page
    assert read.folder.encode() not in page
    url = reverse("admin:recordings_recordinganalysis_changelist")
    RecordingAnalysis.objects.update(state="cancelled", finished_at=timezone.now(), next_attempt_at=None)
    staff_client.post(url, {"action": "ask_again", "_selected_action": [str(lost.pk)]})
    assert sorted(RecordingAnalysis.objects.values_list("state", flat=True)) == ["cancelled", "queued"]
