"""The portal, its worker and the inference server as the processes they are, some of them killed."""

from __future__ import annotations

import http.cookiejar
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, BinaryIO

import pytest
from django.conf import settings

from benchmarks.processes.free_ports import free_port
from tests.inference_server.server_process import ServerProcess, running_server
from tests.inference_server.tiny_models import write_model

ROOT = Path(__file__).resolve().parents[2]
#: Seconds for a person to get the answer after the inference server is back; said in the users' page as "as soon as".
PATIENCE = 20.0


class Browser:
    """As little of a browser as it takes: cookies, forms, redirects."""

    def __init__(self, base: str) -> None:
        self.base = base
        self.opener = urllib.request.build_opener(
            urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar()), urllib.request.ProxyHandler({})
        )
        self.url = base

    def open(self, url: str, body: bytes | None = None, content_type: str = "") -> str:
        headers = {"Content-Type": content_type, "Referer": self.url} if body is not None else {}
        request = urllib.request.Request(urllib.parse.urljoin(self.base, url), data=body, headers=headers)  # noqa: S310
        try:
            with self.opener.open(request, timeout=30) as response:
                self.url, self.status = response.url, response.status
                return response.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                self.url, self.status = error.url, error.code
                return error.read().decode()

    def send(self, url: str, fields: dict[str, str], picture: bytes | None = None) -> str:
        token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', self.open(url))
        assert token
        boundary = uuid.uuid4().hex
        parts = [
            f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
            for name, value in {**fields, "csrfmiddlewaretoken": token[1]}.items()
        ]
        if picture is not None:
            head = 'Content-Disposition: form-data; name="picture"; filename="beat.png"\r\nContent-Type: image/png'
            parts.append(f"--{boundary}\r\n{head}\r\n\r\n".encode() + picture + b"\r\n")
        body = b"".join(parts) + f"--{boundary}--\r\n".encode()
        return self.open(url, body, f"multipart/form-data; boundary={boundary}")


class Portal:
    """gunicorn and a worker on a folder and a database of their own, with the embedded settings."""

    def __init__(self, folder: Path, inference_address: str, database: dict[str, str], workers: int = 2) -> None:
        self.environment = (
            {name: value for name, value in os.environ.items() if not name.startswith("BEATLENS_")}
            | {
                "DJANGO_SETTINGS_MODULE": "webportal.settings.development",
                "BEATLENS_VAR_DIR": str(folder),
                "BEATLENS_INFERENCE_ADDRESS": inference_address,
                "BEATLENS_INFERENCE_FAST_TIMEOUT": "1",
            }
            | database
        )
        subprocess.run([sys.executable, "manage.py", "migrate", "-v0"], cwd=ROOT, env=self.environment, check=True)
        self.web_log, self.worker_log = folder / "web.log", folder / "worker.log"
        self.base = f"http://127.0.0.1:{free_port()}"
        self.internal = f"http://127.0.0.1:{free_port()}"
        self.worker_internal = f"http://127.0.0.1:{free_port()}"
        self.environment |= {
            "BEATLENS_INTERNAL_LISTEN": self.internal.removeprefix("http://"),
            "BEATLENS_WORKER_INTERNAL_LISTEN": self.worker_internal.removeprefix("http://"),
        }
        with self.web_log.open("wb") as log:
            self.web = self.start(
                "-m", "gunicorn", "webportal.wsgi:application", "--bind", self.base.removeprefix("http://"),
                "--config", "python:webportal.gunicorn_conf", "--workers", str(workers), "--threads", "4",
                "--no-control-socket",
                log=log,
            )  # fmt: skip
        self.start_worker()
        deadline = time.monotonic() + 60
        while True:
            try:
                Browser(self.internal).open("/readyz")
                return
            except OSError:
                assert time.monotonic() < deadline
                assert self.web.poll() is None, self.web_log.read_text()
                time.sleep(0.2)

    def start(self, *command: str, log: BinaryIO | None = None) -> subprocess.Popen[bytes]:
        mails = log and subprocess.DEVNULL  # they go to the standard output
        return subprocess.Popen([sys.executable, *command], cwd=ROOT, env=self.environment, stdout=mails, stderr=log)

    def start_worker(self) -> None:
        with self.worker_log.open("wb") as log:
            self.worker = self.start("manage.py", "analysis_worker", log=log)

    def wait_for_worker(self) -> None:
        """Return once the worker is up; before that, SIGTERM ends it like any program that is still starting."""
        deadline = time.monotonic() + 60
        while b"Worker started" not in self.worker_log.read_bytes():
            assert time.monotonic() < deadline
            assert self.worker.poll() is None, self.worker_log.read_text()
            time.sleep(0.1)

    def stop(self) -> None:
        for process in (self.web, self.worker):
            process.terminate()
        for process in (self.web, self.worker):
            process.wait(timeout=30)


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    repository = tmp_path_factory.mktemp("models")
    write_model(repository)
    return repository


@pytest.fixture
def inference(models: Path) -> Iterator[ServerProcess]:
    with running_server(models) as server:
        server.wait_for("serving")
        yield server


