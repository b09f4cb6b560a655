"""A stranger's nonsense is one line in the log."""

from __future__ import annotations

import io
import logging
from collections.abc import Iterator

import pytest
from django.conf import settings
from django.test import Client

from webportal.logs import OneLineForRefusals


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """What the configured handler writes while the test runs."""
    root = logging.getLogger()
    (console,) = [
        handler for handler in root.handlers if any(isinstance(f, OneLineForRefusals) for f in handler.filters)
    ]
    assert isinstance(console, logging.StreamHandler)
    written = io.StringIO()
    before = console.setStream(written)
    yield written
    console.setStream(before)


@pytest.mark.parametrize("host", ["evil.example", "evil\nexample", "a" * 5000, "::::", "http://x/"])
def test_a_bad_host_is_one_line(log: io.StringIO, host: str) -> None:
    response = Client(raise_request_exception=False).get("/", headers={"host": host})
    assert response.status_code == 400
    (line,) = log.getvalue().splitlines()
    assert "django.security.DisallowedHost" in line
    assert len(line) < 400


def test_too_many_fields_are_one_line(log: io.StringIO) -> None:
    form = {f"field-{number}": "" for number in range(settings.DATA_UPLOAD_MAX_NUMBER_FIELDS + 1)}
    response = Client(raise_request_exception=False).post("/accounts/login/", form)
    assert response.status_code == 400
    assert len(log.getvalue().splitlines()) == 1
