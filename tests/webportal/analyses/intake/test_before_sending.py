"""What the page says about a file before it is sent."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from ecg.pictures.kinds import BEGINNING_BYTES

pytestmark = pytest.mark.django_db


def said(client: Client, beginning: bytes) -> str:
    response = client.post(reverse("analyses:what-is-wrong"), beginning, content_type="application/octet-stream")
    assert response.status_code == 200
    return response.json()["problem"]


@pytest.mark.parametrize(
    ("beginning", "sentence"),
    [
        (bytes(128) + b"DICM", "The file is a DICOM file. Export the ECG as a PNG picture"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "The file is an SVG drawing"),
        (b"Patient 7, no complaints.", "The file is a text."),
        (b"100 2 360 650000\n100.dat 212 200 11 1024 995 -22131 0 MLII\n", "The file is an ECG recording"),
        (b"7z\xbc\xaf\x27\x1c", "The file is an archive that isn’t read here."),
    ],
)
def test_what_is_not_taken_is_named_with_the_next_step(owner_client: Client, beginning: Any, sentence: str) -> None:
    assert said(owner_client, beginning).startswith(sentence)


def test_nothing_is_said_about_what_is_taken(owner_client: Client, drawn: Callable[..., bytes]) -> None:
    assert said(owner_client, drawn()[:BEGINNING_BYTES]) == ""
    assert said(owner_client, b"PK\x03\x04" + bytes(60)) == ""
    assert said(owner_client, b"") == ""


def test_more_than_the_beginning_is_not_looked_at(owner_client: Client) -> None:
    assert said(owner_client, b" " * BEGINNING_BYTES + b"<svg") == said(owner_client, b" " * BEGINNING_BYTES)
