"""A disk that is full: pictures are refused in words, nothing half is left, and people still get in."""

from __future__ import annotations

import errno
import io
import uuid
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.core.files.storage import FileSystemStorage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import OperationalError
from django.test import Client
from django.urls import reverse
from pytest_django.fixtures import Settings

from tests.small_disk import fill, small_disk
from tests.webportal.conftest import FarSide
from webportal import disk, health
from webportal.accounts.models import User
from webportal.analyses.intake.uploads import create_upload
from webportal.analyses.models import Analysis, Upload

pytestmark = pytest.mark.django_db


def files(folder: Path) -> list[str]:
    return [path.name for path in folder.rglob("*") if path.is_file()]


def send(client: Client, data: bytes, **fields: str) -> Any:
    return client.post(reverse("analyses:predict"), {"picture": SimpleUploadedFile("beat.png", data), **fields})


@pytest.fixture
def small_media(settings: Settings, tmp_path: Path) -> Iterator[Any]:
    """The files of this test on a disk of 2 MB, without a reserve so that it can be filled to the last byte."""
    settings.DISK_RESERVE_BYTES = 0
    with small_disk(tmp_path / "small") as folder:
        storage = {**settings.STORAGES["default"], "OPTIONS": {"location": str(folder), "base_url": None}}
        settings.STORAGES = {**settings.STORAGES, "default": storage}
        yield folder


class TestRealDisk:
    def test_what_fails_half_way_leaves_nothing(
        self, small_media: Any, owner: User, drawn: Callable[..., bytes]
    ) -> None:
        picture = drawn((1500, 1000))
        refused = 0
        while refused < 3:
            try:
                create_upload(owner=owner, data=picture, keep_original=True)
            except disk.DiskFull:
                refused += 1
            assert len(files(small_media)) == 3 * Upload.objects.count() > 0

    def test_the_page_says_what_is_wrong(
        self, far_side: FarSide, small_media: Any, owner_client: Client, png: bytes, caplog: pytest.LogCaptureFixture
    ) -> None:
        fill(small_media)
        response = send(owner_client, png)
        assert response.status_code == 507
        html = response.content.decode()
        assert "There is no room left" in html
        messages = [record for record in caplog.records if "Nothing more can be written" in record.message]
        [error_id] = [record.args[1] for record in messages if isinstance(record.args, tuple)]
        assert error_id in html
        assert "DiskFull" in caplog.text
        assert files(small_media) == ["filler"]
        assert not Upload.objects.exists()

    def test_people_still_log_in_and_read_what_is_there(
        self, far_side: FarSide, small_media: Any, owner: User, owner_client: Client, png: bytes
    ) -> None:
        send(owner_client, png)
        fill(small_media)
        client = Client()
        answer = client.post(
            reverse("account_login"), {"login": owner.username, "password": "a-long-passphrase"}, follow=True
        )
        assert answer.status_code == 200
        page = client.get(Analysis.objects.get().get_absolute_url())
        assert page.status_code == 200

    def test_readiness_fails_and_comes_back(self, far_side: FarSide, small_media: Any) -> None:
        assert health.readiness()["ready"]
        filler = fill(small_media)
        report = health.readiness()
        assert (report["ready"], report["media"], report["database"]) == (False, "full", "ok")
        filler.unlink()
        assert health.readiness()["ready"]
        assert files(small_media) == []

    def test_a_part_of_the_disk_is_left_free(
        self, far_side: FarSide, small_media: Any, owner_client: Client, png: bytes, settings: Settings
    ) -> None:
        settings.DISK_RESERVE_BYTES = 64 * 1024 * 1024
        filler = fill(small_media)
        with filler.open("rb+") as file:
            file.truncate(filler.stat().st_size - 50_000)  # less than a twentieth of 2 MB
        assert send(owner_client, png).status_code == 507
        assert health.readiness()["media"] == "full"
        with filler.open("rb+") as file:
            file.truncate(filler.stat().st_size - 100_000)
        assert send(owner_client, png).status_code == 302
        assert health.readiness()["media"] == "ok"


class StorageThatFails(FileSystemStorage):
    """A storage whose disk is full once it has taken ``room`` bytes: half of the file that doesn't fit is written."""

    room = 0

    def _save(self, name: Any, content: Any) -> Any:
        data = content.read()
        if len(data) > self.room:
            content.seek(0)
            content.file = io.BytesIO(data[: self.room])
            content.size = self.room
            super()._save(name, content)  # type: ignore[misc]  # the stubs leave it out
            raise OSError(errno.ENOSPC, "No space left on device")
        type(self).room -= len(data)
        return super()._save(name, content)  # type: ignore[misc]  # the stubs leave it out


