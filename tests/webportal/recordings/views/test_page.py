"""The check page shows what was read over the picture; confirmed, the recording shows the picture beside the strip."""

from __future__ import annotations

import io
import json
import uuid
from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from PIL import Image

from ecg.pictures.pages.corrections import Corrections
from inference_server.classification.page_messages import Digitized
from tests.webportal.page_checks import check_page
from tests.webportal.recordings.folders import folder_of
from webportal.accounts.models import User
from webportal.analyses.models import Analysis
from webportal.recordings import services
from webportal.recordings.digitizing.answers import PageAnswers
from webportal.recordings.jobs import reading
from webportal.recordings.models import Recording

pytestmark = pytest.mark.django_db(transaction=True)


def address(name: str, row: Recording) -> str:
    return reverse(f"recordings:{name}", args=[row.pk])


@pytest.fixture
def confirmed(unchecked: Recording, owner: User) -> Recording:
    """The owner's strip, a recording by now."""
    services.confirm_page(actor=owner, recording=unchecked)
    reading.run(recording_id=unchecked.pk)
    unchecked.refresh_from_db()
    return unchecked


def test_the_recordings_page_leads_to_the_check_page(unchecked: Recording, owner_client: Client) -> None:
    html = check_page(owner_client.get(unchecked.get_absolute_url()))
    assert address("page", unchecked) in html


def test_the_check_page_says_what_was_found_and_what_the_scale_rests_on(
    unchecked: Recording, owner_client: Client
) -> None:
    html = check_page(owner_client.get(address("page", unchecked)))
    assert 'value="II"' in html
    assert "25 mm/s" in html
    assert "printed on the page" in html
    assert address("page-picture", unchecked) in html
    assert address("page-overlay", unchecked) in html


def test_confirming_with_another_name_makes_a_recording_of_it(unchecked: Recording, owner_client: Client) -> None:
    response = owner_client.post(address("page", unchecked), {"lead-0": "V5", "do": "confirm"})
    assert response["Location"] == unchecked.get_absolute_url()
    reading.run(recording_id=unchecked.pk)
    unchecked.refresh_from_db()
    assert (unchecked.state, unchecked.leads) == ("read", ["V5"])
    assert owner_client.get(address("page", unchecked))["Location"] == unchecked.get_absolute_url()


def test_a_name_that_is_too_long_is_said_to_be(unchecked: Recording, owner_client: Client) -> None:
    response = owner_client.post(address("page", unchecked), {"lead-0": "V" * 40, "do": "confirm"})
    assert response.status_code == 422
    unchecked.refresh_from_db()
    assert unchecked.state == "asking"


def test_confirming_with_a_correction_has_it_read_again_and_asks_again(
    unchecked: Recording, owner_client: Client
) -> None:
    for do in ("again", "confirm"):
        owner_client.post(
            address("page", unchecked), {"lead-0": "II", "mm_per_mv": "20" if do == "again" else "5", "do": do}
        )
        unchecked.refresh_from_db()
        assert unchecked.state == "received"
        reading.run(recording_id=unchecked.pk)
        unchecked.refresh_from_db()
        assert unchecked.state == "asking"
    assert PageAnswers.of(unchecked).corrections == Corrections(mm_per_mv=5.0)
    assert 'value="5.0"' in check_page(owner_client.get(address("page", unchecked)))


def test_a_refused_picture_offers_to_show_where_and_others_cannot(
    unchecked: Recording, owner_client: Client, other_client: Client
) -> None:
    Recording.objects.filter(pk=unchecked.pk).update(
        state="refused", reason="PAGE_NO_TRACE", finished_at=timezone.now()
    )
    html = check_page(owner_client.get(unchecked.get_absolute_url()))
    assert address("page-insist", unchecked) in html
    assert "Photograph it once more" not in html
    assert other_client.post(address("page-insist", unchecked)).status_code == 404
    assert owner_client.post(address("page-insist", unchecked))["Location"] == unchecked.get_absolute_url()
    unchecked.refresh_from_db()
    assert (unchecked.state, PageAnswers.of(unchecked).insists) == ("received", True)


