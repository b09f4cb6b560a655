"""What stands around an answer: the evidence, labelled beats beside it, the model's record, the way to the next one."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from PIL import Image
from pytest_django.fixtures import DjangoAssertNumQueries, Settings

from inference_server.classification import BeatClass, Classification, ModelInfo, Verdict
from tests.webportal.conftest import FarSide, always
from webportal.accounts.models import User
from webportal.analyses import answers, references, services, track_record
from webportal.analyses.history import queries
from webportal.analyses.jobs import running
from webportal.analyses.models import Analysis
from webportal.analyses.track_record import TrackRecord
from webportal.pages import catalogue

pytestmark = pytest.mark.django_db


@pytest.fixture
def analysis(far_side: FarSide, upload: Callable[..., Analysis]) -> Analysis:
    analysis = upload()
    running.run(analysis_id=analysis.pk, timeout=2.0)
    analysis.refresh_from_db()
    return analysis


def page(client: Client, analysis: Analysis) -> str:
    return client.get(analysis.get_absolute_url()).content.decode()


def evidence(analysis: Analysis, short: str = "PVC", name: str = "evidence") -> str:
    return reverse(f"analyses:{name}", args=[analysis.pk, short])


class TestEvidence:
    def test_the_result_offers_it_for_the_two_nearest_kinds_by_links(
        self, analysis: Analysis, owner_client: Client, far_side: FarSide
    ) -> None:
        html = page(owner_client, analysis)
        nearest = [entry["short"] for entry in answers.shown(analysis).compared]
        assert nearest[0] == "PVC"
        assert all(f'href="{evidence(analysis, short)}"' in html for short in nearest)
        assert far_side.explained == []  # nobody asked yet

    def test_the_page_lays_it_over_the_picture_and_leads_back(self, analysis: Analysis, owner_client: Client) -> None:
        html = owner_client.get(evidence(analysis)).content.decode()
        assert f'src="{evidence(analysis, name="evidence-picture")}"' in html
        assert f'href="{analysis.get_absolute_url()}"' in html
        assert "<html" in html
        part = owner_client.get(evidence(analysis), headers={"HX-Request": "true"}).content.decode()
        assert "<html" not in part
        assert evidence(analysis, name="evidence-picture") in part

    def test_the_overlay_is_clear_where_there_is_none_and_strong_where_there_is_much(
        self, analysis: Analysis, owner_client: Client
    ) -> None:
        data = owner_client.get(evidence(analysis, name="evidence-picture")).content
        overlay = Image.open(io.BytesIO(data))
        assert overlay.mode == "RGBA"
        assert overlay.size == (192, 128)
        opacity = overlay.getchannel("A")
        assert opacity.getpixel((96, 0)) == 0
        assert opacity.tobytes()[127 * 192 + 96] > 150

    @pytest.mark.parametrize(("paper", "marked"), [(255, False), (10, True)], ids=["light", "dark"])
    def test_on_dark_paper_it_lightens_so_that_the_trace_stays_seen(
        self, paper: int, marked: bool, far_side: FarSide, upload: Callable[..., Analysis], owner_client: Client
    ) -> None:
        picture = io.BytesIO()
        Image.new("L", (192, 128), paper).save(picture, "PNG")
        analysis = upload(picture.getvalue())
        running.run(analysis_id=analysis.pk, timeout=2.0)
        assert ("evidence--dark" in owner_client.get(evidence(analysis)).content.decode()) == marked

    def test_the_server_is_asked_once_for_each_kind(
        self, analysis: Analysis, owner_client: Client, far_side: FarSide
    ) -> None:
        for name in ("evidence", "evidence-picture", "evidence-picture"):
            owner_client.get(evidence(analysis, name=name))
        owner_client.get(evidence(analysis, "PACED"))
        assert far_side.explained == ["PVC", "PACED"]

    def test_a_class_that_the_model_doesnt_know_is_not_found(self, analysis: Analysis, owner_client: Client) -> None:
        assert owner_client.get(evidence(analysis, "NOSUCH")).status_code == 404

    def test_without_the_server_the_page_says_so(
        self, analysis: Analysis, owner_client: Client, far_side: FarSide, settings: Settings
    ) -> None:
        settings.INFERENCE_FAST_TIMEOUT = 0.2
        far_side.down()
        html = owner_client.get(evidence(analysis)).content.decode()
        assert "The analysis service is unavailable right now. Try again in a minute." in html
        assert evidence(analysis, name="evidence-picture") not in html
        assert owner_client.get(evidence(analysis, name="evidence-picture")).status_code == 503

    def test_the_model_that_answered_is_asked_or_nobody(self, analysis: Analysis, owner_client: Client) -> None:
        Analysis.objects.filter(pk=analysis.pk).update(model_version="6")
        assert "no longer in service" in owner_client.get(evidence(analysis)).content.decode()

    def test_it_is_limited_per_user(self, analysis: Analysis, owner_client: Client, settings: Settings) -> None:
        settings.ACCOUNT_RATE_LIMITS = {"evidence": "2/m/user"}
        assert [owner_client.get(evidence(analysis)).status_code for _ in range(3)] == [200, 200, 429]


class TestComparison:
    def test_labelled_beats_of_the_two_nearest_kinds(self, analysis: Analysis, owner_client: Client) -> None:
        analysis.probabilities[0]["probability"], analysis.probabilities[2]["probability"] = 0.001, 0.02
        analysis.save()
        comparison = owner_client.get(analysis.get_absolute_url()).context["comparison"]
        assert [(kind["short"], len(beats)) for kind, beats in comparison] == [("PVC", 3), ("PACED", 3)]
        html = page(owner_client, analysis)
        assert "A beat labelled Premature Ventricular Contraction" in html
        assert "MIT-BIH" in html

    def test_every_class_with_a_page_has_three_that_can_be_fetched_and_that_are_no_samples(
        self, client: Client, settings: Settings
    ) -> None:
        samples = {path.read_bytes() for path in (settings.BASE_DIR / "samples").glob("[A-Z]*/*.png")}
        for short in catalogue.written_about():
            beats = references.of_class(short)
            assert len(beats) == 3
            for beat in beats:
                picture = client.get(beat.picture).getvalue()
                assert picture.startswith(b"\x89PNG")
                assert picture not in samples

    def test_a_class_without_beats_and_what_is_no_beat_have_none(
        self,
        far_side: FarSide,
        upload: Callable[..., Analysis],
        owner_client: Client,
        answered: Callable[..., Classification],
    ) -> None:
        assert references.of_class("ESCAPE") == []
        far_side.respond = lambda _data: answered(verdict=Verdict.NOT_A_BEAT)
        analysis = upload()
        running.run(analysis_id=analysis.pk, timeout=2.0)
        assert "Beats that cardiologists labelled" not in page(owner_client, analysis)

    def test_they_appear_with_the_answer_without_reloading(self, analysis: Analysis, owner_client: Client) -> None:
        part = owner_client.get(reverse("analyses:status", args=[analysis.pk])).content.decode()
        assert 'id="comparison" hx-swap-oob="true">' in part
        assert 'id="picture" hx-swap-oob="true">' in part


class TestTrackRecord:
    """How often the model is right stands for the kind that it names."""

    def test_it_is_that_of_the_named_kind(self, analysis: Analysis, owner_client: Client) -> None:
        html = page(owner_client, analysis)
        assert "“Premature Ventricular Contraction”, in people it had never seen:" in html
        assert "of 3,383 such beats of 18 people it recognised 80.6 %" in html
        assert "of the beats that it called so, 83.6 % were" in html
        assert "69.8 %" not in html

    def test_of_a_kind_that_the_file_is_silent_about_nothing_is_claimed(
        self,
        far_side: FarSide,
        upload: Callable[..., Analysis],
        answered: Callable[..., Classification],
        owner_client: Client,
    ) -> None:
        far_side.respond = lambda _data: answered("PACED")
        analysis = upload()
        running.run(analysis_id=analysis.pk, timeout=2.0)
        html = page(owner_client, analysis)
        assert "“Paced”: not known" in html
        assert "recognised" not in html

    @pytest.mark.parametrize(
        ("scores", "record"),
        [
            ({}, None),
            ({"PVC/sensitivity": 0.5}, None),
            ({"PVC/sensitivity": 0.5, "PVC/beats": 0.0}, None),
            ({"PVC/sensitivity": 0.0, "PVC/beats": 9.0}, TrackRecord(0.0, None, 9, None)),
            (
                {"PVC/sensitivity": 0.5, "PVC/positive_predictivity": 0.25, "PVC/beats": 9.0, "PVC/people": 2.0},
                TrackRecord(0.5, 0.25, 9, 2),
            ),
        ],
        ids=str,
    )
    def test_it_is_read_from_the_scores_of_the_model_file(self, scores: dict[str, Any], record: Any) -> None:
        model = ModelInfo(
            name="m",
            version="1",
            classes=(BeatClass("PVC", "PVC"), BeatClass("PAC", "PAC")),
            input_height=64,
            input_width=96,
            digest="",
            training_run="",
            scores={f"inter-patient/{name}": value for name, value in scores.items()} | {"beats-10fold/PAC/beats": 3.0},
            licence_notice="",
        )
        assert track_record.of_kind(model, "PVC") == record
        assert track_record.of_kind(model, "PAC") is None

    def test_that_of_the_most_new_people_counts(self) -> None:
        scores = {"inter-patient/PVC/sensitivity": 0.9, "inter-patient/PVC/beats": 30.0}
        many = {"people-5fold/PVC/sensitivity": 0.8, "people-5fold/PVC/beats": 900.0, "people-5fold/PVC/people": 150.0}
        model = ModelInfo("m", "1", (BeatClass("PVC", "PVC"),), 64, 96, "", "", scores | many, "")
        assert track_record.of_kind(model, "PVC") == TrackRecord(0.8, None, 900, 150)


def test_a_server_that_is_away_costs_the_page_nothing_but_the_record(
    analysis: Analysis, owner_client: Client, far_side: FarSide
) -> None:
    far_side.down()
    html = page(owner_client, analysis)
    assert "version 7" in html
    assert "never seen" not in html


def test_newer_and_older_lead_through_the_history_and_around_the_trash(
    upload: Callable[..., Analysis], owner: User, other: User, owner_client: Client
) -> None:
    analyses = [upload() for _ in range(4)]
    for age, analysis in enumerate(analyses):
        Analysis.objects.filter(pk=analysis.pk).update(created_at=timezone.now() - timedelta(hours=age))
    upload(user=other)
    services.trash_analysis(actor=owner, analysis=analyses[1])
    assert [around(owner_client, analysis, analyses) for analysis in analyses] == [(None, 2), (0, 2), (0, 3), (2, None)]


def around(
    client: Client, analysis: Analysis, analyses: list[Analysis], **wanted: str
) -> tuple[int | None, int | None]:
    """Places of what the page of an analysis leads to, before and after it."""
    context = client.get(analysis.get_absolute_url(), wanted).context
    before, after = context["previous"], context["following"]
    return analyses.index(before) if before else None, analyses.index(after) if after else None


class TestTheSearchStays:
    """Every way from a result leads through the search that one came from, and back into it."""

    @pytest.fixture
    def analyses(
        self, far_side: FarSide, upload: Callable[..., Analysis], answered: Callable[..., Classification]
    ) -> list[Analysis]:
        """Newest first: PVC, PACED, PVC, PACED, PVC; the further down, the less certain."""
        made = []
        for age in range(5):
            answer = answered("PACED" if age % 2 else "PVC", probability=0.9 - age / 10)
            far_side.respond = partial(always, answer)
            analysis = upload(label=f"number {age}")
            running.run(analysis_id=analysis.pk, timeout=2.0)
            Analysis.objects.filter(pk=analysis.pk).update(created_at=timezone.now() - timedelta(hours=age))
            analysis.refresh_from_db()
            made.append(analysis)
        return made

    @pytest.mark.parametrize(
        ("wanted", "expected"),
        [
            ({}, (1, 3)),
            ({"kind": "PVC"}, (0, 4)),
            ({"kind": "PACED"}, (1, 3)),  # not in the search itself: from its place
            ({"sort": "oldest"}, (3, 1)),
            ({"sort": "uncertain"}, (3, 1)),
            ({"sort": "uncertain", "kind": "PVC"}, (4, 0)),
            ({"q": "number 4"}, (None, 4)),
            ({"kind": "nothing", "sort": "sideways"}, (None, None)),
        ],
        ids=str,
    )
    def test_the_next_one_is_the_next_of_the_search(
        self, wanted: dict[str, Any], expected: Any, analyses: list[Analysis], owner_client: Client
    ) -> None:
        assert around(owner_client, analyses[2], analyses, **wanted) == expected

    def test_links_and_forms_carry_it(self, analyses: list[Analysis], owner_client: Client) -> None:
        url = reverse("analyses:history") + "?kind=PVC&sort=oldest"
        assert (
            f'href="{analyses[2].get_absolute_url()}?kind=PVC&amp;sort=oldest"'
            in owner_client.get(url).content.decode()
        )
        html = owner_client.get(f"{analyses[2].get_absolute_url()}?kind=PVC&sort=oldest").content.decode()
        assert f'href="{analyses[4].get_absolute_url()}?kind=PVC&amp;sort=oldest"' in html
        assert 'rel="prev"' in html
        assert f"?kind=PVC&amp;sort=oldest#a-{analyses[2].pk}" in html
        assert "Back to the search" in html
        assert html.count('name="looking" value="kind=PVC&amp;sort=oldest"') == 4  # notes, reading, sharing, again

    def test_what_is_written_leads_back_into_it(self, analyses: list[Analysis], owner_client: Client) -> None:
        for name, sent in (
            ("review", {"class_short": "PACED"}),
            ("annotate", {"notes": "x"}),
            ("share", {}),
        ):
            url = reverse(f"analyses:{name}", args=[analyses[2].pk])
            response = owner_client.post(url, sent | {"looking": "kind=PVC"})
            assert response["Location"] == analyses[2].get_absolute_url() + "?kind=PVC"
        response = owner_client.post(reverse("analyses:delete", args=[analyses[2].pk]), {"looking": "kind=PVC"})
        assert response["Location"].startswith(reverse("analyses:history") + "?kind=PVC")

    def test_back_leads_to_the_page_of_the_list_where_it_stands(
        self, analyses: list[Analysis], owner_client: Client, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(queries.page_around, "__defaults__", (4,))
        back = owner_client.get(analyses[3].get_absolute_url()).context["back"]
        page = owner_client.get(back.partition("#")[0]).context["page"]
        assert [analyses.index(analysis_shown) for analysis_shown in page.rows] == [2, 3, 4]
        assert back.endswith(f"#a-{analyses[3].pk}")
        assert f'id="a-{analyses[3].pk}"' in owner_client.get(back.partition("#")[0]).content.decode()
        first = owner_client.get(analyses[1].get_absolute_url()).context["back"]
        assert first == f"{reverse('analyses:history')}#a-{analyses[1].pk}"

    def test_a_page_costs_few_queries_whatever_the_search(
        self, analyses: list[Analysis], owner_client: Client, django_assert_max_num_queries: DjangoAssertNumQueries
    ) -> None:
        wanted = {"kind": "PVC", "sort": "uncertain", "q": "number"}
        owner_client.get(analyses[2].get_absolute_url(), wanted)
        with django_assert_max_num_queries(13):
            owner_client.get(analyses[2].get_absolute_url(), wanted)