class TestStorage:
    @pytest.fixture
    def failing(self, media: Path, settings: Settings) -> Iterator[Any]:
        name = f"{StorageThatFails.__module__}.{StorageThatFails.__qualname__}"
        settings.STORAGES = {**settings.STORAGES, "default": {**settings.STORAGES["default"], "BACKEND": name}}
        yield media
        StorageThatFails.room = 0

    @pytest.mark.parametrize("kept", [0, 1, 2])
    def test_each_file_may_be_the_one_that_does_not_fit(
        self, failing: Any, owner: User, drawn: Callable[..., bytes], kept: int
    ) -> None:
        """None, one or two of the three files fit; the one that follows is written by half."""
        data = drawn((400, 300))
        sizes = self.sizes(failing, owner, data)
        StorageThatFails.room = sum(sizes[:kept]) + sizes[kept] // 2
        with pytest.raises(disk.DiskFull):
            create_upload(owner=owner, data=data, keep_original=True)
        assert files(failing) == []
        assert not Upload.objects.exists()

    def sizes(self, media: Path, owner: User, data: bytes) -> list[int]:
        StorageThatFails.room = 10**9
        upload = create_upload(owner=owner, data=data, keep_original=True).upload
        sizes = [upload.picture.size, upload.thumbnail.size, upload.original.size]
        for file in (upload.picture, upload.thumbnail, upload.original):
            file.storage.delete(str(file.name))
        upload.delete()
        return sizes

    def test_of_a_zip_file_what_fits_is_kept_and_the_rest_named(
        self, far_side: FarSide, failing: Any, owner_client: Client, drawn: Callable[..., bytes]
    ) -> None:
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w") as archive:
            for number in range(5):
                archive.writestr(f"beat-{number}.png", drawn(shift=number))
        StorageThatFails.room = 3000
        response = owner_client.get(send(owner_client, out.getvalue())["Location"])
        before = Upload.objects.count()
        assert 0 < before < 5
        assert response.content.decode().count("The disk of this installation is full") == 5 - before
        assert len(files(failing)) == 2 * before

    def test_the_script_is_told_and_the_place_of_the_file_stays_free(
        self, far_side: FarSide, failing: Any, owner_client: Client, png: bytes
    ) -> None:
        form = {"part": "1", "form_id": str(uuid.uuid4())}
        response = send(owner_client, png, **form)
        assert response.status_code == 507
        assert "There is no room left" in response.content.decode()
        StorageThatFails.room = 100_000
        assert send(owner_client, png, **form).status_code == 200
        assert Upload.objects.count() == 1

    def test_files_that_cannot_be_deleted_are_logged_and_hide_nothing(
        self, media: Path, owner: User, png: bytes, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        def refuse(self: FileSystemStorage, name: Any) -> None:
            raise OSError("out of order")

        monkeypatch.setattr(FileSystemStorage, "delete", refuse)
        with pytest.raises(ValidationError):
            create_upload(owner=owner, data=png, label="x" * 101)
        assert caplog.text.count("the removal of a file without a row") == 2


class TestTelling:
    @pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EROFS])
    def test_a_full_disk_is_told_wherever_it_shows(self, number: Any) -> None:
        error = RuntimeError("while saving")
        error.__cause__ = OSError(number, "no room")
        assert disk.is_full(error.__cause__)
        assert disk.is_full(error)

    def test_a_database_says_it_too(self) -> None:
        full = Exception()
        full.sqlite_errorname = "SQLITE_FULL"  # type: ignore[attr-defined]  # as the drivers set it
        error = OperationalError("database or disk is full")
        error.__cause__ = full
        assert disk.is_full(error)
        postgresql = Exception()
        postgresql.sqlstate = "53100"  # type: ignore[attr-defined]  # as the drivers set it
        assert disk.is_full(postgresql)

    def test_other_faults_are_not_taken_for_it(self) -> None:
        locked = Exception()
        locked.sqlite_errorname = "SQLITE_BUSY"  # type: ignore[attr-defined]  # as the drivers set it
        for error in (None, ValueError("x"), OSError(errno.EACCES, "no"), OperationalError("gone"), locked):
            assert not disk.is_full(error)

    def test_any_page_that_meets_one_says_so(self, owner_client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
        def fail(*_: object, **__: object) -> None:
            raise OSError(errno.ENOSPC, "No space left on device")

        monkeypatch.setattr("webportal.analyses.views.history.reports.history_report", fail)
        owner_client.raise_request_exception = False
        response = owner_client.get(reverse("analyses:history-pdf"))
        assert response.status_code == 507
        assert "There is no room left" in response.content.decode()
