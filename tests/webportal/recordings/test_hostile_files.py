"""Files made to do harm, sent as anybody sends theirs: each is refused with a reason or read, the portal stays up."""

from __future__ import annotations

import copy
import io
import json
import stat
import time
import uuid
import zipfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Final

import pytest
from django.test import Client
from django.urls import reverse

from tests.ecg.formats import made
from tests.ecg.formats.odd import zipped
from tests.webportal.recordings.folders import folder_of
from webportal.accounts import quota
from webportal.accounts.models import User
from webportal.recordings.jobs import reading
from webportal.recordings.models import Recording

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("media")]

#: How long any of them may keep a reader, seconds: on a busy machine, where a quiet one takes less than ten.
PATIENCE: Final = 300.0
PIECE: Final = 4 << 20
DAY: Final = 86_400

Files = Mapping[str, bytes]


def deep(depth: int) -> bytes:
    """An archive in an archive in an archive …"""
    content = made.edf()
    for _ in range(depth):
        content = zipped({"inner.zip": content})
    return content


def overlapping(times: int = 60, size: int = 100 << 20) -> bytes:
    """A small zip file whose directory names the same packed zeros again and again: some gigabytes, unpacked."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        with archive.open("0.csv", "w") as file:
            for _ in range(size >> 20):
                file.write(bytes(1 << 20))
        for number in range(1, times):
            again = copy.copy(archive.filelist[0])
            again.filename = f"{number}.csv"
            archive.filelist.append(again)
    return packed.getvalue()


def linked() -> bytes:
    """A record whose samples are a link to a file of the machine."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("a.hea", header("a.dat"))
        link = zipfile.ZipInfo("a.dat")
        link.create_system, link.external_attr = 3, (stat.S_IFLNK | 0o777) << 16
        archive.writestr(link, "/etc/passwd")
    return packed.getvalue()


def header(samples_in: str, leads: int = 1) -> bytes:
    lines = [f"a {leads} 360 1000", *[f"{samples_in} 16 200 16 0 0 0 0 II"] * min(leads, 12)]
    return "\n".join([*lines, ""]).encode()


