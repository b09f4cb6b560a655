"""docs/api.md: its examples run as they stand, its codes are those that are answered; the OpenAPI document is true."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from django.test import Client
from django.urls import reverse
from pytest_django.live_server_helper import LiveServer

from inference_server.classification.page_messages import Digitized
from tests.webportal.api.conftest import picture, table
from tests.webportal.conftest import FarSide
from tests.webportal.recordings.conftest import digitizing_server, strip_found, strip_picture
from webportal import problems
from webportal.accounts.models import User
from webportal.analyses import reasons
from webportal.analyses.models import Analysis
from webportal.api import tokens
from webportal.api.interface import interface
from webportal.api.models import AccessToken
from webportal.recordings.jobs import reading
from webportal.recordings.models import Recording

__all__ = ["strip_found", "strip_picture"]  # fixtures

GUIDE = Path(__file__).resolve().parents[3] / "docs" / "api.md"
EXAMPLES = re.findall(r"```(sh|python)\n(.*?)```", GUIDE.read_text(), re.DOTALL)


@pytest.mark.skipif(shutil.which("curl") is None, reason="there is no curl")
@pytest.mark.django_db(transaction=True)
def test_the_examples_run_as_they_stand(
    live_server: LiveServer,
    far_side: FarSide,
    owner: User,
    drawn: Callable[..., bytes],
    strip_picture: bytes,
    strip_found: Digitized,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    digitizing_server(monkeypatch, strip_found)
    _token, secret = tokens.make(owner=owner, name="guide", scopes=list(AccessToken.Scope), days=7)
    environment = {"PATH": os.environ["PATH"], "BEATLENS": live_server.url, "TOKEN": secret}
    (tmp_path / "beat.png").write_bytes(drawn())
    with zipfile.ZipFile(tmp_path / "more.zip", "w") as archive:
        archive.writestr("a.png", drawn(shift=3))
    (tmp_path / "night.csv").write_bytes(table())
    (tmp_path / "strip.png").write_bytes(strip_picture)
    out = []
    for language, code in EXAMPLES:
        for sent in Recording.objects.filter(state=Recording.State.RECEIVED):
            reading.run(recording_id=sent.pk)
        command = ["sh", "-e", "-c", code] if language == "sh" else [sys.executable, "-c", code]
        done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stdout + done.stderr
        out.append(done.stdout)
    assert [language for language, _code in EXAMPLES] == ["sh", "python", "sh", "sh", "sh", "sh"]
    assert '"state": "done"' in out[0]
    assert out[1] == "Bed 4 done CONFIDENT\n"
    assert {analysis.upload.label for analysis in Analysis.objects.all()} == {"Bed 4", "Monday"}
    assert [tag.name for tag in Analysis.objects.get(upload__label="Bed 4").tags.all()] == ["fetched"]
    assert json.loads((tmp_path / "page.json").read_text())["leads"][0]["name"] == "II"
    states = {row.name: row.state for row in Recording.objects.all()}
    assert states == {"Bed 4, night": "read", "Bed 4, strip": "received"}  # confirmed, to be read as such
    assert (tmp_path / "analyses.csv").read_text("utf-8-sig").count("PVC") >= 2


def test_anyone_may_read_the_guide(client: Client, db: None) -> None:
    page = client.get(reverse("tokens:guide")).content.decode()
    assert "Idempotency-Key" in page
    assert "<script>" not in page


def test_the_guide_names_every_reason_of_the_interface() -> None:
    named = set(re.findall(r"`([A-Z]+(?:_[A-Z]+)+)`", GUIDE.read_text()))
    modules = (GUIDE.parents[1] / "webportal" / "api").rglob("*.py")
    code = "".join(path.read_text() for path in modules if path.parent.name != "schemas")  # there they are examples
    answered = set(re.findall(r'"([A-Z]+(?:_[A-Z]+)+)"', code)) | set(problems.REASONS.values())
    answered -= {"NOT_ALLOWED", "REQUEST_MALFORMED"}  # what no program that speaks HTTP is told
    of_files = {reason for reason in named | answered if reasons.is_known(reason)}
    verdicts = {"NOT_A_BEAT"}
    assert answered - of_files - verdicts == named - of_files - verdicts


def described() -> dict[str, Any]:
    return dict(interface.get_openapi_schema())


def operations() -> Iterator[tuple[str, dict[str, Any]]]:
    for path, methods in described()["paths"].items():
        for method, operation in methods.items():
            yield f"{method.upper()} {path}", operation


def test_anyone_may_read_the_document(client: Client, db: None) -> None:
    response = client.get(reverse("api:openapi"))
    assert response.json()["openapi"].startswith("3.1")
    assert not response.cookies


def test_every_operation_says_what_it_does_needs_and_answers() -> None:
    for name, operation in operations():
        assert operation["description"], name
        assert len(operation["security"][0]["AccessTokenAuth"]) == 1, name
        assert {"401", "403", "422", "429"} <= set(operation["responses"]), name
        for status, response in operation["responses"].items():
            kinds = {"application/problem+json"} if int(status) >= 400 else None
            assert kinds in (None, set(response.get("content", kinds or ()))), (name, status)
        assert ("{" in name) <= ("404" in operation["responses"]), name


def test_every_field_has_words_or_an_example() -> None:
    for name, schema in described()["components"]["schemas"].items():
        for field, about in schema["properties"].items():
            refers = "$ref" in about or "$ref" in about.get("items", {}) or "anyOf" in about
            plain = about.get("type") == "boolean" or "enum" in about or "const" in about
            assert refers or plain or "description" in about or "examples" in about, (name, field)


@pytest.mark.django_db
def test_answers_are_as_the_document_says(
    far_side: FarSide, mine: Client, analysis: Analysis, drawn: Callable[..., bytes]
) -> None:
    document = described()
    batch = mine.post("/api/v1/batches", {"files": [picture(drawn()), picture(drawn(shift=4))]}).json()
    called = {
        "/api/v1/account": "/api/v1/account",
        "/api/v1/analyses": "/api/v1/analyses",
        "/api/v1/analyses/{analysis_id}": f"/api/v1/analyses/{analysis.pk}",
        "/api/v1/batches": "/api/v1/batches",
        "/api/v1/batches/{batch_id}/files": f"/api/v1/batches/{batch['id']}/files",
        "/api/v1/tags": "/api/v1/tags",
    }
    for path, address in called.items():
        schema = document["paths"][path]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
        hold(mine.get(address).json(), schema, document)
    problem = document["paths"]["/api/v1/tags"]["get"]["responses"]["401"]["content"]["application/problem+json"]
    for refusal in (Client().get("/api/v1/tags"), mine.get("/api/v1/analyses?limit=0"), mine.get("/api/v1/nothing")):
        hold(refusal.json(), problem["schema"], document)


def hold(answer: Any, schema: dict[str, Any], document: dict[str, Any]) -> None:
    jsonschema.Draft202012Validator({**schema, "components": document["components"]}).validate(answer)
