"""Recordings are sent by a form or in pieces, in whatever order things break."""

from __future__ import annotations

import fcntl
import json
import threading
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from pytest_django.fixtures import Settings

from ecg.recording import Recording as Signal
from tests.webportal.recordings.conftest import table_of
from tests.webportal.recordings.folders import folder_of
from webportal.accounts import quota
from webportal.accounts.models import User
from webportal.media import folders
from webportal.recordings.jobs import reading
from webportal.recordings.models import Recording

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("media")]


def announced(client: Client, files: dict[str, int], form_id: uuid.UUID | None = None, **words: Any) -> Any:
    body = {
        "form_id": str(form_id or uuid.uuid4()),
        "files": [{"name": n, "size": s} for n, s in files.items()],
        **words,
    }
    return client.post(reverse("recordings:announce"), json.dumps(body), content_type="application/json")


def put(client: Client, address: str, offset: int, piece: bytes) -> Any:
    return client.put(
        address, piece, content_type="application/offset+octet-stream", headers={"Upload-Offset": str(offset)}
    )


def test_a_form_without_a_script_is_a_recording(owner_client: Client, owner: User, made_recording: Signal) -> None:
    page = owner_client.get(reverse("recordings:upload"))
    form_id = page.context["form_id"]
    table = table_of(made_recording, seconds=5)
    for _ in range(2):  # a form that is sent twice is one recording
        sent = {"sent": SimpleUploadedFile("a.csv", table), "name": "night", "form_id": form_id}
        response = owner_client.post(reverse("recordings:upload"), sent)
        row = Recording.objects.get()
        assert response["Location"] == row.get_absolute_url()
    assert (row.state, row.name, row.owner) == (Recording.State.RECEIVED, "night", owner)
    assert (folder_of(row) / "sent/0").read_bytes() == table


def test_files_of_several_recordings_are_told_apart(owner_client: Client) -> None:
    sizes = {"100.hea": 5, "100.dat": 7, "night.edf": 9}
    recordings = announced(owner_client, sizes).json()["recordings"]
    assert [[file["place"] for file in recording["files"]] for recording in recordings] == [[0, 1, 2]]
    sizes = {"100.hea": 5, "100.dat": 7, "101.hea": 9, "101.dat": 1, "b.edf": 3}
    recordings = announced(owner_client, sizes).json()["recordings"]
    assert [[file["place"] for file in recording["files"]] for recording in recordings] == [[0, 1], [2, 3], [4]]


def test_pieces_go_on_where_the_file_ends(owner_client: Client, owner: User) -> None:
    (recording,) = announced(owner_client, {"a.csv": 10}, name="x").json()["recordings"]
    address = recording["files"][0]["address"]
    assert put(owner_client, address, 0, b"01234")["Upload-Offset"] == "5"
    repeated = put(owner_client, address, 0, b"01234")
    assert (repeated.status_code, repeated["Upload-Offset"]) == (409, "5")
    assert owner_client.head(address)["Upload-Offset"] == "5"
    assert put(owner_client, address, 5, b"567890").status_code == 422
    assert put(owner_client, address, 5, b"56789").status_code == 204
    row = Recording.objects.get()
    assert row.state == Recording.State.RECEIVED
    assert (folder_of(row) / "sent/0").read_bytes() == b"0123456789"
    assert put(owner_client, address, 5, b"56789")["Upload-Offset"] == "10"
    assert quota.space_of(owner).used == 10


