"""A picture of a strip sent by a program: read, corrected, confirmed, and then a recording; or one beat of it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from django.test import Client
from pytest_django.fixtures import Settings

from ecg.pictures.pages.corrections import Corrections
from ecg.pictures.pages.result import Kind, PageReading, Reason
from inference_server.classification.page_messages import Digitized
from tests.webportal.api.conftest import picture, program
from tests.webportal.api.test_guide import described, hold
from tests.webportal.conftest import FarSide
from tests.webportal.recordings.conftest import digitizing_server, send, strip_found, strip_picture, unchecked
from webportal.accounts.models import User
from webportal.analyses.intake import allowance
from webportal.analyses.models import Analysis
from webportal.api.models import AccessToken
from webportal.recordings import services
from webportal.recordings.jobs import reading
from webportal.recordings.models import Recording

__all__ = ["send", "strip_found", "strip_picture", "unchecked"]  # fixtures

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("media")]

RECORDINGS = "/api/v1/recordings"


def say(client: Client, address: str, **said: object) -> Any:
    return client.post(address, json.dumps(said), content_type="application/json")


def test_from_the_picture_to_the_recording(
    mine: Client, strip_picture: bytes, strip_found: Digitized, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = digitizing_server(monkeypatch, strip_found)
    sent = mine.post(RECORDINGS, {"files": [picture(strip_picture)], "name": "bed 4"}).json()["items"][0]
    url = f"{RECORDINGS}/{sent['id']}"
    assert mine.get(f"{url}/page").status_code == 404  # nothing was read yet
    assert say(mine, f"{url}/page/confirmation").json()["reason"] == "NOTHING_ASKED"
    reading.run(recording_id=sent["id"])
    waiting = mine.get(url).json()
    assert (waiting["state"], waiting["reason"]) == ("asking", "PAGE_UNCHECKED")
    assert [question["about"] for question in waiting["questions"]] == ["page"]

    found = mine.get(f"{url}/page").json()
    assert (found["kind"], found["reason"], found["is_confirmed"]) == ("strip", "", False)
    assert [lead["name"] for lead in found["leads"]] == ["II"]
    assert found["scale"]["mm_per_second_basis"] == "print"
    corrected = say(mine, f"{url}/page/corrections", mm_per_mv=5, names=["V1"])
    assert corrected.json()["state"] == "received"
    reading.run(recording_id=sent["id"])
    assert server.corrected[-1] == Corrections(mm_per_mv=5)
    again = mine.get(f"{url}/page").json()
    assert again["corrections"]["mm_per_mv"] == 5
    assert [lead["name"] for lead in again["leads"]] == ["V1"]

    assert say(mine, f"{url}/page/confirmation").json()["state"] == "received"
    reading.run(recording_id=sent["id"])
    done = mine.get(url).json()
    assert (done["state"], done["format"], done["leads"]) == ("read", "picture", ["V1"])
    assert done["analysis"]["state"] == "queued"
    assert mine.get(f"{url}/page").json()["is_confirmed"]
    assert say(mine, f"{url}/page/confirmation").json()["reason"] == "NOTHING_ASKED"


def test_the_picture_and_what_was_found_are_fetched(unchecked: Recording, mine: Client, strip_found: Digitized) -> None:
    url = f"{RECORDINGS}/{unchecked.pk}/page"
    picture_, overlay = mine.get(f"{url}/picture"), mine.get(f"{url}/overlay")
    assert picture_["Content-Type"] == overlay["Content-Type"] == "image/png"
    assert picture_.content.startswith(b"\x89PNG")
    assert overlay.content == strip_found.overlay
    assert picture_["Content-Security-Policy"] == "default-src 'none'; sandbox"


@pytest.mark.parametrize(
    ("call", "said", "field"),
    [
        ("corrections", {"mm_per_mv": -1}, "mm_per_mv"),
        ("corrections", {"layout": "5x5"}, "layout"),
        ("corrections", {"region": [10, 10, 12, 12]}, "region"),
        ("corrections", {"corners": [[0, 0], [1, 1]]}, "corners.2"),
        ("corrections", {"names": ["I", "II"]}, "names"),
        ("corrections", {"speed": 25}, "speed"),
        ("confirmation", {"names": []}, "names"),
        ("beat", {"region": [0, 0, 5, 5]}, "region"),
        ("beat", {"region": [1e9, 0, 2e9, 50]}, "region"),
        ("beat", {}, "region"),
    ],
)
def test_what_cannot_be_is_refused_by_its_field(
    call: str, said: dict[str, Any], field: str, unchecked: Recording, mine: Client
) -> None:
    refused = say(mine, f"{RECORDINGS}/{unchecked.pk}/page/{call}", **said)
    assert (refused.status_code, refused["Content-Type"]) == (422, "application/problem+json")
    assert field in [fault["field"].removeprefix("said.") for fault in refused.json()["errors"]]
    unchecked.refresh_from_db()
    assert unchecked.state == "asking"
    assert not Analysis.objects.exists()


def test_who_insists_may_say_where_the_ecg_stands(
    mine: Client,
    send: Callable[..., Recording],
    strip_picture: bytes,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    digitizing_server(monkeypatch, Digitized(PageReading(Kind.NONE, (100, 80), Reason.NO_ECG), b""))
    row = send({"photo.png": strip_picture})
    reading.run(recording_id=row.pk)
    url = f"{RECORDINGS}/{row.pk}"
    assert (mine.get(url).json()["state"], mine.get(f"{url}/page").json()["reason"]) == ("refused", "PAGE_NO_ECG")
    assert say(mine, f"{url}/page/insistence").json()["state"] == "received"
    reading.run(recording_id=row.pk)
    assert mine.get(url).json()["state"] == "asking"
    refused = say(mine, f"{url}/page/confirmation")  # there is nothing to confirm
    assert (refused.status_code, refused.json()["reason"]) == (409, "PAGE_NO_ECG")
    assert say(mine, f"{url}/page/insistence").json()["reason"] == "NOTHING_ASKED"


def test_one_beat_of_the_picture_is_classified_once(unchecked: Recording, far_side: FarSide, mine: Client) -> None:
    url = f"{RECORDINGS}/{unchecked.pk}/page/beat"
    region = [120, 40, 220, 160]
    picked = say(mine, url, region=region)
    assert (picked.status_code, picked.json()["analysis"]["state"]) == (201, "done")
    assert picked.json()["analysis"]["picture"]["label"] == "night"
    assert (picked.json()["analysis"]["picture"]["width"], picked.json()["analysis"]["picture"]["height"]) == (100, 120)
    assert mine.get(picked["Location"]).status_code == 200
    again = say(mine, url, region=region)
    assert (again.status_code, again.json()["is_repeated"]) == (200, True)
    unchecked.refresh_from_db()
    assert unchecked.state == "asking"


@pytest.mark.parametrize(
    ("name", "is_read", "bottom", "lead"),
    [
        ("Lead II", True, 160.0, "II"),
        ("II", False, 160.0, ""),  # concluded from the layout
        ("left", True, 160.0, ""),
        ("V1", True, 90.0, ""),  # the trace lies above the middle of the region
    ],
)
def test_one_beat_is_classified_in_the_lead_that_was_read_there(
    name: str,
    is_read: bool,
    bottom: float,
    lead: str,
    send: Callable[..., Recording],
    strip_picture: bytes,
    strip_found: Digitized,
    far_side: FarSide,
    mine: Client,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    found = replace(strip_found.reading.leads[0], name=name, name_read=is_read, box=(20.0, 30.0, 900.0, bottom))
    said = replace(strip_found, reading=replace(strip_found.reading, leads=(found,)))
    digitizing_server(monkeypatch, said)
    row = send({"photo.png": strip_picture})
    reading.run(recording_id=row.pk)
    picked = say(mine, f"{RECORDINGS}/{row.pk}/page/beat", region=[120, 40, 220, 160])
    assert picked.json()["analysis"]["lead"] == lead
    assert far_side.leads == [lead]


def test_reading_again_and_beats_count_towards_the_share_of_the_minute(
    unchecked: Recording, owner: User, mine: Client, settings: Settings
) -> None:
    settings.UPLOAD_PICTURES_PER_MINUTE = 1
    allowance.take(user=owner, pictures=1, megapixels=0.0)
    url = f"{RECORDINGS}/{unchecked.pk}/page"
    for call, said in (("corrections", {"mm_per_mv": 5}), ("beat", {"region": [120, 40, 220, 160]})):
        refused = say(mine, f"{url}/{call}", **said)
        assert (refused.status_code, refused.json()["reason"]) == (429, "UPLOAD_RATE_REACHED"), call
        assert float(refused["Retry-After"]) > 0


def test_reviewers_see_and_do_not_decide(unchecked: Recording, owner: User, reviewer: User) -> None:
    theirs, url = program(reviewer), f"{RECORDINGS}/{unchecked.pk}/page"
    assert theirs.get(url).status_code == 404
    services.confirm_page(actor=owner, recording=unchecked)
    reading.run(recording_id=unchecked.pk)
    services.share(actor=owner, ids=[unchecked.pk])
    assert theirs.get(url).json()["kind"] == "strip"
    assert say(theirs, f"{url}/confirmation").status_code == 404
    assert say(theirs, f"{url}/beat", region=[120, 40, 220, 160]).status_code == 404


def test_a_token_that_may_only_read_changes_nothing(unchecked: Recording, owner: User) -> None:
    reads, url = program(owner, AccessToken.Scope.READ), f"{RECORDINGS}/{unchecked.pk}/page"
    assert reads.get(url).status_code == 200
    for call in ("corrections", "confirmation", "insistence"):
        assert say(reads, f"{url}/{call}").json()["reason"] == "SCOPE_MISSING"
    assert say(reads, f"{url}/beat", region=[120, 40, 220, 160]).json()["reason"] == "SCOPE_MISSING"


def test_the_answer_is_as_the_document_says(unchecked: Recording, mine: Client) -> None:
    document = described()
    address = RECORDINGS + "/{recording_id}/page"
    schema = document["paths"][address]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
    hold(mine.get(address.format(recording_id=unchecked.pk)).json(), schema, document)
    schema = document["paths"][RECORDINGS]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
    hold(mine.get(RECORDINGS).json(), schema, document)
