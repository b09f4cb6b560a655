"""Zip files of pictures: each entry has its own outcome, and no archive costs more than the limits say."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from pytest_django.fixtures import DjangoCaptureOnCommitCallbacks, Settings

from tests.webportal.conftest import FarSide
from webportal.accounts.models import User
from webportal.analyses import reasons, services
from webportal.analyses.intake import archives
from webportal.analyses.models import Analysis, Upload


def packed(*entries: tuple[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, data in entries:
            archive.writestr(name, data)
    return out.getvalue()


def read(data: bytes) -> list[tuple[str, str]]:
    return [(entry.name, entry.reason) for entry in archives.entries(io.BytesIO(data))]


class TestReading:
    def test_pictures_come_out_as_they_went_in_from_all_folders(self, drawn: Callable[..., bytes]) -> None:
        data = packed(("a.png", drawn()), ("ward/b.png", drawn((200, 128))), ("__MACOSX/._a.png", b"x"), ("e/", b""))
        entries = list(archives.entries(io.BytesIO(data)))
        assert [(entry.name, entry.data, entry.reason) for entry in entries] == [
            ("a.png", drawn(), ""),
            ("b.png", drawn((200, 128)), ""),
        ]

    def test_a_path_that_leads_out_is_only_a_name(
        self, tmp_path: Path, drawn: Callable[..., bytes], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.chdir(tmp_path)
        data = packed(("../../evil.png", drawn()), ("/etc/evil.png", drawn()), ("..\\evil.png", drawn()))
        assert read(data) == [("evil.png", "")] * 3
        assert list(tmp_path.rglob("*")) == []

    def test_more_files_than_allowed_are_refused_as_a_whole(self, settings: Settings) -> None:
        settings.ARCHIVE_MAX_ENTRIES = 2
        assert read(packed(*((f"{n}.png", b"x") for n in range(3)))) == [("", "ARCHIVE_TOO_MANY_ENTRIES")]

    def test_a_directory_of_monstrous_size_is_not_even_read(
        self, settings: Settings, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        settings.ARCHIVE_MAX_ENTRIES = 2
        data = packed(*((f"{n}.png", b"") for n in range(100)))
        monkeypatch.setattr(zipfile.ZipFile, "__init__", lambda *_args: pytest.fail("it was read"))
        assert read(data) == [("", "ARCHIVE_DAMAGED")]

    def test_an_entry_that_unpacks_to_more_than_a_picture_may_have_is_cut_short(
        self, settings: Settings, drawn: Callable[..., bytes]
    ) -> None:
        settings.PICTURE_MAX_BYTES = 10_000
        data = packed(("bomb.png", b"\x89PNG" + bytes(5_000_000)), ("a.png", drawn()))
        assert len(data) < 10_000
        assert read(data) == [("bomb.png", "IMAGE_TOO_LARGE"), ("a.png", "")]

    def test_what_all_entries_unpack_to_is_bounded_too(self, settings: Settings) -> None:
        settings.ARCHIVE_MAX_UNPACKED_BYTES = 2_500
        data = packed(*((f"{n}.png", bytes(1_000)) for n in range(4)))
        assert [reason for _name, reason in read(data)] == ["", "", "ARCHIVE_TOO_LARGE", "ARCHIVE_TOO_LARGE"]

    def test_a_size_that_lies_is_not_believed(self, drawn: Callable[..., bytes]) -> None:
        data = bytearray(packed(("a.png", drawn()), method=zipfile.ZIP_STORED))
        place = data.rfind(b"PK\x01\x02") + 24  # the uncompressed size in the directory
        data[place : place + 4] = (5).to_bytes(4, "little")
        assert [entry.data == drawn() for entry in archives.entries(io.BytesIO(bytes(data)))] == [False]

    def test_a_locked_entry_says_so(self, drawn: Callable[..., bytes]) -> None:
        data = bytearray(packed(("a.png", drawn()), method=zipfile.ZIP_STORED))
        data[data.rfind(b"PK\x01\x02") + 8] |= 1
        assert read(bytes(data)) == [("a.png", "ARCHIVE_ENCRYPTED")]

    def test_an_unusual_method_says_so(self, drawn: Callable[..., bytes]) -> None:
        assert read(packed(("a.png", drawn()), method=zipfile.ZIP_LZMA)) == [("a.png", "ARCHIVE_UNSUPPORTED_METHOD")]

    def test_a_damaged_entry_leaves_the_others_alone(self, drawn: Callable[..., bytes]) -> None:
        data = bytearray(packed(("a.png", drawn()), ("b.png", drawn()), method=zipfile.ZIP_STORED))
        data[80] ^= 0xFF
        assert read(bytes(data)) == [("a.png", "ARCHIVE_DAMAGED"), ("b.png", "")]

    @pytest.mark.parametrize("damage", [lambda d: d[:-30], lambda d: d[:40], lambda d: d[:4] + bytes(100)])
    def test_a_damaged_archive_says_so(self, damage: Any, drawn: Callable[..., bytes]) -> None:
        assert read(damage(packed(("a.png", drawn())))) == [("", "ARCHIVE_DAMAGED")]

    def test_an_empty_archive_says_so(self) -> None:
        assert read(packed()) == [("", "ARCHIVE_EMPTY")]


@pytest.mark.django_db
class TestUploading:
    def send(self, client: Client, *files: tuple[str, bytes], **fields: object) -> Any:
        sent = [SimpleUploadedFile(name, data) for name, data in files]
        return client.post(reverse("analyses:predict"), {"picture": sent, **fields})

    def test_every_entry_has_its_own_outcome(
        self, far_side: FarSide, owner_client: Client, drawn: Callable[..., bytes]
    ) -> None:
        inner = packed(("c.png", drawn((300, 128))))
        data = packed(
            ("a.png", drawn()), ("again.png", drawn()), ("x.txt", b"text"), ("empty.png", b""), ("n.zip", inner)
        )
        response = self.send(owner_client, ("beats.zip", data), label="ward 3", keep_names="on")
        html = owner_client.get(response["Location"]).content.decode()
        assert Analysis.objects.filter(state="done", upload__label="ward 3").count() == 1
        assert "sent before" in html
        assert html.count("Not accepted") == 3  # a text, nothing at all, and an archive inside an archive
        for name in ("a.png", "again.png", "x.txt", "empty.png", "n.zip"):
            assert name in html

    def test_an_archive_stands_beside_single_pictures(
        self, far_side: FarSide, owner_client: Client, drawn: Callable[..., bytes]
    ) -> None:
        self.send(owner_client, ("one.png", drawn()), ("b.zip", packed(("two.png", drawn((200, 128))))))
        assert Analysis.objects.filter(state="done").count() == 2

    def test_an_archive_of_one_leads_to_its_result(
        self, far_side: FarSide, owner_client: Client, drawn: Callable[..., bytes]
    ) -> None:
        response = self.send(owner_client, ("b.zip", packed(("one.png", drawn()))))
        assert response["Location"] == Analysis.objects.get().get_absolute_url()

    def test_an_archive_beyond_the_limit_is_refused_before_it_is_opened(
        self, owner_client: Client, drawn: Callable[..., bytes], settings: Settings
    ) -> None:
        settings.ARCHIVE_MAX_BYTES = 50
        response = self.send(owner_client, ("b.zip", packed(("one.png", drawn()))))
        assert response.status_code == 422
        assert "Spread the pictures over several zip files." in response.content.decode()

    def test_every_reason_has_words_of_its_own(self) -> None:
        unknown = reasons.explain("NOSUCH").remedy
        codes = ["DAMAGED", "EMPTY", "TOO_MANY_ENTRIES", "TOO_LARGE", "ENCRYPTED", "UNSUPPORTED_METHOD"]
        explanations = {reasons.explain(f"ARCHIVE_{code}") for code in codes}
        assert len(explanations) == len(codes)
        assert unknown not in {explanation.remedy for explanation in explanations}

    def test_by_script_the_answer_is_a_part_of_the_list(
        self, far_side: FarSide, owner_client: Client, drawn: Callable[..., bytes]
    ) -> None:
        html = self.send(owner_client, ("one.png", drawn()), part="1").content.decode()
        assert html.lstrip().startswith("<li ")
        assert Analysis.objects.get().get_absolute_url() in html
        refused = self.send(owner_client, ("x.png", b"text"), part="1")
        assert refused.status_code == 200
        assert "Not accepted" in refused.content.decode()


@pytest.mark.django_db
class TestOriginals:
    def test_it_is_kept_only_where_asked_for_and_for_its_owner(
        self, far_side: FarSide, owner_client: Client, other_client: Client, drawn: Callable[..., bytes]
    ) -> None:
        sent = drawn(kind="JPEG", comment=b"ward 7")
        picture = SimpleUploadedFile("one.jpg", sent)
        owner_client.post(reverse("analyses:predict"), {"picture": picture, "keep_original": "on"})
        upload = Upload.objects.get()
        url = reverse("analyses:original", args=[upload.pk])
        assert url in owner_client.get(upload.analyses.get().get_absolute_url()).content.decode()
        response = owner_client.get(url)
        assert response.getvalue() == sent
        assert response["Content-Disposition"] == 'attachment; filename="original.jpeg"'
        assert response["Content-Security-Policy"] == "default-src 'none'; sandbox"
        assert other_client.get(url).status_code == 404
        shown = owner_client.get(reverse("analyses:picture", args=[upload.pk])).getvalue()
        assert b"ward 7" not in shown

        archive = zipfile.ZipFile(io.BytesIO(owner_client.post(reverse("accounts:export")).getvalue()))
        assert archive.read(f"originals/{upload.pk}.jpeg") == sent

    def test_otherwise_there_is_none(
        self, far_side: FarSide, upload: Callable[..., Analysis], owner_client: Client
    ) -> None:
        analysis = upload()
        assert not analysis.upload.original
        assert owner_client.get(reverse("analyses:original", args=[analysis.upload_id])).status_code == 404

    def test_it_goes_with_its_picture(
        self,
        upload: Callable[..., Analysis],
        owner: User,
        django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
    ) -> None:
        analysis = upload(keep_original=True)
        storage, name = analysis.upload.original.storage, analysis.upload.original.name
        assert storage.exists(str(name))
        with django_capture_on_commit_callbacks(execute=True):
            services.delete_analysis(actor=owner, analysis=analysis)
        assert not storage.exists(str(name))