def test_the_recording_shows_the_picture_beside_the_strip_and_where_its_leads_stand(
    confirmed: Recording, owner_client: Client
) -> None:
    html = check_page(owner_client.get(confirmed.get_absolute_url()))
    assert address("page-picture", confirmed) in html
    assert "read from a picture" in html.lower()
    places = json.loads(owner_client.get(address("page-places", confirmed)).content)
    (lead,) = places["leads"]
    assert lead["label"] == "II"
    assert lead["end"] - lead["begin"] == pytest.approx(8, abs=0.3)
    assert lead["width"] / 8 / 25 == pytest.approx(lead["width"] / 200)
    assert 0 < lead["left"] < lead["left"] + lead["width"] < places["width"]


def test_picture_and_overlay_fit_on_each_other_and_are_sent_locked_up(
    unchecked: Recording, owner_client: Client, strip_picture: bytes
) -> None:
    shapes = []
    for name in ("page-picture", "page-overlay"):
        response = owner_client.get(address(name, unchecked))
        assert response["Content-Type"] == "image/png"
        assert response["Content-Security-Policy"] == "default-src 'none'; sandbox"
        assert response["X-Content-Type-Options"] == "nosniff"
        with Image.open(io.BytesIO(response.content)) as image:
            shapes.append(image.width / image.height)
        again = owner_client.get(address(name, unchecked), headers={"If-None-Match": response["ETag"]})
        assert again.status_code == 304
    assert shapes[0] == pytest.approx(shapes[1], rel=0.01)


@pytest.mark.parametrize("name", ["page", "page-picture", "page-overlay", "page-places"])
def test_others_find_nothing_until_it_is_shared_and_never_the_check_page(
    confirmed: Recording, owner: User, other_client: Client, reviewer_client: Client, name: str
) -> None:
    assert [client.get(address(name, confirmed)).status_code for client in (other_client, reviewer_client)] == [404] * 2
    services.share(actor=owner, ids=[confirmed.pk])
    assert other_client.get(address(name, confirmed)).status_code == 404
    assert reviewer_client.get(address(name, confirmed)).status_code == (404 if name == "page" else 200)


def test_a_recording_that_was_no_picture_has_none(read_recording: Recording, owner_client: Client) -> None:
    for name in ("page-picture", "page-overlay", "page-places"):
        assert owner_client.get(address(name, read_recording)).status_code == 404


def test_a_picture_that_was_sent_as_one_beat_is_read_as_a_strip_once(
    upload: Callable[..., Analysis], owner_client: Client, other_client: Client, strip_picture: bytes
) -> None:
    analysis = upload(strip_picture, label="ward 3")
    url, form = reverse("recordings:of-picture", args=[analysis.pk]), {"form_id": str(uuid.uuid4())}
    assert other_client.post(url, form).status_code == 404
    first, second = owner_client.post(url, form), owner_client.post(url, form)
    row = Recording.objects.get()
    assert first["Location"] == second["Location"] == row.get_absolute_url()
    assert (row.state, row.name) == ("received", "ward 3")
    with analysis.upload.picture.open("rb") as picture:
        assert (folder_of(row) / "sent/0").read_bytes() == picture.read()


def test_one_beat_that_was_sent_as_a_recording_is_classified(
    unchecked: Recording, strip_found: Digitized, owner: User, owner_client: Client, other_client: Client
) -> None:
    url = address("as-beat", unchecked)
    assert other_client.post(url).status_code == 404
    response = owner_client.post(url)
    analysis = Analysis.objects.get()
    assert response["Location"] == analysis.get_absolute_url()
    assert (analysis.owner, analysis.upload.label) == (owner, "night")
