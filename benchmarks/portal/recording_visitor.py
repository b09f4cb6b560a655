"""A logged-in person who sends recordings in pieces as the page's script does, and goes on after whatever breaks."""

from __future__ import annotations

import http.client
import json
import re
import time
import uuid
from dataclasses import dataclass
from typing import Final

_TOKEN: Final = re.compile(r'name="csrfmiddlewaretoken" value="(\w+)"')
#: Bytes of a piece; small, so that a recording has several.
PIECE: Final = 64 * 1024
#: The longest that an answer may take, and that a person tries to get one, seconds.
_ANSWER_SECONDS: Final = 60.0
PATIENCE: Final = 600.0
_PAUSE_SECONDS: Final = 1.0
#: What the script tries again, and what a person tries again who is told that the disk is full.
_AGAIN: Final = frozenset({429, 500, 502, 503, 504, 507})


class SendingFailed(Exception):  # noqa: N818 - reads as what happened
    """The portal didn't take a recording; says what it answered."""


@dataclass(frozen=True, slots=True)
class _Answer:
    status: int
    headers: dict[str, str]
    body: bytes


class RecordingVisitor:
    """One person's browser, as little of it as it takes. ``session`` is the key of their session."""

    def __init__(self, port: int, session: str) -> None:
        self._port, self._session = port, session
        self._headers: dict[str, str] = {}
        self.interruptions = 0
        """How often there was no answer, or one that nothing is taken now."""

    def send(self, form_id: uuid.UUID, name: str, content: bytes) -> uuid.UUID:
        """Send a recording of one file; the id of its row. With the same ``form_id`` it goes on where it ended.

        Raises:
            SendingFailed: it was not taken.
        """
        if not self._headers:
            self._log_in()
        announced = {"form_id": str(form_id), "name": name, "files": [{"name": name, "size": len(content)}]}
        body = json.dumps(announced).encode()
        answer = self._ask("POST", "/recordings/announce/", body, {"Content-Type": "application/json"})
        if answer.status != http.client.OK:
            raise SendingFailed(f"A recording was answered {answer.status}: {answer.body[:200]!r}.")
        (recording,) = json.loads(answer.body)["recordings"]
        (file,) = recording["files"]
        offset = int(file["received"])
        while offset < len(content):
            headers = {"Content-Type": "application/offset+octet-stream", "Upload-Offset": str(offset)}
            answer = self._ask("PUT", file["address"], content[offset : offset + PIECE], headers)
            if answer.status not in (http.client.NO_CONTENT, http.client.CONFLICT):
                raise SendingFailed(f"A piece was answered {answer.status}.")
            offset = int(answer.headers["upload-offset"])
        return uuid.UUID(recording["address"].strip("/").rpartition("/")[2])

    def _log_in(self) -> None:
        page = self._ask("GET", "/recordings/new/", b"", {"Cookie": f"sessionid={self._session}"})
        token = _TOKEN.search(page.body.decode(errors="replace"))
        cookie = re.match(r"csrftoken=(\w+)", page.headers.get("set-cookie", ""))
        if token is None or cookie is None:
            raise SendingFailed(f"The page for recordings answered {page.status}.")
        self._headers = {
            "Cookie": f"sessionid={self._session}; csrftoken={cookie[1]}",
            "Referer": f"http://127.0.0.1:{self._port}/recordings/new/",
            "X-CSRFToken": token[1],
        }

    def _ask(self, method: str, path: str, body: bytes, headers: dict[str, str]) -> _Answer:
        """One request until there is an answer that says something about what was sent."""
        end = time.monotonic() + PATIENCE
        while True:
            try:
                answer = self._asked(method, path, body, self._headers | headers)
            except (OSError, http.client.HTTPException) as error:
                problem = type(error).__name__
            else:
                if answer.status not in _AGAIN:
                    return answer
                problem = str(answer.status)
            self.interruptions += 1
            if time.monotonic() > end:
                raise SendingFailed(f"{path} was not answered for {PATIENCE:.0f} s: {problem}.")
            time.sleep(_PAUSE_SECONDS)

    def _asked(self, method: str, path: str, body: bytes, headers: dict[str, str]) -> _Answer:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=_ANSWER_SECONDS)
        try:
            connection.request(method, path, body, headers)
            response = connection.getresponse()
            named = {name.lower(): value for name, value in response.getheaders()}
            return _Answer(response.status, named, response.read())
        finally:
            connection.close()
