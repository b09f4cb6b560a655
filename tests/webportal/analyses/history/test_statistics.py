"""The summary page counts what happened, in the steps and by the people that it says."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django.fixtures import DjangoAssertNumQueries

from inference_server.classification import Classification, Verdict
from tests.webportal.conftest import FarSide
from webportal.accounts.models import User
from webportal.analyses import services
from webportal.analyses.history import charts, statistics
from webportal.analyses.jobs import running
from webportal.analyses.models import Analysis, Review

pytestmark = pytest.mark.django_db

YEAR, QUARTER = statistics.PERIODS["year"], statistics.PERIODS["quarter"]


@pytest.fixture
def answered_as(
    far_side: FarSide, upload: Callable[..., Analysis], answered: Callable[..., Classification]
) -> Callable[..., Any]:
    """Send a picture and have it answered so."""

    def make(short: str = "PVC", verdict: Verdict = Verdict.CONFIDENT, **kwargs: Any) -> Analysis:
        far_side.respond = lambda _data: answered(short, verdict=verdict)
        analysis = upload(**kwargs)
        running.run(analysis_id=analysis.pk, timeout=2.0)
        analysis.refresh_from_db()
        return analysis

    return make


def numbers(user: User, period: statistics.Period = YEAR) -> statistics.Statistics:
    return statistics.of(user, period)


class TestSteps:
    def test_months_reach_back_over_new_year(self) -> None:
        months = YEAR.beginnings(date(2026, 3, 31))
        assert (len(months), months[0], months[-1]) == (12, date(2025, 4, 1), date(2026, 3, 1))

    def test_weeks_begin_on_monday(self) -> None:
        weeks = QUARTER.beginnings(date(2026, 11, 25))
        assert (len(weeks), weeks[0], weeks[-1]) == (13, date(2026, 8, 31), date(2026, 11, 23))

    @pytest.mark.parametrize("period", [YEAR, QUARTER], ids=["year", "quarter"])
    def test_each_analysis_counts_in_its_step_by_outcome(
        self, period: Any, answered_as: Callable[..., Any], upload: Callable[..., Analysis], owner: User
    ) -> None:
        answered_as()
        answered_as(verdict=Verdict.UNCERTAIN)
        upload()
        old = answered_as(verdict=Verdict.NOT_A_BEAT)
        beginnings = period.beginnings(timezone.localdate())
        Analysis.objects.filter(pk=old.pk).update(created_at=datetime.combine(beginnings[2], time(12), tzinfo=UTC))
        steps = numbers(owner, period).steps
        assert list(steps[-1].counts.values()) == [1, 1, 0, 1]
        assert list(steps[2].counts.values()) == [0, 0, 1, 0]
        assert [step.begins for step in steps] == beginnings

    def test_the_trash_others_and_what_is_too_old_count_nothing(
        self, answered_as: Callable[..., Any], owner: User, other: User
    ) -> None:
        services.trash_analysis(actor=owner, analysis=answered_as())
        answered_as(user=other)
        ancient = answered_as()
        Analysis.objects.filter(pk=ancient.pk).update(created_at=timezone.now() - timedelta(days=400))
        assert numbers(owner).total == 0


def test_kinds_are_those_of_answers_that_name_a_beat(
    answered_as: Callable[..., Any], upload: Callable[..., Analysis], owner: User
) -> None:
    for short in ("PVC", "PVC", "NORMAL"):
        answered_as(short)
    answered_as("PACED", Verdict.NOT_A_BEAT)
    upload()
    assert [(kind.label, kind.count, kind.of) for kind in numbers(owner).kinds] == [
        ("Premature Ventricular Contraction", 2, 3),
        ("Normal", 1, 3),
    ]


class TestAgreement:
    def test_of_each_person_the_newest_reading_counts(
        self, answered_as: Callable[..., Any], owner: User, reviewer: User
    ) -> None:
        first, two = answered_as("PVC"), answered_as("PACED", Verdict.UNCERTAIN)
        services.share_analyses(actor=owner, ids=[first.pk, two.pk])
        for actor, analysis, short in (
            (owner, first, "NORMAL"),
            (owner, first, "PVC"),
            (reviewer, first, "NORMAL"),
            (reviewer, two, "PACED"),
        ):
            analysis.refresh_from_db()
            services.review(actor=actor, analysis=analysis, class_short=short)
        assert [(str(share.label), share.count, share.of) for share in numbers(owner).agreement] == [
            ("your readings", 1, 1),
            ("readings of reviewers", 1, 2),
            ("where the model was confident", 1, 2),
            ("where it was uncertain", 1, 1),
        ]

    def test_a_reviewer_who_left_still_counts(
        self, answered_as: Callable[..., Any], owner: User, reviewer: User
    ) -> None:
        analysis = answered_as()
        services.share_analyses(actor=owner, ids=[analysis.pk])
        analysis.refresh_from_db()
        services.review(actor=reviewer, analysis=analysis, class_short="PVC")
        reviewer.delete()
        first = numbers(owner).agreement[0]
        assert (str(first.label), first.count) == ("readings of reviewers", 1)

    def test_readings_against_answers(self, answered_as: Callable[..., Any], owner: User) -> None:
        read = [("PVC", "PVC"), ("PVC", "PVC"), ("PVC", "NORMAL"), ("PACED", "PVC")]
        for answer, short in read:
            services.review(actor=owner, analysis=answered_as(answer), class_short=short)
        no_beat = answered_as("PVC", Verdict.NOT_A_BEAT)
        services.review(actor=owner, analysis=no_beat, class_short="PVC")
        services.review(actor=owner, analysis=no_beat, class_short=Review.NO_BEAT)  # the newest counts
        confusion = numbers(owner).confusion
        assert [short for short, _name in confusion.columns] == ["PACED", "PVC", "NO_BEAT"]
        assert [(row.name, [cell.count for cell in row.cells], row.total) for row in confusion.rows] == [
            ("Normal", [0, 1, 0], 1),
            ("Premature Ventricular Contraction", [1, 2, 0], 3),
            ("Not one heartbeat", [0, 0, 1], 1),
        ]
        assert [[cell.agrees for cell in row.cells] for row in confusion.rows] == [
            [False, False, False],
            [False, True, False],
            [False, False, True],
        ]
        assert [cell.shade for cell in confusion.rows[1].cells] == [2, 4, 0]


class TestChart:
    @pytest.mark.parametrize(("highest", "step"), [(0, 1), (5, 1), (6, 2), (11, 5), (26, 10), (51, 20), (101, 50)])
    def test_lines_lie_at_round_numbers(self, highest: int, step: int) -> None:
        assert charts.tick_step(highest) == step

    def test_heights_are_in_proportion_and_stacked_without_gaps(self) -> None:
        chart = charts.stacked([[1, 3], [0, 2], [0, 0]])
        (low, high), (single,), nothing = (bar.segments for bar in chart.bars)
        assert high.height == pytest.approx(3 * low.height, abs=0.02)
        assert low.y == pytest.approx(high.y + high.height, abs=0.02)
        assert low.y + low.height == pytest.approx(chart.base, abs=0.02)
        assert (single.series, nothing) == (1, [])
        assert [tick.value for tick in chart.ticks] == [0, 1, 2, 3, 4]


class TestPage:
    def test_it_is_linked_from_the_history_and_says_when_there_is_nothing(self, owner_client: Client) -> None:
        assert f'href="{reverse("analyses:summary")}"' in owner_client.get(reverse("analyses:history")).content.decode()
        assert "Nothing in this time" in owner_client.get(reverse("analyses:summary")).content.decode()

    def test_the_numbers_stand_in_tables_beside_the_drawing(
        self, answered_as: Callable[..., Any], owner: User, owner_client: Client
    ) -> None:
        services.review(actor=owner, analysis=answered_as(), class_short="NORMAL")
        html = owner_client.get(reverse("analyses:summary"), {"period": "quarter"}).content.decode()
        assert '<rect class="series-0"' in html
        assert "Week from" in html
        assert '<abbr title="Premature Ventricular Contraction">PVC</abbr>' in html
        assert "not a medical device" in html.lower()
        assert "style=" not in html

    def test_the_number_of_queries_does_not_grow(
        self,
        answered_as: Callable[..., Any],
        owner: User,
        owner_client: Client,
        django_assert_max_num_queries: DjangoAssertNumQueries,
    ) -> None:
        for short in ("PVC", "NORMAL", "PACED"):
            services.review(actor=owner, analysis=answered_as(short), class_short="PVC")
        with django_assert_max_num_queries(9):
            owner_client.get(reverse("analyses:summary"))
