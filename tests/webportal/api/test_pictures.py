"""Pictures are sent once, refused with the reason, and answered with no more than the pages show."""

from __future__ import annotations

import uuid
from collections.abc import Callable

import pytest
from django.test import Client
from pytest_django.fixtures import Settings

from inference_server.classification import Classification, LeadKnowledge, NotABeat, Verdict
from tests.webportal.api.conftest import Scope, picture, program
from tests.webportal.conftest import FarSide
from webportal.accounts.models import StorageUse, User
from webportal.analyses import services
from webportal.analyses.models import Analysis

pytestmark = pytest.mark.django_db

ANALYSES = "/api/v1/analyses"


def send(client: Client, data: bytes, key: str = "", **fields: object) -> tuple[int, dict[str, object]]:
    headers = {"Idempotency-Key": key} if key else {}
    response = client.post(ANALYSES, {"picture": picture(data), **fields}, headers=headers)
    return response.status_code, response.json()


def test_a_picture_is_sent_and_answered(far_side: FarSide, mine: Client, png: bytes) -> None:
    response = mine.post(ANALYSES, {"picture": picture(png), "label": "bed 4", "keep_name": "true"})
    sent = response.json()
    assert response.status_code == 201
    assert response["Location"] == f"{ANALYSES}/{sent['analysis']['id']}"
    assert sent["analysis"]["state"] == "done"
    assert sent["analysis"]["answer"]["kind"]["short"] == "PVC"
    assert sent["analysis"]["picture"]["label"] == "bed 4"
    assert sent["analysis"]["picture"]["file_name"] == "beat.png"
    assert mine.get(response["Location"]).json() == sent["analysis"]


def test_a_picture_waits_for_a_server_that_is_away(far_side: FarSide, mine: Client, png: bytes) -> None:
    far_side.down()
    _status, sent = send(mine, png)
    analysis = sent["analysis"]
    assert isinstance(analysis, dict)
    assert (analysis["state"], analysis["reason"]) == ("queued", "SERVER_UNAVAILABLE")
    assert analysis["answer"] is None


def test_the_same_file_is_known_again(far_side: FarSide, mine: Client, png: bytes) -> None:
    _first, one = send(mine, png)
    status, two = send(mine, png)
    assert (status, two["is_repeated"], two["analysis"]) == (200, True, one["analysis"])


def test_a_lead_is_named_by_any_usual_name_and_another_is_asked_about_anew(
    far_side: FarSide, mine: Client, png: bytes
) -> None:
    far_side.knowledge = LeadKnowledge.MEASURED
    status, one = send(mine, png, lead="Lead II")
    assert (status, one["analysis"]["lead"], one["analysis"]["answer"]["lead_knowledge"]) == (201, "II", "MEASURED")  # type: ignore[index]
    assert send(mine, png, lead="MDC_ECG_LEAD_II")[0] == 200
    status, two = send(mine, png, lead="V1")
    assert (status, two["is_repeated"], two["analysis"]["earlier_id"]) == (201, False, one["analysis"]["id"])  # type: ignore[index]
    again = f"{ANALYSES}/{one['analysis']['id']}/again"  # type: ignore[index]
    asked = [mine.post(again, fields).json() for fields in ({}, {"lead": "v5"}, {"lead": ""})]
    assert [one["lead"] for one in asked] == ["II", "V5", ""]
    assert [one["answer"]["lead_knowledge"] for one in asked] == ["MEASURED", "MEASURED", ""]
    batch = mine.post("/api/v1/batches", {"files": [picture(png)], "lead": "aVF"})
    assert batch.status_code == 201
    assert far_side.leads == ["II", "V1", "II", "V5", "", "aVF"]


@pytest.mark.parametrize("lead", ["ECG", "the left one", "V7" * 20])
def test_what_names_no_lead_is_refused(
    lead: str, far_side: FarSide, mine: Client, analysis: Analysis, png: bytes
) -> None:
    asked = len(far_side.leads)
    for address, fields in (
        (ANALYSES, {"picture": picture(png)}),
        ("/api/v1/batches", {"files": [picture(png)]}),
        (f"{ANALYSES}/{analysis.pk}/again", {}),
    ):
        answered = mine.post(address, {**fields, "lead": lead})
        assert answered.status_code == 422
        assert answered.json()["reason"] in ("LEAD_UNKNOWN", "CALL_INVALID")
    assert len(far_side.leads) == asked


