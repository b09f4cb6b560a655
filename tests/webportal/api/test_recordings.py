"""Recordings: sent once, read, corrected, taken along, put away."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from pytest_django.asserts import assertNumQueries
from pytest_django.fixtures import Settings

from tests.webportal.api.conftest import picture, program, table
from tests.webportal.api.test_guide import described, hold
from tests.webportal.test_access import keep_recording
from webportal.accounts.models import StorageUse, User
from webportal.audit.models import Entry
from webportal.recordings.jobs import reading
from webportal.recordings.models import Recording

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("media")]

RECORDINGS = "/api/v1/recordings"


def send(client: Client, *files: bytes, key: str = "", **fields: str) -> Any:
    sent = [picture(data, f"{place}.csv") for place, data in enumerate(files)]
    headers = {"Idempotency-Key": key} if key else {}
    return client.post(RECORDINGS, {"files": sent, **fields}, headers=headers)


def change(client: Client, method: str, address: str, **said: object) -> Any:
    return getattr(client, method)(address, said, content_type="application/json")


@pytest.fixture
def row(owner: User) -> Recording:
    """A recording of the owner's, with an answer about it."""
    return keep_recording(owner, "night")


def test_files_are_sent_and_read(mine: Client) -> None:
    response = send(mine, table(), table()[:-10], name="night")
    assert response.status_code == 201
    assert [(one["state"], one["name"]) for one in response.json()["items"]] == [("received", "night")] * 2
    reading.run(recording_id=Recording.objects.order_by("created_at").first().pk)  # type: ignore[union-attr]
    one = mine.get(f"{RECORDINGS}/{response.json()['items'][0]['id']}").json()
    assert (one["state"], one["format"], one["leads"], one["rate"]) == ("read", "CSV", ["II"], 125.0)
    assert one["analysis"]["state"] == "queued"


def test_recordings_that_are_sent_twice_with_a_key_are_there_once(mine: Client) -> None:
    ids = [send(mine, table(), key="a").json()["items"][0]["id"] for _ in range(2)]
    assert ids[0] == ids[1]
    assert send(mine, table()[:-20], key="a").json()["reason"] == "IDEMPOTENCY_KEY_REUSED"
    assert Recording.objects.count() == 1


def test_what_the_files_leave_out_is_asked_and_answered(mine: Client) -> None:
    url = f"{RECORDINGS}/{send(mine, table(rate=False)).json()['items'][0]['id']}"
    assert change(mine, "post", f"{url}/answers", rate=125).json()["reason"] == "NOTHING_ASKED"
    reading.run(recording_id=Recording.objects.get().pk)
    asking = mine.get(url).json()
    assert (asking["state"], [one["about"] for one in asking["questions"]]) == ("asking", ["rate"])
    assert change(mine, "post", f"{url}/answers", rate=-1).status_code == 422
    assert change(mine, "post", f"{url}/answers", rate=125).json()["state"] == "received"
    reading.run(recording_id=Recording.objects.get().pk)
    assert mine.get(url).json()["rate"] == 125.0


def test_an_empty_file_and_a_full_account_are_refused_with_the_reason(
    mine: Client, owner: User, settings: Settings
) -> None:
    assert send(mine, b"").json()["reason"] == "RECORDING_EMPTY"
    StorageUse.objects.update_or_create(owner=owner, defaults={"stored_bytes": settings.ACCOUNT_QUOTA_BYTES})
    full = send(mine, table())
    assert (full.status_code, full.json()["reason"]) == (409, "ACCOUNT_QUOTA_REACHED")
    assert not Recording.objects.exists()


def test_the_summary_follows_what_people_correct(row: Recording, mine: Client) -> None:
    url = f"{RECORDINGS}/{row.pk}"
    said = mine.get(url).json()["analysis"]["summary"]["counts"]
    made = change(mine, "post", f"{url}/edits", kind="rename", family=1, **{"class": "PVC"})
    assert made.status_code == 201
    assert [(one["number"], one["kind"], one["by"]) for one in made.json()["items"]] == [(1, "rename", "you")]
    edited = mine.get(url).json()["analysis"]
    assert edited["is_edited"]
    assert edited["summary"]["counts"] != said
    assert b"PVC" in mine.get(f"{url}/exports/beats.csv").content
    undone = change(mine, "post", f"{url}/edits", kind="undo", edit=1).json()
    assert [one["is_undone"] for one in undone["items"]] == [True, False]
    assert mine.get(url).json()["analysis"]["summary"]["counts"] == said


def test_an_edit_with_a_key_is_made_once(row: Recording, mine: Client) -> None:
    for _ in range(2):
        made = mine.post(
            f"{RECORDINGS}/{row.pk}/edits",
            {"kind": "reclassify", "beats": [0, 1], "class": "PVC"},
            content_type="application/json",
            headers={"Idempotency-Key": "a"},
        )
    assert len(made.json()["items"]) == 1


