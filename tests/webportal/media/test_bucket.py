"""People's files in a bucket: pictures, and recordings whose pieces come by any process."""

from __future__ import annotations

import io
import threading
import uuid
import zipfile
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from botocore.config import Config
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.test import Client
from django.urls import reverse
from pytest_django.fixtures import Settings

from ecg import store as stores
from ecg.recording import Recording as Signal
from tests.webportal.conftest import FarSide
from tests.webportal.media.conftest import keep_in
from tests.webportal.recordings.conftest import made_recording, table_of  # noqa: F401 - a fixture
from webportal import disk, health
from webportal.accounts.exports import write_archive
from webportal.accounts.models import User
from webportal.analyses.intake.uploads import create_upload
from webportal.analyses.jobs import running
from webportal.analyses.models import Analysis
from webportal.analyses.upkeep import orphans as pictures_orphans
from webportal.backups.contents import Writer
from webportal.backups.errors import BackupError
from webportal.backups.places import media_folder
from webportal.backups.taking import _add_folder
from webportal.media.failures import StorageFailed, StorageUnavailable
from webportal.media.folders import Misplaced, TooMuch, folder
from webportal.recordings.intake import receiving
from webportal.recordings.jobs import reading
from webportal.recordings.models import Recording
from webportal.recordings.models.recordings import STORE
from webportal.recordings.upkeep import orphans

pytestmark = pytest.mark.django_db(transaction=True)


def keys(bucket: Any) -> list[str]:
    return sorted(one.key for one in bucket.objects.all())


def test_a_picture_lies_in_the_bucket_and_goes_with_its_row(
    bucket: Any, far_side: FarSide, owner: User, owner_client: Client, png: bytes
) -> None:
    analysis = create_upload(owner=owner, data=png, keep_original=True)
    running.run(analysis_id=analysis.pk, timeout=5)
    analysis.refresh_from_db()
    assert analysis.state == Analysis.State.DONE
    assert [key.partition("/")[0] for key in keys(bucket)] == ["originals", "pictures", "thumbnails"]
    page = owner_client.get(reverse("analyses:original", args=[analysis.upload_id]))
    assert b"".join(page.streaming_content) == png  # type: ignore[attr-defined]
    with pytest.raises(ValueError, match="no address"):
        _ = analysis.upload.picture.url
    assert pictures_orphans.look(grace=0).orphans == ()
    default_storage.save("pictures/00/stray.png", ContentFile(b"stray"))
    assert pictures_orphans.look(grace=0).orphans == ("pictures/00/stray.png",)
    analysis.upload.delete()
    assert keys(bucket) == ["pictures/00/stray.png"]


def send(owner: User, content: bytes, piece: int) -> Recording:
    announced = [receiving.Announced("a.csv", len(content))]
    row = receiving.announce(owner=owner, recording_id=uuid.uuid4(), files=announced)
    for begin in range(0, len(content), piece):
        receiving.receive(recording=row, number=0, offset=begin, piece=content[begin : begin + piece])
    row.refresh_from_db()
    return row


