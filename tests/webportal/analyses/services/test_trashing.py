"""What goes with an analysis that is deleted for good, and what stays."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.core.exceptions import PermissionDenied
from django.test import Client
from django.urls import reverse
from pytest_django.fixtures import DjangoCaptureOnCommitCallbacks

from webportal.accounts.models import User
from webportal.analyses import services
from webportal.analyses.jobs.asking import create_analysis
from webportal.analyses.models import Analysis, Upload

pytestmark = pytest.mark.django_db


class TestDeleting:
    def test_the_last_analysis_takes_upload_and_files_with_it(
        self,
        owner: User,
        upload: Callable[..., Analysis],
        django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
    ) -> None:
        analysis = upload()
        storage, names = analysis.upload.picture.storage, (analysis.upload.picture.name, analysis.upload.thumbnail.name)
        assert all(storage.exists(str(name)) for name in names)

        with django_capture_on_commit_callbacks(execute=True):
            services.delete_analysis(actor=owner, analysis=analysis)

        assert not Upload.objects.exists()
        assert not any(storage.exists(str(name)) for name in names)

    def test_the_upload_stays_while_another_analysis_needs_it(
        self, owner: User, upload: Callable[..., Analysis]
    ) -> None:
        analysis = upload()
        create_analysis(analysis.upload)
        services.delete_analysis(actor=owner, analysis=analysis)
        assert Upload.objects.count() == 1
        assert Analysis.objects.count() == 1

    def test_deleting_in_the_administration_takes_the_picture_too(
        self,
        upload: Callable[..., Analysis],
        staff_client: Client,
        django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
    ) -> None:
        analyses = [upload(), upload()]
        picture = analyses[0].upload.picture
        with django_capture_on_commit_callbacks(execute=True):
            staff_client.post(
                reverse("admin:analyses_analysis_changelist"),
                {"action": "delete_selected", "_selected_action": [a.pk for a in analyses], "post": "yes"},
            )
        assert not Upload.objects.exists()
        assert not picture.storage.exists(str(picture.name))

    def test_nobody_deletes_what_belongs_to_another(self, other: User, upload: Callable[..., Analysis]) -> None:
        with pytest.raises(PermissionDenied):
            services.delete_analysis(actor=other, analysis=upload())

    def test_a_deleted_account_takes_its_pictures_with_it(
        self,
        owner: User,
        upload: Callable[..., Analysis],
        django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
    ) -> None:
        picture = upload().upload.picture
        with django_capture_on_commit_callbacks(execute=True):
            owner.delete()
        assert not Analysis.objects.exists()
        assert not picture.storage.exists(str(picture.name))
