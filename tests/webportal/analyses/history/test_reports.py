"""Reports on paper hold what the pages say, in bounds, whatever people write into labels."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django.fixtures import Settings
from reportlab.pdfgen.canvas import Canvas

from inference_server.classification import Classification, Verdict
from tests.webportal.conftest import FarSide, Refusal, always
from webportal.accounts.models import User
from webportal.analyses import services, tagging
from webportal.analyses.history import reports
from webportal.analyses.history.lettering import Paragraph
from webportal.analyses.jobs import running
from webportal.analyses.models import Analysis

pytestmark = pytest.mark.django_db


def pages(pdf: bytes) -> int:
    return len(re.findall(rb"/Type /Page\b", pdf))


@pytest.fixture
def printed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every text that is set into a report, in order; inside the file it is coded by glyphs."""
    texts: list[str] = []

    def note(text: str, style: object) -> object:
        texts.append(text.replace("\u00a0", " "))
        return Paragraph(text, style)

    monkeypatch.setattr(reports, "Paragraph", note)
    return texts


@pytest.fixture
def feet(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every text at the foot of a page, in order."""
    texts: list[str] = []
    for name in ("drawString", "drawRightString"):
        real = getattr(Canvas, name)

        def note(self: Canvas, x: Any, y: Any, text: str, *rest: Any, real: Any = real, **options: Any) -> Any:
            texts.append(text)
            return real(self, x, y, text, *rest, **options)

        monkeypatch.setattr(Canvas, name, note)
    return texts


@pytest.fixture
def analysis(far_side: FarSide, upload: Callable[..., Analysis], owner: User) -> Analysis:
    analysis = upload(label="strip <b>1</b> & more")
    running.run(analysis_id=analysis.pk, timeout=2.0)
    analysis.refresh_from_db()
    services.review(actor=owner, analysis=analysis, class_short="PACED", comment="a spike")
    tagging.annotate(actor=owner, analysis=analysis, notes="note-zzyzx", tags=[])
    return analysis


class TestOneAnalysis:
    def test_it_says_what_the_page_says(self, analysis: Analysis, owner_client: Client, printed: list[str]) -> None:
        response = owner_client.get(reverse("analyses:report", args=[analysis.pk]))
        assert response.content.startswith(b"%PDF-")
        assert response["Content-Type"] == "application/pdf"
        assert response["Content-Disposition"] == f'attachment; filename="beatlens-{analysis.pk}.pdf"'
        text = "\n".join(printed)
        for part in (
            "strip &lt;b&gt;1&lt;/b&gt; &amp; more",
            "Premature Ventricular Contraction, confident, 97.0 %",
            "Ventricular Escape",
            "For research and education only. Not a medical device, not for diagnosis.",
            "a spike",
            "arrhythmia, version 7",
            "of 3,383 such beats of 18 people it had never seen it recognised 80.6 %",
            "of the beats that it called so, 83.6 % were",
            str(analysis.pk),
        ):
            assert part in text
        assert "note-zzyzx" not in text
        assert "owner-zzyzx" not in text

    def test_the_picture_is_in_it(self, analysis: Analysis, owner_client: Client) -> None:
        pdf = owner_client.get(reverse("analyses:report", args=[analysis.pk])).content
        assert b"/Subtype /Image" in pdf
        assert b"/Width 192" in pdf

    @pytest.mark.parametrize("kind", ["refused", "undecodable", "waiting", "no beat", "uncertain", "shared"])
    def test_every_outcome_can_be_printed(
        self,
        kind: str,
        far_side: FarSide,
        upload: Callable[..., Analysis],
        owner_client: Client,
        printed: list[str],
        answered: Callable[..., Classification],
        refusal: type[Refusal],
        png: bytes,
        drawn: Callable[..., bytes],
    ) -> None:
        def refuse(_data: bytes) -> Classification:
            raise refusal("IMAGE_TRUNCATED")

        outcomes: dict[str, Classification] = {
            "no beat": answered(verdict=Verdict.NOT_A_BEAT),
            "uncertain": answered(verdict=Verdict.UNCERTAIN, plausible=("PVC", "PACED")),
            "shared": answered(verdict=Verdict.CONFIDENT, plausible=("PVC", "PACED")),
        }
        far_side.respond = partial(always, outcomes[kind]) if kind in outcomes else refuse
        analysis = upload(png[:60] if kind == "undecodable" else png)
        if kind != "waiting":
            running.run(analysis_id=analysis.pk, timeout=2.0)
        assert owner_client.get(reverse("analyses:report", args=[analysis.pk])).content.startswith(b"%PDF-")
        expected = {
            "refused": "The picture is cut off",
            "undecodable": "The picture is cut off",
            "waiting": "waiting",
            "no beat": "Not a heartbeat",
            "shared": "Premature Ventricular Contraction, Paced, confident, 98.0 %",
            "uncertain": "These kinds stay plausible: Premature Ventricular Contraction, Paced",
        }
        assert expected[kind] in "\n".join(printed)

    @pytest.mark.parametrize(
        ("written", "set_as"),
        [
            ("Größe, Łódź, Ağrı, Việt, Škoda", None),
            ("Ελληνικά, кириллица", None),
            ("漢字 ok", "□□ ok"),
            ("heart 🫀", "heart □"),
            ("one each: 👩🏽‍⚕️ 👨‍👩‍👧", "one each: □ □"),
            ("שלום", "□□□□"),
            ("a\u202ebc", "abc"),
        ],
    )
    def test_it_has_the_letters_that_people_use_or_a_box_that_says_so(
        self,
        written: str,
        set_as: str | None,
        far_side: FarSide,
        upload: Callable[..., Analysis],
        owner_client: Client,
        printed: list[str],
        feet: list[str],
    ) -> None:
        analysis = upload(label=written)
        assert owner_client.get(reverse("analyses:report", args=[analysis.pk])).status_code == 200
        assert printed[0] == (set_as or written)
        explained = any(text == "□ stands for a character that can’t be printed here." for text in feet)
        assert explained == ("□" in printed[0])

    def test_a_large_picture_makes_no_large_report(
        self, far_side: FarSide, upload: Callable[..., Analysis], owner_client: Client, drawn: Callable[..., bytes]
    ) -> None:
        analysis = upload(drawn((4000, 3000)))
        pdf = owner_client.get(reverse("analyses:report", args=[analysis.pk])).content
        assert b"/Width 1000" in pdf
        assert len(pdf) < 500_000

    def test_reports_are_limited_per_user(self, analysis: Analysis, owner_client: Client, settings: Settings) -> None:
        settings.ACCOUNT_RATE_LIMITS = {"report": "1/m/user"}
        url = reverse("analyses:report", args=[analysis.pk])
        assert [owner_client.get(url).status_code for _ in range(2)] == [200, 429]


class TestHistory:
    def test_the_list_follows_the_search(
        self, analysis: Analysis, upload: Callable[..., Analysis], owner_client: Client, printed: list[str]
    ) -> None:
        upload(label="something else")
        owner_client.get(reverse("analyses:history-pdf"), {"kind": "PVC"})
        text = "\n".join(printed)
        assert "strip &lt;b&gt;1&lt;/b&gt; &amp; more" in text
        assert "something else" not in text

    def test_a_long_list_has_several_pages_and_an_end(
        self,
        upload: Callable[..., Analysis],
        owner_client: Client,
        printed: list[str],
        monkeypatch: pytest.MonkeyPatch,
        png: bytes,
    ) -> None:
        monkeypatch.setattr(reports, "MAX_ROWS", 20)
        for number in range(21):
            upload(label=f"strip {number}")
        pdf = owner_client.get(reverse("analyses:history-pdf")).content
        assert pages(pdf) >= 2
        assert "The first 20 of more." in "\n".join(printed)
        assert printed.count("strip 0") == 0  # the oldest is the one too many

    def test_the_disclaimer_is_on_every_page(
        self, upload: Callable[..., Analysis], owner_client: Client, feet: list[str]
    ) -> None:
        for _ in range(20):
            upload()
        pdf = owner_client.get(reverse("analyses:history-pdf")).content
        disclaimers = [text for text in feet if "Not a medical device" in text]
        assert len(disclaimers) == pages(pdf) >= 2

    def test_only_the_page_with_a_box_explains_it(
        self, upload: Callable[..., Analysis], owner_client: Client, feet: list[str]
    ) -> None:
        upload(label="漢字")
        for _ in range(20):
            upload(label="Größe")
        pdf = owner_client.get(reverse("analyses:history-pdf"), {"sort": "oldest"}).content
        assert pages(pdf) >= 2
        assert [number for number, text in enumerate(feet) if text.startswith("□ stands for")] == [2]  # on page 1


def test_json_holds_what_the_search_finds(
    analysis: Analysis, upload: Callable[..., Analysis], owner: User, owner_client: Client
) -> None:
    tagging.annotate(actor=owner, analysis=analysis, notes="look", tags=["ward 3"])
    upload(label="waiting")
    response = owner_client.get(reverse("analyses:history-json"), {"sort": "oldest"})
    assert response["Content-Disposition"] == 'attachment; filename="beatlens-history.json"'
    first, second = json.loads(response.getvalue())
    assert (first["label"], first["class_short"], first["tags"], first["notes"]) == (
        "strip <b>1</b> & more",
        "PVC",
        ["ward 3"],
        "look",
    )
    assert [entry["short"] for entry in first["probabilities"]] == ["NORMAL", "PVC", "PACED", "ESCAPE"]
    assert [(review["class_short"], review["agrees"], review["by"]) for review in first["reviews"]] == [
        ("PACED", False, "owner")
    ]
    assert (second["label"], second["state"], second["reviews"]) == ("waiting", "queued", [])
    assert json.loads(owner_client.get(reverse("analyses:history-json"), {"q": "nothing"}).getvalue()) == []
