"""What owners say about a picture that was read: what they know better, and that there is an ECG after all."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.core.exceptions import PermissionDenied
from pytest_django.fixtures import Settings

from ecg.pictures.pages.corrections import Corrections, CorrectionsError
from ecg.pictures.pages.result import Kind, PageReading, Reason
from inference_server.classification.page_messages import Digitized
from tests.webportal.recordings.conftest import digitizing_server
from webportal.accounts.models import User
from webportal.analyses.intake import allowance
from webportal.analyses.intake.allowance import AllowanceSpent
from webportal.recordings import services
from webportal.recordings.digitizing.answers import PageAnswers
from webportal.recordings.jobs import reading
from webportal.recordings.models import Recording

pytestmark = pytest.mark.django_db(transaction=True)

#: A gain, which is easy to say and to tell from others.
TWENTY = Corrections(mm_per_mv=20.0)
NOTHING_THERE = Digitized(PageReading(Kind.NONE, (100, 80), Reason.NO_ECG), b"")


@pytest.fixture
def refused(send: Callable[..., Recording], strip_picture: bytes, monkeypatch: pytest.MonkeyPatch) -> Recording:
    """The owner's picture, of which nothing was read."""
    digitizing_server(monkeypatch, NOTHING_THERE)
    row = send({"photo.png": strip_picture})
    reading.run(recording_id=row.pk)
    row.refresh_from_db()
    return row


def test_a_corrected_picture_is_read_again_with_that_and_asked_about_again(
    unchecked: Recording, owner: User, strip_found: Digitized, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = digitizing_server(monkeypatch, strip_found)
    assert services.correct_page(actor=owner, recording=unchecked, corrections=TWENTY, names=("V2",))
    unchecked.refresh_from_db()
    assert (unchecked.state, unchecked.questions) == ("received", [])
    reading.run(recording_id=unchecked.pk)
    unchecked.refresh_from_db()
    assert server.corrected == [TWENTY]
    assert (unchecked.state, unchecked.reason) == ("asking", "PAGE_UNCHECKED")
    assert PageAnswers.of(unchecked) == PageAnswers(names=("V2",), corrections=TWENTY)


def test_nothing_happens_while_it_is_read_or_to_others(unchecked: Recording, owner: User, other: User) -> None:
    with pytest.raises(PermissionDenied):
        services.correct_page(actor=other, recording=unchecked, corrections=TWENTY)
    assert services.correct_page(actor=owner, recording=unchecked, corrections=TWENTY)
    unchecked.refresh_from_db()
    assert not services.correct_page(actor=owner, recording=unchecked, corrections=Corrections(mm_per_mv=5.0))
    assert PageAnswers.of(unchecked).corrections == TWENTY


def test_what_cannot_be_is_not_asked_for(unchecked: Recording, owner: User) -> None:
    with pytest.raises(CorrectionsError):
        services.correct_page(actor=owner, recording=unchecked, corrections=Corrections(mm_per_mv=-1.0))
    unchecked.refresh_from_db()
    assert unchecked.state == "asking"


def test_reading_again_counts_as_a_picture_of_the_minute(unchecked: Recording, owner: User, settings: Settings) -> None:
    settings.UPLOAD_PICTURES_PER_MINUTE = 1
    allowance.take(user=owner, pictures=1, megapixels=0.0)
    with pytest.raises(AllowanceSpent):
        services.correct_page(actor=owner, recording=unchecked, corrections=TWENTY)
    unchecked.refresh_from_db()
    assert unchecked.state == "asking"


def test_who_insists_is_shown_the_picture_and_may_say_where_the_ecg_stands(
    refused: Recording, owner: User, strip_found: Digitized, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert services.may_insist(refused)
    assert services.insist(actor=owner, recording=refused)
    reading.run(recording_id=refused.pk)
    refused.refresh_from_db()
    assert (refused.state, refused.reason) == ("asking", "PAGE_NO_ECG")
    assert not services.insist(actor=owner, recording=refused)

    digitizing_server(monkeypatch, strip_found)
    part = Corrections(region=(0.0, 0.0, 900.0, 300.0))
    assert services.correct_page(actor=owner, recording=refused, corrections=part)
    reading.run(recording_id=refused.pk)
    assert services.confirm_page(actor=owner, recording=Recording.objects.get(pk=refused.pk))
    reading.run(recording_id=refused.pk)
    refused.refresh_from_db()
    assert (refused.state, refused.leads) == ("read", ["II"])


def test_others_and_other_refusals_are_not_insisted_on(refused: Recording, owner: User, other: User) -> None:
    with pytest.raises(PermissionDenied):
        services.insist(actor=other, recording=refused)
    Recording.objects.filter(pk=refused.pk).update(reason="IMAGE_CORRUPT")
    refused.refresh_from_db()
    assert not services.may_insist(refused)
    assert not services.insist(actor=owner, recording=refused)
