"""A person in front of several portals, each of whose requests goes to the next one, and again when it fails."""

from __future__ import annotations

import http.client
import itertools
import json
import re
import time
import uuid
from collections.abc import Mapping, Sequence
from typing import Any, Final

from benchmarks.portal.visitor import UploadFailed, form

#: The longest that a request may take, and all tries of one together, seconds.
ANSWER_SECONDS: Final = 30.0
PATIENCE: Final = 120.0
#: Between two tries, seconds.
_PAUSE: Final = 0.2
_AGAIN: Final = (429, 502, 503, 504)
_TOKEN: Final = re.compile(r'name="csrfmiddlewaretoken" value="(\w+)"')
#: Of a picture; of a recording's analysis, once there is one.
_STATE: Final = re.compile(r'<section [^>]*data-(?:state="\w+" data-analysis|state)="(\w+)"')


class Person:
    """A browser behind something that spreads requests over ``ports`` and ends TLS."""

    def __init__(self, ports: Sequence[int], session: str = "") -> None:
        self._ports = itertools.cycle(ports)
        self._cookies = {"sessionid": session} if session else {}
        self.again = 0
        """Requests that were made once more."""
        self.slowest = 0.0
        """Seconds until a request was answered, its tries included."""

    def ask(
        self, method: str, path: str, body: bytes = b"", headers: Mapping[str, str] | None = None
    ) -> tuple[http.client.HTTPResponse, bytes]:
        """The answer to a request, which is made again until there is one.

        Raises:
            UploadFailed: there was none in time.
        """
        begun = time.monotonic()
        while time.monotonic() - begun < PATIENCE:
            try:
                response, content = self._ask(next(self._ports), method, path, body, headers or {})
            except (OSError, http.client.HTTPException):
                response = None
            if response is not None and response.status not in _AGAIN:
                self.slowest = max(self.slowest, time.monotonic() - begun)
                return response, content
            self.again += 1
            time.sleep(_PAUSE)
        raise UploadFailed(f"{method} {path} was not answered in {PATIENCE:.0f} s.")

    def _ask(
        self, port: int, method: str, path: str, body: bytes, headers: Mapping[str, str]
    ) -> tuple[http.client.HTTPResponse, bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=ANSWER_SECONDS)
        cookie = "; ".join(f"{name}={value}" for name, value in self._cookies.items())
        behind = {"Host": "localhost", "X-Forwarded-Proto": "https", "Referer": "https://localhost/", "Cookie": cookie}
        try:
            connection.request(method, path, body, behind | dict(headers))
            response = connection.getresponse()
            content = response.read()
        finally:
            connection.close()
        for name, value in response.getheaders():
            if name.lower() == "set-cookie":
                key, _, kept = value.partition(";")[0].partition("=")
                self._cookies[key] = kept
        return response, content

    def token(self, page: str = "/predict/") -> str:
        """What forms have to send along."""
        _response, content = self.ask("GET", page)
        found = _TOKEN.search(content.decode())
        if found is None:
            raise UploadFailed(f"There is no form at {page}.")
        return found[1]

    def log_in(self, name: str, password: str) -> bool:
        """By the form; whether the portal let them in."""
        fields = {"csrfmiddlewaretoken": self.token("/accounts/login/"), "login": name, "password": password}
        body, content_type = form(fields, [])
        response, _content = self.ask("POST", "/accounts/login/", body, {"Content-Type": content_type})
        return response.status == 302

    def send(self, picture: bytes) -> str:
        """A picture, by one form however often it is sent; returns where its result is.

        Raises:
            UploadFailed: it was refused.
        """
        fields = {"csrfmiddlewaretoken": self.token(), "label": "", "form_id": str(uuid.uuid4())}
        body, content_type = form(fields, [picture])
        response, _content = self.ask("POST", "/predict/", body, {"Content-Type": content_type})
        address = response.getheader("Location")
        if response.status != 302 or address is None:
            raise UploadFailed(f"A picture was answered {response.status}.")
        return address

    def send_recording(self, name: str, content: bytes, *, piece: int) -> str:
        """A recording in pieces; returns where it is.

        Raises:
            UploadFailed: it was refused.
        """
        headers = {"X-CSRFToken": self.token("/recordings/new/")}
        wanted = {"form_id": str(uuid.uuid4()), "files": [{"name": name, "size": len(content)}]}
        response, told = self.ask("POST", "/recordings/announce/", json.dumps(wanted).encode(), headers)
        if response.status != 200:
            raise UploadFailed(f"A recording was answered {response.status}: {told[:200]!r}")
        recording = json.loads(told)["recordings"][0]
        offset, address = 0, recording["files"][0]["address"]
        while offset < len(content):
            part = content[offset : offset + piece]
            response, _content = self.ask("PUT", address, part, headers | {"Upload-Offset": str(offset)})
            if response.status not in (204, 409):
                raise UploadFailed(f"A piece was answered {response.status}.")
            offset = int(response.getheader("Upload-Offset") or 0)
        return str(recording["address"])

    def state(self, address: str) -> str:
        """How far the analysis of a picture or recording is; empty where nothing is said of it.

        A recording's page says nothing of it any more once there is an answer; the part that it asks for does.
        """
        _response, content = self.ask("GET", f"{address}state/" if "/recordings/" in address else address)
        found: Any = _STATE.search(content.decode())
        return str(found[1]) if found else ""
