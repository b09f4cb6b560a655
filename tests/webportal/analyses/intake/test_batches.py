"""Files that are sent together are taken once, within bounds, as their owner wishes."""

from __future__ import annotations

import io
import uuid
import zipfile
from collections.abc import Callable
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from pytest_django.fixtures import Settings

from tests.webportal.analyses.sending import page, send
from tests.webportal.conftest import FarSide
from webportal.accounts.models import User
from webportal.analyses import once
from webportal.analyses.history import batches
from webportal.analyses.intake import pictures
from webportal.analyses.intake.batches import FULL, begin_batch
from webportal.analyses.intake.taking import Wishes
from webportal.analyses.intake.uploads import create_upload
from webportal.analyses.models import Analysis, Batch, BatchFile, Upload

pytestmark = pytest.mark.django_db


class TestOnce:
    """The same form makes one batch with each of its files once, however often it arrives."""

    def test_a_form_that_arrives_twice(
        self, far_side: FarSide, owner_client: Client, drawn: Callable[..., bytes]
    ) -> None:
        files = [("a.png", drawn()), ("b.png", drawn(shift=1)), ("x.txt", b"text")]
        form = uuid.uuid4()
        first, second = (send(owner_client, *files, form_id=form)["Location"] for _ in range(2))
        assert first == second == reverse("analyses:batch", args=[form])
        assert (Batch.objects.count(), BatchFile.objects.count(), Analysis.objects.count()) == (1, 3, 2)
        assert not BatchFile.objects.filter(is_repeated=True).exists()

    def test_a_file_that_arrives_twice(
        self, far_side: FarSide, owner_client: Client, drawn: Callable[..., bytes]
    ) -> None:
        ids = {"form_id": uuid.uuid4(), "part": "1", "expected": 2}
        answers = [send(owner_client, ("a.png", drawn()), place=0, **ids).content for _ in range(2)]
        assert answers[0] == answers[1]
        assert (BatchFile.objects.count(), Analysis.objects.count()) == (1, 1)

    def test_one_picture_that_arrives_twice(
        self, far_side: FarSide, owner_client: Client, drawn: Callable[..., bytes]
    ) -> None:
        form = uuid.uuid4()
        first, second = (send(owner_client, ("a.png", drawn()), form_id=form) for _ in range(2))
        assert first["Location"] == second["Location"]
        assert Analysis.objects.count() == 1
        assert "sent this very picture before" not in owner_client.get(first["Location"]).content.decode()
        assert not Batch.objects.exists()

    def test_at_the_same_time_the_database_decides(
        self, far_side: FarSide, owner: User, drawn: Callable[..., bytes], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        form = uuid.uuid4()
        mine = once.made_by(form, 0, 0)
        real = pictures.prepare

        def meanwhile(data: bytes) -> Any:
            monkeypatch.setattr(pictures, "prepare", real)
            create_upload(owner=owner, data=data, analysis_id=mine)
            return real(data)

        monkeypatch.setattr(pictures, "prepare", meanwhile)
        made = create_upload(owner=owner, data=drawn(), analysis_id=mine)
        assert made == Analysis.objects.get()
        assert Upload.objects.count() == 1

    def test_a_place_is_taken_once(self, batch: Batch) -> None:
        with pytest.raises(IntegrityError), transaction.atomic():
            BatchFile.objects.create(batch=batch, place=0, entry=0)

    def test_somebody_elses_id_is_none(
        self, batch: Batch, other: User, other_client: Client, drawn: Callable[..., bytes]
    ) -> None:
        assert send(other_client, ("a.png", drawn()), ("b.png", drawn(shift=9)), form_id=batch.pk).status_code == 404
        assert batch.files.count() == 5
        with pytest.raises(PermissionDenied):
            begin_batch(owner=other, batch_id=batch.pk)

    def test_what_was_sent_before_is_shown_as_it_came_out_then(
        self, batch: Batch, owner_client: Client, drawn: Callable[..., bytes]
    ) -> None:
        send(owner_client, ("sure again.png", drawn()), ("new.png", drawn(shift=8)), keep_names="on")
        second = Batch.objects.exclude(pk=batch.pk).get()
        repeated = second.files.get(is_repeated=True)
        assert repeated.analysis == batch.files.get(name="sure.png").analysis
        assert batches.progress_of([second.pk])[second.pk].repeated == 1
        assert "sent before" in page(owner_client, second)


class TestLimits:
    def test_their_defaults_are_large(self, settings: Settings) -> None:
        assert (settings.UPLOAD_MAX_PICTURES, settings.ARCHIVE_MAX_ENTRIES) == (500, 500)
        assert settings.REQUEST_MAX_BYTES == 161 * 2**20
        assert settings.DATA_UPLOAD_MAX_NUMBER_FILES > settings.UPLOAD_MAX_PICTURES

    @pytest.mark.parametrize("fields", [{"place": 2}, {"place": 0, "expected": 3}, {"place": -1}, {"place": "x"}])
    def test_no_form_sends_more_in_parts_either(
        self, fields: dict[str, Any], owner_client: Client, drawn: Callable[..., bytes], settings: Settings
    ) -> None:
        settings.UPLOAD_MAX_PICTURES = 2
        response = owner_client.post(
            reverse("analyses:predict"),
            {"picture": [SimpleUploadedFile("a.png", drawn())], "part": "1", **fields},
            headers={"X-Requested-With": "XMLHttpRequest"},
        )
        assert response.status_code == 422
        assert response["Content-Type"].startswith("text/plain")
        assert not Batch.objects.exists()

    def test_a_batch_is_bounded_with_all_its_zip_files(
        self, far_side: FarSide, owner_client: Client, drawn: Callable[..., bytes], settings: Settings
    ) -> None:
        settings.BATCH_MAX_PICTURES = 2
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w") as archive:
            for n in range(5):
                archive.writestr(f"{n}.png", drawn(shift=n))
        send(owner_client, ("a.zip", out.getvalue()), ("b.png", drawn(shift=9)))
        batch = Batch.objects.get()
        assert [file.reason for file in batch.files.all()] == ["", "", FULL, FULL]
        assert Analysis.objects.count() == 2
        assert "Send the others as another batch." in page(owner_client, batch)

    def test_a_busy_decoder_leaves_the_place_free(
        self, far_side: FarSide, owner_client: Client, drawn: Callable[..., bytes], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        ids = {"form_id": uuid.uuid4(), "part": "1", "place": 0, "expected": 1}

        def busy(_data: bytes) -> None:
            raise pictures.Busy

        with monkeypatch.context() as patch:
            patch.setattr(pictures, "prepare", busy)
            response = send(owner_client, ("a.png", drawn()), **ids)
        assert response.status_code == 429
        assert int(response["Retry-After"]) > 0
        assert not BatchFile.objects.exists()
        assert send(owner_client, ("a.png", drawn()), **ids).status_code == 200
        assert BatchFile.objects.get().outcome == "confident"

    def test_one_file_that_is_not_accepted_makes_no_batch(self, owner_client: Client) -> None:
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w") as archive:
            archive.writestr("x.txt", b"text")
        for sent in (("a.zip", out.getvalue()), ("a.zip", out.getvalue()[:-3])):
            assert send(owner_client, sent).status_code == 422
        assert not Batch.objects.exists()


def test_wishes_hold_for_all_files() -> None:
    assert Wishes().name("a.png") == ""
    assert Wishes(keep_names=True).name("x/a.png") == "a.png"
