"""How much of the disk an account may fill."""

from __future__ import annotations

import importlib
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.db.models import Sum
from django.test import Client
from django.urls import reverse
from pytest_django.fixtures import Settings

from tests.webportal.conftest import FarSide
from webportal.accounts import quota
from webportal.accounts.models import StorageUse, User
from webportal.accounts.quota import QuotaReached
from webportal.analyses import services
from webportal.analyses.intake.uploads import create_upload
from webportal.analyses.jobs import running
from webportal.analyses.models import Analysis, Upload

pytestmark = pytest.mark.django_db


def on_disk(user: User) -> int:
    files = [
        file
        for upload in Upload.objects.filter(owner=user)
        for file in (upload.picture, upload.thumbnail, upload.original)
    ]
    return sum(file.size for file in files if file)


def used(user: User) -> int:
    return quota.space_of(user).used


def test_what_counts_is_what_lies_on_the_disk(
    owner: User, other: User, upload: Callable[..., Analysis], drawn: Callable[..., bytes]
) -> None:
    upload(keep_original=True)
    upload(drawn(shift=3))
    upload(drawn()[:200])  # can't be decoded: no thumbnail
    upload(user=other)
    assert used(owner) == on_disk(owner) > 0
    assert used(other) == on_disk(other) > 0


def test_another_analysis_of_a_picture_takes_no_room(
    far_side: FarSide, owner: User, upload: Callable[..., Analysis]
) -> None:
    analysis = upload()
    before = used(owner)
    running.run(analysis_id=analysis.pk, timeout=2.0)
    analysis.refresh_from_db()
    services.run_again(actor=owner, analysis=analysis)
    assert used(owner) == before


def test_the_trash_counts_until_it_is_emptied(owner: User, upload: Callable[..., Analysis]) -> None:
    analysis = upload()
    before = used(owner)
    services.trash_analysis(actor=owner, analysis=analysis)
    assert used(owner) == before
    analysis.refresh_from_db()
    services.delete_analysis(actor=owner, analysis=analysis)
    assert used(owner) == 0


def test_every_way_of_deleting_gives_the_room_back(
    owner: User,
    staff_client: Client,
    upload: Callable[..., Analysis],
    drawn: Callable[..., bytes],
    settings: Settings,
) -> None:
    first, second, third, kept = (upload(drawn(shift=number)) for number in range(4))
    staff_client.post(reverse("admin:analyses_analysis_delete", args=[first.pk]), {"post": "yes"})
    chosen = {"action": "delete_selected", "_selected_action": [str(second.upload_id)], "post": "yes"}
    staff_client.post(reverse("admin:analyses_upload_changelist"), chosen)
    services.trash_analysis(actor=owner, analysis=third)
    settings.TRASH_DAYS = 0
    services.empty_trash()
    assert list(Upload.objects.all()) == [kept.upload]
    assert used(owner) == on_disk(owner)


def test_a_deleted_account_leaves_no_count(owner: User, upload: Callable[..., Analysis]) -> None:
    upload()
    owner.delete()
    assert not StorageUse.objects.exists()


