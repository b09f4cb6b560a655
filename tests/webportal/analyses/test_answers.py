"""One place decides what is shown of an answer: nothing of what a model said of a picture that is no beat."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django.fixtures import Settings

from inference_server.classification import Classification, Verdict
from tests.webportal import access_table
from tests.webportal.conftest import FarSide
from webportal.accounts.models import User
from webportal.analyses import answers, services
from webportal.analyses.history import exports, reports
from webportal.analyses.history.lettering import Paragraph
from webportal.analyses.jobs import running
from webportal.analyses.models import Analysis

pytestmark = pytest.mark.django_db

#: What no address may say of such a picture, however it writes numbers.
NUMBERS = (b"45.7", b"45,7", b"0.4567", b"0.4566", b"45.66", b"45.67", b"18.1", b"18,1", b"0.1811", b"0.1810")


@pytest.fixture
def no_beat(
    far_side: FarSide, upload: Callable[..., Analysis], owner: User, answered: Callable[..., Classification]
) -> Analysis:
    far_side.respond = lambda _data: answered("PACED", probability=0.4567, verdict=Verdict.NOT_A_BEAT)
    analysis = upload(label="no beat", keep_original=True)
    running.run(analysis_id=analysis.pk, timeout=2.0)
    services.share_analyses(actor=owner, ids=[analysis.pk])
    analysis.refresh_from_db()
    assert analysis.probability == pytest.approx(0.4567)  # what was said stays
    return analysis


def test_no_address_tells_a_number_of_what_is_no_beat(
    no_beat: Analysis,
    owner_client: Client,
    reviewer_client: Client,
    staff_client: Client,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    on_paper: list[str] = []

    def note(text: str, style: object) -> object:
        on_paper.append(text)
        return Paragraph(text, style)

    monkeypatch.setattr(reports, "Paragraph", note)
    clients = {"owner": owner_client, "reviewer, shared": reviewer_client, "administrator": staff_client}
    texts = [
        (answer.address, answer.role, number)
        for answer in access_table.answers(clients, no_beat, no_beat)
        for number in NUMBERS
        if number in answer.body
    ]
    assert texts == []
    text = "\n".join(on_paper)
    assert "Not a heartbeat" in text
    assert not [number for number in NUMBERS if number.decode() in text]
    assert "Paced" not in text


@pytest.mark.parametrize("wanted", [{}, {"view": "table"}, {"sort": "uncertain"}, {"kind": "PACED"}])
def test_lists_name_no_class_for_it(wanted: dict[str, Any], no_beat: Analysis, owner_client: Client) -> None:
    html = owner_client.get(reverse("analyses:history"), wanted).content.decode()
    html = re.sub(r'datetime="[^"]*"', "", html)  # microseconds are numbers, too
    assert "45.7" not in html
    assert "Tick Paced" not in html
    assert "after=0.4" not in html


def test_its_page_has_neither_a_headline_nor_bars(no_beat: Analysis, owner_client: Client) -> None:
    html = owner_client.get(no_beat.get_absolute_url()).content.decode()
    assert "<title>Not a heartbeat" in html
    assert 'class="bars"' not in html
    assert 'data-class="' not in html
    assert "How often right" not in html
    assert owner_client.get(reverse("analyses:evidence", args=[no_beat.pk, "PACED"])).status_code == 404


def test_files_leave_its_class_and_numbers_out(no_beat: Analysis) -> None:
    (row,) = list(exports.csv_lines([no_beat], classes=["PVC", "PACED"]))[1:]
    assert ",NOT_A_BEAT," in row
    assert "PACED" not in row
    exported = exports._answered(no_beat)
    assert exported["verdict"] == "NOT_A_BEAT"
    assert [exported[name] for name in answers.SHOWN_COLUMNS if name != "verdict"] == [
        "",
        "",
        None,
        (),
        (),
        "",
        None,
        "",
    ]


def test_what_is_a_beat_is_shown_whole(far_side: FarSide, upload: Callable[..., Analysis], owner: User) -> None:
    analysis = upload()
    assert answers.shown(analysis) == answers.Answer()
    running.run(analysis_id=analysis.pk, timeout=2.0)
    analysis.refresh_from_db()
    answer = answers.shown_to(owner, analysis)
    assert (answer.class_short, answer.verdict) == ("PVC", "CONFIDENT")
    assert answer.probability == pytest.approx(0.97)
    assert len(answer.probabilities) == 4
    assert [entry["short"] for entry in answer.compared] == [entry["short"] for entry in answer.ranked[:2]]


class TestBlindReviewers:
    """Where the installation says so, a reviewer sees an answer once they have written down their own reading."""

    @pytest.fixture
    def shared(self, far_side: FarSide, upload: Callable[..., Analysis], owner: User, settings: Settings) -> Analysis:
        settings.REVIEWERS_READ_BLIND = True
        analysis = upload(label="shared")
        running.run(analysis_id=analysis.pk, timeout=2.0)
        services.share_analyses(actor=owner, ids=[analysis.pk])
        analysis.refresh_from_db()
        return analysis

    def test_no_address_tells_a_reviewer_the_answer_before(
        self, shared: Analysis, reviewer_client: Client, reviewer: User
    ) -> None:
        clients = {"reviewer, shared": reviewer_client}

        def telling() -> set[str]:
            return {
                answer.address
                for answer in access_table.answers(clients, shared, shared)
                if answer.method == "GET"
                and (b"97.0" in answer.body or b'data-class="PVC"' in answer.body or b'badge--good">' in answer.body)
            }

        assert telling() == set()
        evidence = reverse("analyses:evidence-picture", args=[shared.pk, "PVC"])
        assert reviewer_client.get(evidence).status_code == 404
        assert "Read it first" in reviewer_client.get(shared.get_absolute_url()).content.decode()

        services.review(actor=reviewer, analysis=shared, class_short="PACED")
        assert "/analyses/<analysis_id>/" in telling()
        assert reviewer_client.get(evidence).status_code == 200

    def test_the_owner_sees_it_at_once(self, shared: Analysis, owner_client: Client) -> None:
        assert "97.0" in owner_client.get(shared.get_absolute_url()).content.decode()

    def test_without_the_setting_reviewers_see_it_at_once(
        self, shared: Analysis, reviewer_client: Client, settings: Settings
    ) -> None:
        settings.REVIEWERS_READ_BLIND = False
        assert "97.0" in reviewer_client.get(shared.get_absolute_url()).content.decode()
