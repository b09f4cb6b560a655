from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from inference_server.classification import Classification, Verdict
from tests.webportal.analyses.sending import send
from tests.webportal.conftest import FarSide, Refusal
from webportal.analyses.models import Batch


@pytest.fixture
def batch(
    far_side: FarSide,
    owner_client: Client,
    drawn: Callable[..., bytes],
    answered: Callable[..., Classification],
    refusal: type[Refusal],
) -> Batch:
    """One file of each outcome but failed: confident, uncertain, no beat, not accepted, refused by the server."""

    def respond(data: bytes) -> Any:
        if data == drawn(shift=1):
            return answered("PACED", probability=0.5, verdict=Verdict.UNCERTAIN)
        if data == drawn(shift=2):
            return answered("PACED", probability=0.4, verdict=Verdict.NOT_A_BEAT)
        if data == drawn(shift=4):
            raise refusal("IMAGE_CORRUPT")
        return answered()

    far_side.respond = respond
    fields = {"keep_names": "on", "label": "ward 3"}
    files = [(f"{name}.png", drawn(shift=shift)) for shift, name in enumerate(["sure", "doubt", "none"])]
    send(owner_client, *files, ("notes.txt", b"text"), ("broken.png", drawn(shift=4)), **fields)
    return Batch.objects.get()
