"""The reading mode: one picture after the other through a search that stays as it was; undo, and blind if wished."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.test import Client
from django.urls import reverse
from pytest_django.fixtures import DjangoAssertNumQueries, Settings

from inference_server.classification import Classification, Verdict
from tests.webportal import access_table
from tests.webportal.conftest import FarSide, always
from tests.webportal.page_checks import check_page
from webportal.accounts.models import User
from webportal.analyses import services
from webportal.analyses.history import exports, reading
from webportal.analyses.jobs import running
from webportal.analyses.models import Analysis, ReadingRound, Review

pytestmark = pytest.mark.django_db

HTMX = {"HX-Request": "true"}


@pytest.fixture
def analyses(
    far_side: FarSide,
    upload: Callable[..., Analysis],
    drawn: Callable[..., bytes],
    answered: Callable[..., Classification],
) -> list[Analysis]:
    """As a history has them: a PVC, a PACED that is uncertain, one that is no beat; and one without an answer."""
    answers = [
        answered("PVC", probability=0.5, verdict=Verdict.NOT_A_BEAT),
        answered("PACED", probability=0.6, verdict=Verdict.UNCERTAIN, plausible=("PACED", "PVC")),
        answered("PVC"),
    ]
    upload(drawn(shift=9), label="waiting")
    made: list[Analysis] = []
    for place, answer in enumerate(answers):
        far_side.respond = partial(always, answer)
        analysis = upload(drawn(shift=place), label=f"number {place}")
        running.run(analysis_id=analysis.pk, timeout=2.0)
        analysis.refresh_from_db()
        made.insert(0, analysis)
    return made


def begin(client: Client, **wanted: object) -> ReadingRound:
    response = client.post(reverse("analyses:reading-begin"), wanted)
    assert response.status_code == 302
    return ReadingRound.objects.get(pk=response["Location"].split("/")[2])


def write(client: Client, round_: ReadingRound, number: int, short: str, **more: object) -> Any:
    return client.post(round_.address_of(number), {"class_short": short, **more})


def shown(client: Client, round_: ReadingRound, number: int) -> str:
    return check_page(client.get(round_.address_of(number)))


class TestGoingThrough:
    def test_it_goes_through_what_the_search_finds_in_its_order(
        self, analyses: list[Analysis], owner_client: Client
    ) -> None:
        round_ = begin(owner_client, looking="sort=oldest&version=7")
        assert [uuid.UUID(identifier) for identifier in round_.analyses] == [
            analysis.pk for analysis in reversed(analyses)
        ]
        html = shown(owner_client, round_, 2)
        assert "2 of 3" in html
        assert f'href="{round_.address_of(1)}"' in html
        assert f'href="{round_.address_of(3)}"' in html
        assert 'href="/history/?sort=oldest&amp;version=7"' in html
        assert reverse("analyses:picture", args=[analyses[1].upload_id]) in html
        following = reverse("analyses:picture", args=[analyses[0].upload_id])
        assert f'data-next-picture="{following}"' in html

    def test_only_what_has_an_answer_is_read(self, analyses: list[Analysis], owner_client: Client) -> None:
        assert len(begin(owner_client).analyses) == 3

    def test_what_is_read_keeps_its_number_though_it_fits_the_search_no_more(
        self, analyses: list[Analysis], owner_client: Client
    ) -> None:
        round_ = begin(owner_client, looking="reviewed=no")
        response = write(owner_client, round_, 1, "PVC")
        assert response["Location"] == round_.address_of(2)
        assert "2 of 3" in shown(owner_client, round_, 2)
        assert "1 of 3 are read." in shown(owner_client, round_, 2)
        assert "You:" in shown(owner_client, round_, 1)

    def test_it_begins_where_one_left_off(self, analyses: list[Analysis], owner: User, owner_client: Client) -> None:
        services.review(actor=owner, analysis=analyses[0], class_short="PVC")
        response = owner_client.post(reverse("analyses:reading-begin"))
        assert response["Location"].endswith("/2/")
        for analysis in analyses[1:]:
            services.review(actor=owner, analysis=analysis, class_short="PVC")
        assert owner_client.post(reverse("analyses:reading-begin"))["Location"].endswith("/1/")

    def test_each_kind_has_a_digit_and_agreeing_the_space(self, analyses: list[Analysis], owner_client: Client) -> None:
        html = shown(owner_client, begin(owner_client), 1)
        for key, short in enumerate(["NORMAL", "PVC", "PACED", "ESCAPE", "OTHER_KIND", "NO_BEAT"], start=1):
            assert f'value="{short}" data-key="{key}"' in html
        assert 'value="PVC" data-key=" "' in html

    def test_agreeing_with_what_is_no_beat_says_so_and_shows_no_number(
        self, analyses: list[Analysis], owner_client: Client
    ) -> None:
        html = shown(owner_client, begin(owner_client), 3)
        assert 'value="NO_BEAT" data-key=" "' in html
        assert "50.0" not in html

    def test_at_the_end_it_sums_up(self, analyses: list[Analysis], owner_client: Client) -> None:
        round_ = begin(owner_client)
        write(owner_client, round_, 1, "PVC")
        write(owner_client, round_, 2, "NORMAL")
        response = write(owner_client, round_, 3, "NO_BEAT")
        assert response["Location"] == reverse("analyses:reading-end", args=[round_.pk])
        html = check_page(owner_client.get(response["Location"]))
        assert "3 of 3 are read." in html
        assert "You agree with the model 2 times and read 1 otherwise." in html

    def test_for_the_script_the_next_picture_is_the_answer(
        self, analyses: list[Analysis], owner_client: Client
    ) -> None:
        round_ = begin(owner_client)
        response = owner_client.post(round_.address_of(1), {"class_short": "PVC"}, headers=HTMX)
        html = response.content.decode()
        assert response.status_code == 200
        assert html.lstrip().startswith('<section id="reading"')
        assert "2 of 3" in html
        assert "<html" not in html
        last = owner_client.post(round_.address_of(3), {"class_short": "PVC"}, headers=HTMX).content.decode()
        assert "Read to the end" in last
        assert "<html" not in last

    def test_nonsense_is_refused_in_its_place(self, analyses: list[Analysis], owner_client: Client) -> None:
        round_ = begin(owner_client)
        for sent in ({}, {"class_short": "NOSUCH"}, {"class_short": "PVC", "comment": "x" * 2001}):
            response = owner_client.post(round_.address_of(1), sent)
            assert response.status_code == 422
            assert "1 of 3" in response.content.decode()
        assert not Review.objects.exists()
        for number in (0, 4, 999):
            assert owner_client.get(reverse("analyses:reading", args=[round_.pk, number])).status_code == 404

    def test_what_is_gone_is_said_and_passed_over(
        self, analyses: list[Analysis], owner: User, owner_client: Client
    ) -> None:
        round_ = begin(owner_client)
        services.delete_analysis(actor=owner, analysis=analyses[1])
        html = shown(owner_client, round_, 2)
        assert "This one is not there any more" in html
        assert f'href="{round_.address_of(3)}"' in html
        assert write(owner_client, round_, 2, "PVC").status_code == 200
        assert not Review.objects.exists()

    def test_nothing_to_read_is_said(self, owner_client: Client) -> None:
        response = owner_client.post(reverse("analyses:reading-begin"), follow=True)
        assert "There is nothing with an answer to read." in response.content.decode()
        assert not ReadingRound.objects.exists()

    def test_a_round_is_its_readers_alone(
        self,
        analyses: list[Analysis],
        owner: User,
        other: User,
        owner_client: Client,
        other_client: Client,
        staff_client: Client,
    ) -> None:
        round_ = begin(owner_client)
        for client in (other_client, staff_client):
            assert client.get(round_.address_of(1)).status_code == 404
            assert client.post(reverse("analyses:reading-undo", args=[round_.pk])).status_code == 404
            assert client.get(reverse("analyses:reading-end", args=[round_.pk])).status_code == 404
        with pytest.raises(PermissionDenied):
            services.begin_round(reader=other, round_id=round_.pk, ids=[])
        sent = {"form_id": round_.pk}
        assert other_client.post(reverse("analyses:reading-begin"), sent).status_code in (302, 404)
        round_.refresh_from_db()
        assert round_.reader == owner

    def test_the_newest_rounds_are_kept(
        self, analyses: list[Analysis], owner_client: Client, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("webportal.analyses.services.reading.ROUNDS_STORED", 2)
        rounds = [begin(owner_client) for _ in range(4)]
        assert set(ReadingRound.objects.values_list("pk", flat=True)) == {round_.pk for round_ in rounds[2:]}

    def test_a_round_has_an_end(
        self, analyses: list[Analysis], owner_client: Client, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(reading, "BULK_LIMIT", 2)
        assert len(begin(owner_client).analyses) == 2

    def test_a_picture_costs_few_queries_however_long_the_round(
        self, analyses: list[Analysis], owner_client: Client, django_assert_max_num_queries: DjangoAssertNumQueries
    ) -> None:
        round_ = begin(owner_client)
        write(owner_client, round_, 1, "PVC")
        with django_assert_max_num_queries(10):
            owner_client.get(round_.address_of(2), headers=HTMX)


class TestUndo:
    def test_it_takes_back_the_last_reading_and_the_one_before_counts_again(
        self, analyses: list[Analysis], owner: User, owner_client: Client
    ) -> None:
        services.review(actor=owner, analysis=analyses[0], class_short="PVC")
        round_ = begin(owner_client)
        write(owner_client, round_, 1, "PACED")
        write(owner_client, round_, 2, "PACED")
        undo = reverse("analyses:reading-undo", args=[round_.pk])
        assert owner_client.post(undo)["Location"] == round_.address_of(2)
        assert owner_client.post(undo)["Location"] == round_.address_of(1)
        analyses[0].refresh_from_db()
        analyses[1].refresh_from_db()
        assert [analyses[0].reading, analyses[1].reading] == ["agrees", ""]
        assert list(Review.objects.values_list("class_short", flat=True)) == ["PVC"]
        assert Review.all_objects.filter(withdrawn_at__isnull=False).count() == 2  # the rows stay

    def test_what_was_read_before_the_round_is_not_touched(
        self, analyses: list[Analysis], owner: User, owner_client: Client
    ) -> None:
        services.review(actor=owner, analysis=analyses[0], class_short="PVC")
        round_ = begin(owner_client)
        response = owner_client.post(reverse("analyses:reading-undo", args=[round_.pk]), follow=True)
        assert "There is nothing to take back." in response.content.decode()
        assert Review.objects.count() == 1

    def test_it_stands_nowhere_any_more(self, analyses: list[Analysis], owner: User, owner_client: Client) -> None:
        review = services.review(actor=owner, analysis=analyses[0], class_short="PACED", comment="a mistake of mine")
        services.withdraw_review(actor=owner, review=review)
        for answer in access_table.answers({"owner": owner_client}, analyses[0], analyses[0]):
            assert b"a mistake of mine" not in answer.body, answer.address
        assert "a mistake of mine" not in "".join(
            exports.csv_lines(Analysis.objects.prefetch_related("reviews", "tags"), classes=[])
        )

    def test_nobody_else_takes_it_back(self, analyses: list[Analysis], owner: User, other: User) -> None:
        review = services.review(actor=owner, analysis=analyses[0], class_short="PACED")
        with pytest.raises(PermissionDenied):
            services.withdraw_review(actor=other, review=review)

    def test_administrators_see_what_was_taken_back(
        self, analyses: list[Analysis], owner: User, staff_client: Client
    ) -> None:
        review = services.review(actor=owner, analysis=analyses[0], class_short="PACED")
        services.withdraw_review(actor=owner, review=review)
        url = reverse("admin:analyses_review_changelist")
        assert staff_client.get(url).context["cl"].result_count == 1


class TestOnce:
    def test_a_reading_that_arrives_twice_is_written_once(self, analyses: list[Analysis], owner_client: Client) -> None:
        round_ = begin(owner_client)
        form = uuid.uuid4()
        for _ in range(2):
            write(owner_client, round_, 1, "PVC", form_id=form)
            owner_client.post(
                reverse("analyses:review", args=[analyses[1].pk]), {"class_short": "PVC", "form_id": form}
            )
        assert Review.objects.count() == 2

    def test_a_question_that_is_put_twice_again_is_put_once(
        self, analyses: list[Analysis], owner_client: Client
    ) -> None:
        form = {"form_id": uuid.uuid4()}
        several = form | {"selected": [str(analysis.pk) for analysis in analyses[1:]]}
        for _ in range(2):
            owner_client.post(reverse("analyses:run-again", args=[analyses[0].pk]), form)
            owner_client.post(reverse("analyses:run-selected-again"), several)
        assert Analysis.objects.filter(earlier__isnull=False).count() == 3

    def test_a_round_that_is_begun_twice_is_one(self, analyses: list[Analysis], owner_client: Client) -> None:
        form = uuid.uuid4()
        assert begin(owner_client, form_id=form) == begin(owner_client, form_id=form)

    def test_somebody_elses_form_is_none(
        self,
        analyses: list[Analysis],
        owner: User,
        other: User,
        upload: Callable[..., Analysis],
        drawn: Callable[..., bytes],
    ) -> None:
        theirs = upload(drawn(shift=20), user=other)
        running.run(analysis_id=theirs.pk, timeout=2.0)
        theirs.refresh_from_db()
        mine = services.review(actor=owner, analysis=analyses[0], class_short="PVC", review_id=uuid.uuid4())
        with pytest.raises(Exception, match="already exists"):
            services.review(actor=other, analysis=theirs, class_short="PVC", review_id=mine.pk)


class TestBlind:
    def test_the_answer_is_hidden_until_the_reading_is_written(
        self, analyses: list[Analysis], owner_client: Client
    ) -> None:
        round_ = begin(owner_client, blind="on")
        html = shown(owner_client, round_, 1)
        for telling in ("The model:", "97.0", 'data-key=" "', ">confident<"):
            assert telling not in html
        write(owner_client, round_, 1, "PACED")
        html = shown(owner_client, round_, 1)
        assert "The model: <strong>Premature Ventricular Contraction</strong>" in html
        assert ">disagrees<" in html

    def test_an_earlier_reading_does_not_lift_it_and_is_hidden_as_well(
        self, analyses: list[Analysis], owner: User, owner_client: Client
    ) -> None:
        services.review(actor=owner, analysis=analyses[0], class_short="PACED")
        html = shown(owner_client, begin(owner_client, blind="on"), 1)
        assert "The model:" not in html
        assert "You:" not in html

    def test_what_was_read_blind_is_marked(self, analyses: list[Analysis], owner: User, owner_client: Client) -> None:
        round_ = begin(owner_client, blind="on")
        write(owner_client, round_, 1, "PACED")
        write(owner_client, round_, 1, "PVC")  # by then the answer was there to see
        write(owner_client, begin(owner_client), 2, "PVC")
        blind = {(review.analysis_id, review.class_short): review.is_blind for review in Review.objects.all()}
        assert blind == {
            (analyses[0].pk, "PACED"): True,
            (analyses[0].pk, "PVC"): False,
            (analyses[1].pk, "PVC"): False,
        }

    def test_undoing_does_not_make_one_blind_again(self, analyses: list[Analysis], owner_client: Client) -> None:
        round_ = begin(owner_client, blind="on")
        write(owner_client, round_, 1, "PACED")
        owner_client.post(reverse("analyses:reading-undo", args=[round_.pk]))
        write(owner_client, round_, 1, "PVC")
        assert Review.objects.get().is_blind is False


class TestReviewers:
    @pytest.fixture
    def shared(self, analyses: list[Analysis], owner: User) -> list[Analysis]:
        services.share_analyses(actor=owner, ids=[analysis.pk for analysis in analyses])
        for analysis in analyses:
            analysis.refresh_from_db()
        return analyses

    def test_they_go_through_what_waits_for_them(
        self, shared: list[Analysis], reviewer: User, reviewer_client: Client
    ) -> None:
        services.review(actor=reviewer, analysis=shared[0], class_short="PVC")
        round_ = begin(reviewer_client, queue="on")
        assert len(round_.analyses) == 2
        html = shown(reviewer_client, round_, 1)
        assert "The model:" in html
        assert "Back to the review queue" in html

    @pytest.mark.parametrize("setting", [True, False])
    def test_blind_where_the_installation_says_so(
        self, setting: bool, shared: list[Analysis], reviewer_client: Client, settings: Settings
    ) -> None:
        settings.REVIEWERS_READ_BLIND = setting
        round_ = begin(reviewer_client, queue="on")
        assert round_.is_blind is setting
        assert ("The model:" in shown(reviewer_client, round_, 1)) is not setting
        write(reviewer_client, round_, 1, "PVC")
        assert Review.objects.get().is_blind is setting

    def test_on_the_page_of_a_result_as_well(
        self, shared: list[Analysis], reviewer_client: Client, settings: Settings
    ) -> None:
        settings.REVIEWERS_READ_BLIND = True
        reviewer_client.post(reverse("analyses:review", args=[shared[0].pk]), {"class_short": "PVC"})
        assert Review.objects.get().is_blind is True

    def test_what_is_shared_no_more_is_passed_over(
        self, shared: list[Analysis], owner: User, reviewer_client: Client
    ) -> None:
        round_ = begin(reviewer_client, queue="on")
        services.unshare_analyses(actor=owner, ids=[analysis.pk for analysis in shared])
        html = shown(reviewer_client, round_, 1)
        assert "This one is not there any more" in html
        assert 'data-next-picture=""' in html
        write(reviewer_client, round_, 1, "PVC")
        assert not Review.objects.exists()

    def test_who_is_no_reviewer_has_no_queue(self, shared: list[Analysis], other_client: Client) -> None:
        assert other_client.post(reverse("analyses:reading-begin"), {"queue": "on"}).status_code == 302
        assert not ReadingRound.objects.exists()
