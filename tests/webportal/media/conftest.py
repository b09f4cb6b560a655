"""An object store, and the portal's files in it."""

from __future__ import annotations

from collections.abc import Iterator

import boto3
import pytest
from django.core.files.storage import default_storage
from pytest_django.fixtures import Settings

from benchmarks.processes import object_store
from benchmarks.processes.object_store import BUCKET, ObjectStore


@pytest.fixture(scope="session")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ObjectStore]:
    """A server of the session."""
    with object_store.running(tmp_path_factory.mktemp("store") / "log") as running:
        yield running


@pytest.fixture
def bucket(store: ObjectStore, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[object]:
    """The bucket in which the files of this test lie, as boto3's resource; empty at first."""
    for name, value in store.settings.items():
        monkeypatch.setenv(name, value)
    keep_in(settings, store.endpoint)
    bucket = boto3.resource("s3", endpoint_url=store.endpoint, region_name="us-east-1").Bucket(BUCKET)
    yield bucket
    bucket.objects.all().delete()


def keep_in(settings: Settings, endpoint: str) -> None:
    """Let the files of this test lie in the bucket at an address."""
    options = {"bucket_name": BUCKET, "endpoint_url": endpoint, "region_name": "us-east-1", "cache_bytes": 4 << 20}
    kept = {"BACKEND": "webportal.media.bucket.BucketStorage", "OPTIONS": options}
    settings.STORAGES = {**settings.STORAGES, "default": kept}
    assert type(default_storage._wrapped).__name__ != "FileSystemStorage"  # type: ignore[attr-defined]
