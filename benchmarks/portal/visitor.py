"""A logged-in person who sends pictures over one kept-alive connection, and the pictures they send."""

from __future__ import annotations

import http.client
import io
import random
import re
import uuid
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from PIL import Image

from benchmarks.processes.project import SAMPLES

_TOKEN: Final = re.compile(r'name="csrfmiddlewaretoken" value="(\w+)"')
_ANALYSIS: Final = re.compile(r"/analyses/([0-9a-f-]{36})/")
#: The longest that an upload may take, seconds.
PATIENCE: Final = 60.0


def pictures(count: int, *, seed: int = 0) -> list[bytes]:
    """``count`` different pictures, each a sample of the repository with a few grey pixels of noise, as PNG."""
    samples = sorted(SAMPLES.glob("[A-Z]*/*.png"))
    chance = random.Random(seed)  # noqa: S311 - noise
    return [_noisy(samples[number % len(samples)], chance) for number in range(count)]


def _noisy(sample: Path, chance: random.Random) -> bytes:
    with Image.open(sample) as opened:
        image = opened.convert("L")
    for _ in range(8):
        image.putpixel((chance.randrange(image.width), chance.randrange(image.height)), chance.randrange(200, 256))
    out = io.BytesIO()
    image.save(out, "PNG")
    return out.getvalue()


def sessions(count: int) -> list[str]:
    """Keys of sessions of ``count`` users, who are made where they are missing, by this process' Django."""
    from django.test import Client

    from webportal.accounts.models import User

    keys = []
    for number in range(count):
        user, _made = User.objects.get_or_create(username=f"user-{number}", email=f"user-{number}@example.org")
        client = Client(headers={"host": "localhost"})
        client.force_login(user)
        keys.append(client.cookies["sessionid"].value)
    return keys


class UploadFailed(Exception):  # noqa: N818 - reads as what happened
    """The portal didn't take a picture; says what it answered."""


class Visitor:
    """One person's browser, as little of it as it takes. ``session`` is the key of their session."""

    def __init__(self, port: int, session: str) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
        self._connection.request("GET", "/predict/", headers={"Cookie": f"sessionid={session}"})
        response = self._connection.getresponse()
        page = response.read().decode()
        token = _TOKEN.search(page)
        cookie = re.match(r"csrftoken=(\w+)", response.getheader("Set-Cookie") or "")
        if token is None or cookie is None:
            raise UploadFailed(f"The upload page answered {response.status}.")
        self._token = token[1]
        self._headers = {
            "Cookie": f"sessionid={session}; csrftoken={cookie[1]}",
            "Referer": f"http://127.0.0.1:{port}/predict/",
        }

    def send(self, picture: bytes) -> uuid.UUID:
        """Upload a picture; returns the id of its analysis once the portal has answered.

        Raises:
            UploadFailed: it was not taken.
        """
        body, content_type = form({"csrfmiddlewaretoken": self._token, "label": ""}, [picture])
        response = self._post(body, self._headers | {"Content-Type": content_type})
        response.read()
        address = _ANALYSIS.search(response.getheader("Location") or "")
        if response.status != 302 or address is None:
            raise UploadFailed(f"An upload was answered {response.status}.")
        return uuid.UUID(address[1])

    def _post(self, body: bytes, headers: dict[str, str]) -> http.client.HTTPResponse:
        self._connection.request("POST", "/predict/", body, headers)
        return self._connection.getresponse()

    def close(self) -> None:
        """End the connection."""
        self._connection.close()


def form(fields: dict[str, str], files: Sequence[bytes]) -> tuple[bytes, str]:
    """The body of a form with pictures, and its type."""
    boundary = uuid.uuid4().hex
    parts = [
        f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
        for name, value in fields.items()
    ]
    head = 'Content-Disposition: form-data; name="picture"; filename="beat.png"\r\nContent-Type: image/png'
    parts += [f"--{boundary}\r\n{head}\r\n\r\n".encode() + data + b"\r\n" for data in files]
    return b"".join(parts) + f"--{boundary}--\r\n".encode(), f"multipart/form-data; boundary={boundary}"
