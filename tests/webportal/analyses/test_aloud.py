"""The sentences beside a confident answer: how often such answers are right, and what one beat can't show."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import translation

from inference_server.classification import BeatClass, Classification, ConfidentAnswers, LeadAnswers, ModelInfo, Verdict
from tests.webportal.conftest import FarSide
from webportal.analyses import aloud
from webportal.analyses.answers import Answer
from webportal.analyses.history import reports
from webportal.analyses.history.lettering import Paragraph
from webportal.analyses.jobs import running
from webportal.analyses.models import Analysis

PVC = ConfidentAnswers(("PVC",), 153, 4100, 0.992, 0.985)
NORMAL = ConfidentAnswers(("NORMAL", "PAC"), 1812, 20311, 0.997, 0.994)
MODEL = ModelInfo("m", "5", (BeatClass("PVC", "PVC"),), 64, 96, "", "", {}, "", confident_answers=(PVC, NORMAL))


def answer(*plausible: str, verdict: str = "CONFIDENT") -> Answer:
    return Answer(
        verdict=verdict,
        class_short=plausible[0],
        class_name=plausible[0].title(),
        prediction_set=tuple({"short": short, "name": short.title()} for short in plausible),
    )


def test_the_lower_of_both_counts_is_said_rounded_down_with_its_people() -> None:
    right, hidden = aloud.sentences(MODEL, answer("PVC"))
    assert right == (
        "For a person whom the model has never seen, such an answer is right 98 of 100 times; measured on 153 people."
    )
    assert hidden.startswith("One beat can’t show the rhythm")


def test_a_group_is_one_answer_and_its_early_beats_are_what_is_hidden() -> None:
    for named in (("NORMAL", "PAC"), ("PAC", "NORMAL")):
        right, hidden = aloud.sentences(MODEL, answer(*named))
        assert "right more than 99 of 100 times; measured on 1,812 people" in right
        assert hidden.startswith("The shape is that of a normal beat; whether it came early can’t be seen in one beat")


@pytest.mark.parametrize("people", [1, 20])
def test_what_few_people_showed_is_no_number(people: int) -> None:
    model = replace(MODEL, confident_answers=(replace(PVC, people=people),))
    said = " ".join(aloud.sentences(model, answer("PVC")))
    assert "measured on few people" in said
    assert "100" not in said
    assert "of 100" in " ".join(
        aloud.sentences(replace(MODEL, confident_answers=(replace(PVC, people=21),)), answer("PVC"))
    )


def test_what_nobody_was_answered_with_was_not_measured() -> None:
    assert "measured on few people" in aloud.sentences(MODEL, answer("PACED"))[0]


def test_nothing_is_said_beside_doubt_beside_no_beat_and_by_older_models() -> None:
    assert aloud.sentences(MODEL, answer("PVC", verdict="UNCERTAIN")) == []
    assert aloud.sentences(MODEL, Answer(verdict="NOT_A_BEAT")) == []
    assert aloud.sentences(MODEL, Answer(is_hidden=True)) == []
    assert aloud.sentences(replace(MODEL, confident_answers=()), answer("PVC")) == []
    assert aloud.sentences(None, answer("PVC")) == []


class TestInALead:
    LEARNED = LeadAnswers(("I", "II"), True, (replace(PVC, people=40, right=0.9, right_by_person=0.91),))
    MEASURED = LeadAnswers(("V1",), False, (replace(NORMAL, people=187, right=0.953, right_by_person=0.96),))
    MODEL = replace(MODEL, lead_answers=(LEARNED, MEASURED))

    def said(self, lead: str, knowledge: str, *plausible: str, verdict: str = "CONFIDENT") -> list[str]:
        named = replace(answer(*plausible, verdict=verdict), lead=lead, lead_knowledge=knowledge)
        return aloud.sentences(self.MODEL, named)

    def test_of_which_it_learned_its_own_figure_is_said(self) -> None:
        for lead in ("II", "MLII"):
            right, hidden = self.said(lead, "LEARNED", "PVC")
            assert right == (
                f"In lead {lead}, for a person whom the model has never seen, such an answer is right 90 of 100 times; "
                "measured on 40 people."
            )
            assert hidden.startswith("One beat can’t show the rhythm")

    def test_with_few_people_the_figure_of_all_is_said(self) -> None:
        right, _hidden = self.said("II", "LEARNED", "NORMAL", "PAC")
        assert right.startswith("For a person")
        assert "1,812" in right

    def test_in_which_it_was_measured_only_that_is_said(self) -> None:
        right, learned, _hidden = self.said("V1", "MEASURED", "NORMAL", "PAC")
        assert "In lead V1, " in right
        assert "right 95 of 100 times; measured on 187 people" in right
        assert learned == ("The model has learned from other leads; it is judged by how often it was right in lead V1.")
        assert "few people" in self.said("V1", "MEASURED", "PVC")[0]
        assert self.said("V1", "MEASURED", "PVC", verdict="UNCERTAIN") == [learned]

    def test_of_which_nothing_is_known_that_is_said_beside_doubt(self) -> None:
        (nothing,) = self.said("aVR", "NONE", "PVC", verdict="UNCERTAIN")
        assert nothing.startswith("The model has not learned from lead aVR, and")

    def test_in_german(self) -> None:
        with translation.override("de"):
            right, learned, _hidden = self.said("V1", "MEASURED", "NORMAL", "PAC")
            (nothing,) = self.said("aVR", "NONE", "PVC", verdict="UNCERTAIN")
        assert right.startswith("In Ableitung V1 stimmt eine solche Antwort bei einem Menschen, den")
        assert learned.endswith("wie oft es in Ableitung V1 richtig lag.")
        assert nothing.startswith("Aus Ableitung aVR hat das Modell nicht gelernt")


def test_in_german() -> None:
    with translation.override("de"):
        right, _hidden = aloud.sentences(MODEL, answer("PVC"))
    assert right.endswith("stimmt eine solche Antwort in 98 von 100 Fällen; gemessen an 153 Personen.")


@pytest.mark.django_db
class TestWhereItIsSaid:
    @pytest.fixture
    def analysis(self, far_side: FarSide, upload: Callable[..., Analysis]) -> Analysis:
        far_side.model = {"confident_answers": (PVC,)}
        analysis = upload()
        running.run(analysis_id=analysis.pk, timeout=2.0)
        analysis.refresh_from_db()
        return analysis

    def test_on_the_result_page_and_its_live_part(self, analysis: Analysis, owner_client: Client) -> None:
        for name in ("result", "status"):
            html = owner_client.get(reverse(f"analyses:{name}", args=[analysis.pk])).content.decode()
            assert "such an answer is right 98 of 100 times; measured on 153 people." in html

    def test_without_an_account(
        self, analysis: Analysis, client: Client, png: bytes, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        response = client.post(reverse("trial:try"), {"sample": _any_sample(client)})
        assert "right 98 of 100 times" in response.content.decode()

    def test_on_paper(self, analysis: Analysis, owner_client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
        printed: list[str] = []

        def note(text: str, style: object) -> object:
            printed.append(text)
            return Paragraph(text, style)

        monkeypatch.setattr(reports, "Paragraph", note)
        owner_client.get(reverse("analyses:report", args=[analysis.pk]))
        assert any("right 98 of 100 times" in text for text in printed)

    def test_not_beside_doubt(
        self,
        far_side: FarSide,
        upload: Callable[..., Analysis],
        answered: Callable[..., Classification],
        owner_client: Client,
    ) -> None:
        far_side.model = {"confident_answers": (PVC,)}
        far_side.respond = lambda _data: answered(verdict=Verdict.UNCERTAIN, plausible=("PVC", "PACED"))
        analysis = upload()
        running.run(analysis_id=analysis.pk, timeout=2.0)
        assert "of 100 times" not in owner_client.get(analysis.get_absolute_url()).content.decode()


def _any_sample(client: Client) -> str:
    """The key of a sample that the page offers."""
    html = client.get(reverse("trial:try")).content.decode()
    return html.partition('name="sample" value="')[2].partition('"')[0]
