"""A disk that lost files: each page says so or leaves the picture out, and nothing else is lost with it."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from tests.webportal.conftest import FarSide
from webportal.analyses.jobs import running
from webportal.analyses.models import Analysis

pytestmark = pytest.mark.django_db


@pytest.fixture
def bare(far_side: FarSide, upload: Callable[..., Analysis]) -> Analysis:
    """An answered analysis whose picture, thumbnail and original are gone."""
    analysis = upload(label="strip 1", keep_original=True)
    running.run(analysis_id=analysis.pk, timeout=2.0)
    analysis.refresh_from_db()
    for file in (analysis.upload.picture, analysis.upload.thumbnail, analysis.upload.original):
        file.storage.delete(str(file.name))
    return analysis


@pytest.mark.parametrize("name", ["picture", "thumbnail", "original"])
def test_a_file_that_is_not_there_is_not_found(name: str, bare: Analysis, owner_client: Client) -> None:
    assert owner_client.get(reverse(f"analyses:{name}", args=[bare.upload_id])).status_code == 404


def test_the_answer_can_still_be_read_and_taken_along(bare: Analysis, owner_client: Client) -> None:
    page = owner_client.get(bare.get_absolute_url())
    assert page.status_code == 200
    assert "Premature Ventricular Contraction" in page.content.decode()
    for address in (reverse("analyses:report", args=[bare.pk]), reverse("analyses:history-pdf")):
        assert owner_client.get(address).content.startswith(b"%PDF-")
    response = owner_client.post(reverse("accounts:export"))
    with zipfile.ZipFile(io.BytesIO(response.getvalue())) as archive:
        assert not [name for name in archive.namelist() if not name.endswith(".json")]
        [described] = json.loads(archive.read("uploads.json"))
    assert described["picture"] is None
    assert described["label"] == "strip 1"


def test_there_is_no_evidence_in_a_picture_that_is_missing(bare: Analysis, owner_client: Client) -> None:
    page = owner_client.get(reverse("analyses:evidence", args=[bare.pk, "PVC"]))
    assert "The file of this picture is missing." in page.content.decode()
