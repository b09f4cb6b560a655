"""Whoever's session has ended is told so in a way that they, and scripts, can do something with."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from tests.webportal.conftest import FarSide
from webportal.accounts.models import User
from webportal.analyses.jobs import running
from webportal.analyses.models import Analysis

pytestmark = pytest.mark.django_db

SCRIPT = {"X-Requested-With": "XMLHttpRequest"}
LOGIN = "/accounts/login/"


@pytest.fixture
def picture(drawn: Callable[..., bytes]) -> dict[str, Any]:
    return {"picture": [SimpleUploadedFile("a.png", drawn())], "part": "1"}


@pytest.mark.parametrize("headers", [SCRIPT, {"HX-Request": "true"}], ids=["upload", "htmx"])
def test_a_script_is_told_and_never_given_the_log_in_page(
    headers: Any, picture: dict[str, Any], far_side: FarSide, upload: Callable[..., Analysis], owner_client: Client
) -> None:
    analysis = upload()
    Session.objects.all().delete()
    answers = [
        owner_client.post(reverse("analyses:predict"), picture, headers=headers),
        owner_client.get(reverse("analyses:predict"), headers=headers),
        owner_client.get(reverse("analyses:status", args=[analysis.pk]), headers=headers),
    ]
    assert [(answer.status_code, answer.content) for answer in answers] == [(401, b"")] * 3
    assert Analysis.objects.count() == 1


def test_a_person_is_led_back_to_the_page_of_the_form_and_told_that_it_was_not_received(
    upload: Callable[..., Analysis], owner_client: Client
) -> None:
    analysis = upload()
    Session.objects.all().delete()
    page = f"http://testserver{analysis.get_absolute_url()}?kind=PVC"
    url = reverse("analyses:review", args=[analysis.pk])
    response = owner_client.post(url, {"class_short": "PVC"}, headers={"Referer": page})
    assert response["Location"] == f"{LOGIN}?next=%2Fanalyses%2F{analysis.pk}%2F%3Fkind%3DPVC"
    assert "What you sent was not received" in owner_client.get(response["Location"]).content.decode()


@pytest.mark.parametrize("page", ["", "http://evil.example/x", "nonsense", "javascript:alert(1)", "//evil.example/"])
def test_no_page_but_ours_is_led_back_to(page: str) -> None:
    response = Client().post(reverse("analyses:restore-all"), headers={"Referer": page} if page else {})
    assert response["Location"] == f"{LOGIN}?next=%2Fpredict%2F"


def test_visits_are_led_to_where_they_wanted_to_go() -> None:
    assert Client().get("/history/?kind=PVC")["Location"] == f"{LOGIN}?next=/history/%3Fkind%3DPVC"
    assert Client().get("/history/", headers=SCRIPT).status_code == 401


def test_logging_in_itself_is_left_alone(owner: User) -> None:
    client = Client()
    response = client.post(LOGIN, {"login": owner.username, "password": "a-long-passphrase"}, headers=SCRIPT)
    assert response.status_code in (200, 302)
    assert client.get("/history/").status_code == 200


def test_a_form_that_somebody_else_opened_is_not_taken(
    far_side: FarSide, owner_client: Client, other_client: Client, picture: dict[str, Any]
) -> None:
    sender = owner_client.get(reverse("analyses:predict")).context["sender"]
    mine = other_client.get(reverse("analyses:predict")).context["sender"]
    assert sender != mine
    response = other_client.post(reverse("analyses:predict"), picture | {"sender": sender})
    assert response.status_code == 409
    assert "Somebody else is logged in" in response.content.decode()
    assert not Analysis.objects.exists()
    picture["picture"][0].seek(0)
    assert owner_client.post(reverse("analyses:predict"), picture | {"sender": sender}).status_code == 200


def test_for_the_script_one_picture_is_answered_with_an_address_or_a_sentence(
    far_side: FarSide, owner_client: Client, drawn: Callable[..., bytes]
) -> None:
    def send(data: bytes) -> Any:
        sent = {"picture": [SimpleUploadedFile("a.png", data)]}
        return owner_client.post(reverse("analyses:predict"), sent, headers=SCRIPT)

    assert send(drawn()).json() == {"address": Analysis.objects.get().get_absolute_url()}
    refused = send(b"text")
    assert refused.status_code == 422
    assert refused["Content-Type"].startswith("text/plain")
    assert "The file is a text." in refused.content.decode()


def test_every_page_for_people_who_are_logged_in_has_the_line_at_hand(
    upload: Callable[..., Analysis], owner_client: Client
) -> None:
    running.try_at_once(analysis_id=upload().pk, deadline=0.1)
    for name in ("analyses:predict", "analyses:history", "analyses:batches", "accounts:overview"):
        html = owner_client.get(reverse(name)).content.decode()
        assert '<template id="session-ended">' in html
        assert "beatlens/forms.js" in html
    assert '<template id="session-ended">' not in Client().get("/").content.decode()
