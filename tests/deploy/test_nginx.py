"""The real nginx with the deployed configuration, before a portal started as its container starts it.

Only addresses and folders differ from the containers'.
"""

from __future__ import annotations

import email.message
import http.client
import http.cookiejar
import io
import json
import os
import re
import shutil
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import yaml
from PIL import Image

from benchmarks.processes.free_ports import free_ports

ROOT = Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "deploy"
PASSWORD = "a-long-passphrase"
PEOPLE = """
from allauth.account.models import EmailAddress
from webportal.accounts.models import User
for name in ("owner", "other"):
    user = User.objects.create_user(name, f"{name}@example.org", "a-long-passphrase")
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
"""


@pytest.fixture(scope="module")
def nginx() -> str:
    """nginx of this machine; skipped without one, or failed where one is required."""
    path = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
    if path is None:
        reason = "needs nginx: install nginx-light"
        if os.environ.get("BEATLENS_REQUIRE_NGINX") == "1":
            pytest.fail(reason)
        pytest.skip(reason)
    return path


@dataclass
class Answer:
    status: int
    headers: email.message.Message
    body: bytes


class OverPlainHttp(http.cookiejar.DefaultCookiePolicy):
    """As browsers do on localhost: it counts as safe, and so cookies that want a safe way travel there."""

    def return_ok_secure(self, cookie: http.cookiejar.Cookie, request: object) -> bool:
        return True


class Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: object) -> None:
        return None


class Browser:
    def __init__(self, base: str) -> None:
        self.base = base
        jar = http.cookiejar.CookieJar(OverPlainHttp())
        self.opener = urllib.request.build_opener(
            urllib.request.HTTPCookieProcessor(jar), urllib.request.ProxyHandler({}), Stay()
        )

    def open(self, path: str, body: bytes | None = None, **headers: str) -> Answer:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        request = urllib.request.Request(self.base + path, data=body, headers=named)  # noqa: S310
        try:
            with self.opener.open(request, timeout=30) as response:
                return Answer(response.status, response.headers, response.read())
        except urllib.error.HTTPError as error:
            with error:
                return Answer(error.code, error.headers, error.read())

    def send(self, path: str, fields: dict[str, str], picture: bytes | None = None) -> Answer:
        token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', self.open(path).body.decode())
        assert token
        boundary = uuid.uuid4().hex
        parts = [
            f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
            for name, value in ({"csrfmiddlewaretoken": token[1]} | fields).items()
        ]
        if picture is not None:
            head = 'Content-Disposition: form-data; name="picture"; filename="beat.png"\r\nContent-Type: image/png'
            parts.append(f"--{boundary}\r\n{head}\r\n\r\n".encode() + picture + b"\r\n")
        body = b"".join(parts) + f"--{boundary}--\r\n".encode()
        return self.open(path, body, Content_Type=f"multipart/form-data; boundary={boundary}", Referer=self.base + path)

    def log_in(self, name: str) -> None:
        assert self.send("/accounts/login/", {"login": name, "password": PASSWORD}).status == 302


@dataclass
class Site:
    front: str
    """Through nginx."""
    behind: str
    """The portal itself, which nobody outside can reach."""
    internal: str
    media: Path
    portal: subprocess.Popen[bytes]
    environment: dict[str, str] = field(repr=False)


def compose_environment() -> dict[str, str]:
    """What the composition tells the portal, with its defaults."""
    compose = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
    environment: dict[str, str] = compose["services"]["portal"]["environment"]
    return {name: re.sub(r"\$\{\w+:[-?](.*?)\}", r"\1", value) for name, value in environment.items()}


def rewritten(folder: Path, *, front: int, portal: int, media: Path) -> Path:
    """The deployed configuration with addresses and folders of this machine."""
    text = (DEPLOY / "nginx.conf").read_text()
    for theirs, ours in (
        (" /tmp/", f" {folder}/"),
        ("server portal:8000;", f"server 127.0.0.1:{portal};"),
        ("listen 8080;", f"listen 127.0.0.1:{front};"),
        ("/var/lib/beatlens/media/", f"{media}/"),
    ):
        assert theirs in text
        text = text.replace(theirs, ours)
    conf = folder / "nginx.conf"
    conf.write_text(text)
    return conf


