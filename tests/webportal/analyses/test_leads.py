"""The lead that a beat was recorded in: said once, asked with, shown, and taken along."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse

from inference_server.classification import Classification, LeadKnowledge, NotABeat, Verdict
from tests.webportal.conftest import FarSide
from tests.webportal.page_checks import check_page
from webportal.accounts.models import User
from webportal.analyses.history import exports
from webportal.analyses.jobs import running
from webportal.analyses.models import Analysis, Upload

pytestmark = pytest.mark.django_db


def send(client: Client, picture: bytes, **fields: object) -> Any:
    file = SimpleUploadedFile("beat.png", picture, content_type="image/png")
    return client.post(reverse("analyses:predict"), {"picture": [file], **fields})


def test_it_is_asked_with_and_shown(far_side: FarSide, owner_client: Client, png: bytes) -> None:
    far_side.knowledge = LeadKnowledge.NONE
    response = send(owner_client, png, lead="aVR")
    analysis = Analysis.objects.get()
    assert far_side.leads == ["aVR"]
    assert (analysis.lead, analysis.lead_knowledge) == ("aVR", "NONE")
    html = check_page(owner_client.get(response["Location"]))
    assert "<dt>Lead</dt><dd>aVR</dd>" in html
    assert "The model has not learned from lead aVR" in html


def test_nobody_has_to_say_it(far_side: FarSide, owner_client: Client, png: bytes) -> None:
    response = send(owner_client, png)
    analysis = Analysis.objects.get()
    assert far_side.leads == [""]
    assert (analysis.lead, analysis.lead_knowledge) == ("", "")
    assert "<dt>Lead</dt>" not in owner_client.get(response["Location"]).content.decode()


def test_what_names_no_lead_is_refused_on_the_form(far_side: FarSide, owner_client: Client, png: bytes) -> None:
    response = send(owner_client, png, lead="the left one")
    assert "the left one is not one of the available choices" in response.content.decode()
    assert not Analysis.objects.exists()


def test_the_same_file_in_another_lead_is_asked_about_anew(far_side: FarSide, owner_client: Client, png: bytes) -> None:
    addresses = [send(owner_client, png, lead=lead)["Location"] for lead in ("", "V1", "V1", "II", "", "V1")]
    unknown, chest, chest_again, second, not_said, chest_once_more = addresses
    assert chest == chest_again == chest_once_more
    assert len({unknown, chest, second}) == 3
    assert not_said == second  # the newest answer, whatever its lead
    assert far_side.leads == ["", "V1", "II"]
    upload = Upload.objects.get()
    html = owner_client.get(chest).content.decode()
    assert upload.analyses.count() == 3
    assert "II, version 7" in html


def test_a_form_that_arrives_twice_asks_once(far_side: FarSide, owner_client: Client, png: bytes) -> None:
    send(owner_client, png)
    form_id = "6f6a1d0e-4f0f-4f39-9f6f-0f8a54bb1d1e"
    first, second = (send(owner_client, png, lead="V1", form_id=form_id) for _ in range(2))
    assert first["Location"] == second["Location"]
    assert far_side.leads == ["", "V1"]


def test_run_again_keeps_it_or_takes_another(far_side: FarSide, owner_client: Client, png: bytes) -> None:
    address = send(owner_client, png, lead="V1")["Location"]
    first = Analysis.objects.get()
    assert '<option value="V1" selected>' in owner_client.get(address).content.decode()
    for fields in ({}, {"lead": "II"}, {"lead": ""}):
        owner_client.post(reverse("analyses:run-again", args=[first.pk]), fields)
    assert far_side.leads == ["V1", "V1", "II", ""]
    owner_client.post(reverse("analyses:run-selected-again"), {"selected": [str(first.pk)]})
    assert Analysis.objects.order_by("created_at").values_list("lead", flat=True).last() == "V1"


def test_what_is_no_beat_has_no_lead_to_be_known(
    far_side: FarSide, upload: Callable[..., Analysis], answered: Callable[..., Classification], owner_client: Client
) -> None:
    far_side.respond = lambda _data: answered(verdict=Verdict.NOT_A_BEAT, reason=NotABeat.BLANK)
    analysis = upload(lead="V1")
    running.run(analysis_id=analysis.pk, timeout=2.0)
    analysis.refresh_from_db()
    assert (analysis.lead, analysis.lead_knowledge) == ("V1", "")
    assert "lead V1" not in owner_client.get(analysis.get_absolute_url()).content.decode()


def test_it_is_taken_along(far_side: FarSide, upload: Callable[..., Analysis], owner: User) -> None:
    analysis = upload(lead="V1")
    running.run(analysis_id=analysis.pk, timeout=2.0)
    mine = Analysis.objects.filter(owner=owner)
    (row,) = csv.DictReader(io.StringIO("".join(exports.csv_lines(mine, classes=[])).removeprefix("\ufeff")))
    assert (row["lead"], row["lead_knowledge"]) == ("V1", "LEARNED")
    (told,) = json.loads("".join(exports.json_lines(mine)))
    assert (told["lead"], told["lead_knowledge"]) == ("V1", "LEARNED")


@pytest.mark.parametrize("columns", [{"lead": ""}, {"lead_knowledge": "GUESSED"}])
def test_the_table_knows_no_more_than_was_said(
    columns: dict[str, str], far_side: FarSide, upload: Callable[..., Analysis]
) -> None:
    analysis = upload(lead="V1")
    running.run(analysis_id=analysis.pk, timeout=2.0)
    with pytest.raises(IntegrityError), transaction.atomic():
        Analysis.objects.filter(pk=analysis.pk).update(**columns)