@pytest.mark.parametrize(
    ("said", "status"),
    [
        ({"kind": "rename", "family": 99, "class": "PVC"}, 409),
        ({"kind": "rename", "family": 1, "class": "NONSENSE"}, 409),
        ({"kind": "undo", "edit": 1}, 409),
        ({"kind": "rename", "family": 1}, 422),
        ({"kind": "paint"}, 422),
    ],
)
def test_what_is_refused_changes_nothing(said: dict[str, Any], status: int, row: Recording, mine: Client) -> None:
    refused = mine.post(f"{RECORDINGS}/{row.pk}/edits", said, content_type="application/json")
    assert refused.status_code == status
    assert refused.json()["reason"]
    assert mine.get(f"{RECORDINGS}/{row.pk}/edits").json()["items"] == []


def test_files_are_those_of_the_page(row: Recording, mine: Client, owner_client: Client) -> None:
    for name in ("beats.csv", "beats.atr", "analysis.json", "annotations.edf"):
        taken = mine.get(f"{RECORDINGS}/{row.pk}/exports/{name}")
        assert taken.content == owner_client.get(f"/recordings/{row.pk}/export/{name}").content
    assert mine.get(f"{RECORDINGS}/{row.pk}/exports/secrets.txt").status_code == 404
    assert mine.get(f"{RECORDINGS}/{row.pk}/report.pdf").content.startswith(b"%PDF")


def test_the_way_out_is_through_the_trash_and_back(row: Recording, mine: Client) -> None:
    url = f"{RECORDINGS}/{row.pk}"
    assert mine.delete(f"{url}?for_good=true").json()["reason"] == "NOT_IN_TRASH"
    assert [mine.delete(url).status_code for _ in range(2)] == [204, 204]
    assert mine.get(RECORDINGS).json()["items"] == []
    assert [one["id"] for one in mine.get(f"{RECORDINGS}/trash").json()["items"]] == [str(row.pk)]
    assert mine.post(f"{url}/restore").json()["trashed_at"] is None
    mine.delete(url)
    assert mine.delete(f"{url}?for_good=true").status_code == 204
    assert not Recording.objects.exists()


def test_reviewers_find_and_correct_what_is_shared(row: Recording, mine: Client, reviewer: User) -> None:
    url, theirs = f"{RECORDINGS}/{row.pk}", program(reviewer)
    assert theirs.get(f"{RECORDINGS}/shared").json()["items"] == []
    assert change(mine, "put", f"{url}/sharing", shared=True).json()["is_shared"]
    assert [one["id"] for one in theirs.get(f"{RECORDINGS}/shared").json()["items"]] == [str(row.pk)]
    made = change(theirs, "post", f"{url}/edits", kind="reclassify", beats=[0], **{"class": "PVC"})
    assert [one["by"] for one in made.json()["items"]] == ["you"]
    assert [one["by"] for one in mine.get(f"{url}/edits").json()["items"]] == ["reviewer"]
    theirs.get(url)
    theirs.get(f"{url}/exports/beats.csv")
    assert {"view", "change", "download"} <= set(Entry.objects.filter(actor=reviewer).values_list("action", flat=True))


def test_a_search_finds_what_the_page_finds(row: Recording, mine: Client) -> None:
    for asked, found in (("q=NIGHT", 1), ("q=day", 0), ("state=done", 1), ("state=asking", 0), ("since=2999-01-01", 0)):
        assert len(mine.get(f"{RECORDINGS}?{asked}").json()["items"]) == found, asked


def test_a_list_costs_as_much_for_many_as_for_one(row: Recording, owner: User, mine: Client) -> None:
    keep_recording(owner, "day")
    mine.get(RECORDINGS)
    for limit in (1, 50):
        with assertNumQueries(3):  # the token, the recordings, what was asked about them
            mine.get(f"{RECORDINGS}?limit={limit}")


def test_answers_are_as_the_document_says(row: Recording, mine: Client) -> None:
    change(mine, "post", f"{RECORDINGS}/{row.pk}/edits", kind="rename", family=1, **{"class": "PVC"})
    assert change(mine, "patch", f"{RECORDINGS}/{row.pk}", name="Monday").json()["name"] == "Monday"
    document = described()
    for path in ("", "/{recording_id}", "/{recording_id}/edits", "/trash"):
        content = document["paths"][RECORDINGS + path]["get"]["responses"]["200"]["content"]
        answer = mine.get(RECORDINGS + path.format(recording_id=row.pk)).json()
        hold(answer, content["application/json"]["schema"], document)


def test_asking_again_and_giving_up(row: Recording, mine: Client) -> None:
    url = f"{RECORDINGS}/{row.pk}"
    asked = mine.post(f"{url}/again")
    assert (asked.status_code, asked.json()["analysis"]["state"]) == (201, "queued")
    assert mine.post(f"{url}/cancel").json()["analysis"]["state"] == "cancelled"
