"""Why a picture is no heartbeat: stored with the answer, said in words wherever the answer is, in both languages."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import translation

from inference_server.classification import Classification, NotABeat, Verdict
from tests.webportal.conftest import FarSide, always
from webportal.accounts.models import User
from webportal.analyses import no_beat, services
from webportal.analyses.history import exports, reports
from webportal.analyses.history.lettering import Paragraph
from webportal.analyses.jobs import running
from webportal.analyses.jobs.outcomes import fields_of
from webportal.analyses.models import Analysis

TODAY = (
    "The picture differs from every ECG beat that the model has learned. Send a picture of a single beat: a dark line "
    "on light paper, without axes or labels."
)


class TestWords:
    @pytest.mark.parametrize("language", ["en", "de"])
    def test_each_reason_has_a_sentence_a_next_step_and_short_words_of_its_own(self, language: str) -> None:
        with translation.override(language):
            explained = [no_beat.explain(reason, 5) for reason in NotABeat]
            short = [no_beat.in_short(reason, 5) for reason in NotABeat]
            otherwise = no_beat.explain("")
        assert len({entry.problem for entry in [*explained, otherwise]}) == len(NotABeat) + 1
        assert all(entry.problem.endswith(".") and entry.remedy.endswith(".") for entry in explained)
        assert all(short)
        assert len(set(short)) == len(NotABeat)

    @pytest.mark.parametrize("reason", ["", "A_REASON_OF_TOMORROW"])
    def test_without_a_known_reason_the_sentence_is_what_it_was(self, reason: str) -> None:
        assert str(no_beat.explain(reason)) == TODAY
        assert no_beat.in_short(reason) == ""

    def test_the_beats_of_a_strip_are_counted(self) -> None:
        assert "7 heartbeats were counted" in no_beat.explain("SEVERAL_BEATS", 7).problem
        assert no_beat.in_short("SEVERAL_BEATS", 7) == "strip of 7 heartbeats"
        assert no_beat.in_short("SEVERAL_BEATS") == "strip of several heartbeats"
        assert "several heartbeats" in no_beat.explain("SEVERAL_BEATS").problem


class TestStoring:
    @pytest.mark.parametrize(
        ("reason", "beats", "stored"),
        [
            (NotABeat.SEVERAL_BEATS, 5, ("SEVERAL_BEATS", 5)),
            (NotABeat.BLANK, 0, ("BLANK", None)),
            (None, 0, ("", None)),
        ],
    )
    def test_reason_and_count_become_columns(
        self,
        reason: NotABeat | None,
        beats: int,
        stored: tuple[str, int | None],
        answered: Callable[..., Classification],
    ) -> None:
        fields = fields_of(answered(verdict=Verdict.NOT_A_BEAT, reason=reason, beats=beats))
        assert (fields["not_a_beat_reason"], fields["beats"]) == stored

    def test_what_is_a_beat_has_no_reason_even_if_a_server_sends_one(
        self, answered: Callable[..., Classification]
    ) -> None:
        fields = fields_of(answered(reason=NotABeat.BLANK, beats=3))
        assert (fields["not_a_beat_reason"], fields["beats"]) == ("", None)

    @pytest.mark.django_db
    @pytest.mark.parametrize("fields", [{"not_a_beat_reason": "BLANK"}, {"beats": 2}])
    def test_the_database_takes_none_beside_a_beat(
        self, fields: dict[str, object], far_side: FarSide, upload: Callable[..., Analysis]
    ) -> None:
        analysis = upload()
        running.run(analysis_id=analysis.pk, timeout=2.0)
        with pytest.raises(IntegrityError), transaction.atomic():
            Analysis.objects.filter(pk=analysis.pk).update(**fields)


@pytest.fixture
def strip(
    db: None, far_side: FarSide, upload: Callable[..., Analysis], answered: Callable[..., Classification]
) -> Analysis:
    said = answered("PACED", probability=0.4567, verdict=Verdict.NOT_A_BEAT, reason=NotABeat.SEVERAL_BEATS, beats=5)
    far_side.respond = partial(always, said)
    analysis = upload(label="a strip")
    running.run(analysis_id=analysis.pk, timeout=2.0)
    analysis.refresh_from_db()
    return analysis


class TestShowing:
    def test_the_result_page_says_what_was_found_and_what_to_send(self, strip: Analysis, owner_client: Client) -> None:
        for name in ("result", "status"):
            html = owner_client.get(reverse(f"analyses:{name}", args=[strip.pk])).content.decode()
            assert "The picture shows a strip: 5 heartbeats were counted." in html
            assert "Crop it to one heartbeat, about half a second, with the tall R wave in the middle." in html
            assert 'data-reason="SEVERAL_BEATS"' in html
            assert "45.7" not in html

    def test_in_german_too(self, strip: Analysis, owner_client: Client) -> None:
        html = owner_client.get(strip.get_absolute_url(), headers={"Accept-Language": "de"}).content.decode()
        assert "Das Bild zeigt einen Streifen: 5 Herzschläge wurden gezählt." in html
        assert "Kein Herzschlag: Streifen mit 5 Herzschlägen" in html

    @pytest.mark.parametrize("wanted", [{}, {"view": "table"}])
    def test_lists_say_it_in_short(self, wanted: dict[str, str], strip: Analysis, owner_client: Client) -> None:
        html = owner_client.get(reverse("analyses:history"), wanted).content.decode()
        assert "Not a heartbeat: strip of 5 heartbeats" in html

    def test_reviewers_read_it_and_those_who_read_blind_do_not(
        self, strip: Analysis, owner: User, reviewer_client: Client, settings: object
    ) -> None:
        services.share_analyses(actor=owner, ids=[strip.pk])
        address = strip.get_absolute_url()
        assert "5 heartbeats were counted" in reviewer_client.get(address).content.decode()
        settings.REVIEWERS_READ_BLIND = True  # type: ignore[attr-defined]
        assert "5 heartbeats" not in reviewer_client.get(address).content.decode()

    def test_the_reading_mode_says_it(self, strip: Analysis, owner_client: Client) -> None:
        response = owner_client.post(reverse("analyses:reading-begin"), {"looking": ""}, follow=True)
        assert "Not a heartbeat: strip of 5 heartbeats" in response.content.decode()

    def test_files_have_reason_and_count(self, strip: Analysis) -> None:
        head, row = (line.strip().split(",") for line in exports.csv_lines([strip], classes=[]))
        cells = dict(zip(head, row, strict=True))
        assert (cells["not_a_beat_reason"], cells["beats"], cells["class"]) == ("SEVERAL_BEATS", "5", "")
        (told,) = json.loads("".join(exports.json_lines([strip])))
        assert (told["not_a_beat_reason"], told["beats"]) == ("SEVERAL_BEATS", 5)

    def test_paper_has_it(self, strip: Analysis, monkeypatch: pytest.MonkeyPatch) -> None:
        printed: list[str] = []

        def note(text: str, style: object) -> object:
            printed.append(text)
            return Paragraph(text, style)

        monkeypatch.setattr(reports, "Paragraph", note)
        reports.analysis_report(strip, record=None)
        reports.history_report([strip], is_cut=False)
        assert printed.count("Not a heartbeat: strip of 5 heartbeats") == 2
        assert any(text.startswith("The picture shows a strip: 5 heartbeats were counted. Crop it") for text in printed)

    def test_the_administration_has_code_and_words(self, strip: Analysis, staff_client: Client) -> None:
        html = staff_client.get(reverse("admin:analyses_analysis_change", args=[strip.pk])).content.decode()
        assert "SEVERAL_BEATS: strip of 5 heartbeats" in html

    def test_an_answer_from_before_reasons_looks_as_it_did(self, strip: Analysis, owner_client: Client) -> None:
        Analysis.objects.filter(pk=strip.pk).update(not_a_beat_reason="", beats=None)
        html = owner_client.get(strip.get_absolute_url()).content.decode()
        assert f"<p>{TODAY}</p>" in html
        assert "<title>Not a heartbeat ·" in html
