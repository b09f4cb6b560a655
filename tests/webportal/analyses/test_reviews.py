"""What a person reads stands beside what the model said, for ever, and neither changes the other."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.test import Client
from django.urls import reverse

from inference_server.classification import Classification, Verdict
from tests.webportal.conftest import FarSide
from webportal.accounts.models import User
from webportal.analyses import services
from webportal.analyses.jobs import running
from webportal.analyses.models import Analysis, Review

pytestmark = pytest.mark.django_db


@pytest.fixture
def analysis(far_side: FarSide, upload: Callable[..., Analysis]) -> Analysis:
    analysis = upload()
    running.run(analysis_id=analysis.pk, timeout=2.0)
    analysis.refresh_from_db()
    return analysis


def test_a_disagreement_leaves_the_prediction_alone(analysis: Analysis, owner: User, owner_client: Client) -> None:
    response = owner_client.post(
        reverse("analyses:review", args=[analysis.pk]), {"class_short": "PACED", "comment": "There is a spike."}
    )
    assert response.status_code == 302
    html = owner_client.get(analysis.get_absolute_url()).content.decode()
    assert "disagrees" in html
    assert "There is a spike." in html
    review = Review.objects.get()
    assert (review.author, review.class_name, review.agrees) == (owner, "Paced", False)
    analysis.refresh_from_db()
    assert analysis.class_short == "PVC"


def test_agreeing_is_a_reading_too(analysis: Analysis, owner: User) -> None:
    assert services.review(actor=owner, analysis=analysis, class_short="PVC").agrees


def test_the_newest_of_several_comes_first(analysis: Analysis, owner: User) -> None:
    for short in ("PACED", "NORMAL"):
        services.review(actor=owner, analysis=analysis, class_short=short)
    assert [review.class_short for review in analysis.reviews.all()] == ["NORMAL", "PACED"]


def test_where_the_model_saw_no_beat_agreeing_means_no_beat(
    far_side: FarSide, upload: Callable[..., Analysis], owner: User, answered: Callable[..., Classification]
) -> None:
    far_side.respond = lambda _data: answered(verdict=Verdict.NOT_A_BEAT)
    analysis = upload()
    running.run(analysis_id=analysis.pk, timeout=2.0)
    analysis.refresh_from_db()
    assert services.review(actor=owner, analysis=analysis, class_short=Review.NO_BEAT).agrees
    assert not services.review(actor=owner, analysis=analysis, class_short="PVC").agrees


def test_only_classes_of_the_answering_model_can_be_chosen(
    analysis: Analysis, owner: User, owner_client: Client
) -> None:
    with pytest.raises(ValidationError):
        services.review(actor=owner, analysis=analysis, class_short="NOSUCH")
    response = owner_client.post(reverse("analyses:review", args=[analysis.pk]), {"class_short": "NOSUCH"})
    assert response.status_code == 422
    assert not Review.objects.exists()


def test_nobody_reviews_what_belongs_to_another(analysis: Analysis, other: User, other_client: Client) -> None:
    with pytest.raises(PermissionDenied):
        services.review(actor=other, analysis=analysis, class_short="PVC")
    assert other_client.post(reverse("analyses:review", args=[analysis.pk]), {"class_short": "PVC"}).status_code == 404


def test_there_is_nothing_to_review_before_the_answer(
    upload: Callable[..., Analysis], owner: User, owner_client: Client
) -> None:
    analysis = upload()
    with pytest.raises(ValidationError):
        services.review(actor=owner, analysis=analysis, class_short=Review.OTHER_KIND)
    url = reverse("analyses:review", args=[analysis.pk])
    assert owner_client.post(url, {"class_short": Review.OTHER_KIND}).status_code == 422


def test_the_form_appears_with_the_answer_without_reloading(analysis: Analysis, owner_client: Client) -> None:
    part = owner_client.get(reverse("analyses:status", args=[analysis.pk])).content.decode()
    assert 'hx-swap-oob="true"' in part
    assert 'name="class_short"' in part


def test_administrators_read_reviews_and_change_none(analysis: Analysis, owner: User, staff_client: Client) -> None:
    review = services.review(actor=owner, analysis=analysis, class_short="PACED")
    assert staff_client.get(reverse("admin:analyses_review_change", args=[review.pk])).status_code == 200
    assert staff_client.post(reverse("admin:analyses_review_delete", args=[review.pk])).status_code == 403


def test_a_review_doesnt_keep_an_administrator_from_deleting_an_account(
    analysis: Analysis, owner: User, staff_client: Client
) -> None:
    services.review(actor=owner, analysis=analysis, class_short="PACED")
    staff_client.post(reverse("admin:accounts_user_delete", args=[owner.pk]), {"post": "yes"})
    assert not Review.objects.exists()
    assert not Analysis.objects.exists()