def test_a_recording_is_sent_read_looked_at_taken_along_and_deleted(
    bucket: Any,
    far_side: FarSide,
    owner: User,
    owner_client: Client,
    made_recording: Signal,  # noqa: F811 - the fixture
    tmp_path: Path,
) -> None:
    content = table_of(made_recording)
    row = send(owner, content, piece=len(content) // 3 + 1)
    assert row.state == Recording.State.RECEIVED
    assert len(keys(bucket)) == 3
    reading.run(recording_id=row.pk)
    row.refresh_from_db()
    assert row.state == Recording.State.READ
    inside = ["sent/0", "store/annotations.json", "store/pyramid.bin", "store/recording.json", "store/signal.bin"]
    assert row.stored.names() == inside
    assert row.stored.read("sent/0") == content
    stored = stores.open_store(row.store, verify=True)
    with row.stored.on_disk("store/signal.bin") as signal, row.stored.on_disk("store/pyramid.bin") as pyramid:
        assert (signal.stat().st_size, pyramid.stat().st_size) == (
            row.stored.size("store/signal.bin"),
            row.stored.size("store/pyramid.bin"),
        )
    np.testing.assert_allclose(
        stored.recording.read(1000, 3000), made_recording.read(1000, 3000), atol=1e-4, equal_nan=True
    )
    tile = owner_client.get(reverse("recordings:signal", args=[row.pk, 4, 0]))
    assert tile.status_code == 200
    assert _add_folder(Writer(tmp_path / "backup"), row.folder) == len(inside)
    packed = io.BytesIO()
    write_archive(owner, packed)
    with zipfile.ZipFile(packed) as archive:
        assert archive.read(f"recordings/{row.pk}/0") == content
    row.delete()
    assert keys(bucket) == []


def test_pieces_go_on_wherever_they_end_and_twice_is_once(bucket: Any) -> None:
    stored = folder("recordings/ab/abc")
    assert stored.arrived("sent/1") == 0
    assert stored.append("sent/1", 0, b"0123", 10) == 4
    with pytest.raises(Misplaced) as misplaced:
        stored.append("sent/1", 0, b"0123", 10)
    assert misplaced.value.offset == 4
    with pytest.raises(TooMuch):
        stored.append("sent/1", 4, b"0123456", 10)
    # Two processes that looked before either had stored its piece.
    stored.write("sent/1.pieces/000000000000004-2", b"45")
    stored.write("sent/1.pieces/000000000000004-3", b"456")
    stored.write("sent/1.pieces/000000000000006-4", b"6789")
    assert stored.arrived("sent/1") == 7
    assert folder("recordings/ab/abc").append("sent/1", 7, b"789", 10) == 10
    stored.join("sent/1")
    stored.join("sent/1")
    assert (stored.read("sent/1"), stored.arrived("sent/1"), stored.names()) == (b"0123456789", 10, ["sent/1"])


def test_a_joined_file_whose_worker_was_lost_is_not_joined_again(bucket: Any) -> None:
    stored = folder("recordings/ab/abc")
    stored.append("sent/0", 0, b"0123", 8)
    stored.append("sent/0", 4, b"4567", 8)
    stored.write("sent/0", b"01234567")
    stored.delete("sent/0.pieces/000000000000000-4")
    assert stored.arrived("sent/0") == 8
    stored.join("sent/0")
    assert stored.read("sent/0") == b"01234567"
    assert stored.names() == ["sent/0"]


def test_what_is_looked_at_is_read_in_ranges_of_bounded_memory(bucket: Any) -> None:
    stored = folder("recordings/ab/abc")
    content = np.random.default_rng(1).bytes(9 << 20)
    stored.write("store/signal.bin", content)
    files = stored.store_files(STORE)
    assert not isinstance(files, Path)
    for begin, end in [(0, 10), (1_048_570, 1_048_590), (5_000_000, 9_000_000), (9_437_180, 10_000_000), (7, 7)]:
        assert files.read("signal.bin", begin, end).tobytes() == content[begin:end]
    assert default_storage._ranges._bytes <= 4 << 20  # type: ignore[attr-defined]
    assert files.size("signal.bin") == len(content)
    stored.write("store/pyramid.bin", b"")
    assert files.size("pyramid.bin") == 0
    with pytest.raises(FileNotFoundError):
        files.size("recording.json")


def test_folders_without_a_row_are_deleted(bucket: Any) -> None:
    folder("recordings/ab/abc").write("sent/0", b"stray")
    assert orphans.collect("recordings/ab") == 0
    assert orphans.collect("recordings/ab", grace=-1) == 1
    assert keys(bucket) == []
    assert orphans.collect("recordings/ab") == 0


def test_nothing_is_restored_into_a_bucket(bucket: Any) -> None:
    with pytest.raises(BackupError, match="empty bucket"):
        media_folder()


class _Answers(BaseHTTPRequestHandler):
    """An object store that answers everything with one status."""

    status, code = 503, "SlowDown"

    def answer(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        body = f"<Error><Code>{self.code}</Code><Message>no</Message></Error>".encode()
        self.send_response(self.status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    do_GET = do_PUT = do_HEAD = do_DELETE = do_POST = answer  # noqa: N815 - as its parent calls them

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing."""


@pytest.fixture
def broken(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Any:
    """``broken(status, code)``: the files are in a store that answers everything so."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "beatlens")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "any-will-do")
    monkeypatch.setattr(
        "webportal.media.bucket.Config", lambda **options: Config(**options | {"retries": {"total_max_attempts": 1}})
    )
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Answers)
    threading.Thread(target=server.serve_forever, daemon=True).start()

    def answer(status: int, code: str) -> None:
        monkeypatch.setattr(_Answers, "status", status)
        monkeypatch.setattr(_Answers, "code", code)
        keep_in(settings, f"http://127.0.0.1:{server.server_port}")

    yield answer
    server.shutdown()
    server.server_close()


def upload(client: Client, png: bytes) -> Any:
    client.raise_request_exception = False
    return client.post(reverse("analyses:predict"), {"picture": ContentFile(png, "beat.png")})


@pytest.mark.parametrize(
    ("status", "code", "answered", "media"),
    [
        (503, "SlowDown", 503, "not writable"),
        (500, "InternalError", 503, "not writable"),
        (507, "InsufficientStorage", 507, "full"),
        (403, "QuotaExceeded", 507, "full"),
        (403, "AccessDenied", 500, "not writable"),
        (404, "NoSuchBucket", 500, "not writable"),
    ],
)
def test_what_a_store_refuses_is_told_as_of_a_disk(
    broken: Callable[[int, str], None],
    far_side: FarSide,
    owner_client: Client,
    png: bytes,
    status: int,
    code: str,
    answered: int,
    media: str,
) -> None:
    broken(status, code)
    response = upload(owner_client, png)
    assert response.status_code == answered
    assert ("Retry-After" in response.headers) == (answered == 503)
    assert not Analysis.objects.exists()
    report = health.readiness()
    assert (report["media"], report["ready"]) == (media, False)


def test_a_store_that_is_away_costs_no_analysis_its_attempts(
    bucket: Any, broken: Callable[[int, str], None], far_side: FarSide, owner: User, png: bytes
) -> None:
    analysis = create_upload(owner=owner, data=png)
    broken(503, "SlowDown")
    running.run(analysis_id=analysis.pk, timeout=5)
    analysis.refresh_from_db()
    assert (analysis.state, analysis.failures, analysis.attempts) == ("queued", 0, 1)


def test_failures_are_told_apart(broken: Callable[[int, str], None]) -> None:
    for status, code, kind in [(503, "SlowDown", StorageUnavailable), (403, "AccessDenied", StorageFailed)]:
        broken(status, code)
        with pytest.raises(kind):
            folder("recordings/ab/abc").read("sent/0")
        with pytest.raises(kind):
            folder("recordings/ab/abc").write("sent/0", b"x")
        with pytest.raises(kind):
            stores.open_store(folder("recordings/ab/abc").store_files(STORE))
    broken(507, "InsufficientStorage")
    with pytest.raises(OSError, match="No space") as full:
        folder("recordings/ab/abc").write("sent/0", b"x")
    assert disk.is_full(full.value)
