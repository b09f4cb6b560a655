"""Installations of their own: a folder, a database, commands in processes as an administrator runs them."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.conf import settings

ROOT = Path(__file__).resolve().parents[3]
PASSWORD = "a-long-passphrase"


@dataclass
class Installation:
    """One installation with the embedded settings."""

    var: Path
    environment: dict[str, str] = field(repr=False)

    def run(self, *command: str, check: bool = True, **extra: str) -> subprocess.CompletedProcess[str]:
        """A command of ``manage.py``."""
        done = subprocess.run(
            [sys.executable, "manage.py", *command],
            cwd=ROOT,
            env=self.environment | extra,
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert not check or done.returncode == 0, done.stdout + done.stderr
        return done

    def script(self, code: str, **extra: Any) -> Any:
        """What a piece of Python prints as JSON in its last line."""
        return json.loads(self.run("shell", "-v0", "-c", code, **extra).stdout.splitlines()[-1])

    def files(self) -> dict[str, bytes]:
        """What lies in its folder; what SQLite keeps beside its file and the lock are left aside."""
        return {
            str(path.relative_to(self.var)): path.read_bytes()
            for path in self.var.rglob("*")
            if path.is_file() and not path.name.endswith(("-shm", "-wal", ".lock"))
        }


#: A person with a second factor, a picture and a session; prints what somebody would have to know to log in.
PERSON = """
import io, json
from allauth.account.models import EmailAddress
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.test import Client
from PIL import Image
from webportal.accounts.models import User
from webportal.analyses.intake.uploads import create_upload
user = User.objects.create_user("anna", "anna@example.org", "a-long-passphrase")
EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
secret = generate_totp_secret()
TOTP.activate(user, secret)
out = io.BytesIO()
Image.linear_gradient("L").resize((192, 128)).save(out, "PNG")
analysis = create_upload(owner=user, data=out.getvalue(), keep_original=True)
client = Client(headers={"host": "localhost"})
client.force_login(user)
print(json.dumps({"secret": secret, "upload": str(analysis.upload_id), "session": client.session.session_key}))
"""

#: Logs in over the pages and opens the picture; prints the way that it went.
LOG_IN = """
import json, os, time
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.test import Client
person = json.loads(os.environ["PERSON"])
client = Client(headers={"host": "localhost"})
way = [client.post("/accounts/login/", {"login": "anna", "password": "a-long-passphrase"}).headers["Location"]]
if "2fa" in way[0]:
    code = format_hotp_value(hotp_value(person["secret"], int(time.time()) // 30))
    way.append(client.post(way[0], {"code": code}).headers["Location"])
way.append(client.get(f"/uploads/{person['upload']}/picture").status_code)
old = Client(headers={"host": "localhost"})
old.cookies["sessionid"] = person["session"]
way.append(old.get("/history/").status_code)
print(json.dumps(way))
"""


class Installations:
    """Makes installations, each with a database of its own: SQLite, or of the kind that the environment names."""

    def __init__(self, folders: pytest.TempPathFactory) -> None:
        self._folders = folders
        self._databases: list[str] = []
        self._started: Installation | None = None

    def __call__(self, **settings: str) -> Installation:
        """One that was never started."""
        return self._new(settings)

    def started(self, **settings: str) -> Installation:
        """One whose tables are there, and nothing in them."""
        if self._started is None:
            self._started = self._new({})
            self._started.run("migrate", "-v0")
        return self._new(settings, like=self._started)

    def _new(self, settings: dict[str, str], like: Installation | None = None) -> Installation:
        var = self._folders.mktemp("installation") / "var"
        if like is not None:
            shutil.copytree(like.var, var)
        clean = {name: value for name, value in os.environ.items() if not name.startswith(("BEATLENS_", "DJANGO_"))}
        inside = {"BEATLENS_VAR_DIR": str(var), "DJANGO_SETTINGS_MODULE": "webportal.settings.development"}
        if on_postgresql():
            inside["BEATLENS_DATABASE_URL"] = self._database(like)
        return Installation(var, clean | inside | settings)

    def _database(self, like: Installation | None) -> str:
        name = f"backups_{uuid.uuid4().hex}"
        template = like.environment["BEATLENS_DATABASE_URL"].rpartition("/")[2] if like is not None else "template1"
        with _server() as server:
            server.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
        self._databases.append(name)
        return f"{os.environ['BEATLENS_DATABASE_URL'].rpartition('/')[0]}/{name}"

    def drop(self) -> None:
        """Drop the databases."""
        if self._databases:
            with _server() as server:
                for name in self._databases:
                    server.execute(f"DROP DATABASE {name} WITH (FORCE)")


def on_postgresql() -> bool:
    """Whether these tests run on PostgreSQL."""
    return os.environ.get("BEATLENS_DATABASE_URL", "").startswith("postgres")


def _server() -> psycopg.Connection:
    known = settings.DATABASES["default"]
    return psycopg.connect(
        host=known["HOST"], user=known["USER"], password=known["PASSWORD"], dbname="postgres", autocommit=True
    )


@pytest.fixture(scope="session")
def new_installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installations]:
    """Makes empty installations."""
    installations = Installations(tmp_path_factory)
    yield installations
    installations.drop()
