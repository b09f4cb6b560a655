"""Reports on paper hold what the pages say, in bounds, whatever people write into labels."""

from __future__ import annotations

import json
import re

import pytest
from django.urls import reverse
from reportlab.pdfgen.canvas import Canvas

from inference_server.classification import Verdict
from webportal.analyses import services, tagging
from webportal.analyses.history import reports
from webportal.analyses.jobs import running
from webportal.analyses.models import Analysis

pytestmark = pytest.mark.django_db


def pages(pdf: bytes) -> int:
    return len(re.findall(rb"/Type /Page\b", pdf))


@pytest.fixture
def said(monkeypatch) -> list[str]:
    """Every text that is set into a report, in order; inside the file it is coded by glyphs."""
    texts: list[str] = []
    real = reports.Paragraph

    def note(text: str, style: object) -> object:
        texts.append(text.replace("\u00a0", " "))
        return real(text, style)

    monkeypatch.setattr(reports, "Paragraph", note)
    return texts


@pytest.fixture
def feet(monkeypatch) -> list[str]:
    """Every text at the foot of a page, in order."""
    texts: list[str] = []
    for name in ("drawString", "drawRightString"):
        real = getattr(Canvas, name)

        def note(self, x, y, text, *rest, real=real, **options):
            texts.append(text)
            return real(self, x, y, text, *rest, **options)

        monkeypatch.setattr(Canvas, name, note)
    return texts


@pytest.fixture
def analysis(far_side, upload, owner) -> Analysis:
    analysis = upload(label="strip <b>1</b> & more")
    running.run(analysis_id=analysis.pk, timeout=2.0)
    analysis.refresh_from_db()
    services.review(actor=owner, analysis=analysis, class_short="PACED", comment="a spike")
    tagging.annotate(actor=owner, analysis=analysis, notes="note-zzyzx", tags=[])
    return analysis


class TestOneAnalysis:
    def test_it_says_what_the_page_says(self, analysis, owner_client, said):
        response = owner_client.get(reverse("analyses:report", args=[analysis.pk]))
        assert response.content.startswith(b"%PDF-")
        assert response["Content-Type"] == "application/pdf"
        assert response["Content-Disposition"] == f'attachment; filename="beatlens-{analysis.pk}.pdf"'
        text = "\n".join(said)
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

    def test_the_picture_is_in_it(self, analysis, owner_client):
        pdf = owner_client.get(reverse("analyses:report", args=[analysis.pk])).content
        assert b"/Subtype /Image" in pdf
        assert b"/Width 192" in pdf

    @pytest.mark.parametrize("kind", ["refused", "undecodable", "waiting", "no beat", "uncertain"])
    def test_every_outcome_can_be_printed(
        self, kind, far_side, upload, owner_client, said, answered, refusal, png, drawn
    ):
        def refuse(_data: bytes):
            raise refusal("IMAGE_TRUNCATED")

        far_side.respond = {
            "no beat": lambda _data: answered(verdict=Verdict.NOT_A_BEAT),
            "uncertain": lambda _data: answered(verdict=Verdict.UNCERTAIN, plausible=("PVC", "PACED")),
        }.get(kind, refuse)
        analysis = upload(png[:60] if kind == "undecodable" else png)
        if kind != "waiting":
            running.run(analysis_id=analysis.pk, timeout=2.0)
        assert owner_client.get(reverse("analyses:report", args=[analysis.pk])).content.startswith(b"%PDF-")
        expected = {
            "refused": "The picture is cut off",
            "undecodable": "The picture is cut off",
            "waiting": "waiting",
            "no beat": "Not a heartbeat",
            "uncertain": "These kinds stay plausible: Premature Ventricular Contraction, Paced",
        }
        assert expected[kind] in "\n".join(said)

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
        self, written, set_as, far_side, upload, owner_client, said, feet
    ):
        analysis = upload(label=written)
        assert owner_client.get(reverse("analyses:report", args=[analysis.pk])).status_code == 200
        assert said[0] == (set_as or written)
        explained = any(text == "□ stands for a character that can’t be printed here." for text in feet)
        assert explained == ("□" in said[0])

    def test_a_large_picture_makes_no_large_report(self, far_side, upload, owner_client, drawn):
        analysis = upload(drawn((4000, 3000)))
        pdf = owner_client.get(reverse("analyses:report", args=[analysis.pk])).content
        assert b"/Width 1000" in pdf
        assert len(pdf) < 500_000

    def test_reports_are_limited_per_user(self, analysis, owner_client, settings):
        settings.ACCOUNT_RATE_LIMITS = {"report": "1/m/user"}
        url = reverse("analyses:report", args=[analysis.pk])
        assert [owner_client.get(url).status_code for _ in range(2)] == [200, 429]


class TestHistory:
    def test_the_list_follows_the_search(self, analysis, upload, owner_client, said):
        upload(label="something else")
        owner_client.get(reverse("analyses:history-pdf"), {"kind": "PVC"})
        text = "\n".join(said)
        assert "strip &lt;b&gt;1&lt;/b&gt; &amp; more" in text
        assert "something else" not in text

    def test_a_long_list_has_several_pages_and_an_end(self, upload, owner_client, said, monkeypatch, png):
        monkeypatch.setattr(reports, "MAX_ROWS", 20)
        for number in range(21):
            upload(label=f"strip {number}")
        pdf = owner_client.get(reverse("analyses:history-pdf")).content
        assert pages(pdf) >= 2
        assert "The first 20 of more." in "\n".join(said)
        assert said.count("strip 0") == 0  # the oldest is the one too many

    def test_the_disclaimer_is_on_every_page(self, upload, owner_client, feet):
        for _ in range(20):
            upload()
        pdf = owner_client.get(reverse("analyses:history-pdf")).content
        disclaimers = [text for text in feet if "Not a medical device" in text]
        assert len(disclaimers) == pages(pdf) >= 2

    def test_only_the_page_with_a_box_explains_it(self, upload, owner_client, feet):
        upload(label="漢字")
        for _ in range(20):
            upload(label="Größe")
        pdf = owner_client.get(reverse("analyses:history-pdf"), {"sort": "oldest"}).content
        assert pages(pdf) >= 2
        assert [number for number, text in enumerate(feet) if text.startswith("□ stands for")] == [2]  # on page 1


def test_json_holds_what_the_search_finds(analysis, upload, owner, owner_client):
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