@pytest.fixture
def database() -> Iterator[dict[str, str]]:
    """An empty database beside the one of the tests, of the same kind, as the environment names it."""
    url = os.environ.get("BEATLENS_DATABASE_URL", "")
    if not url.startswith("postgres"):
        yield {}  # SQLite, in the portal's folder
        return
    psycopg = pytest.importorskip("psycopg")
    known, name = settings.DATABASES["default"], f"processes_{uuid.uuid4().hex}"
    address = {"host": known["HOST"], "user": known["USER"], "password": known["PASSWORD"], "dbname": "postgres"}
    with psycopg.connect(**address, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
        yield {"BEATLENS_DATABASE_URL": f"{url.rpartition('/')[0]}/{name}"}
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def portal(inference: ServerProcess, tmp_path: Path, database: dict[str, str]) -> Iterator[Portal]:
    portal = Portal(tmp_path / "var", inference.address, database)
    yield portal
    portal.stop()


@pytest.fixture
def browser(portal: Portal) -> Browser:
    browser = Browser(portal.base)
    sign_up(browser)
    return browser


def sign_up(browser: Browser) -> None:
    password = "a-long-passphrase"
    browser.send(
        "/accounts/signup/",
        {"username": "newcomer", "email": "newcomer@example.org", "password1": password, "password2": password},
    )
    assert browser.url.endswith("/predict/")


def state(html: str) -> str:
    match = re.search(r'id="status" data-state="(\w+)"', html)
    assert match, html
    return match[1]


def test_each_kind_of_file_gets_its_own_answer(browser: Browser, drawn: Callable[..., bytes]) -> None:
    html = browser.send("/predict/", {"label": ""}, drawn())
    assert state(html) == "done"
    assert re.search(r'data-class="\w+"', html)

    html = browser.send("/predict/", {"label": ""}, drawn()[:200])
    assert state(html) == "rejected"
    assert "IMAGE_TRUNCATED" in html

    html = browser.send("/predict/", {"label": ""}, drawn((12, 12)))
    assert state(html) == "rejected"
    assert "IMAGE_TOO_SMALL" in html

    browser.send("/predict/", {"label": ""}, b"a text file")
    assert browser.status == 422
    assert browser.open("/history/").count('class="tile"') == 3


def test_killed_servers_and_workers_lose_nothing(
    portal: Portal, inference: ServerProcess, models: Path, browser: Browser, drawn: Callable[..., bytes]
) -> None:
    inference.process.kill()
    inference.process.wait()

    html = browser.send("/predict/", {"label": ""}, drawn())
    result = browser.url
    assert state(html) == "queued"
    assert "The analysis service is unavailable right now" in html

    portal.worker.send_signal(signal.SIGKILL)
    portal.worker.wait()
    portal.start_worker()
    with running_server(models, listen=inference.address) as revived:
        revived.wait_for("serving")
        deadline = time.monotonic() + PATIENCE
        while state(html := browser.open(result)) != "done":
            assert time.monotonic() < deadline, html
            time.sleep(0.3)


def lines(log: Path) -> list[dict[str, Any]]:
    """A log of which every line is JSON."""
    return [json.loads(line) for line in log.read_text().splitlines()]


def test_one_trace_leads_from_the_browser_to_the_workers_and_all_logs_are_json(
    inference: ServerProcess, models: Path, tmp_path: Path, database: dict[str, str], drawn: Callable[..., bytes]
) -> None:
    logs = {"BEATLENS_LOG_FORMAT": "json", "BEATLENS_LOG_LEVEL": "DEBUG"}
    portal = Portal(tmp_path / "var", inference.address, database | logs)
    try:
        newcomer = Browser(portal.base)
        sign_up(newcomer)
        inference.process.kill()
        inference.process.wait()
        trace_id = uuid.uuid4().hex
        newcomer.opener.addheaders = [("traceparent", f"00-{trace_id}-00f067aa0ba902b7-01")]
        assert state(newcomer.send("/predict/", {"label": ""}, drawn())) == "queued"
        result = newcomer.url
        newcomer.opener.addheaders = []
        with running_server(models, listen=inference.address) as revived:
            deadline = time.monotonic() + PATIENCE
            while state(newcomer.open(result)) != "done":
                assert time.monotonic() < deadline
                time.sleep(0.3)
        calls = [line for line in revived.logs if line["event"] == "call" and line["method"].endswith("/ClassifyImage")]
    finally:
        portal.stop()
    web, worker = lines(portal.web_log), lines(portal.worker_log)
    assert {"gunicorn.error", "webportal.observability.middleware"} <= {line["logger"] for line in web}
    asked = [line for line in web if line.get("trace_id") == trace_id and line["event"] == "request"]
    assert {"view": "analyses:predict", "status": 302}.items() <= asked[-2].items()
    attempts = [line for line in worker if "attempt begins" in line["event"]]
    assert attempts
    assert {line["trace_id"] for line in attempts} == {trace_id}
    assert [line["trace_id"] for line in calls] == [trace_id]


def figures(address: str) -> dict[str, float]:
    """What is counted at an internal address, by name and labels."""
    lines = Browser(address).open("/metrics").splitlines()
    return {name: float(value) for name, _, value in (line.rpartition(" ") for line in lines if line[0] != "#")}


def processes_of(portal: Portal) -> list[int]:
    """gunicorn's processes that answer requests."""
    children = Path(f"/proc/{portal.web.pid}/task/{portal.web.pid}/children")
    return [int(process) for process in children.read_text().split()]


def test_what_several_processes_count_is_told_together_on_the_internal_port_alone(
    portal: Portal, browser: Browser, drawn: Callable[..., bytes]
) -> None:
    def home() -> float:
        return figures(portal.internal).get(
            'beatlens_portal_requests_total{method="GET",status="200",view="pages:home"}', 0.0
        )

    assert state(browser.send("/predict/", {"label": ""}, drawn())) == "done"
    assert len(processes_of(portal)) == 2
    for number in range(1, 31):
        Browser(portal.base).open("/")  # a connection of its own, to either process
        assert home() == number
    counted = figures(portal.internal)
    assert counted["beatlens_portal_uploads_total"] == 1
    assert counted['beatlens_portal_attempts_total{outcome="answered",reason=""}'] == 1
    verdicts = {name: value for name, value in counted.items() if name.startswith("beatlens_portal_analyses_finished_")}
    assert list(verdicts.values()) == [1]
    assert counted['beatlens_portal_inference_call_seconds_count{call="classify",outcome="answered"}'] == 1
    assert counted['beatlens_portal_request_seconds_count{method="POST",view="analyses:predict"}'] == 1
    assert counted["beatlens_portal_requests_in_flight"] == 0
    assert counted["beatlens_portal_database_up"] == 1
    assert counted['beatlens_portal_queue_analyses{waiting="for_turn"}'] == 0

    text = Browser(portal.internal).open("/metrics")
    assert "newcomer" not in text
    assert not re.search(r"[0-9a-f]{8}-[0-9a-f]{4}-", text)
    stranger = Browser(portal.base)
    for path in ("/metrics", "/healthz", "/readyz"):
        stranger.open(path)
        assert stranger.status == 404


def test_health_and_what_was_counted_survive_a_killed_process(portal: Portal) -> None:
    for _ in range(10):
        Browser(portal.base).open("/")
    before = figures(portal.internal)['beatlens_portal_requests_total{method="GET",status="200",view="pages:home"}']
    killed = processes_of(portal)[0]
    os.kill(killed, signal.SIGKILL)
    deadline = time.monotonic() + 30
    while killed in (there := processes_of(portal)) or len(there) < 2:
        assert Browser(portal.internal).open("/healthz") == '{"live": true}\n'
        assert time.monotonic() < deadline
        time.sleep(0.05)
    for _ in range(10):
        Browser(portal.base).open("/")
    after = figures(portal.internal)['beatlens_portal_requests_total{method="GET",status="200",view="pages:home"}']
    assert (before, after) == (10, 20)


def test_what_waits_is_told_and_the_worker_tells_of_itself(
    portal: Portal, inference: ServerProcess, browser: Browser, drawn: Callable[..., bytes]
) -> None:
    portal.wait_for_worker()
    assert Browser(portal.worker_internal).open("/healthz") == '{"live": true}\n'
    inference.process.kill()
    inference.process.wait()
    assert state(browser.send("/predict/", {"label": ""}, drawn())) == "queued"
    counted = figures(portal.internal)
    assert (
        sum(counted[f'beatlens_portal_queue_analyses{{waiting="{why}"}}'] for why in ("for_server", "for_answer")) == 1
    )
    assert counted["beatlens_portal_queue_oldest_seconds"] > 0
    assert counted['beatlens_portal_attempts_total{outcome="no_server",reason="ABSENT"}'] == 1
    assert '"inference_server": "unreachable"' in Browser(portal.internal).open("/readyz")
    deadline = time.monotonic() + PATIENCE
    absent = 'beatlens_portal_attempts_total{outcome="no_server",reason="ABSENT"}'
    while figures(portal.worker_internal).get(absent, 0) < 1:
        assert time.monotonic() < deadline
        time.sleep(0.2)


@pytest.mark.parametrize("address", ["127.0.0.1:{taken}", "nonsense", "192.0.2.1:9465"])
def test_an_internal_address_that_cannot_be_had_is_said(address: str) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        chosen = address.format(taken=taken.getsockname()[1])
        done = subprocess.run(
            [
                sys.executable, "-m", "gunicorn", "webportal.wsgi:application", "--bind", "127.0.0.1:0",
                "--config", "python:webportal.gunicorn_conf", "--no-control-socket",
            ],
            cwd=ROOT,
            env=os.environ | {"BEATLENS_INTERNAL_LISTEN": chosen},
            capture_output=True,
            text=True,
            timeout=30,
        )  # fmt: skip
    assert done.returncode != 0
    assert "BEATLENS_INTERNAL_LISTEN: " in done.stderr
    assert chosen in done.stderr


def test_a_worker_stops_cleanly_when_asked(portal: Portal) -> None:
    portal.wait_for_worker()
    portal.worker.terminate()
    assert portal.worker.wait(timeout=20) == 0