def test_a_call_with_a_key_is_made_once(far_side: FarSide, mine: Client, png: bytes) -> None:
    first, second = send(mine, png, key="a"), send(mine, png, key="a")
    assert first == second == (201, first[1])
    assert Analysis.objects.count() == 1


def test_a_key_is_for_one_call(far_side: FarSide, mine: Client, drawn: Callable[..., bytes]) -> None:
    send(mine, drawn(), key="a")
    for other in ({"data": drawn(shift=3)}, {"data": drawn(), "label": "another"}, {"data": drawn(), "lead": "II"}):
        status, problem = send(mine, other.pop("data"), key="a", **other)  # type: ignore[arg-type]
        assert (status, problem["reason"]) == (422, "IDEMPOTENCY_KEY_REUSED")
    assert Analysis.objects.count() == 1


def test_a_key_is_ones_own(far_side: FarSide, mine: Client, other: User, png: bytes) -> None:
    assert send(mine, png, key="a")[0] == send(program(other), png, key="a")[0] == 201
    assert Analysis.objects.count() == 2


def test_asking_again_with_a_key_is_done_once(analysis: Analysis, mine: Client) -> None:
    url = f"{ANALYSES}/{analysis.pk}/again"
    ids = [mine.post(url, headers={"Idempotency-Key": key}).json()["id"] for key in ("a", "a", "b")]
    assert ids[0] == ids[1] != ids[2]
    assert Analysis.objects.count() == 3
    assert mine.post(url, {"lead": ""}, headers={"Idempotency-Key": "a"}).json()["reason"] == "IDEMPOTENCY_KEY_REUSED"
    taken = [mine.post(url, {"lead": ""}, headers={"Idempotency-Key": "c"}).json()["id"] for _ in range(2)]
    assert taken[0] == taken[1] not in ids


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "IMAGE_EMPTY"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "FILE_IS_SVG"),
        (b"PK\x03\x04" + bytes(60), "FILE_IS_ARCHIVE"),
        (b"%!PS nothing that anybody knows \x00\x01", "IMAGE_UNSUPPORTED_FORMAT"),
    ],
    ids=["empty", "svg", "zip", "unknown"],
)
def test_what_is_no_picture_is_refused_with_why(data: bytes, reason: str, far_side: FarSide, mine: Client) -> None:
    response = mine.post(ANALYSES, {"picture": picture(data)})
    assert (response.status_code, response.json()["reason"]) == (422, reason)
    assert response["Content-Type"] == "application/problem+json"
    assert not Analysis.objects.exists()


def test_a_full_account_takes_nothing(
    far_side: FarSide, mine: Client, owner: User, png: bytes, settings: Settings
) -> None:
    StorageUse.objects.create(owner=owner, stored_bytes=settings.ACCOUNT_QUOTA_BYTES)
    assert send(mine, png)[1]["reason"] == "ACCOUNT_QUOTA_REACHED"
    assert not Analysis.objects.exists()


def test_pages_and_programs_share_the_minute(
    far_side: FarSide, mine: Client, owner_client: Client, drawn: Callable[..., bytes], settings: Settings
) -> None:
    settings.UPLOAD_PICTURES_PER_MINUTE = 1
    owner_client.post("/predict/", {"picture": picture(drawn())})
    response = mine.post(ANALYSES, {"picture": picture(drawn(shift=3))})
    assert (response.status_code, response.json()["reason"]) == (429, "UPLOAD_RATE_REACHED")
    assert 1 <= int(response["Retry-After"]) <= 60


def test_a_picture_that_is_no_beat_has_no_number(
    far_side: FarSide, mine: Client, png: bytes, answered: Callable[..., Classification]
) -> None:
    far_side.respond = lambda _data: answered(verdict=Verdict.NOT_A_BEAT, reason=NotABeat.SEVERAL_BEATS, beats=7)
    _status, sent = send(mine, png)
    analysis = sent["analysis"]
    assert isinstance(analysis, dict)
    assert analysis["answer"] == {
        "verdict": "NOT_A_BEAT",
        "kind": None,
        "probability": None,
        "probabilities": [],
        "prediction_set": [],
        "lead_knowledge": "",
        "not_a_beat_reason": "SEVERAL_BEATS",
        "beats": 7,
    }
    for address in (
        ANALYSES,
        f"{ANALYSES}?sort=uncertain",
        "/api/v1/exports/analyses.json",
        "/api/v1/exports/analyses.csv",
    ):
        assert b"0.97" not in mine.get(address).getvalue()


