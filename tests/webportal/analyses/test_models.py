"""What the database itself refuses, whoever writes to it."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from webportal.accounts.models import User
from webportal.analyses.models import Analysis, Upload

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 1, 2, 3, 4, tzinfo=UTC)
LEASE = uuid.UUID(int=1)
DONE = {
    "state": "done",
    "finished_at": NOW,
    "class_short": "PVC",
    "class_name": "Premature Ventricular Contraction",
    "probability": 0.9,
    "verdict": "CONFIDENT",
    "model_name": "arrhythmia",
    "model_version": "1",
}


def update(analysis: Analysis, **fields: object) -> None:
    with transaction.atomic():
        Analysis.objects.filter(pk=analysis.pk).update(**fields)


@pytest.mark.parametrize(
    "fields",
    [
        {"state": "unheard-of"},
        {"next_attempt_at": None},
        {"state": "running"},
        {"lease_id": LEASE, "lease_expires_at": NOW},
        {"finished_at": NOW},
        {"state": "rejected", "finished_at": NOW},
        {"state": "rejected", "reason": "IMAGE_CORRUPT"},
        {"state": "failed", "finished_at": NOW},
        {"error_id": "abc"},
        {"class_short": "PVC"},
        {"probability": 0.5},
        DONE | {"probability": None},
        DONE | {"probability": 1.01},
        DONE | {"probability": -0.01},
        DONE | {"class_short": ""},
        DONE | {"verdict": ""},
        DONE | {"verdict": "PERHAPS"},
        DONE | {"model_version": ""},
        DONE | {"reason": "IMAGE_CORRUPT"},
        DONE | {"finished_at": None},
    ],
    ids=lambda fields: ",".join(f"{name}={value!s:.12}" for name, value in list(fields.items())[-2:]),
)
def test_states_and_fields_that_contradict_each_other(fields: Any, upload: Callable[..., Analysis]) -> None:
    analysis = upload()
    with pytest.raises(IntegrityError):
        update(analysis, **fields)


@pytest.mark.parametrize(
    "fields",
    [
        DONE,
        {"state": "rejected", "finished_at": NOW, "reason": "IMAGE_CORRUPT"},
        {"state": "failed", "finished_at": NOW, "error_id": "abc"},
        {"state": "running", "lease_id": LEASE, "lease_expires_at": NOW, "next_attempt_at": None},
        {"reason": "SERVER_UNAVAILABLE"},
    ],
    ids=["done", "rejected", "failed", "running", "waiting"],
)
def test_states_that_make_sense(fields: Any, upload: Callable[..., Analysis]) -> None:
    update(upload(), **fields)


def test_an_analysis_belongs_to_the_owner_of_its_upload(upload: Callable[..., Analysis], other: User) -> None:
    analysis = upload()
    analysis.owner = other
    with pytest.raises(ValidationError):
        analysis.full_clean()


def test_an_upload_is_never_empty(upload: Callable[..., Analysis]) -> None:
    upload_ = upload().upload
    with pytest.raises(IntegrityError), transaction.atomic():
        Upload.objects.filter(pk=upload_.pk).update(size=0)
    with pytest.raises(IntegrityError), transaction.atomic():
        Upload.objects.filter(pk=upload_.pk).update(width=None)


def test_emails_and_usernames_are_unique_in_any_case(make_user: Callable[..., User]) -> None:
    make_user(username="Ada", email="ada@example.org")
    for username, email in (("ada", "other@example.org"), ("lovelace", "ADA@example.org")):
        with pytest.raises(IntegrityError), transaction.atomic():
            make_user(username=username, email=email)
