"""Lists in pages, searches, changes, the trash, batches and exports."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django.asserts import assertNumQueries

from tests.webportal.api.conftest import picture, program
from tests.webportal.conftest import FarSide
from webportal.accounts.models import User
from webportal.analyses import services
from webportal.analyses.models import Analysis, Batch

pytestmark = pytest.mark.django_db

ANALYSES, BATCHES = "/api/v1/analyses", "/api/v1/batches"


def pages(client: Client, address: str, **asked: str | int) -> Iterator[list[dict[str, Any]]]:
    """Every page of a list."""
    after = ""
    while True:
        page = client.get(address, asked | {"after": after}).json()
        yield page["items"]
        if page["next"] is None:
            return
        after = page["next"]


@pytest.fixture
def several(upload: Callable[..., Analysis], drawn: Callable[..., bytes]) -> list[Analysis]:
    """Seven analyses, of which several came at the same moment."""
    analyses = [upload(drawn(shift=shift), label=f"beat {shift}") for shift in range(7)]
    now = timezone.now()
    for place, analysis in enumerate(analyses):
        Analysis.objects.filter(pk=analysis.pk).update(created_at=now - timedelta(seconds=place // 3))
    return analyses


@pytest.mark.parametrize("sort", ["newest", "oldest"])
def test_pages_hold_every_row_once_in_order(sort: str, several: list[Analysis], mine: Client) -> None:
    rows = [row for page in pages(mine, ANALYSES, limit=2, sort=sort) for row in page]
    assert len({row["id"] for row in rows}) == len(rows) == len(several)
    moments = [row["created_at"] for row in rows]
    assert moments == sorted(moments, reverse=sort == "newest")


def test_a_place_is_good_for_lists_of_its_order_alone(several: list[Analysis], mine: Client) -> None:
    place = mine.get(ANALYSES, {"limit": 2}).json()["next"]
    assert mine.get(ANALYSES, {"after": place, "sort": "oldest"}).status_code == 422


def test_what_comes_meanwhile_moves_nothing(
    several: list[Analysis], mine: Client, upload: Callable[..., Analysis], drawn: Callable[..., bytes]
) -> None:
    seen: list[str] = []
    for page in pages(mine, ANALYSES, limit=2):
        upload(drawn(shift=20 + len(seen)))
        seen += [row["id"] for row in page]
    assert sorted(seen) == sorted(str(analysis.pk) for analysis in several)


def test_a_list_costs_as_much_for_many_as_for_one(several: list[Analysis], mine: Client) -> None:
    mine.get(ANALYSES)
    with assertNumQueries(5):  # the token, the analyses, and their pictures, readings and tags
        mine.get(f"{ANALYSES}?limit=1")
    with assertNumQueries(5):
        mine.get(ANALYSES)


def test_a_search_finds_what_the_history_finds(
    several: list[Analysis], mine: Client, done: Callable[..., Analysis], drawn: Callable[..., bytes]
) -> None:
    one = done(drawn(shift=40), label="needle")
    mine.patch(f"{ANALYSES}/{one.pk}", {"tags": ["Haystack"]}, content_type="application/json")
    for asked in ("q=needle", "kind=PVC", "outcome=CONFIDENT", "tag=haystack", f"q={one.pk}", "sort=uncertain"):
        found = mine.get(f"{ANALYSES}?{asked}").json()["items"]
        assert [row["id"] for row in found] == [str(one.pk)], asked
    assert mine.get(f"{ANALYSES}?tag=unknown").json()["items"] == []
    tomorrow = (timezone.now() + timedelta(days=1)).date()
    assert mine.get(f"{ANALYSES}?since={tomorrow}").json()["items"] == []


def test_notes_and_tags_are_changed_apart(analysis: Analysis, mine: Client) -> None:
    url = f"{ANALYSES}/{analysis.pk}"
    mine.patch(url, {"notes": "ask again", "tags": ["a", "b"]}, content_type="application/json")
    changed = mine.patch(url, {"tags": ["c"]}, content_type="application/json").json()
    assert (changed["notes"], changed["tags"]) == ("ask again", ["c"])
    assert mine.get("/api/v1/tags").json() == {"items": ["c"]}
    assert mine.patch(url, {"state": "done"}, content_type="application/json").status_code == 422
    assert mine.patch(url, {"tags": ["x" * 41]}, content_type="application/json").status_code == 422


def test_a_reading_is_written_once_for_a_key_and_kept_beside_the_answer(analysis: Analysis, mine: Client) -> None:
    url, written = f"{ANALYSES}/{analysis.pk}/readings", {"kind": "NORMAL", "comment": "narrow"}
    for _ in range(2):
        answer = mine.post(url, written, content_type="application/json", headers={"Idempotency-Key": "k"})
        assert answer.status_code == 201
    assert [(one["kind"]["short"], one["agrees"]) for one in answer.json()["readings"]] == [("NORMAL", False)]
    assert answer.json()["answer"]["kind"]["short"] == "PVC"
    assert mine.post(url, {"kind": "NONSENSE"}, content_type="application/json").json()["errors"][0]["field"]


def test_there_is_nothing_to_read_before_there_is_an_answer(upload: Callable[..., Analysis], mine: Client) -> None:
    url = f"{ANALYSES}/{upload().pk}"
    answer = mine.post(f"{url}/readings", {"kind": "NORMAL"}, content_type="application/json")
    assert (answer.status_code, answer.json()["reason"]) == (409, "NO_ANSWER_YET")
    shared = mine.put(f"{url}/sharing", {"shared": True}, content_type="application/json")
    assert (shared.status_code, shared.json()["reason"]) == (409, "NO_ANSWER_YET")


def test_the_way_out_is_through_the_trash_and_back(analysis: Analysis, mine: Client) -> None:
    url = f"{ANALYSES}/{analysis.pk}"
    assert mine.delete(f"{url}?for_good=true").json()["reason"] == "NOT_IN_TRASH"
    assert [mine.delete(url).status_code for _ in range(2)] == [204, 204]  # once more does no harm
    assert mine.get(ANALYSES).json()["items"] == []
    assert [row["id"] for row in mine.get(f"{ANALYSES}/trash").json()["items"]] == [str(analysis.pk)]
    assert mine.post(f"{url}/restore").json()["trashed_at"] is None
    mine.delete(url)
    assert mine.delete(f"{url}?for_good=true").status_code == 204
    assert mine.get(url).status_code == 404


def test_reviewers_find_what_is_shared_with_them(analysis: Analysis, mine: Client, reviewer: User) -> None:
    url, queue = f"{ANALYSES}/{analysis.pk}", f"{ANALYSES}/to-review"
    theirs = program(reviewer)
    assert theirs.get(queue).json()["items"] == []
    assert mine.put(f"{url}/sharing", {"shared": True}, content_type="application/json").json()["is_shared"]
    assert [row["id"] for row in theirs.get(queue).json()["items"]] == [str(analysis.pk)]
    theirs.post(f"{url}/readings", {"kind": "PVC"}, content_type="application/json")
    assert theirs.get(queue).json()["items"] == []
    assert len(theirs.get(f"{queue}?everything=true").json()["items"]) == 1


def zipped(**files: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, data in files.items():
            archive.writestr(f"{name}.png", data)
    return out.getvalue()


def test_a_batch_tells_what_became_of_each_file(far_side: FarSide, mine: Client, drawn: Callable[..., bytes]) -> None:
    files = [picture(drawn()), picture(zipped(a=drawn(shift=3), b=drawn(shift=6)), "more.zip"), picture(b"no", "x.txt")]
    sent = mine.post(BATCHES, {"files": files, "name": "Monday", "keep_names": "true"})
    assert sent.status_code == 201
    assert sent.json()["progress"] | {"total": 4, "confident": 3, "refused": 1} == sent.json()["progress"]
    rows = [row for page in pages(mine, f"{sent['Location']}/files", limit=1) for row in page]
    assert [(row["place"], row["entry"], row["name"], row["reason"]) for row in rows] == [
        (0, 0, "beat.png", ""),
        (1, 0, "a.png", ""),
        (1, 1, "b.png", ""),
        (2, 0, "x.txt", "FILE_IS_TEXT"),
    ]
    lines = list(csv.DictReader(io.StringIO(mine.get(f"{sent['Location']}/files.csv").getvalue().decode("utf-8-sig"))))
    assert [line["class"] for line in lines] == ["PVC", "PVC", "PVC", ""]


def test_a_batch_with_a_key_is_sent_once(far_side: FarSide, mine: Client, drawn: Callable[..., bytes]) -> None:
    ids = [
        mine.post(
            BATCHES, {"files": [picture(drawn()), picture(drawn(shift=4))]}, headers={"Idempotency-Key": "one"}
        ).json()["id"]
        for _ in range(2)
    ]
    assert ids[0] == ids[1]
    assert (Batch.objects.count(), Analysis.objects.count()) == (1, 2)


def test_a_batch_of_nothing_is_no_batch(far_side: FarSide, mine: Client) -> None:
    sent = mine.post(BATCHES, {"files": [picture(b"no", "x.txt"), picture(b"")]})
    assert (sent.status_code, sent.json()["reason"]) == (422, "FILE_IS_TEXT")
    assert not Batch.objects.exists()


def test_a_batch_is_renamed_and_taken_back(far_side: FarSide, mine: Client, drawn: Callable[..., bytes]) -> None:
    url = mine.post(BATCHES, {"files": [picture(drawn()), picture(drawn(shift=4))]})["Location"]
    assert mine.patch(url, {"name": "Tuesday"}, content_type="application/json").json()["name"] == "Tuesday"
    assert mine.delete(url).status_code == 204
    assert (mine.get(BATCHES).json()["items"], len(mine.get(f"{BATCHES}?trashed=true").json()["items"])) == ([], 1)
    assert mine.post(f"{url}/restore").json()["trashed_at"] is None
    assert [row["name"] for row in mine.get(BATCHES).json()["items"]] == ["Tuesday"]


def test_exports_are_those_of_the_pages(analysis: Analysis, mine: Client, owner_client: Client) -> None:
    services.review(actor=analysis.owner, analysis=analysis, class_short="PVC")
    for kind in ("csv", "json"):
        exported = mine.get(f"/api/v1/exports/analyses.{kind}?kind=PVC")
        assert exported.getvalue() == owner_client.get(f"/history.{kind}?kind=PVC").getvalue()
    assert mine.get(f"{ANALYSES}/{analysis.pk}/report.pdf").content.startswith(b"%PDF")


def test_pictures_are_sent_locked_up(analysis: Analysis, mine: Client) -> None:
    url = f"/api/v1/pictures/{analysis.upload_id}"
    for address in (url, f"{url}/thumbnail"):
        response = mine.get(address)
        assert response.getvalue().startswith(b"\x89PNG")
        assert response["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert mine.get(f"{url}/original").status_code == 404  # it was not kept
