"""What was sent is read once, into the owner's quota, and what can't be read says why."""

from __future__ import annotations

import io
import shutil
import zipfile
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone
from pytest_django.fixtures import Settings

from ecg import store
from ecg.formats import import_recording, wfdb_writer
from ecg.recording import Recording as Signal
from tests.webportal.recordings.conftest import table_of
from tests.webportal.recordings.folders import folder_of
from webportal.accounts import quota
from webportal.accounts.models import User
from webportal.recordings import services
from webportal.recordings.jobs import reading, sweeping
from webportal.recordings.models import Recording, RecordingAnalysis

pytestmark = pytest.mark.django_db(transaction=True)

Send = Callable[..., Recording]


def test_a_table_with_its_rate_is_read_and_the_question_is_put(send: Send, made_recording: Signal, owner: User) -> None:
    row = send({"holter.csv": table_of(made_recording)}, name="night")
    assert row.state == Recording.State.RECEIVED
    assert reading.run(recording_id=row.pk)
    row.refresh_from_db()
    assert (row.state, row.kind, row.leads) == ("read", "CSV", ["II", "V1"])
    assert row.rate == pytest.approx(360, rel=1e-4)
    assert row.seconds == pytest.approx(40, abs=0.1)
    assert len(row.files[0]["sha256"]) == 64
    stored = store.open_store(row.store, verify=True)
    assert row.stored_bytes == row.sent_bytes + stored.bytes == quota.space_of(owner).used
    (analysis,) = RecordingAnalysis.objects.filter(recording=row)
    assert (analysis.state, analysis.owner) == (RecordingAnalysis.State.QUEUED, owner)
    assert not reading.run(recording_id=row.pk)
    assert RecordingAnalysis.objects.count() == 1


def test_names_of_files_are_forgotten_unless_they_are_to_be_stored(send: Send, made_recording: Signal) -> None:
    table = table_of(made_recording)
    forgotten, kept = send({"Doe, Jane.csv": table}), send({"ward/b.csv": table}, keeps_names=True)
    for row in (forgotten, kept):
        reading.run(recording_id=row.pk)
        row.refresh_from_db()
    assert [row.files[0]["name"] for row in (forgotten, kept)] == ["", "ward/b.csv"]


def test_a_table_without_rate_and_unit_asks_and_is_read_with_the_answers(
    send: Send, made_recording: Signal, owner: User
) -> None:
    row = send({"a.csv": table_of(made_recording, rate=False, unit="")})
    reading.run(recording_id=row.pk)
    row.refresh_from_db()
    assert row.state == Recording.State.ASKING
    assert {question["about"] for question in row.questions} == {"rate", "unit"}
    assert services.answer(actor=owner, recording=row, rate=360.0, unit="mV")
    reading.run(recording_id=row.pk)
    row.refresh_from_db()
    assert (row.state, row.rate, row.questions) == ("read", 360.0, [])


def test_a_zip_of_a_wfdb_record_is_read(send: Send, made_recording: Signal, tmp_path: Path) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for path in wfdb_writer.write(made_recording, tmp_path, "100"):
            archive.write(path, f"patient/{path.name}")
    row = send({"100.zip": packed.getvalue()})
    reading.run(recording_id=row.pk)
    row.refresh_from_db()
    assert (row.state, row.kind, row.samples) == ("read", "WFDB", made_recording.samples)


def zipped(name: str, content: bytes) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, content)
    return packed.getvalue()


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"%PDF-1.7 report", "IMAGE_CORRUPT"),
        (b"PK\x03\x04 broken", "RECORDING_DAMAGED"),
        (zipped("inner.zip", zipped("a.csv", b"1,2")), "RECORDING_ARCHIVE_NESTED"),
        (zipped("../../a.csv", b"1,2"), "RECORDING_ARCHIVE_UNSAFE"),
        (b"a 1 360 1000\n/etc/passwd 16 200 16 0 0 0 0 II\n", "RECORDING_FILE_OUTSIDE"),
        (b"a 10000 360 1000\na.dat 16 200 16 0 0 0 0 II\n", "RECORDING_TOO_MANY_LEADS"),
        (b'<!DOCTYPE a [<!ENTITY b "c">]><AnnotatedECG>&b;</AnnotatedECG>', "RECORDING_XML_UNSAFE"),
    ],
)
def test_what_is_no_recording_is_refused_with_a_reason(send: Send, content: bytes, reason: str) -> None:
    row = send({"a.bin": content})
    reading.run(recording_id=row.pk)
    row.refresh_from_db()
    assert (row.state, row.reason) == (Recording.State.REFUSED, reason)
    assert not any((folder_of(row) / "store").glob("*"))


def test_an_account_without_room_for_what_was_read_is_told_so(
    send: Send, made_recording: Signal, owner: User, settings: Settings
) -> None:
    table = table_of(made_recording)
    settings.ACCOUNT_QUOTA_BYTES = len(table) + 1000
    row = send({"a.csv": table})
    reading.run(recording_id=row.pk)
    row.refresh_from_db()
    assert (row.state, row.reason) == (Recording.State.REFUSED, "ACCOUNT_QUOTA_REACHED")
    assert not (folder_of(row) / "store").exists()
    assert quota.space_of(owner).used == len(table)


def test_a_killed_reader_is_missed_and_another_one_reads(send: Send, made_recording: Signal) -> None:
    row = send({"a.csv": table_of(made_recording)})
    claimed = reading.READING.claim(row.pk)
    assert claimed is not None
    assert reading.READING.claim(row.pk) is None
    (folder_of(row) / "store/recording-x").mkdir(parents=True)
    (folder_of(row) / "store/signal.bin").write_bytes(b"half")
    Recording.objects.filter(pk=row.pk).update(lease_expires_at=timezone.now() - timedelta(seconds=1))
    assert sweeping.sweep().expired == 1
    assert not reading.READING.settle(claimed, state="read")
    assert reading.run(recording_id=row.pk)
    row.refresh_from_db()
    assert (row.state, row.failures) == ("read", 1)
    assert not any(path.name.startswith("recording-") for path in (folder_of(row) / "store").iterdir())


def test_what_a_killed_reader_had_finished_is_taken_as_it_is(
    send: Send, made_recording: Signal, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = send({"a.csv": table_of(made_recording)})
    store.write(made_recording, folder_of(row) / "store", kind="CSV")
    monkeypatch.setattr(reading, "import_recording", None)
    reading.run(recording_id=row.pk)
    row.refresh_from_db()
    assert (row.state, row.samples) == ("read", made_recording.samples)


def test_nothing_stays_of_what_is_deleted_while_it_is_read(
    send: Send, made_recording: Signal, owner: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = send({"a.csv": table_of(made_recording)})

    def delete_meanwhile(*arguments: Any) -> object:
        stored = import_recording(*arguments)
        Recording.objects.filter(pk=row.pk).delete()
        return stored

    monkeypatch.setattr(reading, "import_recording", delete_meanwhile)
    reading.run(recording_id=row.pk)
    assert not folder_of(row).exists()
    assert quota.space_of(owner).used == 0


def test_a_full_disk_is_waited_for(
    send: Send, made_recording: Signal, monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    row = send({"a.csv": table_of(made_recording)})
    with monkeypatch.context() as patch:
        patch.setattr(shutil, "rmtree", None)
        settings.DISK_RESERVE_BYTES = 2**60
        patch.setattr("webportal.disk._LARGEST_RESERVE", 1.0)
        reading.run(recording_id=row.pk)
    row.refresh_from_db()
    assert (row.state, row.reason, row.failures) == (Recording.State.RECEIVED, "STORAGE_FULL", 0)