class TestFull:
    @pytest.fixture
    def full(self, owner: User, upload: Callable[..., Analysis], settings: Settings) -> None:
        upload()
        settings.ACCOUNT_QUOTA_BYTES = used(owner)

    def send(self, client: Client, data: bytes, **fields: str) -> Any:
        return client.post(reverse("analyses:predict"), {"picture": SimpleUploadedFile("file.png", data), **fields})

    def test_nothing_more_is_kept_and_nothing_left_behind(
        self, full: None, owner: User, owner_client: Client, drawn: Callable[..., bytes]
    ) -> None:
        response = self.send(owner_client, drawn(shift=1))
        assert response.status_code == 422
        assert "Your account is full: it may keep 0 MiB." in response.content.decode()
        assert Upload.objects.count() == 1
        assert used(owner) == on_disk(owner)

    def test_a_picture_that_does_not_fit_any_more_is_refused_whole(
        self,
        media: Path,
        owner: User,
        upload: Callable[..., Analysis],
        drawn: Callable[..., bytes],
        settings: Settings,
    ) -> None:
        upload()
        settings.ACCOUNT_QUOTA_BYTES = used(owner) + 100
        with pytest.raises(QuotaReached):
            create_upload(owner=owner, data=drawn(shift=1))
        assert Upload.objects.count() == 1
        assert used(owner) == on_disk(owner) == sum(path.stat().st_size for path in media.rglob("*") if path.is_file())

    def test_the_script_gets_an_outcome_with_the_reason(
        self, full: None, owner_client: Client, drawn: Callable[..., bytes]
    ) -> None:
        response = self.send(owner_client, drawn(shift=1), part="1")
        assert response.status_code == 200
        assert "Your account is full" in response.content.decode()

    def test_the_same_file_still_leads_to_its_result(self, full: None, owner_client: Client, png: bytes) -> None:
        assert self.send(owner_client, png)["Location"] == Analysis.objects.get().get_absolute_url()

    def test_room_that_is_made_can_be_used(
        self, full: None, owner: User, owner_client: Client, drawn: Callable[..., bytes]
    ) -> None:
        services.delete_analysis(actor=owner, analysis=Analysis.objects.get())
        assert self.send(owner_client, drawn()).status_code == 302

    def test_the_account_page_says_so(self, full: None, owner_client: Client) -> None:
        html = owner_client.get(reverse("accounts:overview")).content.decode()
        assert "Your account is full. Delete for good what you no longer need" in html


def test_the_account_page_says_how_much_is_used(
    owner: User, owner_client: Client, upload: Callable[..., Analysis], settings: Settings
) -> None:
    upload()
    html = owner_client.get(reverse("accounts:overview")).content.decode()
    assert "Your pictures take up 0.1 of 2048 MiB, those in the trash included." in html
    assert f'value="{used(owner)}"' in html
    settings.ACCOUNT_QUOTA_BYTES = 0
    html = owner_client.get(reverse("accounts:overview")).content.decode()
    assert "Your pictures take up 0.1 MiB" in html
    assert "<meter" not in html


@pytest.mark.django_db(transaction=True)
def test_uploads_at_the_same_time_don_t_exceed_it_together(
    owner: User, drawn: Callable[..., bytes], settings: Settings
) -> None:
    first = create_upload(owner=owner, data=drawn())
    settings.ACCOUNT_QUOTA_BYTES = int(used(owner) * 3.5)
    refused: list[QuotaReached] = []

    def keep(shift: int) -> None:
        try:
            create_upload(owner=owner, data=drawn(shift=shift))
        except QuotaReached as refusal:
            refused.append(refusal)
        finally:
            connection.close()

    threads = [threading.Thread(target=keep, args=[shift]) for shift in range(1, 9)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert used(owner) == on_disk(owner) <= settings.ACCOUNT_QUOTA_BYTES
    assert used(owner) == Upload.objects.aggregate(Sum("stored_bytes"))["stored_bytes__sum"]
    assert len(refused) == 9 - Upload.objects.count() > 0
    assert Upload.objects.filter(pk=first.upload_id).exists()


def test_what_was_there_before_the_count_is_counted_by_the_sizes_as_sent(
    owner: User, upload: Callable[..., Analysis], drawn: Callable[..., bytes]
) -> None:
    plain, both = upload().upload, upload(drawn(shift=2), keep_original=True).upload
    Upload.objects.update(stored_bytes=0)
    StorageUse.objects.all().delete()
    importlib.import_module("webportal.analyses.migrations.0010_stored_bytes").count(apps, None)
    plain.refresh_from_db()
    both.refresh_from_db()
    assert (plain.stored_bytes, both.stored_bytes) == (plain.size, 2 * both.size)
    assert used(owner) == plain.size + 2 * both.size
