"""A picture and the question about it are committed before anybody is asked, or leave nothing."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError
from pytest_django.fixtures import Settings

from tests.webportal.conftest import FarSide
from webportal.accounts.models import User
from webportal.analyses.intake import pictures
from webportal.analyses.intake.uploads import create_upload
from webportal.analyses.models import Analysis, Upload

pytestmark = pytest.mark.django_db


class TestAcceptingAPicture:
    def test_the_picture_and_the_question_are_kept_before_anybody_is_asked(
        self, far_side: FarSide, upload: Callable[..., Analysis], png: bytes
    ) -> None:
        analysis = upload(png, label="lead II")

        assert analysis.state == Analysis.State.QUEUED
        assert analysis.upload.label == "lead II"
        assert analysis.upload.size == len(png)
        assert (analysis.upload.width, analysis.upload.height) == (192, 128)
        assert far_side.calls == []

    def test_files_have_random_names(self, upload: Callable[..., Analysis], owner: User) -> None:
        first, second = upload().upload, upload().upload

        assert first.picture.name != second.picture.name
        for name in (str(first.picture.name), str(first.thumbnail.name)):
            assert owner.username not in name
            assert str(first.pk) not in name

    def test_an_inactive_user_may_not_upload(self, owner: User, png: bytes) -> None:
        owner.is_active = False
        with pytest.raises(PermissionDenied):
            create_upload(owner=owner, data=png)

    def test_an_invalid_field_leaves_neither_rows_nor_files(
        self, owner: User, png: bytes, settings: Settings, tmp_path: Path
    ) -> None:
        settings.STORAGES = {
            **settings.STORAGES,
            "default": {**settings.STORAGES["default"], "OPTIONS": {"location": str(tmp_path), "base_url": None}},
        }
        with pytest.raises(ValidationError):
            create_upload(owner=owner, data=png, label="x" * 101)
        assert not Upload.objects.exists()
        assert not [path for path in tmp_path.rglob("*") if path.is_file()]

    def test_what_the_database_refuses_leaves_neither_rows_nor_files(
        self, owner: User, png: bytes, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        impossible = pictures.StoredPicture(png, "image/png", 0, 0, None)
        monkeypatch.setattr(pictures, "prepare", lambda _data: impossible)
        settings.STORAGES = {
            **settings.STORAGES,
            "default": {**settings.STORAGES["default"], "OPTIONS": {"location": str(tmp_path), "base_url": None}},
        }
        with pytest.raises(IntegrityError):
            create_upload(owner=owner, data=png)
        assert not Upload.objects.exists()
        assert not [path for path in tmp_path.rglob("*") if path.is_file()]