def zeros(days: int, rate: int = 20) -> bytes:
    """An EDF file of one lead in which nothing happens, day after day, zipped."""
    seconds = days * DAY
    fields = (
        ("0", 8), ("X X X X", 80), ("Startdate X X X X", 80), ("01.01.24", 8), ("00.00.00", 8), ("512", 8), ("", 44),
        (str(seconds // 60), 8), ("60", 8), ("1", 4), ("ECG II", 16), ("", 80), ("mV", 8), ("-5", 8), ("5", 8),
        ("-32768", 8), ("32767", 8), ("", 80), (str(60 * rate), 8), ("", 32),
    )  # fmt: skip
    packed = io.BytesIO()
    with (
        zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive,
        archive.open("zeros.edf", "w") as file,
    ):
        file.write("".join(text.ljust(width) for text, width in fields).encode())
        for _ in range(days * 24):
            file.write(bytes(2 * 3600 * rate))
    return packed.getvalue()


def edf_of(signals: int) -> bytes:
    """An EDF header that claims so many signals."""
    content = made.edf()
    return content[:252] + str(signals).ljust(4).encode() + content[256:]


def bomb(root: str, *, encoding: str = "utf-8") -> bytes:
    """A billion laughs."""
    entities = '<!ENTITY a0 "ha">' + "".join(
        f'<!ENTITY a{number} "{f"&a{number - 1};" * 10}">' for number in range(1, 10)
    )
    text = f'<?xml version="1.0" encoding="{encoding}"?><!DOCTYPE {root} [{entities}]><{root}>&a9;</{root}>'
    return text.encode(encoding)


def outside(root: str, address: str) -> bytes:
    """A document that has the reader fetch a file of the machine or of the network."""
    return f'<?xml version="1.0"?><!DOCTYPE {root} [<!ENTITY a SYSTEM "{address}">]><{root}>&a;</{root}>'.encode()


def table(rows: Iterator[str]) -> bytes:
    return "\n".join([*rows, ""]).encode()


def not_numbers() -> bytes:
    return table(iter(["time (s),II (mV),V1 (mV)", *(f"{place / 250:.3f},NaN,NaN" for place in range(20_000))]))


#: What is sent, and why it is refused; an empty reason where it is read.
HOSTILE: Final[dict[str, tuple[Callable[[], Files], str]]] = {
    "zip of zips": (lambda: {"a.zip": deep(2)}, "RECORDING_ARCHIVE_NESTED"),
    "zip of zips of zips": (lambda: {"a.zip": deep(9)}, "RECORDING_ARCHIVE_NESTED"),
    "zip of the same bytes": (lambda: {"a.zip": overlapping()}, "RECORDING_ARCHIVE_UNSAFE"),
    "zip with a link": (lambda: {"a.zip": linked()}, "RECORDING_ARCHIVE_UNSAFE"),
    "zip that leads outside": (lambda: {"a.zip": zipped({"../../a.edf": made.edf()})}, "RECORDING_ARCHIVE_UNSAFE"),
    "header that names a system file": (lambda: {"a.hea": header("/etc/passwd")}, "RECORDING_FILE_OUTSIDE"),
    "header that leads outside": (lambda: {"a.hea": header("../../../secret")}, "RECORDING_FILE_OUTSIDE"),
    "header that names an address": (lambda: {"a.hea": header("http://127.0.0.1:1/a")}, "RECORDING_FILE_OUTSIDE"),
    "header that names another file": (lambda: {"a.hea": header("b.dat")}, "RECORDING_FILE_MISSING"),
    "header that names itself": (lambda: {"a.hea": header("a.hea")}, "RECORDING_FILE_MISSING"),
    "WFDB of 10,000 leads": (lambda: {"a.hea": header("a.dat", 10_000)}, "RECORDING_TOO_MANY_LEADS"),
    "EDF of 9,999 leads": (lambda: {"a.edf": edf_of(9_999)}, "RECORDING_TOO_MANY_LEADS"),
    "CSV of 10,000 leads": (
        lambda: {"a.csv": table(",".join(["0.1"] * 10_000) for _ in range(500))}, "RECORDING_TOO_MANY_LEADS",
    ),
    "CSV of no numbers": (lambda: {"a.csv": not_numbers()}, "RECORDING_NO_ECG"),
    "JSON of no numbers": (
        lambda: {"a.json": json.dumps({"rate": 250, "II": [float("nan")] * 5000}).encode()}, "RECORDING_NO_ECG",
    ),
    "WFDB of no numbers": (lambda: {"a.hea": header("a.dat"), "a.dat": b"\0\x80" * 1000}, "RECORDING_EMPTY"),
    "billion laughs in aECG": (lambda: {"a.xml": bomb("AnnotatedECG")}, "RECORDING_XML_UNSAFE"),
    "billion laughs in MUSE": (lambda: {"a.xml": bomb("RestingECG")}, "RECORDING_XML_UNSAFE"),
    "billion laughs in UTF-16": (lambda: {"a.xml": bomb("RestingECG", encoding="utf-16")}, "RECORDING_XML_UNSAFE"),
    "billion laughs in a zip": (lambda: {"a.zip": zipped({"a.xml": bomb("AnnotatedECG")})}, "RECORDING_XML_UNSAFE"),
    "aECG that reads a file": (
        lambda: {"a.xml": outside("AnnotatedECG", "file:///etc/passwd")}, "RECORDING_XML_UNSAFE",
    ),
    "MUSE that calls somebody": (
        lambda: {"a.xml": outside("RestingECG", "http://127.0.0.1:1/a")}, "RECORDING_XML_UNSAFE",
    ),
    "aECG of a million folds": (lambda: {"a.xml": b"<AnnotatedECG>" + b"<a>" * 1_000_000}, "RECORDING_XML_UNSAFE"),
    "14 days of zeros": (lambda: {"a.zip": zeros(14)}, ""),
    "100 days of zeros": (lambda: {"a.zip": zeros(100)}, "RECORDING_TOO_LONG"),
}  # fmt: skip


def sent(client: Client, files: Files) -> Recording:
    """Send files as the page's script does; the recording that they are."""
    sizes = [{"name": name, "size": len(content)} for name, content in files.items()]
    body = json.dumps({"form_id": str(uuid.uuid4()), "files": sizes, "name": "from a stranger"})
    answer = client.post(reverse("recordings:announce"), body, content_type="application/json")
    (recording,) = answer.json()["recordings"]
    for place, content in zip(recording["files"], files.values(), strict=True):
        for begin in range(0, len(content), PIECE):
            response = client.put(
                place["address"],
                content[begin : begin + PIECE],
                content_type="application/offset+octet-stream",
                headers={"Upload-Offset": str(begin)},
            )
            assert response.status_code == 204
    return Recording.objects.get()


@pytest.mark.parametrize("name", HOSTILE)
def test_it_is_refused_with_a_reason_or_read_and_the_portal_stays_up(
    name: str, owner_client: Client, owner: User, media: Path
) -> None:
    files, reason = HOSTILE[name]
    row = sent(owner_client, files())
    begun = time.monotonic()
    assert reading.run(recording_id=row.pk)
    assert time.monotonic() - begun < PATIENCE
    row.refresh_from_db()
    assert row.reason == reason
    assert row.state == (Recording.State.REFUSED if reason else Recording.State.READ)
    page = owner_client.get(row.get_absolute_url())
    assert page.status_code == 200
    if reason:
        assert page.context["explanation"].problem in page.content.decode()
        assert reason not in page.context["explanation"].problem  # it has words of its own
        assert not any((folder_of(row) / "store").glob("*"))
    assert owner_client.get(reverse("recordings:list")).status_code == 200
    assert (
        quota.space_of(owner).used
        == row.stored_bytes
        == sum(path.stat().st_size for path in folder_of(row).rglob("*") if path.is_file())
    )
