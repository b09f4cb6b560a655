"""Programs with tokens, and what they send and are answered."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from tests.webportal.conftest import FarSide
from webportal.accounts.models import User
from webportal.analyses.jobs import running
from webportal.analyses.models import Analysis
from webportal.api import tokens
from webportal.api.models import AccessToken

Scope = AccessToken.Scope


def program(user: User, *scopes: Scope) -> Client:
    """A program of ``user``'s, with a token of these scopes; all of them where none is named."""
    _token, secret = tokens.make(owner=user, name="program", scopes=scopes or list(Scope), days=30)
    return Client(headers={"Authorization": f"Bearer {secret}"})


def picture(data: bytes, name: str = "beat.png") -> SimpleUploadedFile:
    """A file as a form sends it."""
    return SimpleUploadedFile(name, data, "image/png")


def table(rate: bool = True) -> bytes:
    """Twenty seconds of one lead as CSV; without ``rate`` nothing tells how fast its samples came."""
    rows = [f"{(place % 90 == 45) * 1.0:.3f}" for place in range(20 * 125)]
    if not rate:
        return "\n".join(["II (mV)", *rows, ""]).encode()
    return "\n".join(["time (s),II (mV)", *(f"{p / 125:.6f},{row}" for p, row in enumerate(rows)), ""]).encode()


@pytest.fixture
def mine(owner: User) -> Client:
    """A program of the owner's that may do everything."""
    return program(owner)


@pytest.fixture
def done(far_side: FarSide, upload: Callable[..., Analysis]) -> Callable[..., Analysis]:
    """Keeps a picture of the owner's and has it analysed."""

    def keep(*args: Any, **words: Any) -> Analysis:
        analysis = upload(*args, **words)
        running.run(analysis_id=analysis.pk, timeout=2.0)
        analysis.refresh_from_db()
        return analysis

    return keep


@pytest.fixture
def analysis(done: Callable[..., Analysis]) -> Analysis:
    return done(label="strip-zzyzx")