def test_a_picture_that_the_server_refuses_has_the_reason_in_words(
    far_side: FarSide, mine: Client, png: bytes, refusal: type[Exception]
) -> None:
    def refuse(_data: bytes) -> Classification:
        raise refusal("IMAGE_TOO_SMALL")

    far_side.respond = refuse
    _status, sent = send(mine, png)
    analysis = sent["analysis"]
    assert isinstance(analysis, dict)
    assert (analysis["state"], analysis["reason"], analysis["answer"]) == ("rejected", "IMAGE_TOO_SMALL", None)
    assert "too few pixels" in analysis["problem"]


def test_problems_are_told_in_the_language_of_the_caller(far_side: FarSide, mine: Client) -> None:
    response = mine.post(ANALYSES, {"picture": picture(b"")}, headers={"Accept-Language": "de"})
    assert response.json()["detail"].startswith("Die Datei ist leer.")


def test_a_reviewer_who_reads_blind_sees_no_answer_before_reading(
    analysis: Analysis, owner: User, reviewer: User, settings: Settings
) -> None:
    settings.REVIEWERS_READ_BLIND = True
    services.share_analyses(actor=owner, ids=[analysis.pk])
    services.review(actor=owner, analysis=analysis, class_short="PVC", comment="mine")
    client = program(reviewer)
    url = f"{ANALYSES}/{analysis.pk}"
    for seen in (client.get(url).json(), client.get(f"{ANALYSES}/to-review").json()["items"][0]):
        assert (seen["answer"], seen["is_answer_hidden"], seen["readings"]) == (None, True, [])
    written = client.post(f"{url}/readings", {"kind": "NORMAL"}, content_type="application/json")
    assert written.status_code == 201
    assert written.json()["answer"]["kind"]["short"] == "PVC"
    assert [reading["by"] for reading in written.json()["readings"]] == ["you", "owner"]
    assert written.json()["readings"][0]["is_blind"]


def test_a_reviewer_sees_nothing_that_is_the_owners_alone(analysis: Analysis, owner: User, reviewer: User) -> None:
    services.share_analyses(actor=owner, ids=[analysis.pk])
    seen = program(reviewer, Scope.READ).get(f"{ANALYSES}/{analysis.pk}").json()
    assert [seen["notes"], seen["tags"], seen["picture"]["file_name"], seen["picture"]["sha256"]] == [None] * 4


def test_a_broken_thing_is_answered_with_an_id_that_is_in_the_log(
    mine: Client, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def break_down(*_args: object) -> None:
        raise RuntimeError("secret detail")

    monkeypatch.setattr("webportal.api.calls.analyses.access.readable_analysis", break_down)
    mine.raise_request_exception = False
    response = mine.get(f"{ANALYSES}/{uuid.uuid4()}")
    assert (response.status_code, response.json()["reason"]) == (500, "INTERNAL_ERROR")
    assert response.json()["error_id"] in caplog.text
    assert b"secret detail" not in response.content


def test_a_body_that_is_too_large_is_a_problem_too(mine: Client, settings: Settings) -> None:
    settings.REQUEST_MAX_BYTES = 100
    response = mine.post(ANALYSES, {"picture": picture(bytes(200))})
    assert (response.status_code, response.json()["reason"]) == (413, "REQUEST_TOO_LARGE")


@pytest.mark.parametrize(
    ("method", "address", "status", "reason"),
    [
        ("get", "/api/v1/nothing/here", 404, "NOT_FOUND"),
        ("get", "/api/v1/", 404, "NOT_FOUND"),
        ("put", "/api/v1/analyses", 405, "METHOD_NOT_ALLOWED"),
        ("get", "/api/v1/analyses?limit=0", 422, "CALL_INVALID"),
        ("get", "/api/v1/analyses?after=nonsense", 422, "CALL_INVALID"),
        ("get", "/api/v1/analyses?sort=upwards", 422, "CALL_INVALID"),
        ("post", "/api/v1/analyses", 422, "CALL_INVALID"),
    ],
)
def test_every_fault_is_a_problem_document(method: str, address: str, status: int, reason: str, mine: Client) -> None:
    response = getattr(mine, method)(address)
    assert response["Content-Type"] == "application/problem+json"
    problem = response.json()
    assert (response.status_code, problem["status"], problem["reason"]) == (status, status, reason)
    if reason == "CALL_INVALID":
        assert problem["errors"][0]["field"] in ("limit", "after", "sort", "picture")