def test_a_piece_waits_for_another_that_is_being_written_and_not_for_ever(
    owner_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    (recording,) = announced(owner_client, {"a.csv": 10}).json()["recordings"]
    address = recording["files"][0]["address"]
    put(owner_client, address, 0, b"01")
    owner_client.raise_request_exception = False  # answered as by a server
    with (folder_of(Recording.objects.get()) / "sent/0").open("rb") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        monkeypatch.setattr(folders, "_LOCK_SECONDS", 0.1)
        busy = put(owner_client, address, 2, b"23")
        assert (busy.status_code, busy["Retry-After"]) == (503, "5")
        monkeypatch.setattr(folders, "_LOCK_SECONDS", 30.0)
        threading.Timer(0.2, fcntl.flock, (held, fcntl.LOCK_UN)).start()
        assert put(owner_client, address, 2, b"23")["Upload-Offset"] == "4"


def test_pieces_are_bounded_and_nobody_elses(owner_client: Client, other_client: Client, settings: Settings) -> None:
    (recording,) = announced(owner_client, {"a.csv": 100}).json()["recordings"]
    address = recording["files"][0]["address"]
    settings.RECORDING_PIECE_BYTES = 10
    assert put(owner_client, address, 0, b"x" * 11).status_code == 413
    assert put(other_client, address, 0, b"x").status_code == 404
    assert put(owner_client, address.replace("/files/0", "/files/1"), 0, b"x").status_code == 404
    assert owner_client.put(address, b"x", content_type="a/b").status_code == 400


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ({"a.edf": 3 * 2**30}, "larger"),
        ({f"{number}": 1 for number in range(3)} | {"a.hea": 1}, "more than"),
        ({"a.edf": 0}, "nothing"),
    ],
)
def test_what_is_too_much_or_nothing_is_told_at_once(
    owner_client: Client, settings: Settings, files: dict[str, int], words: str
) -> None:
    settings.RECORDING_MAX_FILES = 3
    response = announced(owner_client, files)
    assert response.status_code == 422
    assert words in response.json()["problem"]
    assert not Recording.objects.exists()


def test_a_full_account_is_told_before_anything_is_sent(owner_client: Client, settings: Settings) -> None:
    settings.ACCOUNT_QUOTA_BYTES = 100
    response = announced(owner_client, {"a.csv": 101})
    assert response.status_code == 422
    assert "account is full" in response.json()["problem"]


def test_nonsense_is_refused(owner_client: Client) -> None:
    url = reverse("recordings:announce")
    for body in ("", "[]", '{"form_id": 1}', '{"form_id": "x", "files": []}'):
        assert owner_client.post(url, body, content_type="application/json").status_code == 400
    assert announced(owner_client, {"a.csv": 1}, name="x" * 101).status_code == 422


def test_names_lead_nowhere(owner_client: Client) -> None:
    announced(owner_client, {"../../etc/passwd\x00.csv": 4})
    assert Recording.objects.get().files[0]["name"] == "etc/passwd .csv"


def test_what_the_files_leave_out_is_asked_on_the_page(
    owner_client: Client, send: Callable[..., Recording], made_recording: Signal
) -> None:
    row = send({"a.csv": table_of(made_recording, rate=False, unit="")})
    reading.run(recording_id=row.pk)
    page = owner_client.get(row.get_absolute_url()).content.decode()
    assert 'name="rate"' in page
    assert 'name="unit"' in page
    url = reverse("recordings:answer", args=[row.pk])
    wrong = owner_client.post(url, {"rate": "360", "unit": "bananas"})
    assert wrong.status_code == 422
    assert "no unit of voltage" in wrong.content.decode()
    assert owner_client.post(url, {"rate": "360", "unit": "mV"})["Location"] == row.get_absolute_url()
    reading.run(recording_id=row.pk)
    row.refresh_from_db()
    assert (row.state, row.rate) == ("read", 360.0)
    assert owner_client.post(url, {"rate": "250", "unit": "mV"}).status_code == 302


def test_the_page_of_a_recording_that_is_not_there_yet_takes_the_rest(owner_client: Client, media: Path) -> None:
    (recording,) = announced(owner_client, {"a.csv": 10}).json()["recordings"]
    put(owner_client, recording["files"][0]["address"], 0, b"0123")
    page = owner_client.get(recording["address"]).content.decode()
    assert '"received": 4' in page
    assert "recording-upload.js" in page