@pytest.fixture(scope="module")
def site(nginx: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("site")
    front, behind, internal, nothing = free_ports(4)
    media = folder / "media"
    image = dict(re.findall(r"(BEATLENS_\w+|DJANGO_\w+)=(\S+)", (DEPLOY / "portal.Dockerfile").read_text()))
    environment = (
        {name: value for name, value in os.environ.items() if not name.startswith(("BEATLENS_", "DJANGO_"))}
        | {"DJANGO_SETTINGS_MODULE": image["DJANGO_SETTINGS_MODULE"]}
        | compose_environment()
        | {
            "BEATLENS_SECRET_KEY": uuid.uuid4().hex * 2,
            "BEATLENS_DATABASE_URL": f"sqlite:///{folder / 'site.sqlite3'}",
            "BEATLENS_VAR_DIR": str(folder),
            "BEATLENS_MEDIA_DIR": str(media),
            "BEATLENS_INTERNAL_LISTEN": f"127.0.0.1:{internal}",
            "BEATLENS_INFERENCE_ADDRESS": f"127.0.0.1:{nothing}",
            "BEATLENS_INFERENCE_FAST_TIMEOUT": "0.2",
        }
    )
    for command in (
        ["migrate", "-v0"],
        ["createcachetable"],
        ["collectstatic", "-v0", "--noinput"],
        ["shell", "-v0", "-c", PEOPLE],
    ):
        subprocess.run([sys.executable, "manage.py", *command], cwd=ROOT, env=environment, check=True)

    started = json.loads(re.sub(r"\\\n", "", (DEPLOY / "portal.Dockerfile").read_text()).rpartition("CMD ")[2])
    assert started[0] == "gunicorn"
    arguments = [part.replace("0.0.0.0:8000", f"127.0.0.1:{behind}") for part in started[1:]]
    portal = subprocess.Popen([sys.executable, "-m", "gunicorn", *arguments], cwd=ROOT, env=environment)

    conf = rewritten(folder, front=front, portal=behind, media=media)
    # The container's nginx is the portal's user from the start; here root has to be told to stay itself.
    globally = "daemon off;" + (" user root;" if os.geteuid() == 0 else "")
    server = subprocess.Popen([nginx, "-p", str(folder), "-c", str(conf), "-e", "/dev/stderr", "-g", globally])
    addresses = [f"http://127.0.0.1:{port}" for port in (front, behind, internal)]
    ready = Site(addresses[0], addresses[1], addresses[2], media, portal, environment)
    try:
        end = time.monotonic() + 60
        while True:
            try:
                if (
                    Browser(ready.internal).open("/readyz").status == 200
                    and Browser(ready.front).open("/").status == 200
                ):
                    break
            except OSError:
                assert portal.poll() is None
                assert server.poll() is None
            assert time.monotonic() < end
            time.sleep(0.1)
        yield ready
    finally:
        for process in (server, portal):
            process.terminate()
            process.wait(30)


@pytest.fixture(scope="module")
def owner(site: Site) -> Browser:
    browser = Browser(site.front)
    browser.log_in("owner")
    return browser


@pytest.fixture(scope="module")
def picture(site: Site, owner: Browser) -> str:
    """Where a picture of the owner's is shown, sent through nginx while no inference server is there."""
    out = io.BytesIO()
    Image.linear_gradient("L").resize((192, 128)).save(out, "PNG")
    answer = owner.send("/predict/", {"label": ""}, out.getvalue())
    assert answer.status == 302
    page = owner.open(answer.headers["Location"]).body.decode()
    address = re.search(r"/uploads/[0-9a-f-]{36}/picture", page)
    assert address
    return address[0]


def test_pages_come_through_with_their_headers(site: Site) -> None:
    answer = Browser(site.front).open("/")
    assert answer.status == 200
    assert b"Beatlens" in answer.body
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert answer.headers["X-Frame-Options"] == "DENY"
    assert answer.headers["Server"] == "nginx"  # and no version


def test_static_files_come_through_and_are_kept_for_ever(site: Site) -> None:
    page = Browser(site.front).open("/").body.decode()
    (style,) = re.findall(r'href="(/static/beatlens/beatlens\.\w+\.css)"', page)
    answer = Browser(site.front).open(style)
    assert answer.status == 200
    assert "immutable" in answer.headers["Cache-Control"]
    assert answer.body == (ROOT / "webportal/static/beatlens/beatlens.css").read_bytes()


def test_nginx_sends_the_picture_that_the_portal_allows(site: Site, owner: Browser, picture: str) -> None:
    answer = owner.open(picture)
    assert answer.status == 200
    stored = [path.read_bytes() for path in (site.media / "pictures").rglob("*") if path.is_file()]
    assert answer.body in stored
    assert answer.headers["Content-Type"] == "image/png"
    assert answer.headers["Cache-Control"] == "private, no-store"
    assert answer.headers["Content-Disposition"] == 'inline; filename="heartbeat.png"'
    # Once each: two of a kind would be read as the stricter by some and as nonsense by others.
    assert answer.headers.get_all("Content-Security-Policy") == ["default-src 'none'; sandbox"]
    assert answer.headers.get_all("X-Content-Type-Options") == ["nosniff"]
    assert answer.headers.get_all("Cross-Origin-Resource-Policy") == ["same-origin"]
    assert "X-Accel-Redirect" not in answer.headers


def test_the_portal_itself_leaves_the_sending_to_nginx(site: Site, picture: str) -> None:
    browser = Browser(site.behind)
    browser.log_in("owner")
    answer = browser.open(picture)
    assert answer.status == 200
    assert answer.body == b""
    assert answer.headers["X-Accel-Redirect"].startswith("/private-files/pictures/")


def test_nobody_else_gets_the_picture_by_any_way(site: Site, owner: Browser, picture: str) -> None:
    assert Browser(site.front).open(picture).status == 302
    other = Browser(site.front)
    other.log_in("other")
    assert other.open(picture).status == 404
    (path,) = [path for path in (site.media / "pictures").rglob("*") if path.is_file()]
    inside = path.relative_to(site.media)
    for way in (
        "/private-files/",
        "/private-files/../private-files/",
        "/media/",
        "//private-files/",
        "/%70rivate-files/",
    ):
        assert owner.open(f"{way}{inside}").status in (400, 404)


def test_what_is_too_large_is_refused_at_once_and_in_words(site: Site) -> None:
    connection = http.client.HTTPConnection(site.front.removeprefix("http://"), timeout=10)
    connection.putrequest("POST", "/predict/")
    connection.putheader("Content-Type", "multipart/form-data; boundary=x")
    connection.putheader("Content-Length", str(161 * 1024 * 1024 + 1))
    connection.endheaders()  # not a byte of it is sent
    response = connection.getresponse()
    assert response.status == 413
    assert "at most 161 MiB in all" in response.read().decode()
    assert response.headers["Content-Type"] == "text/html; charset=utf-8"
    assert response.headers["Content-Security-Policy"] == "default-src 'none'"
    connection.close()


def test_its_words_and_its_limit_are_the_portals() -> None:
    from webportal.settings import base

    text = (DEPLOY / "nginx.conf").read_text()
    limit = base.REQUEST_MAX_BYTES // 2**20
    assert f"client_max_body_size {limit}m;" in text
    assert f"at most {limit} MiB in all" in text
    assert f"insgesamt höchstens {limit} MiB" in text


def test_health_and_metrics_are_not_outside(site: Site) -> None:
    for path in ("/metrics", "/healthz", "/readyz"):
        assert Browser(site.front).open(path).status == 404
        assert Browser(site.internal).open(path).status == 200
    counted = Browser(site.internal).open("/metrics").body.decode()
    assert 'beatlens_portal_requests_total{method="GET",status="200",view="pages:home"}' in counted


def test_a_header_of_the_visitor_is_not_taken_for_the_proxys(site: Site) -> None:
    answer = Browser(site.front).open("/", X_Forwarded_Proto="https", X_Forwarded_Host="evil.example")
    assert answer.status == 200
    assert b"evil.example" not in answer.body
    assert "Strict-Transport-Security" not in answer.headers  # it did not come over TLS, whatever it said


def test_a_portal_that_is_away_is_said_in_words(nginx: str, tmp_path: Path) -> None:
    port, nobody = free_ports(2)
    conf = rewritten(tmp_path, front=port, portal=nobody, media=tmp_path)
    with subprocess.Popen(
        [nginx, "-p", str(tmp_path), "-c", str(conf), "-e", "/dev/stderr", "-g", "daemon off;"],
        stderr=subprocess.DEVNULL,
    ) as server:
        end = time.monotonic() + 20
        while True:
            try:
                answer = Browser(f"http://127.0.0.1:{port}").open("/")
                break
            except OSError:
                assert time.monotonic() < end
                time.sleep(0.1)
        server.terminate()
    assert answer.status == 503
    assert "back in a moment" in answer.body.decode()
    assert answer.headers["Retry-After"] == "10"
