"""A second opinion: what owners share, reviewers read and write beside; nobody else does, and nothing else is shown."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.core.exceptions import PermissionDenied
from django.test import Client
from django.urls import reverse

from tests.webportal.conftest import FarSide
from webportal.accounts.models import User
from webportal.analyses import services, tagging
from webportal.analyses.jobs import running
from webportal.analyses.models import Analysis, Review

pytestmark = pytest.mark.django_db


@pytest.fixture
def analysis(far_side: FarSide, upload: Callable[..., Analysis]) -> Analysis:
    analysis = upload(label="strip-zzyzx")
    running.run(analysis_id=analysis.pk, timeout=2.0)
    analysis.refresh_from_db()
    return analysis


@pytest.fixture
def shared(analysis: Analysis, owner_client: Client) -> Analysis:
    owner_client.post(reverse("analyses:share", args=[analysis.pk]))
    analysis.refresh_from_db()
    return analysis


def readable(analysis: Analysis) -> list[str]:
    ids = [analysis.pk]
    return [
        analysis.get_absolute_url(),
        reverse("analyses:status", args=ids),
        reverse("analyses:evidence", args=[*ids, "PVC"]),
        reverse("analyses:evidence-picture", args=[*ids, "PVC"]),
        reverse("analyses:picture", args=[analysis.upload_id]),
        reverse("analyses:thumbnail", args=[analysis.upload_id]),
    ]


def statuses(client: Client, urls: list[str]) -> set[int]:
    statuses = set()
    for url in urls:
        response = client.get(url)
        statuses.add(response.status_code)
        if response.streaming:
            response.getvalue()
    return statuses


def queue(client: Client, asked: str = "") -> list[Analysis]:
    return client.get(reverse("analyses:review-queue") + asked).context["page"].rows


class TestWhoReads:
    def test_reviewers_read_what_is_shared_and_only_as_long(
        self, analysis: Analysis, reviewer_client: Client, owner_client: Client
    ) -> None:
        urls = readable(analysis)
        assert statuses(reviewer_client, urls) == {404}
        assert queue(reviewer_client) == []
        owner_client.post(reverse("analyses:share", args=[analysis.pk]))
        assert statuses(reviewer_client, urls) == {200}
        assert queue(reviewer_client) == [analysis]
        owner_client.post(reverse("analyses:share", args=[analysis.pk]), {"stop": ""})
        assert statuses(reviewer_client, urls) == {404}
        assert queue(reviewer_client) == []

    def test_nobody_but_reviewers(self, shared: Analysis, other_client: Client, staff_client: Client) -> None:
        assert statuses(other_client, readable(shared)) == {404}
        assert staff_client.get(shared.get_absolute_url()).status_code == 404
        assert other_client.get(reverse("analyses:review-queue")).status_code == 404
        assert (
            other_client.post(reverse("analyses:review", args=[shared.pk]), {"class_short": "PVC"}).status_code == 404
        )

    def test_a_former_reviewer_reads_nothing(self, shared: Analysis, reviewer: User, reviewer_client: Client) -> None:
        reviewer.groups.clear()
        assert statuses(reviewer_client, readable(shared)) == {404}

    def test_the_trash_is_shared_with_nobody(self, shared: Analysis, owner: User, reviewer_client: Client) -> None:
        services.trash_analysis(actor=owner, analysis=shared)
        assert statuses(reviewer_client, readable(shared)) == {404}
        assert queue(reviewer_client) == []

    def test_reviewers_change_nothing_of_the_owners(
        self, shared: Analysis, reviewer: User, reviewer_client: Client
    ) -> None:
        for name in ("annotate", "run-again", "restore", "delete", "share"):
            assert reviewer_client.post(reverse(f"analyses:{name}", args=[shared.pk])).status_code == 404
        assert services.unshare_analyses(actor=reviewer, ids=[shared.pk]) == 0
        assert services.share_analyses(actor=reviewer, ids=[shared.pk]) == 0

    def test_reviewers_see_neither_the_owner_nor_the_notes(
        self, shared: Analysis, owner: User, reviewer_client: Client
    ) -> None:
        tagging.annotate(actor=owner, analysis=shared, notes="note-zzyzx", tags=["tag-zzyzx"])
        for url in (shared.get_absolute_url(), reverse("analyses:review-queue")):
            html = reviewer_client.get(url).content.decode()
            assert "strip-zzyzx" in html
            for hidden in ("note-zzyzx", "owner-zzyzx", "tag-zzyzx"):
                assert hidden not in html


class TestReviewing:
    def test_what_a_reviewer_reads_stands_beside_the_answer_for_the_owner(
        self, shared: Analysis, reviewer: User, reviewer_client: Client
    ) -> None:
        url = reverse("analyses:review", args=[shared.pk])
        assert reviewer_client.post(url, {"class_short": "PACED", "comment": "A spike."}).status_code == 302
        review = Review.objects.get()
        assert (review.author, review.class_short, review.agrees) == (reviewer, "PACED", False)
        assert queue(reviewer_client) == []
        assert queue(reviewer_client, "?all") == [shared]

    def test_the_owner_sees_it_and_no_name(self, shared: Analysis, reviewer: User, owner_client: Client) -> None:
        services.review(actor=reviewer, analysis=shared, class_short="PACED", comment="A spike.")
        html = owner_client.get(shared.get_absolute_url()).content.decode()
        assert "A spike." in html
        assert "a reviewer" in html
        assert "reviewer-zzyzx" not in html
        assert "reviewer: Paced" in owner_client.get(reverse("analyses:history")).content.decode()

    def test_it_is_not_the_owners_own_reading(self, shared: Analysis, reviewer: User, owner_client: Client) -> None:
        services.review(actor=reviewer, analysis=shared, class_short="PACED")
        shared.refresh_from_db()
        assert shared.reading == ""
        page = owner_client.get(reverse("analyses:history"), {"reviewed": "yes"}).context["page"]
        assert page.rows == []

    def test_one_reads_for_oneself_before_one_sees_what_others_read(
        self, shared: Analysis, owner: User, reviewer: User, reviewer_client: Client
    ) -> None:
        services.review(actor=owner, analysis=shared, class_short="PACED", comment="comment-zzyzx")
        page = shared.get_absolute_url()
        status = reverse("analyses:status", args=[shared.pk])
        for url in (page, status, reverse("analyses:review-queue")):
            html = reviewer_client.get(url).content.decode()
            assert "comment-zzyzx" not in html
            assert "disagrees" not in html
        services.review(actor=reviewer, analysis=shared, class_short="PVC")
        assert "comment-zzyzx" in reviewer_client.get(page).content.decode()

    def test_the_next_one_is_a_link_away(
        self, shared: Analysis, upload: Callable[..., Analysis], owner: User, reviewer_client: Client
    ) -> None:
        second = upload()
        running.run(analysis_id=second.pk, timeout=2.0)
        services.share_analyses(actor=owner, ids=[second.pk])
        assert f'href="{second.get_absolute_url()}"' in reviewer_client.get(shared.get_absolute_url()).content.decode()

    def test_what_was_written_stays_when_the_sharing_ends(self, shared: Analysis, owner: User, reviewer: User) -> None:
        services.review(actor=reviewer, analysis=shared, class_short="PVC")
        services.unshare_analyses(actor=owner, ids=[shared.pk])
        assert Review.objects.count() == 1
        shared.refresh_from_db()
        with pytest.raises(PermissionDenied):
            services.review(actor=reviewer, analysis=shared, class_short="PVC")

    def test_ones_own_are_not_in_ones_queue(
        self, far_side: FarSide, upload: Callable[..., Analysis], reviewer: User, reviewer_client: Client
    ) -> None:
        own = upload(user=reviewer)
        running.run(analysis_id=own.pk, timeout=2.0)
        services.share_analyses(actor=reviewer, ids=[own.pk])
        assert queue(reviewer_client, "?all") == []


class TestSharing:
    def test_only_what_has_an_answer_is_shared(
        self, upload: Callable[..., Analysis], owner: User, owner_client: Client
    ) -> None:
        analysis = upload()
        response = owner_client.post(reverse("analyses:share", args=[analysis.pk]), follow=True)
        assert "Only an analysis with an answer can be shared." in response.content.decode()
        analysis.refresh_from_db()
        assert analysis.shared_at is None

    def test_several_at_once(self, analysis: Analysis, upload: Callable[..., Analysis], owner_client: Client) -> None:
        ids = [str(analysis.pk), str(upload().pk)]
        response = owner_client.post(reverse("analyses:share-selected"), {"selected": ids}, follow=True)
        assert "1 analysis is shared with reviewers." in response.content.decode()

    def test_others_share_nothing_of_mine(self, analysis: Analysis, other: User, other_client: Client) -> None:
        assert other_client.post(reverse("analyses:share", args=[analysis.pk])).status_code == 404
        assert services.share_analyses(actor=other, ids=[analysis.pk]) == 0

    def test_the_queue_is_linked_for_reviewers_alone(self, reviewer_client: Client, owner_client: Client) -> None:
        link = f'href="{reverse("analyses:review-queue")}"'
        assert link in reviewer_client.get(reverse("analyses:predict")).content.decode()
        assert link not in owner_client.get(reverse("analyses:predict")).content.decode()
