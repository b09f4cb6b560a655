"""A reader of German meets no English name of a class, on no page and on no paper."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from functools import partial
from typing import Any

import onnx
import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse
from django.utils import translation

from inference_server.classification import Verdict
from inference_server.models import page_model
from tests.webportal import access_table
from tests.webportal.conftest import CLASSES, FarSide, always, answer
from webportal.accounts.models import User
from webportal.analyses import services
from webportal.analyses.history import reports
from webportal.analyses.history.lettering import Paragraph
from webportal.analyses.jobs import running
from webportal.analyses.models import Analysis
from webportal.pages import catalogue

GERMAN = {"Accept-Language": "de"}


def english_names() -> list[str]:
    """Names of this test's classes that a German page would put otherwise."""
    with translation.override("de"):
        names = [beat.name for beat in CLASSES if catalogue.translated(beat.name) != beat.name]
    assert {"Premature Ventricular Contraction", "Paced"} <= set(names)
    return [*names, "Another kind of beat", "Not one heartbeat"]


NAMES = re.compile(r"\b(" + "|".join(map(re.escape, english_names())) + r")\b")


@pytest.mark.parametrize(
    "path", sorted((settings.BASE_DIR / "models").glob("*/*/model.onnx")), ids=lambda p: p.parts[-3]
)
def test_every_class_of_every_model_has_a_german_name(path: Any) -> None:
    metadata = {prop.key: prop.value for prop in onnx.load(path, load_external_data=False).metadata_props}
    if metadata["format"] == page_model.FORMAT:
        assert tuple(json.loads(metadata["classes"])) == page_model.CLASSES  # of pixels, which are shown to nobody
        return
    names = [entry["name"] for entry in json.loads(metadata["classes"])]
    with translation.override("de"):
        untranslated = [name for name in names if catalogue.translated(name) == name]
    assert untranslated == ["Normal"]  # which is the German word too


@pytest.fixture
def analysis(far_side: FarSide, upload: Callable[..., Analysis], owner: User, drawn: Callable[..., bytes]) -> Analysis:
    """One answer of each kind, read by their owner as something else; the first of them shared."""
    analyses = []
    for place, beat in enumerate(CLASSES):
        verdict = Verdict.UNCERTAIN if place % 2 else Verdict.CONFIDENT
        plausible: tuple[str, ...] = ("PVC", "PACED") if verdict is Verdict.UNCERTAIN else ()
        far_side.respond = partial(always, answer(beat.short, verdict=verdict, plausible=plausible))
        analysis = upload(drawn(shift=place))
        running.run(analysis_id=analysis.pk, timeout=2.0)
        analysis.refresh_from_db()
        services.review(actor=owner, analysis=analysis, class_short="PACED")
        services.review(actor=owner, analysis=analysis, class_short="OTHER_KIND")
        analyses.append(analysis)
    services.share_analyses(actor=owner, ids=[analyses[1].pk])
    return analyses[1]


@pytest.mark.django_db
def test_no_page_has_an_english_name(
    analysis: Analysis, owner_client: Client, reviewer_client: Client, staff_client: Client
) -> None:
    seen = 0
    leaks = []
    for role, client in {
        "": Client(),
        "owner": owner_client,
        "reviewer": reviewer_client,
        "admin": staff_client,
    }.items():
        for route in sorted(set(access_table.routes())):
            response = client.get(access_table.filled(route, analysis), headers=GERMAN)
            body = response.getvalue()
            if response.status_code != 200 or not response["Content-Type"].startswith("text/html"):
                continue
            seen += 1
            match = NAMES.search(body.decode())
            if match:
                leaks.append((role, route, match[0]))
    assert leaks == []
    assert seen > 50


@pytest.mark.django_db
def test_no_paper_has_an_english_name(
    analysis: Analysis, owner_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []

    def note(text: str, style: object) -> object:
        said.append(text)
        return Paragraph(text, style)

    monkeypatch.setattr(reports, "Paragraph", note)
    for url in (reverse("analyses:history-pdf"), reverse("analyses:report", args=[analysis.pk])):
        assert owner_client.get(url, headers=GERMAN).status_code == 200
    assert any("Ventrikuläre Extrasystole" in text for text in said)
    assert [text for text in said if NAMES.search(text)] == []
