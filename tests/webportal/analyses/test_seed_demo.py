"""The demo: real uploads in the name of a demo user."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse

from tests.webportal.conftest import FarSide
from webportal.analyses.models import Analysis

pytestmark = pytest.mark.django_db


@pytest.fixture
def samples(tmp_path: Path, drawn: Callable[..., bytes]) -> Any:
    for short in ("NORMAL", "PVC"):
        (tmp_path / short).mkdir()
        (tmp_path / short / "100_1.png").write_bytes(drawn((192, 128 + len(short))))
    (tmp_path / "README.txt").write_text("not a picture")
    return tmp_path


def seed(samples: Any) -> str:
    out = io.StringIO()
    call_command("seed_demo", samples=samples, stdout=out)
    return out.getvalue()


def test_it_sends_the_samples_and_says_how_to_log_in(far_side: FarSide, samples: Any) -> None:
    output = seed(samples)
    assert "2 of 2 pictures sent, 0 of them waiting" in output
    assert set(Analysis.objects.values_list("upload__label", "state")) == {("NORMAL", "done"), ("PVC", "done")}

    client = Client()
    password = output.split("password: ")[1].split()[0]
    client.post(reverse("account_login"), {"login": "demo", "password": password})
    assert len(client.get(reverse("analyses:history")).context["page"].rows) == 2


def test_running_it_again_sends_nothing_twice(far_side: FarSide, samples: Any) -> None:
    seed(samples)
    assert "0 of 2 pictures sent" in seed(samples)
    assert Analysis.objects.count() == 2


def test_without_pictures_it_says_so(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="no pictures"):
        seed(tmp_path)
