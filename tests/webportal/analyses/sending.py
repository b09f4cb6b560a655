"""Sending files as the page does, and looking at their batch."""

from __future__ import annotations

from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from tests.webportal.page_checks import check_page
from webportal.analyses.models import Analysis, Batch


def send(client: Client, *files: tuple[str, bytes], **fields: object) -> Any:
    sent = [SimpleUploadedFile(name, data) for name, data in files]
    return client.post(reverse("analyses:predict"), {"picture": sent, **fields})


def page(client: Client, batch: Batch, **wanted: Any) -> str:
    return check_page(client.get(batch.get_absolute_url(), wanted))


def analysis_of(batch: Batch, name: str) -> Analysis:
    """The analysis of the file of that name."""
    analysis = batch.files.get(name=name).analysis
    assert analysis is not None
    return analysis
